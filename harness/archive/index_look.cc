// The page's style and its script: small enough to be read here.
#include "harness/archive/index_parts.h"

namespace holdfast::harness {

const std::string_view kIndexStyle = R"(
:root { color-scheme: light dark; --ink: #1a1a1a; --paper: #fff; --faint: #666; --rule: #ccc;
  --valid: #00695c; --violated: #b3261e; --unknown: #7a5c00; --p50: #0b57d0; --p99: #a04000; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e6e6; --paper: #16181a; --faint: #a0a0a0;
  --rule: #444; --valid: #5fd0bd; --violated: #ff9a8f; --unknown: #ecc94b; --p50: #8ab4ff;
  --p99: #ffb27a; } }
body { font: 16px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  margin: 0 auto; padding: 1rem; max-width: 80rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; overflow-wrap: anywhere; }
p.faint, .faint { color: var(--faint); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--rule);
  vertical-align: top; }
td.figure, th.figure { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td.name { overflow-wrap: anywhere; min-width: 10rem; }
th button { font: inherit; font-weight: bold; color: inherit; background: none; border: 0;
  padding: 0; cursor: pointer; text-align: inherit; }
th[aria-sort=ascending] button::after { content: " \25b2"; }
th[aria-sort=descending] button::after { content: " \25bc"; }
a { color: inherit; } a:focus-visible, button:focus-visible, input:focus-visible,
select:focus-visible { outline: 3px solid var(--p50); outline-offset: 2px; }
.valid { color: var(--valid); } .violated { color: var(--violated); }
.unknown { color: var(--unknown); } .otherwise { font-weight: bold; }
form { display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; margin: 1rem 0; }
input, select { font: inherit; color: inherit; background: var(--paper);
  border: 1px solid var(--faint); border-radius: 4px; padding: .25rem .5rem; }
svg { display: block; width: 100%; max-width: 48rem; height: auto; }
svg text { fill: var(--faint); font: 12px system-ui, sans-serif; }
svg text.valid { fill: var(--valid); } svg text.violated { fill: var(--violated); }
svg text.unknown { fill: var(--unknown); }
svg .axis { stroke: var(--rule); } svg .p50 { stroke: var(--p50); } svg .p99 { stroke: var(--p99);
  stroke-dasharray: 6 4; } svg polyline { fill: none; stroke-width: 2; }
svg circle.p50 { fill: var(--p50); } svg circle.p99 { fill: var(--paper); stroke-dasharray: none;
  stroke-width: 2; }
[hidden] { display: none; }
)";

const std::string_view kIndexScript = R"(
"use strict";
const form = document.getElementById("filter");
const table = document.getElementById("runs");
if (form && table) {
  const body = table.tBodies[0];
  const words = document.getElementById("words");
  const verdict = document.getElementById("verdict");
  const shown = document.getElementById("shown");
  const filter = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of body.rows) {
      const text = row.textContent.toLowerCase();
      const fits = wanted.every((word) => text.includes(word)) &&
        (verdict.value === "" || row.dataset.verdict === verdict.value ||
         (verdict.value === "otherwise" && row.dataset.otherwise === "1"));
      row.hidden = !fits;
      if (fits) count += 1;
    }
    shown.textContent = count + " of " + body.rows.length + " shown";
  };
  const value = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
  };
  const sort = (head) => {
    const up = head.getAttribute("aria-sort") !== "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const rows = [...body.rows].map((row) => [value(row, head.cellIndex), row]);
    rows.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0) * (up ? 1 : -1));
    body.append(...rows.map(([, row]) => row));
  };
  for (const head of table.tHead.rows[0].cells) {
    if (!head.dataset.sort) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sort(head));
    head.replaceChildren(button);
  }
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(INPUT|SELECT)$/.test(document.activeElement.tagName)) {
      event.preventDefault();
      words.focus();
    }
    if (event.key === "Escape" && document.activeElement === words) {
      words.value = "";
      filter();
    }
  });
  form.hidden = false;
  filter();
}
)";

}  // namespace holdfast::harness
