// What of the time line is seen, and the ways to change that: pointer, keyboard, fields, the
// address.
import {onTheme} from "./colours.js";
import {kAxis, kMarkReach, nameWidth, paint, ticksThatAreSeen} from "./timeline_paint.js";
import {firstAfter, overstays, sketchedOverstay} from "./timeline_data.js";
import {firstThing, laneCalled, neighbourOf, placeOf, stretchAround} from "./timeline_things.js";
import {faultHits, hasPlace} from "./violations.js";

const kLeastSpan = 200;  // ns
const kMostHeight = 560;

export class View {
  constructor(timeline, report, canvas, changed) {
    const end = Math.max(timeline.end, timeline.start + 1);
    Object.assign(this, {timeline, report, canvas, changed, from: timeline.start, until: end,
      whole: [timeline.start, end], faults: report.faults.filter((fault) => fault.effective),
      // What is missing from a run, and so happened at no instant, is not marked.
      violations: report.violations.filter(hasPlace),
      showFaults: true, showFiles: true, waits: true, lock: null, selected: null,
      text: "", only: "all", scroll: 0, pending: false});
    this.faultsOf = timeline.lanes.map((lane) =>
      this.faults.filter((fault) => faultHits(fault, lane)));
    onTheme(() => this.redraw());
    new ResizeObserver(() => this.redraw()).observe(canvas.parentElement);
    this.filter();
  }

  // Which lanes are shown: those whose name has one of the words, and that have what is asked for.
  filter() {
    const words = this.text.toLowerCase().split(/[\s,]+/).filter(Boolean);
    const named = (lane) => words.length === 0 ||
      words.some((word) => `${lane.name} ${lane.host}`.toLowerCase().includes(word));
    this.matching = this.timeline.lanes.map((_, i) => i).filter((i) =>
      named(this.timeline.lanes[i]) && this.has(i));
    this.scroll = 0;
    this.redraw();
  }

  has(index) {
    const {name} = this.timeline.lanes[index], holds = this.timeline.holdsOf[index];
    switch (this.only) {
      case "overstays": return holds.some((hold) => overstays(this.timeline, hold).length > 0) ||
        sketchedOverstay(this.timeline, index);
      case "findings": return this.violations.some((violation) => violation.parties.some((it) =>
        laneCalled(it.worker) === name));
      case "faults": return this.faultsOf[index].length > 0;
      default: return true;
    }
  }

