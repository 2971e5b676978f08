// Everything that happened has an address, which leads to it from anywhere and is shown by it.
// browser_test.mjs runs these.
import assert from "node:assert/strict";
import {placeOn} from "./browser_timeline.mjs";

// A sample with more findings and faults than are listed at once.
function manyOf(report) {
  const [fault] = report.faults, [finding] = report.violations;
  for (let i = 1; i < 120; ++i) {
    report.faults.push({...fault, id: i + 1, start_ns: fault.start_ns + i * 1e6});
  }
  for (let i = report.violations.length; i < 30; ++i) report.violations.push({...finding});
}

const hashOf = (page) => page.evaluate(() => decodeURIComponent(location.hash));
const focused = (page, selector) => page.waitForFunction((it) =>
  document.activeElement?.matches(it), selector);
const inView = (page, selector) => page.waitForFunction((it) => {
  const box = document.querySelector(it).getBoundingClientRect();
  return box.bottom > 0 && box.top < innerHeight;
}, selector);

export function addressTests({open, changed}) {
  return {
    async "has an address for every fault, in its list and in the time line, and ways between"() {
      changed("violated", "report", manyOf);
      const {page, close} = await open("changed", {address: "#fault-100"});
      await focused(page, "#fault-100");
      await inView(page, "#fault-100");
      const row = page.locator("tr", {has: page.locator("#fault-100")});
      await row.locator("a[href='#fault=100']").click();
      await focused(page, ".chosen");
      await inView(page, "#timeline canvas");
      assert.equal(await hashOf(page), "#fault=100");
      assert.match(await page.locator(".chosen").innerText(), /fault\s+clock, number 101/);
      await page.locator(".chosen").getByRole("link", {name: "what was done to it"}).click();
      await focused(page, "#fault-100");
      assert.equal(await hashOf(page), "#fault-100");
      await close();
    },

    async "has an address for every finding, in its list and in the time line, and ways between"() {
      changed("violated", "report", manyOf);
      const {page, close} = await open("changed", {address: "#finding-25"});
      await focused(page, "#finding-25");
      await page.locator("#finding-25 table.lanes").waitFor();
      await page.locator("#finding-25 a[href='#finding=25']").click();
      await focused(page, ".chosen");
      assert.equal(await hashOf(page), "#finding=25");
      await page.locator(".chosen").getByRole("link", {name: "how it came about"}).click();
      await focused(page, "#finding-25");
      await inView(page, "#finding-25");
      await page.locator("#worth a", {hasText: "see how it came about"}).first().click();
      await focused(page, "#finding-0");
      await close();
    },

    async "has an address for every file operation, and shows it when it is opened"() {
      const {page, close} = await open("violated");
      const unlink = page.locator("#finding-0 table.lanes tr", {hasText: "unlinks"}).first();
      await unlink.locator("th a").click();
      await focused(page, ".chosen");
      const address = await hashOf(page);
      assert.match(address, /^#file=h2.*@4801000000$/);
      const words = await page.locator(".chosen").innerText();
      assert.match(words, /file operation of\s+h2.*unlink.*after 2 ms/s);
      await close();
      const again = await open("violated", {address});
      await focused(again.page, ".chosen");
      await inView(again.page, "#timeline canvas");
      assert.equal(await again.page.locator(".chosen").innerText(), words);
      await again.page.getByRole("button", {name: "next"}).click();
      assert.match(await hashOf(again.page), /^#file=h2.*@4811000000$/);
      await again.close();
    },

    async "has an address for every hold and every acquire that was not granted"() {
      const {page, close} = await open("overstay");
      await page.getByText("1 acquire not granted").click();
      await page.locator("#timeline details tbody a").first().click();
      await focused(page, ".chosen");
      assert.match(await hashOf(page), /^#acquire=h2.*@50000000$/);
      assert.match(await page.locator(".chosen").innerText(), /not granted.*timeout/s);
      await page.getByText("The picture as a table").click();
      await page.locator("#timeline details table", {hasText: "entitled"})
        .locator("tbody a").first().click();
      await page.waitForFunction(() => location.hash.startsWith("#hold="));
      await close();
    },

    async "has an address for every renewal, a notch in its hold"() {
      const {page, close} = await open("overstay", {address: "#refresh=h2.w1@1230000000"});
      await focused(page, ".chosen");
      const words = await page.locator(".chosen").innerText();
      assert.match(words, /renewal by\s+h2.*outcome\s+ok, until 2\.232000 s/s);
      await page.locator(".chosen").getByRole("link", {name: "the hold from"}).click();
      await page.waitForFunction(() => location.hash.startsWith("#hold="));
      await page.locator(".chosen li a").first().click();
      await page.waitForFunction(() => location.hash.startsWith("#refresh="));
      // A click beside everything, and one on the notch, in the middle of the second lane.
      const box = await page.locator("#timeline canvas").boundingBox();
      await page.mouse.click(box.x + 20, box.y + 3);
      await page.waitForFunction(() => document.querySelector(".chosen").children.length === 0);
      await page.mouse.click(...await placeOn(page, 1_231_000_000, 26 + 26 + 13));
      await page.locator(".chosen dl").waitFor();
      assert.equal(await hashOf(page), "#refresh=h2.w1@1230000000");
      await close();
    },

    async "chooses marks, ticks and bands of the picture by a click, each with its address"() {
      const addresses = {finding: "#finding=0", file: "#file=h2.w1@4801000000"};
      for (const [what, address] of Object.entries(addresses)) {
        const {page, close} = await open("violated", {address});
        await focused(page, ".chosen");
        const box = await page.locator("#timeline canvas").boundingBox();
        await page.mouse.click(box.x + 20, box.y + 3);
        await page.waitForFunction(() => document.querySelector(".chosen").children.length === 0);
        // Marks stand above the lanes; what was done is a tick at the foot of the second of four.
        await page.mouse.click(...what === "finding" ? await placeOn(page, 4_812_000_000, 20)
          : await placeOn(page, 4_802_000_000, 26 + 2 * 26 - 4));
        await page.locator(".chosen dl").waitFor();
        assert.equal(await hashOf(page), address);
        await close();
      }
      const {page, close} = await open("violated", {address: "#time=0,6000000000"});
      await focused(page, "#timeline canvas");
      // Nobody of the second lane is inside at 0.4 s, while its host's clock is wrong.
      await page.mouse.click(...await placeOn(page, 400_000_000, 26 + 26 + 13));
      await page.locator(".chosen dl").waitFor();
      assert.equal(await hashOf(page), "#fault=0");
      await close();
    },

    async "says of an address that it does not have that it has not, and opens it all the same"() {
      const {page, close} = await open("violated", {address: "#hold=h1.w1@3"});
      await focused(page, ".chosen");
      assert.match(await page.locator(".chosen").innerText(), /#hold=.* is not among/);
      for (const hash of ["#fault=999", "#finding-999", "#%E0%A4%A", "#nothing"]) {
        await page.evaluate((it) => { location.hash = it; }, hash);
      }
      await close();
    },
  };
}
