// Opens pages in a headless Chromium, for browser_test.mjs and measure.mjs. What is missing on this
// machine - the browser, or what drives it - ends the program: status 77, with the reason.
import assert from "node:assert/strict";
import {accessSync, readFileSync, writeFileSync} from "node:fs";
import {createRequire} from "node:module";
import {resolve} from "node:path";
import {pathToFileURL} from "node:url";

export function has(path) {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}

function skip(reason) {
  console.log(`SKIPPED: ${reason}`);
  process.exit(77);
}

function chromiumProgram() {
  const names = ["chromium", "chromium-browser", "google-chrome"];
  return names.map((name) => `/usr/bin/${name}`).find(has) ??
    skip("no chromium here (Debian: apt-get install chromium)");
}

function driver(modules) {
  try {
    return createRequire(`${resolve(modules)}/`)("playwright-core");
  } catch {
    return skip("no playwright-core here: npm ci in build/npm, which ./holdfast test does");
  }
}

const kPatience = 120_000;

// `modules`: where npm has put what package-lock.json names; `folder`: where the pages are.
export async function startBrowser(modules, folder) {
  const {chromium} = driver(modules);
  const browser = await chromium.launch({executablePath: chromiumProgram(),
    args: ["--no-sandbox"]});
  return {
    open: (name, options) => open(browser, `${folder}/${name}.html`, options),
    changed: (sample, id, change) => changed(folder, sample, id, change),
    end: () => browser.close(),
  };
}

// A page that is open, and everything that went wrong in it. `worked` says for how many
// milliseconds its main thread had a processor: unlike what passed meanwhile, no busy machine makes
// that longer.
//
// `address`: what stands behind the page's name, "#hold=h1.w1@5"; `ready`: what is there when the
// page's script has made it.
async function open(browser, path, {address = "", ready = "html[data-ready=yes]",
  ...options} = {}) {
  // Nothing glides, so that what was clicked is where it was looked for.
  const context = await browser.newContext({viewport: {width: 1200, height: 900},
    reducedMotion: "reduce", ...options});
  const page = await context.newPage();
  page.setDefaultTimeout(kPatience);
  const wrong = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) wrong.push(message.text());
  });
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("dialog", (dialog) => wrong.push(`dialog: ${dialog.message()}`));
  page.on("request", (request) => {
    if (!request.url().startsWith("file://") || request.resourceType() !== "document") {
      wrong.push(`asks for ${request.url()}`);
    }
  });
  const metrics = await context.newCDPSession(page);
  await metrics.send("Performance.enable", {timeDomain: "threadTicks"});
  const worked = async () => (await metrics.send("Performance.getMetrics")).metrics
    .find((it) => it.name === "TaskDuration").value * 1000;
  const began = performance.now();
  await page.goto(`${pathToFileURL(path).href}${address}`);
  await page.locator(ready).waitFor({state: "attached"});
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
  return {page, context, worked, wrong, took: performance.now() - began, close: async () => {
    assert.deepEqual(wrong, [], `${path}: nothing goes wrong`);
    await context.close();
  }};
}

// A sample's page with other data.
function changed(folder, sample, id, change) {
  const html = readFileSync(`${folder}/${sample}.html`, "utf8");
  const begin = `<script type="application/json" id="data-${id}">`;
  const block = new RegExp(`(${begin})(.*?)(</script>)`, "s");
  const [, before, json, after] = html.match(block);
  const data = JSON.parse(json);
  change(data);
  const text = JSON.stringify(data).replaceAll("<", "\\u003c");
  writeFileSync(`${folder}/changed.html`, html.replace(block, () => before + text + after));
}
