// What the time line's painter paints, told to a canvas that only notes it: no browser is needed.
//
//   node paint_test.mjs
import assert from "node:assert/strict";
import {test} from "node:test";

// What the modules ask of a browser. Colours are their own names.
globalThis.getComputedStyle = () => ({getPropertyValue: (name) => name});
globalThis.document = {documentElement: {}, createElement: () => ({getContext: () => noting([])})};

const {kAxis, nameWidth, paint} = await import("./web/timeline_paint.js");
const {faultClasses} = await import("./web/fault_looks.js");
const {overstays} = await import("./web/timeline_data.js");
const {View} = await import("./web/timeline_view.js");

const kWidth = 300, kLaneHeight = 20, kLeft = nameWidth(kWidth);

// A canvas's context whose every filled rectangle goes into `filled`, and every outline, with its
// dash, into `stroked`.
function noting(filled, stroked = []) {
  const state = {fillStyle: "", strokeStyle: "", globalAlpha: 1, dash: []};
  return new Proxy(state, {get: (it, name) => {
    if (name === "strokeRect") {
      return (x, y, width, height) => stroked.push({x, y, width, height, colour: it.strokeStyle,
        dash: it.dash});
    }
    if (name === "setLineDash") return (dash) => { it.dash = dash; };
    if (name === "fillRect") {
      return (x, y, width, height) => filled.push({x, y, width, height, colour: it.fillStyle,
        alpha: it.globalAlpha});
    }
    if (name === "measureText") return () => ({width: 10});
    if (name === "createPattern") return () => "hatched";
    return name in it ? it[name] : () => {};
  }});
}

// One lane with these holds, [from, until, lock], file operations, [began, at, error], and
// renewals, [sent, back, outcome, lock], and refused acquires, [sent, back, lock].
function timelineOf(holds, files = [], sketch = null, renewals = [], refusals = []) {
  const column = (rows, index) => Float64Array.from(rows, (row) => row[index]);
  const all = (rows) => Uint32Array.from(rows, (_, i) => i);
  const from = column(holds, 0), until = column(holds, 1);
  return {start: 0, lanes: [{name: "h1.w1", host: "h1"}], laneOf: [0], sketch,
    holds: {count: holds.length, worker: from.map(() => 0), lock: column(holds, 2), sent: from,
      from, until, gone: until, leaseEnd: from.map(() => Infinity), end: from.map(() => 0),
      gaps: new Map()},
    holdsOf: [all(holds)],
    refusals: {sent: column(refusals, 0), back: column(refusals, 1), lock: column(refusals, 2)},
    refusalsOf: [all(refusals)],
    renewals: {sent: column(renewals, 0), back: column(renewals, 1),
      outcome: column(renewals, 2), lock: column(renewals, 3)}, renewalsOf: [all(renewals)],
    files: {began: column(files, 0), at: column(files, 1), error: column(files, 2)},
    filesOf: [all(files)]};
}

function viewOf(timeline, from, until, more = {}) {
  return {timeline, from, until, width: kWidth, height: 100, laneHeight: kLaneHeight, lanes: [0],
    faultsOf: [[]], showFaults: true, showFiles: true, waits: true, lock: null, violations: [],
    selected: null, shows: View.prototype.shows, shareAt: View.prototype.shareAt,
    perPixel: View.prototype.perPixel, ...more};
}

// The outlines of leases: where on the axis of time they begin and end, and their dash.
function leasesOf(view) {
  const stroked = [];
  paint(noting([], stroked), view.timeline, view);
  const at = (x) => view.from + (x - kLeft) * (view.until - view.from) / (kWidth - kLeft);
  return stroked.filter((it) => it.colour === "--green").map((it) =>
    ({from: Math.round(at(it.x)), until: Math.round(at(it.x + it.width)), dash: it.dash.length}));
}

// What stands in the lane, in this colour.
function painted(view, colour) {
  const filled = [];
  paint(noting(filled), view.timeline, view);
  return filled.filter((it) => it.colour === colour && it.y >= kAxis);
}

// [0, 5, lock], [10, 15, lock], ...
function everyTen(count, lockOf = () => 0) {
  return Array.from({length: count}, (_, i) => [i * 10, i * 10 + 5, lockOf(i)]);
}

const kSketch = {stretch: 100, stretches: 100, inside: new Uint8Array(100).fill(128),
  overstayed: new Uint8Array(100)};

test("a hold that ended before the view adds nothing to its first pixel", () => {
  const first = painted(viewOf(timelineOf(everyTen(1000)), 5007, 9007), "--green")[0];
  assert.equal(first.x, kLeft);
  assert.ok(first.alpha < 0.9, "it is inside for a half of that pixel");
});

test("few holds are painted one by one, each where it was", () => {
  const bars = painted(viewOf(timelineOf(everyTen(1000)), 0, 100), "--green");
  assert.equal(bars.length, 10);
  assert.ok(Math.abs(bars[1].width - (kWidth - kLeft) / 20) < 1e-6);
});

test("holds that are too near each other cost a stroke for each pixel at most", () => {
  const holds = everyTen(1000);
  for (const sketch of [null, kSketch]) {
    const strokes = painted(viewOf(timelineOf(holds, [], sketch), 0, 10_000), "--green");
    assert.ok(strokes.length > 0 && strokes.length <= kWidth, `${strokes.length} strokes`);
  }
});

test("of one lock, nothing of others is painted, however long the run is", () => {
  const holds = everyTen(20, (i) => i % 4 === 0 ? 1 : 0);
  for (const sketch of [null, kSketch]) {
    const view = viewOf(timelineOf(holds, [], sketch), 0, 200, {lock: 1});
    assert.equal(painted(view, "--green").length, 5);
  }
});

