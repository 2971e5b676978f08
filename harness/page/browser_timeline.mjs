// The time line in a browser: by pointer, by fingers, by keys and by its fields; and the tables
// behind it. browser_test.mjs runs these.
import assert from "node:assert/strict";

// Where on the screen the picture has this instant, at this height of it.
export async function placeOn(page, at_ns, y) {
  const box = await page.locator("#timeline canvas").boundingBox();
  const [from, until] = (await page.locator(".range").innerText()).match(/[\d.]+/g).map(Number);
  const left = box.width < 500 ? 58 : 84;  // where the lanes' names are
  return [box.x + left + (at_ns / 1e9 - from) / (until - from) * (box.width - left), box.y + y];
}

export function timelineTests({open, changed}) {
  return {
    async "shows file operations when it is zoomed, in the picture, in words and as a table"() {
      const {page, close} = await open("violated");
      await page.locator("#finding-0 dd a").first().click();
      assert.match(await page.locator(".chosen").innerText(), /link, took 100 us/);
      const picture = () => page.evaluate(() => new Promise((done) => requestAnimationFrame(() =>
        setTimeout(() => done(document.querySelector("#timeline canvas").toDataURL())))));
      const with_ticks = await picture();
      await page.getByRole("checkbox", {name: "file operations"}).uncheck();
      assert.notEqual(await picture(), with_ticks);
      await page.locator("#timeline summary", {hasText: "File operations"}).click();
      const words = page.locator("#timeline details table", {hasText: "lane by lane"});
      await words.waitFor();
      assert.match(await words.innerText(), /h2.*unlink/);
      await close();
    },

    async "zooms, moves and filters the time line"() {
      const {page, close} = await open("valid");
      const range = async () => (await page.locator(".range").innerText()).replaceAll(",", "");
      const span = async () => {
        const [from, until] = (await range()).match(/[\d.]+/g).map(Number);
        return until - from;
      };
      const whole = await span();
      const settled = (shown) => page.waitForFunction((text) =>
        document.querySelector(".range").textContent.replaceAll(",", "") !== text, shown);
      const change = async (act) => {
        const before = await range();
        await act();
        await settled(before);
      };
      const canvas = page.locator("#timeline canvas");
      await canvas.scrollIntoViewIfNeeded();
      await change(() => page.getByRole("button", {name: "zoom in"}).click());
      assert.ok(Math.abs(await span() - whole / 2) < whole / 100);
      const box = await canvas.boundingBox();
      await change(async () => {
        await page.mouse.move(box.x + 600, box.y + 60);
        await page.mouse.down();
        await page.mouse.move(box.x + 500, box.y + 60, {steps: 4});
        await page.mouse.up();
      });
      await canvas.focus();
      await change(() => page.keyboard.press("+"));
      await change(() => page.keyboard.press("ArrowRight"));
      await change(() => page.keyboard.press("0"));
      assert.ok(Math.abs(await span() - whole) < 1e-6);
      await change(() => page.getByRole("searchbox", {name: "lanes"}).fill("h2"));
      assert.match(await range(), / 2 of 8 lanes/);
      await change(() => page.getByRole("searchbox", {name: "lanes"}).fill(""));
      await page.getByText("The picture as a table").click();
      // What is folded away is made when it is unfolded.
      await page.waitForFunction(() =>
        document.querySelectorAll("#timeline details table tbody tr").length > 100);
      await close();
    },

    async "shows a hold in words when it is reached by keys, and its address leads back"() {
      const {page, close} = await open("valid");
      await page.locator("#timeline canvas").focus();
      await page.keyboard.press("n");
      await page.locator(".chosen dl").waitFor();
      const words = await page.locator(".chosen").innerText();
      const address = await page.evaluate(() => location.hash);
      assert.match(address, /^#hold=/);
      await page.keyboard.press("n");
      await page.waitForFunction((before) => location.hash !== before, address);
      await page.evaluate((hash) => { location.hash = hash; }, address);
      await page.waitForFunction((before) =>
        document.querySelector(".chosen").innerText === before, words);
      await close();
    },

    async "shows the lanes, faults, waits and locks that its fields say"() {
      const {page, close} = await open("overstay");
      const range = page.locator(".range");
      const shows = (words) => page.waitForFunction((text) =>
        document.querySelector(".range").textContent.includes(text), words);
      const picture = () => page.evaluate(() => new Promise((done) => requestAnimationFrame(() =>
        setTimeout(() => done(document.querySelector("#timeline canvas").toDataURL())))));
      assert.match(await range.innerText(), / 2 of 2 lanes/);
      const field = (name) => page.locator(".controls label", {hasText: name}).locator("select");
      const only = field(/^with/);
      for (const [what, lanes] of [["overstays", 1], ["findings", 2], ["faults", 1], ["all", 2]]) {
        await only.selectOption(what);
        await shows(` ${lanes} of 2 lanes`);
      }
      for (const name of ["waits", "faults"]) {
        const before = await picture();
        await page.getByRole("checkbox", {name}).uncheck();
        assert.notEqual(await picture(), before, name);
      }
      const both = await picture();
      await field(/^lock/).selectOption("1");
      assert.notEqual(await picture(), both, "the other lock's holds are gone");
      await page.getByText("The picture as a table").click();
      const rows = page.locator("#timeline details tbody tr");
      await rows.first().waitFor();
      assert.equal(await rows.count(), 1);
      assert.match(await rows.innerText(), /second/);
      await close();
    },

    async "moves under a finger, zooms between two, and shows what is tapped"() {
      const {page, context, close} = await open("valid", {hasTouch: true, isMobile: true,
        viewport: {width: 390, height: 800}});
      const fingers = await context.newCDPSession(page);
      const touch = (type, ...points) => fingers.send("Input.dispatchTouchEvent", {type,
        touchPoints: points.map(([x, y], id) => ({x, y, id}))});
      const shown = async () => (await page.locator(".range").innerText()).match(/[\d.]+/g)
        .slice(0, 2).map(Number);
      const changes = async (act) => {
        const before = await page.locator(".range").innerText();
        await act();
        await page.waitForFunction((text) =>
          document.querySelector(".range").textContent !== text, before);
        return shown();
      };
      const canvas = page.locator("#timeline canvas");
      await canvas.scrollIntoViewIfNeeded();
      const box = await canvas.boundingBox(), y = box.y + 50;
      const whole = await shown();
      const [near, far] = [box.x + 180, box.x + 230];
      const pinched = await changes(async () => {
        await touch("touchStart", [near, y], [far, y]);
        for (let i = 16; i <= 80; i += 16) await touch("touchMove", [near - i, y], [far + i, y]);
        await touch("touchEnd");
      });
      const span = ([from, until]) => until - from;
      assert.ok(span(pinched) < span(whole) / 2, `${pinched} is less than ${whole}`);
      const moved = await changes(async () => {
        await touch("touchStart", [far, y]);
        for (let i = 20; i <= 100; i += 20) await touch("touchMove", [far - i, y]);
        await touch("touchEnd");
      });
      assert.ok(moved[0] > pinched[0], `${moved} is later than ${pinched}`);
      assert.ok(Math.abs(span(moved) - span(pinched)) < 1e-5, "moving does not zoom");
      assert.equal(await page.locator(".chosen dl").count(), 0, "nor does it choose anything");
      await page.evaluate(() => document.querySelector("#timeline canvas").focus());
      await page.keyboard.press("n");
      await page.locator(".chosen dl").waitFor();
      const address = await page.evaluate(() => location.hash);
      // A tap beside everything lets go of it, a tap on it takes it again.
      await page.evaluate((hash) => { location.hash = ""; location.hash = hash; }, address);
      await page.locator(".chosen:focus").waitFor();
      const now = await canvas.boundingBox();
      await touch("touchStart", [now.x + 10, now.y + 3]);
      await touch("touchEnd");
      await page.waitForFunction(() => document.querySelector(".chosen").children.length === 0);
      const granted = Number(decodeURIComponent(address).split("@").at(-1));
      await touch("touchStart", await placeOn(page, granted, 26 + 5));
      await touch("touchEnd");
      await page.locator(".chosen dl").waitFor();
      await close();
    },

    async "has every hold in its table, a page at a time, by keys"() {
      const {page, close} = await open("valid");
      await page.getByText("The picture as a table").click();
      const table = page.locator("#timeline details .paged");
      const first = table.locator("tbody tr th").first();
      await first.waitFor();
      assert.equal(await table.locator("tbody tr").count(), 200);
      const began = await first.innerText();
      await table.getByRole("button", {name: "next 200"}).focus();
      await page.keyboard.press("Enter");
      assert.match(await table.locator("output").innerText(), /201 to 293 of 293/);
      assert.equal(await table.locator("tbody tr").count(), 93);
      assert.ok(Number(await first.innerText()) > Number(began));
      await page.keyboard.press("Enter");
      assert.match(await table.locator("output").innerText(), /201 to 293 of 293/, "no further");
      await table.getByLabel("row").fill("1");
      await page.keyboard.press("Enter");
      assert.equal(await first.innerText(), began);
      await table.getByRole("button", {name: "last"}).click();
      await table.locator("tbody tr").last().getByRole("link").click();
      await page.locator(".chosen", {hasText: "hold of"}).waitFor();
      await close();
    },

    async "sketches a million holds, and has a table of the sketch"() {
      const {page, took, close} = await open("longer");
      assert.match(await page.locator("#timeline p").first().innerText(),
        /1,000,000 holds.*This run is long/s);
      console.log(`  1,000,000 holds: opened in ${Math.round(took)} ms`);
      await page.getByText("The picture as a table, lane by lane").click();
      const table = page.locator("#timeline details .paged");
      await table.locator("tbody tr").first().waitFor();
      // 32 lanes have a million holds in 40 stretches, and each is inside for a part of each.
      assert.match(await table.locator("output").innerText(), /1 to 200 of 1,280/);
      const [lane, , , grants, inside] = await table.locator("tbody tr").first()
        .locator("th, td").allInnerTexts();
      assert.equal(lane, "h1.w1");
      assert.ok(Math.abs(Number(grants.replace(",", "")) - 1e6 / 32 / 40) < 20, grants);
      assert.ok(parseFloat(inside) > 0.5 && parseFloat(inside) < 10, inside);
      await close();
    },
  };
}
