// What a host's clock was to show and did show, as the nemesis bends clocks: no browser is needed.
//
//   node clock_offsets_test.mjs
import assert from "node:assert/strict";
import {test} from "node:test";
import {clockChanges, clockOffAt, instantsOf} from "./web/clock_offsets.js";

const kMs = 1e6;

// A clock fault of h1, from and until in milliseconds, that did what it was to do.
function fault(from, until, offset_ms, more = {}) {
  const effect = {offset_ns: offset_ms * kMs, rate: more.rate ?? 1};
  return {kind: "clock", hit: "h1", target: "h1", start_ns: from * kMs,
    end_ns: until === null ? null : until * kMs, planned: effect, measured: effect,
    effective: true, why_not: null, ...more};
}

function targets(faults, ...instants) {
  const changes = clockChanges({faults, run: {duration_ns: 1000 * kMs}}).get("h1");
  return instants.map((at) => clockOffAt(changes, at * kMs).planned / kMs);
}

test("a clock is off while a fault is in force, and right before and after", () => {
  assert.deepEqual(targets([fault(100, 500, 30)], 99, 100, 499, 500), [0, 30, 30, 0]);
});

// The nemesis tells where the clock stands after each change: a second step of 30 ms is one to 60.
test("of faults that overlap on a host the latest counts, in whatever order they stand", () => {
  const faults = [fault(300, 700, -20), fault(100, 500, 30), fault(200, null, 60)];
  assert.deepEqual(targets(faults, 150, 250, 350, 450, 650, 750), [30, 60, -20, -20, -20, 0]);
});

test("a change lasts until the next one: in no moment between was the clock right", () => {
  const faults = [fault(100, 300, 30), fault(301, null, 60)];
  assert.deepEqual(targets(faults, 299, 300, 301), [30, 30, 60]);
});

test("a rate moves the offset on from where it was when the rate was set", () => {
  const [at, later] = targets([fault(100, null, 30, {rate: 1.5})], 100, 300);
  assert.equal(at, 30);
  assert.ok(Math.abs(later - 130) < 1e-6);
});

test("what was refused leaves the clock as it is, and what missed its mark is not known", () => {
  const refused = {...fault(200, 200, 5), effective: false, measured: null};
  assert.deepEqual(targets([fault(100, 500, 30), refused], 300), [30]);
  const missed = {...fault(200, 250, 5), effective: false, measured: null};
  const changes = clockChanges({faults: [fault(100, 200, 30), missed],
    run: {duration_ns: 1000 * kMs}}).get("h1");
  assert.deepEqual(clockOffAt(changes, 400 * kMs), {planned: 5 * kMs, measured: null});
});

test("clocks of other hosts are not touched, nor is one that nobody bent", () => {
  const changes = clockChanges({faults: [fault(100, 500, 30), fault(100, 500, 7, {hit: "h2"}),
    {...fault(100, 500, 9), kind: "pause", hit: "h3"}], run: {duration_ns: 1000 * kMs}});
  assert.deepEqual([...changes.keys()], ["h1", "h2"]);
  assert.equal(clockOffAt(changes.get("h2"), 200 * kMs).planned, 7 * kMs);
});

test("both sides of every change are among the instants of its line", () => {
  const changes = clockChanges({faults: [fault(100, 500, 30)], run: {duration_ns: 1000 * kMs}});
  const instants = instantsOf(changes.get("h1"), 1000 * kMs);
  for (const at of [100 * kMs - 1, 100 * kMs, 500 * kMs - 1, 500 * kMs]) {
    assert.ok(instants.includes(at), at);
  }
});
