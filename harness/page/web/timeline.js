// The section with the time line of the whole run.
import {counted, duration, grouped, instant, signedDuration, spaced} from "./figures.js";
import {el, facts, lazyDetails, section, table} from "./dom.js";
import {filesDuring, findHold, firstAfter, kEnds, kFileOps, kOutcomes, kWhys, overstays}
  from "./timeline_data.js";
import {faultColourName} from "./colours.js";
import {laneLegend} from "./lanes.js";
import {View, listenToKeys, listenToPointers} from "./timeline_view.js";

const kMostFiles = 20;

function fileWords(files, file) {
  const error = files.error[file];
  return `${kFileOps[files.op[file]]}${error ? `: ${files.errors[error] ?? error}` : ""}`;
}

// What its worker did to files, from its asking for the lock until it had given it back.
function fileList(timeline, hold) {
  const {files, holds} = timeline, found = filesDuring(timeline, hold);
  const rows = found.slice(0, kMostFiles).map((file) => el("li", null,
    `${instant(files.began[file])} s ` +
    `(${signedDuration(files.began[file] - holds.from[hold])}): ${fileWords(files, file)}, took ` +
    duration(files.at[file] - files.began[file])));
  if (found.length > kMostFiles) {
    rows.push(el("li", null, `${grouped(found.length - kMostFiles)} more`));
  }
  return found.length > 0 && el("ul", null, rows);
}

function filesTable(view) {
  const {timeline} = view, {files, filesOf, workers} = timeline, rows = [];
  for (const lane of view.matching) {
    const list = filesOf[lane];
    for (let i = firstAfter(list, files.at, view.from); i < list.length && rows.length < 500; ++i) {
      if (files.began[list[i]] > view.until) break;
      rows.push([instant(files.began[list[i]]), workers[files.worker[list[i]]].name,
        fileWords(files, list[i]), duration(files.at[list[i]] - files.began[list[i]])]);
    }
  }
  return table("File operations in this stretch of time, lane by lane, 500 at most",
    [["began at (s)", "number"], ["worker"], ["operation"], ["took", "number"]], rows);
}

function holdWords(timeline, hold) {
  const {holds, workers, locks} = timeline;
  const over = overstays(timeline, hold);
  const at = (ns, also) => `${instant(ns)} s${also ? ` (${also})` : ""}`;
  return facts([
    ["worker", `${workers[holds.worker[hold]].name}, pid ${workers[holds.worker[hold]].pid}`],
    ["lock", locks[holds.lock[hold]]],
    ["token", holds.token[hold] === 0n ? null : String(holds.token[hold])],
    ["asked", at(holds.sent[hold])],
    ["granted", at(holds.from[hold], `after ${duration(holds.from[hold] - holds.sent[hold])}`)],
    ["left", at(holds.until[hold], `${kEnds[holds.end[hold]]} after ` +
      duration(holds.until[hold] - holds.from[hold]))],
    ["given back", holds.gone[hold] > holds.until[hold] ? at(holds.gone[hold]) : null],
    ["lease ended", holds.leaseEnd[hold] === Infinity ? null : at(holds.leaseEnd[hold])],
    ["learnt of a loss", Number.isNaN(holds.told[hold]) ? null : at(holds.told[hold])],
    ["inside without a lease", over.map((gap) =>
      `${instant(gap.from)} to ${instant(gap.until)} s`).join(", ")],
    ["file operations", fileList(timeline, hold)],
  ]);
}