  redraw() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.draw();
    });
  }

  // Lanes get thinner before some of them are left out; those are reached by scrolling.
  measure() {
    this.width = Math.max(240, this.canvas.parentElement.clientWidth);
    const lanes = Math.max(1, this.matching.length);
    this.laneHeight = Math.max(9, Math.min(26, Math.floor((kMostHeight - kAxis) / lanes)));
    this.rows = Math.min(lanes, Math.floor((kMostHeight - kAxis) / this.laneHeight));
    this.scroll = Math.max(0, Math.min(this.scroll, this.matching.length - this.rows));
    this.lanes = this.matching.slice(this.scroll, this.scroll + this.rows);
    this.height = kAxis + this.rows * this.laneHeight + 2;
  }

  draw() {
    this.measure();
    const {canvas} = this, ratio = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(this.width * ratio) ||
        canvas.height !== Math.round(this.height * ratio)) {
      canvas.width = Math.round(this.width * ratio);
      canvas.height = Math.round(this.height * ratio);
      canvas.style.width = `${this.width}px`;
      canvas.style.height = `${this.height}px`;
    }
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    paint(context, this.timeline, this);
    this.changed(this);
  }

  show(from, until) {
    const [start, end] = this.whole;
    const span = Math.min(Math.max(until - from, kLeastSpan), end - start);
    this.from = Math.min(Math.max(from, start), end - span);
    this.until = this.from + span;
    this.redraw();
  }

  // By `factor` around the instant at this share of the width; below 1 shows less.
  zoom(factor, share = 0.5) {
    const span = this.until - this.from, at = this.from + span * share;
    this.show(at - span * factor * share, at + span * factor * (1 - share));
  }

  pan(share) {
    const shift = (this.until - this.from) * share;
    this.show(this.from + shift, this.until + shift);
  }

  scrollBy(rows) {
    this.scroll += rows;
    this.redraw();
  }

  shareAt(x) {
    const left = nameWidth(this.width);
    return Math.min(1, Math.max(0, (x - left) / (this.width - left)));
  }

  // Whether it is of a lock that is to be shown.
  shows(hold) {
    return this.lock === null || this.timeline.holds.lock[hold] === this.lock;
  }

  // The hold at a place of the picture, or the nearest one in its lane, a few pixels off; else -1.
  holdAt(x, y) {
    const lane = this.lanes[Math.floor((y - kAxis) / this.laneHeight)];
    if (lane === undefined) return -1;
    const {holds} = this.timeline, list = this.timeline.holdsOf[lane];
    const at = this.from + this.shareAt(x) * (this.until - this.from);
    const most = 6 * this.perPixel(), next = firstAfter(list, holds.until, at);
    let before = next - 1, after = next;
    while (before >= 0 && !this.shows(list[before])) --before;
    while (after < list.length && !this.shows(list[after])) ++after;
    const off = (i) => i < 0 || i >= list.length ? Infinity
      : Math.max(holds.from[list[i]] - at, at - holds.until[list[i]], 0);
    const nearest = off(before) < off(after) ? before : after;
    return off(nearest) <= most ? list[nearest] : -1;
  }

  // What is at a place of the picture: a finding's mark above the lanes; within a lane a file
  // operation, a renewal, a hold, an acquire that was not granted, or a fault; null: nothing.
  thingAt(x, y) {
    if (y < kAxis) return this.findingAt(x);
    const lane = this.lanes[Math.floor((y - kAxis) / this.laneHeight)];
    if (lane === undefined) return null;
    const thing = (what, index) => index < 0 ? null : {what, index};
    const depth = (y - kAxis) % this.laneHeight;
    return thing("file", this.fileAt(lane, x, depth)) ??
      thing("refresh", this.renewalAt(lane, x, depth)) ??
      thing("hold", this.holdAt(x, y)) ??
      (this.waits ? thing("acquire", this.refusalAt(lane, x)) : null) ??
      (this.showFaults ? thing("fault", this.faultAt(lane, x)) : null);
  }

  perPixel() {
    return (this.until - this.from) / (this.width - nameWidth(this.width));
  }

  findingAt(x) {
    const at = this.from + this.shareAt(x) * (this.until - this.from);
    const off = (it) => Math.abs(it.from_ns - at) / this.perPixel();
    const [nearest] = [...this.violations].sort((a, b) => off(a) - off(b));
    return nearest === undefined || off(nearest) > kMarkReach ? null
      : {what: "finding", index: this.report.violations.indexOf(nearest)};
  }

  // Of what fails, the ticks are at the lane's head, and at its foot of what is done.
  fileAt(lane, x, depth) {
    const {files, filesOf} = this.timeline;
    const atHead = depth < this.laneHeight / 3, atFoot = depth > this.laneHeight * 2 / 3;
    if (!this.showFiles || !(atHead || atFoot)) return -1;
    return this.tickAt(filesOf[lane], files.began, files.at, x,
      (file) => (files.error[file] !== 0) === atHead);
  }

  // Notches are in the lane's middle.
  renewalAt(lane, x, depth) {
    const {renewals, renewalsOf} = this.timeline;
    if (depth < this.laneHeight / 3 || depth > this.laneHeight * 2 / 3) return -1;
    return this.tickAt(renewalsOf[lane], renewals.sent, renewals.back, x,
      (i) => this.lock === null || renewals.lock[i] === this.lock);
  }

  // The nearest of those of a lane that are seen, a few pixels off; -1: there is none.
  tickAt(list, began, over, x, fits) {
    const at = this.from + this.shareAt(x) * (this.until - this.from);
    const off = (i) => Math.max(began[i] - at, at - over[i], 0);
    const near = Array.from(list.subarray(...ticksThatAreSeen(this, list, over))).filter((i) =>
      fits(i) && off(i) <= 4 * this.perPixel());
    return near.sort((a, b) => off(a) - off(b))[0] ?? -1;
  }

  refusalAt(lane, x) {
    const {refusals, refusalsOf} = this.timeline, list = refusalsOf[lane];
    const at = this.from + this.shareAt(x) * (this.until - this.from);
    const near = 4 * this.perPixel();
    for (let i = firstAfter(list, refusals.back, at - near); i < list.length; ++i) {
      if (refusals.sent[list[i]] > at + near) break;
      if (this.lock === null || refusals.lock[list[i]] === this.lock) return list[i];
    }
    return -1;
  }

  // Of several the one that began last: it is painted above the others.
  faultAt(lane, x) {
    const at = this.from + this.shareAt(x) * (this.until - this.from);
    const fault = this.faultsOf[lane].findLast((it) => it.start_ns - 3 * this.perPixel() <= at &&
      at <= (it.end_ns ?? Infinity) + 3 * this.perPixel());
    return fault === undefined ? -1 : this.report.faults.indexOf(fault);
  }

  // Chooses a thing, and brings it into view with as much around it as makes sense of it.
  select(thing, bring = true) {
    this.selected = thing;
    if (thing !== null && bring) {
      const {before, from, until, lanes} = placeOf(this, thing);
      const seen = (before ?? from) >= this.from && until <= this.until &&
        (this.until - this.from) < 400 * Math.max(1, until - from);
      if (!seen) this.show(...stretchAround(this, thing));
      this.reveal(thing, lanes);
    }
    this.redraw();
  }

  // Fields that hide what was asked for give way to it.
  reveal(thing, lanes) {
    if (thing.what === "file") this.showFiles = true;
    if (thing.what === "fault") this.showFaults = true;
    if (thing.what === "acquire") this.waits = true;
    const {holds, refusals, renewals} = this.timeline;
    const locks = {hold: holds.lock, acquire: refusals.lock, refresh: renewals.lock};
    if (this.lock !== null && thing.what in locks &&
        locks[thing.what][thing.index] !== this.lock) this.lock = null;
    if (lanes.length === 0) return;
    if (!lanes.some((lane) => this.matching.includes(lane))) {
      Object.assign(this, {text: "", only: "all"});
      this.filter();
    }
    const rows = lanes.map((lane) => this.matching.indexOf(lane)).filter((row) => row >= 0);
    if (rows.every((row) => row < this.scroll || row >= this.scroll + this.rows)) {
      this.scroll = rows[0];
    }
  }

  // The thing before or after the chosen one, of its kind; holds also by lock.
  neighbour(step, ofLock = false) {
    return this.selected === null ? firstThing(this)
      : neighbourOf(this, this.selected, step, ofLock);
  }
}

