// What somebody waits for who opens the page of a long run and moves about in its time line: wall
// time, of 100,000 holds and of a million.
//
//   node measure.mjs SAMPLES FOLDER MODULES
//
// SAMPLES (harness_page_samples) writes the pages into FOLDER; MODULES is where npm has put what
// package-lock.json names. Busy machines say more of themselves than of the page.
import {execFileSync} from "node:child_process";
import {mkdirSync} from "node:fs";
import {startBrowser} from "./browser.mjs";

const [, , samples, folder, modules] = process.argv;
const kTimes = 5, kRounds = 10;
const kKeys = ["+", "ArrowRight", "+", "ArrowRight", "+", "ArrowLeft", "+", "-", "ArrowRight", "0"];

// How long it takes from each key until the picture is another one, in milliseconds.
function frames(page) {
  return page.evaluate(async ([keys, rounds]) => {
    const canvas = document.querySelector("#timeline canvas"), took = [];
    for (let i = 0; i < keys.length * rounds; ++i) {
      const began = performance.now();
      canvas.dispatchEvent(new KeyboardEvent("keydown", {key: keys[i % keys.length]}));
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      took.push(performance.now() - began);
    }
    return took;
  }, [kKeys, kRounds]);
}

const of = (list, share) =>
  [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))];
const ms = (value) => `${value.toFixed(0)} ms`;

mkdirSync(folder, {recursive: true});
execFileSync(samples, [folder, "long", "longer"], {stdio: "inherit"});
const browser = await startBrowser(modules, folder);
for (const [name, words] of [["long", "100,000 holds"], ["longer", "1,000,000 holds"]]) {
  const opened = [], moved = [];
  for (let i = 0; i < kTimes; ++i) {
    const {page, took, close} = await browser.open(name);
    opened.push(took);
    moved.push(...await frames(page));
    await close();
  }
  console.log(`${words}: opens in ${ms(of(opened, 0.5))} (median of ${kTimes}), ` +
    `${ms(Math.max(...opened))} at worst; from a key to the picture ${ms(of(moved, 0.5))} ` +
    `(median), ${ms(of(moved, 0.99))} (p99), ${ms(Math.max(...moved))} at worst of ` +
    `${moved.length}`);
}
await browser.end();