function holdsTable(view) {
  const {timeline} = view, {holds, workers, locks} = timeline;
  const shown = new Set(view.matching), rows = [];
  for (let i = 0; i < holds.count && rows.length < 500; ++i) {
    if (holds.until[i] < view.from || holds.from[i] > view.until) continue;
    if (!shown.has(timeline.laneOf[holds.worker[i]])) continue;
    if (!view.shows(i)) continue;
    rows.push([instant(holds.from[i]), workers[holds.worker[i]].name, locks[holds.lock[i]],
      duration(holds.from[i] - holds.sent[i]), duration(holds.until[i] - holds.from[i]),
      kEnds[holds.end[i]],
      overstays(timeline, i).length ? "its lease was over" : "entitled"]);
  }
  return table("The holds that the picture shows, 500 at most", [["granted at (s)", "number"],
    ["worker"], ["lock"], ["waited", "number"], ["inside", "number"], ["end"], ["lease"]], rows);
}

function refusalsTable(timeline) {
  const {refusals, workers, locks} = timeline, rows = [];
  for (let i = 0; i < refusals.count && rows.length < 500; ++i) {
    rows.push([instant(refusals.sent[i]), workers[refusals.worker[i]].name,
      locks[refusals.lock[i]], duration(refusals.back[i] - refusals.sent[i]),
      [kOutcomes[refusals.outcome[i]], kWhys[refusals.why[i]]].filter(Boolean).join(": ")]);
  }
  return table("Acquires that were not granted, 500 at most", [["asked at (s)", "number"],
    ["worker"], ["lock"], ["lasted", "number"], ["outcome"]], rows);
}

function field(label, input) {
  return el("label", null, label, " ", input);
}

function choice(options, onchange) {
  return el("select", {onchange: (event) => onchange(event.target.value)},
    options.map(([value, words]) => el("option", {value}, words)));
}

function check(label, checked, onchange) {
  const box = el("input", {type: "checkbox", onchange: () => onchange(box.checked)});
  box.checked = checked;
  return el("label", null, box, " ", label);
}

// The address says what is seen, so it can be sent to somebody: #time=FROM,UNTIL in nanoseconds
// since the run's start, #hold=WORKER@INSTANT.
function follow(view, select) {
  let hash = "";
  try {
    hash = decodeURIComponent(location.hash.slice(1));
  } catch {
    return;  // not one of ours
  }
  const time = /^time=(-?[\d.e+]+),(-?[\d.e+]+)$/.exec(hash);
  const hold = /^hold=(.*)@(-?\d+)$/.exec(hash);
  if (time) view.show(Number(time[1]), Number(time[2]));
  if (hold) select(findHold(view.timeline, hold[1], Number(hold[2])));
  if (time || hold) document.getElementById("timeline").scrollIntoView();
}

function about(timeline) {
  const left = timeline.allHolds - timeline.holds.count;
  return el("p", null, `${counted(timeline.allHolds, "hold")} in ` +
    `${counted(timeline.lanes.length, "lane")}. Drag to move; pinch, or turn the wheel with ` +
    "Ctrl, to zoom; click a hold to see it in words. ",
    left > 0 ? `This run is long: of ${grouped(left)} holds the picture shows how much of each ` +
      "stretch of time was spent inside; those near findings, and near faults or some of many " +
      "faults, are there one by one. Of a single lock only these are shown. " : null,
    timeline.allRefusals > timeline.refusals.count
      ? `The first ${grouped(timeline.refusals.count)} of ` +
        `${counted(timeline.allRefusals, "acquire")} that were not granted are shown. ` : null,
    timeline.files.count > 0 ? "Zoomed in, each file operation is a small tick: at the foot of " +
      "its lane what was done, at its head what failed. " : null,
    timeline.allFiles > timeline.files.count
      ? `Of ${counted(timeline.allFiles, "file operation")} those near findings and the first ` +
        `others are shown, ${grouped(timeline.files.count)} in all. ` : null);
}