test("an overstay that only the sketch has is found by the filter", () => {
  const overstayed = new Uint8Array(100);
  const timeline = timelineOf([], [], {...kSketch, overstayed});
  const has = () => View.prototype.has.call({timeline, only: "overstays"}, 0);
  assert.equal(has(), false);
  overstayed[99] = 1;
  assert.equal(has(), true);
});

test("a click finds the nearest hold of the lock that is shown", () => {
  const view = viewOf(timelineOf(everyTen(20, (i) => i % 4 === 0 ? 1 : 0)), 0, 200, {lock: 1});
  const at = (instant) => View.prototype.holdAt.call(view,
    kLeft + instant * (kWidth - kLeft) / 200, kAxis + 5);
  assert.equal(at(41), 4);
  assert.equal(at(47), 4);
  assert.equal(at(38), 4);
  assert.equal(at(62), -1, "too far from those before and after");
  view.lock = null;
  assert.equal(at(62), 6);
});

test("file operations are ticks at the foot of the lane, and at its head where they failed", () => {
  const timeline = timelineOf([], [[10, 11, 0], [50, 51, 17], [90, 91, 0], [900, 901, 0]]);
  const ticks = painted(viewOf(timeline, 0, 100), "--text");
  assert.deepEqual(ticks.map((it) => it.y - kAxis < kLaneHeight / 2), [false, true, false]);
  assert.equal(painted(viewOf(timeline, 0, 100, {showFiles: false}), "--text").length, 0);
});

test("file operations that are too near each other are left out", () => {
  const timeline = timelineOf([], everyTen(1000, () => 0));
  assert.equal(painted(viewOf(timeline, 0, 10_000), "--text").length, 0);
  assert.equal(painted(viewOf(timeline, 0, 100), "--text").length, 10);
});

test("a renewal is a notch in its hold, dark where it failed", () => {
  const timeline = timelineOf([[0, 90, 0]], [], null, [[20, 22, 2, 0], [50, 52, 3, 0]]);
  const notches = (colour) => painted(viewOf(timeline, 0, 100), colour)
    .filter((it) => it.height < kLaneHeight / 2 && it.y > kAxis + 2);
  assert.equal(notches("--back").length, 1);
  assert.equal(notches("--text").length, 1);
});

test("of one lock, neither renewals nor refused acquires of others are painted", () => {
  const timeline = timelineOf([], [], null, [[20, 22, 3, 0]], [[50, 80, 0]]);
  const seen = (lock) => ["--text", "--faint"].map((colour) =>
    painted(viewOf(timeline, 0, 100, {lock}), colour).filter((it) => it.x >= kLeft).length > 0);
  assert.deepEqual(seen(0), [true, true]);
  assert.deepEqual(seen(1), [false, false]);
  const at = (lock) => View.prototype.refusalAt.call(viewOf(timeline, 0, 100, {lock}), 0,
    kLeft + 60 * (kWidth - kLeft) / 100);
  assert.deepEqual([at(0), at(1)], [0, -1]);
});

test("many faults of a kind in one pixel cost no more than one", () => {
  const faults = Array.from({length: 1000}, (_, i) =>
    ({kind: "lost_reply", start_ns: i, end_ns: i + 1}));
  const view = viewOf(timelineOf([]), 0, 1_000_000, {faultsOf: [faults]});
  assert.ok(painted(view, "--blue").length <= 3);
});

test("who has not given it back has a lease until its end, drawn as an outline", () => {
  const timeline = timelineOf([[10, 30, 0]]);
  timeline.holds.end[0] = 3;
  timeline.holds.leaseEnd[0] = 70;
  assert.deepEqual(leasesOf(viewOf(timeline, 0, 100)), [{from: 10, until: 70, dash: 0}]);
  timeline.holds.end[0] = 0;
  assert.deepEqual(leasesOf(viewOf(timeline, 0, 100)), [], "what was given back needs none");
});

test("a lease that was over before its call came back makes no overstay of the wait", () => {
  const timeline = timelineOf([[50, 60, 0]]);
  timeline.holds.sent = Float64Array.of(10);
  timeline.holds.leaseEnd[0] = 30;
  assert.deepEqual(overstays(timeline, 0), [{from: 50, until: 60}]);
});

test("of the hold that is chosen its lease is drawn to its end, dashed where it was free", () => {
  const timeline = timelineOf([[10, 30, 0]]);
  timeline.holds.leaseEnd[0] = 70;
  const view = viewOf(timeline, 0, 100, {selected: {what: "hold", index: 0}});
  assert.deepEqual(leasesOf(view),
    [{from: 10, until: 30, dash: 0}, {from: 30, until: 70, dash: 2}]);
});

test("a band of a fault has the lines of its kind over its colour", () => {
  const faults = [{kind: "pause", start_ns: 20, end_ns: 60}];
  const view = viewOf(timelineOf([]), 0, 100, {faultsOf: [faults]});
  assert.equal(painted(view, "hatched").length, 1);
});

test("no two kinds of fault look alike, nor any like one that is not known", () => {
  const kinds = ["kill", "host_crash", "controller_lost", "pause", "host_pause", "hang", "clock",
    "server_clock", "lost_reply", "late_reply", "duplicate", "delay", "reorder", "error",
    "server_crash", "server_pause", "server_forgot", "server_down", "forgotten", "held_up",
    "given_up", "late_arrival", "partition"];
  assert.equal(new Set(kinds.map(faultClasses)).size, kinds.length);
});
