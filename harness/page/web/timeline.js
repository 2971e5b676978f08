// The section with the time line of the whole run.
import {addressOf, bringTo, onAddress, setAddress} from "./addresses.js";
import {counted, grouped, instant} from "./figures.js";
import {el, lazyDetails, section} from "./dom.js";
import {faultLegend} from "./fault_looks.js";
import {laneLegend} from "./lanes.js";
import {filesTable, holdsTable, refusalsTable, renewalsTable,
  sketchTable} from "./timeline_tables.js";
import {addressOfThing, thingCalled} from "./timeline_things.js";
import {View, listenToKeys, listenToPointers} from "./timeline_view.js";
import {thingWords} from "./timeline_words.js";

function field(label, input) {
  return el("label", null, label, " ", input);
}

function choice(options, onchange) {
  return el("select", {onchange: (event) => onchange(event.target.value)},
    options.map(([value, words]) => el("option", {value}, words)));
}

function check(label, onchange) {
  const box = el("input", {type: "checkbox", onchange: () => onchange(box.checked)});
  box.checked = true;
  return [box, el("label", null, box, " ", label)];
}

function about(timeline) {
  const left = timeline.allHolds - timeline.holds.count;
  return el("p", null, `${counted(timeline.allHolds, "hold")} in ` +
    `${counted(timeline.lanes.length, "lane")}. Drag to move; pinch, or turn the wheel with ` +
    "Ctrl, to zoom; click what is drawn to see it in words. ",
    left > 0 ? `This run is long: of ${grouped(left)} holds the picture shows how much of each ` +
      "stretch of time was spent inside; those near findings, and near faults or some of many " +
      "faults, are there one by one. Of a single lock only these are shown. " : null,
    timeline.allRefusals > timeline.refusals.count
      ? `The first ${grouped(timeline.refusals.count)} of ` +
        `${counted(timeline.allRefusals, "acquire")} that were not granted are shown. ` : null,
    timeline.allRenewals > timeline.renewals.count
      ? `The first ${grouped(timeline.renewals.count)} of ` +
        `${counted(timeline.allRenewals, "renewal")} are shown. ` : null,
    timeline.renewals.count > 0 ? "A notch in a hold is a renewal of its lease. " : null,
    timeline.files.count > 0 ? "Zoomed in, each file operation is a small tick: at the foot of " +
      "its lane what was done, at its head what failed. " : null,
    timeline.allFiles > timeline.files.count
      ? `Of ${counted(timeline.allFiles, "file operation")} those near findings and the first ` +
        `others are shown, ${grouped(timeline.files.count)} in all. ` : null);
}

// What is chosen, in words, and the ways to its neighbours.
class Chosen {
  constructor(view, picture) {
    this.view = view;
    this.picture = picture;
    this.element = el("div", {class: "chosen", tabindex: "-1", "aria-live": "polite",
      role: "group", "aria-label": "what is chosen in the time line"});
  }

  select(thing, bring = true) {
    const {view} = this;
    view.select(thing, bring);
    this.element.replaceChildren(...thing === null ? [] : [thingWords(view, thing),
      el("p", null, this.steps(thing))]);
    if (thing !== null) setAddress(addressOfThing(view, thing));
  }

  steps(thing) {
    const step = (words, by, ofLock) => el("button", {type: "button", onclick: () => {
      const next = this.view.neighbour(by, ofLock);
      if (next === null) return;
      this.select(next);
      // Its button is another one now, in the same place: it keeps the focus.
      [...this.element.querySelectorAll("button")].find((it) => it.textContent === words)?.focus();
    }}, words);
    return thing.what === "hold"
      ? [step("previous of this lane", -1, false), step("next of this lane", 1, false),
        step("before it, of this lock", -1, true), step("after it, of this lock", 1, true)]
      : [step("previous", -1, false), step("next", 1, false)];
  }

  // Opens an address: what it names is chosen, and has the focus.
  open(what, name) {
    const thing = thingCalled(this.view, what, name);
    const at = Number(name.slice(name.lastIndexOf("@") + 1));
    if (thing !== null) {
      this.select(thing);
    } else {
      this.view.select(null);
      if (name.includes("@") && !Number.isNaN(at)) this.view.show(at - 2e6, at + 2e6);
      this.element.replaceChildren(el("p", null, `#${addressOf(what, name)} is not among what ` +
        "this page has one by one. The time around it is shown where the address says when " +
        "it was."));
    }
    bringTo(this.picture, this.element);
  }
}

