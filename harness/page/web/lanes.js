// A lane diagram: time goes down, a lane for each who takes part, and in words beside each row what
// happened there. It is a table, so it reads aloud, wraps on a phone and needs no picture.
//
// A row: {at, who, lanes, words, marked, kind, link, bars, beside}. `lanes` are the names of those
// that its mark stands in, and kind says how it looks: "file", "grant", "leave", "fail", "fault",
// "lease", "call". A lane: {name, spans: [{from, until, what, kind}]}, and what is one of "hold",
// "overstay", "lease", "wait", "fault"; a fault has its kind, too. `bars` are the spans of each
// lane at this row, where the row itself says that.
import {duration, instant, spaced} from "./figures.js";
import {el} from "./dom.js";
import {faultClasses} from "./fault_looks.js";

export const kSpanWords = {
  hold: "inside and entitled", overstay: "inside, its lease over", lease: "its lease",
  wait: "waiting",
};

const kMarkWords = {
  file: "file operation", grant: "granted", leave: "gives back", fail: "fails or is lost",
  fault: "fault", lease: "a lease's end", call: "call",
};

// What this lane is in, from this row's instant to the next one's.
function spansAt(lane, from, until) {
  const middle = until > from ? from + (until - from) / 2 : from;
  return lane.spans.filter((span) => span.from <= middle && middle < span.until);
}

function faultKinds(spans) {
  return [...new Set(spans.filter((span) => span.what === "fault").map((span) => span.kind))];
}

// Faults side by side across the lane, each named where it begins.
function faultBars(kinds, before) {
  return kinds.map((kind, i) => {
    const bar = el("span", {class: `bar ${faultClasses(kind)}`});
    bar.style.left = `${100 * i / kinds.length}%`;
    bar.style.width = `${100 / kinds.length}%`;
    return bar;
  }).concat(kinds.filter((kind) => !before.includes(kind)).map((kind) =>
    el("small", {class: "kind"}, spaced(kind))));
}

// What this lane is in after this row: said by the row, or found among the lane's spans.
function laneCell(lane, index, row, spans, before) {
  const told = row.bars?.[index], has = (what) => spans.some((span) => span.what === what);
  const faults = faultKinds(spans);
  const bars = [has("lease") ? "lease" : null, ["overstay", "hold", "wait"].find(has)]
    .filter(Boolean);
  const isActor = row.lanes.includes(lane.name);
  const said = [isActor ? kMarkWords[row.kind] : null, told?.words,
    ...bars.map((what) => kSpanWords[what]), ...faults.map(spaced)].filter(Boolean).join(", ");
  return el("td", {class: "lane", role: "cell"},
    faultBars(faults, faultKinds(before)),
    bars.map((what) => el("span", {class: `bar ${what}`})),
    isActor ? el("span", {class: `mark ${row.kind}`}) : null,
    el("span", {class: "aloud"}, said));
}

function gap(before, at) {
  return before === null || at === before ? "" : `+${duration(at - before)}`;
}

// `besides`: the titles of columns that stand beside the words, filled by each row's `beside`.
export function laneDiagram(caption, lanes, rows, besides = []) {
  const spans = rows.map((row, i) => lanes.map((lane, index) =>
    row.bars?.[index].spans ?? spansAt(lane, row.at, rows[i + 1]?.at ?? row.at)));
  const body = rows.map((row, i) =>
    el("tr", {class: row.marked ? "marked" : null, role: "row"},
      el("th", {scope: "row", class: "number", role: "rowheader"}, row.link ?? instant(row.at),
        el("small", null, gap(rows[i - 1]?.at ?? null, row.at))),
      lanes.map((lane, index) =>
        laneCell(lane, index, row, spans[i][index], spans[i - 1]?.[index] ?? [])),
      el("td", {class: "words", role: "cell"}, el("b", null, row.who), " ", row.words),
      besides.map((_, column) => el("td", {class: "beside", role: "cell"}, row.beside[column]))));
  const title = (kind, ...words) =>
    el("th", {scope: "col", class: kind, role: "columnheader"}, ...words);
  // On a phone its rows are no table's to the eye; to a screen reader they are.
  const table = el("table", {class: besides.length > 0 ? "lanes stacked" : "lanes", role: "table"},
    el("caption", null, caption),
    el("thead", {role: "rowgroup"}, el("tr", {role: "row"}, title("number", "time (s)"),
      lanes.map((lane) => title("lane", el("span", null, lane.name))),
      title("words", "what happened"), besides.map((words) => title("beside", words)))),
    el("tbody", {role: "rowgroup"}, body));
  table.style.setProperty("--lanes", lanes.length);
  return el("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption}, table);
}

export function laneLegend(spans, marks) {
  return el("p", {class: "legend"},
    spans.map((what) => el("span", null, el("span", {class: `swatch ${what}`}), kSpanWords[what])),
    marks.map((kind) => el("span", null, el("span", {class: `mark ${kind}`}), kMarkWords[kind])));
}