// One finger or button pans, two fingers pinch, a click selects.
export function listenToPointers(view, select) {
  const {canvas} = view, down = new Map();
  let moved = 0;
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return {x: event.clientX - box.left, y: event.clientY - box.top};
  };
  canvas.addEventListener("pointerdown", (event) => {
    down.set(event.pointerId, place(event));
    moved = 0;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = down.get(event.pointerId);
    if (!before) return;
    const now = place(event), others = [...down].filter(([id]) => id !== event.pointerId);
    const width = view.width - nameWidth(view.width);
    moved += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
    if (others.length === 1) {
      const other = others[0][1].x;
      const apart = Math.max(20, Math.abs(now.x - other));
      view.zoom(Math.max(20, Math.abs(before.x - other)) / apart,
        view.shareAt((now.x + other) / 2));
    } else if (moved > 4) {
      view.pan((before.x - now.x) / width);
    }
    down.set(event.pointerId, now);
  });
  const up = (event) => {
    if (event.type === "pointerup" && down.size === 1 && moved <= 4) {
      const {x, y} = place(event);
      select(view.thingAt(x, y), false);
    }
    down.delete(event.pointerId);
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("dblclick", (event) => view.zoom(0.25, view.shareAt(place(event).x)));
  canvas.addEventListener("wheel", (event) => {
    // A bare wheel scrolls the page, as everywhere; pinching on a touchpad comes with ctrlKey.
    if (!event.ctrlKey && !event.shiftKey && !event.altKey) return;
    event.preventDefault();
    view.zoom(Math.exp((event.deltaY || event.deltaX) * 0.003), view.shareAt(place(event).x));
  }, {passive: false});
}

export function listenToKeys(view, select) {
  // After the last there is none: what is chosen stays.
  const go = (step, ofLock) => select(view.neighbour(step, ofLock) ?? view.selected);
  const keys = {
    ArrowLeft: () => view.pan(-0.2), ArrowRight: () => view.pan(0.2),
    ArrowUp: () => view.scrollBy(-1), ArrowDown: () => view.scrollBy(1),
    "+": () => view.zoom(0.5), "=": () => view.zoom(0.5), "-": () => view.zoom(2),
    0: () => view.show(...view.whole), Home: () => view.show(...view.whole),
    n: () => go(1, false), p: () => go(-1, false), N: () => go(1, true), P: () => go(-1, true),
  };
  view.canvas.addEventListener("keydown", (event) => {
    const act = keys[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
}