// #time=FROM,UNTIL in nanoseconds since the run's start, and what timeline_things.js has.
function openAddresses(view, chosen, canvas) {
  onAddress(/^time=(-?[\d.e+]+),(-?[\d.e+]+)$/, (from, until) => {
    view.show(Number(from), Number(until));
    bringTo(chosen.picture, canvas);
  });
  onAddress(/^(hold|acquire|refresh|file)=(.*@-?\d+)$/s, (what, name) => chosen.open(what, name));
  onAddress(/^(fault|finding)=(\d+)$/, (what, number) => chosen.open(what, number));
}

// The fields that say what is shown. `sync` has them say what the view has come to by itself.
function controls(view) {
  const set = (change) => {
    Object.assign(view, change);
    view.filter();
  };
  const press = (words, label, act) =>
    el("button", {type: "button", "aria-label": label, title: label, onclick: act}, words);
  const {timeline} = view;
  const text = el("input", {type: "search", placeholder: "h1 h2.w3", size: "10",
    oninput: () => set({text: text.value})});
  const only = choice([["all", "anything"], ["overstays", "an overstay"],
    ["findings", "a finding"], ["faults", "a fault"]], (value) => set({only: value}));
  const lock = choice([["", "all"], ...timeline.locks.map((name, i) => [String(i), name])],
    (value) => set({lock: value === "" ? null : Number(value)}));
  const boxes = {waits: check("waits", (waits) => set({waits})),
    showFaults: check("faults", (showFaults) => set({showFaults})),
    showFiles: check("file operations", (showFiles) => set({showFiles}))};
  return {element: el("div", {class: "controls"},
    press("\u2212", "zoom out", () => view.zoom(2)),
    press("+", "zoom in", () => view.zoom(0.5)),
    press("\u25c0", "earlier", () => view.pan(-0.4)),
    press("\u25b6", "later", () => view.pan(0.4)),
    press("all", "the whole run", () => view.show(...view.whole)),
    field("lanes", text), field("with", only),
    timeline.locks.length > 1 ? field("lock", lock) : null,
    Object.entries(boxes).map(([name, [, label]]) =>
      name === "showFiles" && timeline.files.count === 0 ? null : label)),
  sync: () => {
    text.value = view.text;
    only.value = view.only;
    lock.value = view.lock === null ? "" : String(view.lock);
    for (const [name, [box]] of Object.entries(boxes)) box.checked = view[name];
  }};
}

export function timelineSection(report, timeline) {
  if (timeline === null) {
    return section("timeline", "Time line", el("p", null,
      "The history is not fit for judging, so it is not drawn. The checkers say what is wrong " +
      "with it."));
  }
  const canvas = el("canvas", {tabindex: "0", role: "img",
    "aria-label": "Time line of all lanes. Keys: arrows move, plus and minus zoom, 0 shows all, " +
      "n and p choose the next and the previous hold of a lane, N and P of a lock; when a fault, " +
      "a finding, a renewal or a file operation is chosen, n and p go on among these. The tables " +
      "below have the same in words, with links to all that can be chosen."});
  const picture = el("div", {class: "picture"}, canvas);
  const range = el("output", {class: "range"});
  const parts = {};
  const view = new View(timeline, report, canvas, (it) => {
    range.textContent = `${instant(it.from)} to ${instant(it.until)} s, ` +
      `${it.lanes.length} of ${counted(timeline.lanes.length, "lane")}` +
      `${it.rows < it.matching.length ? " (up and down for more)" : ""}`;
    parts.fields.sync();
  });
  parts.fields = controls(view);
  const chosen = new Chosen(view, picture);
  const select = (thing, bring) => chosen.select(thing, bring);
  listenToPointers(view, select);
  listenToKeys(view, select);
  openAddresses(view, chosen, canvas);
  return section("timeline", "Time line", about(timeline),
    laneLegend(["hold", "overstay", "lease", "wait"], []),
    faultLegend("Faults, as bands: ", view.faults), parts.fields.element,
    picture, range, chosen.element,
    timeline.sketch === null ? null
      : lazyTable("The picture as a table, lane by lane", () => sketchTable(view)),
    lazyTable(timeline.sketch === null ? "The picture as a table" : "Holds, one by one",
      () => holdsTable(view)),
    timeline.files.count === 0 ? null : lazyTable("File operations", () => filesTable(view)),
    timeline.refusals.count ? lazyDetails(
      `${counted(timeline.allRefusals, "acquire")} not granted`,
      () => refusalsTable(view)) : null,
    timeline.renewals.count === 0 ? null : lazyDetails(
      counted(timeline.allRenewals, "renewal"), () => renewalsTable(view)));
}

// Made anew whenever it is opened: it shows what the picture shows.
function lazyTable(summary, make) {
  const made = lazyDetails(summary, make);
  made.addEventListener("toggle", () => {
    if (!made.open) made.lastChild.remove();
  });
  return made;
}
