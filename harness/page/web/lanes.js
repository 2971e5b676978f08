// A lane diagram: time goes down, a lane for each who takes part, and in words beside each row what
// happened there. It is a table, so it reads aloud, wraps on a phone and needs no picture.
//
// A row: {at, who, lanes, words, marked, kind, link, bars, beside}. `lanes` are the names of those
// that its mark stands in, and kind says how it looks: "file", "grant", "leave", "fail", "fault",
// "call". A lane: {name, spans: [{from, until, what}]}, and what is one of "hold", "overstay",
// "lease", "wait", "fault".
import {duration, instant} from "./figures.js";
import {el} from "./dom.js";

export const kSpanWords = {
  hold: "inside and entitled", overstay: "inside, its lease over", lease: "lease of a dead holder",
  wait: "waiting", fault: "under fault",
};

const kMarkWords = {
  file: "file operation", grant: "granted", leave: "gives back", fail: "fails or is lost",
  fault: "fault", call: "call",
};

// What this lane is in, from this row's instant to the next one's.
function spansAt(lane, from, until) {
  const middle = until > from ? from + (until - from) / 2 : from;
  return lane.spans.filter((span) => span.from <= middle && middle < span.until)
    .map((span) => span.what);
}

// What this lane is in after this row: said by the row, or found among the lane's spans.
function laneCell(lane, index, row, next) {
  const told = row.bars?.[index];
  const spans = told?.what ?? spansAt(lane, row.at, next);
  const inside = spans.find((what) => what === "hold" || what === "overstay");
  const bars = [spans.includes("fault") ? "fault" : null,
    inside ?? (spans.includes("wait") ? "wait" : spans.includes("lease") ? "lease" : null)];
  const isActor = row.lanes.includes(lane.name);
  const said = [isActor ? kMarkWords[row.kind] : null, told?.words,
    ...bars.map((what) => kSpanWords[what])].filter(Boolean).join(", ");
  return el("td", {class: "lane"},
    bars.map((what) => what && el("span", {class: `bar ${what}`})),
    isActor ? el("span", {class: `mark ${row.kind}`}) : null,
    el("span", {class: "aloud"}, said));
}

function gap(before, at) {
  return before === null || at === before ? "" : `+${duration(at - before)}`;
}

// `besides`: the titles of columns that stand beside the words, filled by each row's `beside`.
export function laneDiagram(caption, lanes, rows, besides = []) {
  const body = rows.map((row, i) => {
    const next = rows[i + 1]?.at ?? row.at;
    return el("tr", {class: row.marked ? "marked" : null},
      el("th", {scope: "row", class: "number"}, row.link ?? instant(row.at),
        el("small", null, gap(rows[i - 1]?.at ?? null, row.at))),
      lanes.map((lane, index) => laneCell(lane, index, row, next)),
      el("td", {class: "words"}, el("b", null, row.who), " ", row.words),
      besides.map((_, column) => el("td", {class: "beside"}, row.beside[column])));
  });
  return el("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption},
    el("table", {class: "lanes"}, el("caption", null, caption),
      el("thead", null, el("tr", null, el("th", {scope: "col", class: "number"}, "time (s)"),
        lanes.map((lane) => el("th", {scope: "col", class: "lane"}, el("span", null, lane.name))),
        el("th", {scope: "col"}, "what happened"),
        besides.map((title) => el("th", {scope: "col"}, title)))),
      el("tbody", null, body)));
}

export function laneLegend(spans, marks) {
  return el("p", {class: "legend"},
    spans.map((what) => el("span", null, el("span", {class: `swatch ${what}`}), kSpanWords[what])),
    marks.map((kind) => el("span", null, el("span", {class: `mark ${kind}`}), kMarkWords[kind])));
}