export function timelineSection(report, timeline) {
  if (timeline === null) {
    return section("timeline", "Time line", el("p", null,
      "The history is not fit for judging, so it is not drawn. The checkers say what is wrong " +
      "with it."));
  }
  const canvas = el("canvas", {tabindex: "0", role: "img",
    "aria-label": "Time line of all lanes. Keys: arrows move, plus and minus zoom, 0 shows all, " +
      "n and p select the next and the previous hold of a lane, N and P of a lock. The table " +
      "below has the same in words."});
  const picture = el("div", {class: "picture"}, canvas);
  const range = el("output", {class: "range"});
  const chosen = el("div", {class: "chosen", "aria-live": "polite"});
  const view = new View(timeline, report, canvas, (it) => {
    range.textContent = `${instant(it.from)} to ${instant(it.until)} s, ` +
      `${it.lanes.length} of ${counted(timeline.lanes.length, "lane")}` +
      `${it.rows < it.matching.length ? " (up and down for more)" : ""}`;
  });
  const select = (hold, bring = true) => {
    view.select(hold, bring);
    chosen.replaceChildren(...hold < 0 ? [] : [holdWords(timeline, hold), el("p", null,
      step("previous of this lane", -1, false), step("next of this lane", 1, false),
      step("before it", -1, true), step("after it", 1, true))]);
    if (hold < 0) return;
    const name = timeline.workers[timeline.holds.worker[hold]].name;
    history.replaceState(null, "",
      `#hold=${encodeURIComponent(name)}@${timeline.holds.from[hold]}`);
  };
  const step = (words, by, ofLock) => el("button", {type: "button",
    onclick: () => select(view.neighbour(by, ofLock))}, words);
  const press = (words, label, act) =>
    el("button", {type: "button", "aria-label": label, title: label, onclick: act}, words);
  const set = (change) => {
    Object.assign(view, change);
    view.filter();
  };
  listenToPointers(view, select);
  listenToKeys(view, select);
  addEventListener("hashchange", () => follow(view, select));
  requestAnimationFrame(() => follow(view, select));
  return section("timeline", "Time line", about(timeline),
    laneLegend(["hold", "overstay", "lease", "wait"], []),
    faultLegend(report),
    el("div", {class: "controls"},
      press("\u2212", "zoom out", () => view.zoom(2)),
      press("+", "zoom in", () => view.zoom(0.5)),
      press("\u25c0", "earlier", () => view.pan(-0.4)),
      press("\u25b6", "later", () => view.pan(0.4)),
      press("all", "the whole run", () => view.show(...view.whole)),
      field("lanes", el("input", {type: "search", placeholder: "h1 h2.w3", size: "10",
        oninput: (event) => set({text: event.target.value})})),
      field("with", choice([["all", "anything"], ["overstays", "an overstay"],
        ["findings", "a finding"], ["faults", "a fault"]], (only) => set({only}))),
      timeline.locks.length > 1 ? field("lock", choice([["", "all"],
        ...timeline.locks.map((name, i) => [String(i), name])],
      (value) => set({lock: value === "" ? null : Number(value)}))) : null,
      check("waits", true, (waits) => set({waits})),
      check("faults", true, (showFaults) => set({showFaults})),
      timeline.files.count === 0 ? null
        : check("file operations", true, (showFiles) => set({showFiles}))),
    picture, range, chosen,
    lazyTable("The picture as a table", () => holdsTable(view)),
    timeline.files.count === 0 ? null : lazyTable("File operations", () => filesTable(view)),
    timeline.refusals.count ? lazyDetails(
      `${counted(timeline.allRefusals, "acquire")} not granted`,
      () => refusalsTable(timeline)) : null);
}

// Made anew whenever it is opened: it shows what the picture shows.
function lazyTable(summary, make) {
  const made = lazyDetails(summary, make);
  made.addEventListener("toggle", () => {
    if (!made.open) made.lastChild.remove();
  });
  return made;
}

function faultLegend(report) {
  const kinds = [...new Set(report.faults.filter((it) => it.effective).map((it) => it.kind))];
  return kinds.length === 0 ? null : el("p", {class: "legend"}, "Faults, as bands: ",
    kinds.map((kind) => el("span", null,
      el("span", {class: `swatch fault-${faultColourName(kind)}`}), spaced(kind))));
}
