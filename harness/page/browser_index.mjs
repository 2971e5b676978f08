// The page of many runs, which `holdfast index` writes, under pointer and keys. browser_test.mjs
// runs these.
import assert from "node:assert/strict";
import {execFileSync} from "node:child_process";

const kPhone = {viewport: {width: 390, height: 800}, colorScheme: "dark", isMobile: true,
  hasTouch: true};

// `runs()`: makes a folder with a run of each of two locks below the browser's folder, and says
// what it is called.
export function indexTests({open}, {holdfast, folder, runs}) {
  const index = async (options) => {
    const name = runs();
    execFileSync(holdfast, ["index", `${folder}/${name}`], {stdio: "pipe"});
    return open(`${name}/index`, {ready: "#filter:not([hidden])", ...options});
  };
  return {
    async "filters the runs of an index by words and by verdict, and sorts them"() {
      const {page, close} = await index();
      const rows = page.locator("#runs tbody tr:visible");
      const shown = page.locator("#shown");
      assert.equal(await rows.count(), 2);
      await page.keyboard.press("/");
      await page.keyboard.type("FLUFL");
      assert.equal(await rows.count(), 1);
      assert.match(await rows.innerText(), /flufl_exact/);
      assert.equal(await shown.innerText(), "1 of 2 shown");
      await page.keyboard.press("Escape");
      assert.equal(await shown.innerText(), "2 of 2 shown");
      await page.getByLabel("Verdict").selectOption("valid");
      assert.equal(await rows.count(), 0);
      await page.getByLabel("Verdict").selectOption("violated");
      assert.equal(await rows.count(), 2);
      const scenarios = () => rows.locator("td.name").allInnerTexts();
      const head = page.getByRole("columnheader", {name: "scenario"});
      await head.getByRole("button").focus();
      await page.keyboard.press("Enter");
      const up = await scenarios();
      assert.equal(await head.getAttribute("aria-sort"), "ascending");
      await page.keyboard.press("Enter");
      assert.equal(await head.getAttribute("aria-sort"), "descending");
      assert.deepEqual(await scenarios(), up.toReversed());
      await close();
    },

    async "leads from an index to the page of each run"() {
      const {page, close} = await index();
      for (const link of await page.getByRole("link", {name: "page"}).all()) {
        const path = await link.getAttribute("href");
        const of = await open(`runs/${path.replace(/^\.\//, "").replace(/\.html$/, "")}`);
        assert.match(await of.page.locator("#verdict h1").innerText(), /violated/i);
        await of.close();
      }
      await close();
    },

    async "has an index that fits a phone, and a picture for each scenario and lock"() {
      const {page, close} = await index(kPhone);
      assert.equal(await page.locator("svg").count(), 2);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth -
        document.documentElement.clientWidth), 0);
      await close();
    },
  };
}
