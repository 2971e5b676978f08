// Paints a stretch of the run: lanes, what each was in, faults as bands, findings as marks above.
//
// Where a pixel is wider than what it shows, the holds in it are added up, so a picture costs no
// more than one look at each hold and one stroke for each pixel.
import {colour} from "./colours.js";
import {faultColour, faultWeave} from "./fault_looks.js";
import {instant, spaced} from "./figures.js";
import {firstAfter, kDone, leases, overstays} from "./timeline_data.js";
import {placeOf} from "./timeline_things.js";

export const kAxis = 26;   // pixels for instants and findings above the lanes
const kNames = 84;         // for the lanes' names, where there is room for them
const kShades = 6;
const kPixelsAHold = 3;    // with less room than this for each, holds are added up
const kPixelsATick = 6;    // with less, file operations and renewals are not shown
export const kMarkReach = 8;  // from the middle of a finding's mark to where a click still hits it

export function nameWidth(width) {
  return width < 500 ? 58 : kNames;
}

// Which of a lane's file operations or renewals are to be seen, by when each was over: [from, to)
// of its list, nothing where they stand too near each other.
export function ticksThatAreSeen(view, list, over) {
  const first = firstAfter(list, over, view.from), last = firstAfter(list, over, view.until);
  const room = (view.width - nameWidth(view.width)) / kPixelsATick;
  return last - first > room ? [0, 0] : [first, last];
}

function palette() {
  const names = ["green", "orange", "vermillion", "line", "faint", "text", "panel", "back", "blue"];
  return Object.fromEntries(names.map((name) => [name, colour(name)]));
}

// Diagonal lines: an overstay is told from a hold without its colour, too.
function hatch(context, back, line) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const brush = tile.getContext("2d");
  brush.fillStyle = back;
  brush.fillRect(0, 0, 6, 6);
  brush.strokeStyle = line;
  brush.lineWidth = 1.5;
  brush.beginPath();
  for (const shift of [-6, 0, 6]) {
    brush.moveTo(shift, 6);
    brush.lineTo(shift + 6, 0);
  }
  brush.stroke();
  return context.createPattern(tile, "repeat");
}

class Painter {
  constructor(context, timeline, view) {
    Object.assign(this, {context, timeline, view, colours: palette()});
    this.left = nameWidth(view.width);
    this.width = view.width - this.left;
    this.scale = this.width / (view.until - view.from);
    this.hatched = hatch(context, this.colours.orange, this.colours.back);
    this.weaves = new Map();
    this.named = new Set();
  }

  x(at) {
    return this.left + (at - this.view.from) * this.scale;
  }

  // From one instant to another, cut to what is seen; at least a pixel, so nothing vanishes.
  bar(from, until, y, height, least = 1) {
    const x = Math.max(this.x(from), this.left);
    const end = Math.min(this.x(until), this.left + this.width);
    if (end < x) return;
    this.context.fillRect(x, y, Math.max(end - x, least), height);
  }

  ticks() {
    const {context, colours, view} = this;
    const span = view.until - view.from;
    const rough = span / Math.max(3, Math.floor(this.width / 110));
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((it) => it * power).find((it) => it >= rough);
    const digits = Math.max(0, Math.min(9, 9 - Math.floor(Math.log10(step))));
    context.font = "12px system-ui, sans-serif";
    context.textBaseline = "middle";
    for (let at = Math.ceil(view.from / step) * step; at <= view.until; at += step) {
      const x = this.x(at);
      context.fillStyle = colours.line;
      context.fillRect(x, kAxis - 6, 1, view.height);
      context.fillStyle = colours.faint;
      const text = `${(at / 1e9).toFixed(digits)} s`;
      context.fillText(text, Math.min(x + 3, view.width - context.measureText(text).width), 8);
    }
  }

  // Of a shared mount there may be one for each request, so a pixel gets one of a kind.
  faults(lane, y, height) {
    const {context, view} = this, painted = new Map();
    for (const fault of view.faultsOf[lane]) {
      const end = fault.end_ns ?? Infinity;
      if (fault.start_ns > view.until || end < view.from) continue;
      const pixel = Math.floor(this.x(fault.start_ns));
      if ((end - fault.start_ns) * this.scale < 1 && painted.get(fault.kind) === pixel) continue;
      painted.set(fault.kind, pixel);
      context.fillStyle = faultColour(fault.kind);
      context.globalAlpha = 0.3;
      this.bar(fault.start_ns, fault.end_ns ?? view.until, y, height, 2);
      context.globalAlpha = 1;
      this.woven(fault, y, height);
      context.fillStyle = faultColour(fault.kind);
      this.bar(fault.start_ns, fault.start_ns, y, height, 2);
      this.bar(fault.start_ns, fault.end_ns ?? view.until, y, 2, 2);
    }
  }

  // The lines of its kind, where there is room for any.
  woven(fault, y, height) {
    const {context, view, weaves} = this, until = fault.end_ns ?? view.until;
    if ((until - fault.start_ns) * this.scale < 4) return;
    if (!weaves.has(fault.kind)) weaves.set(fault.kind, faultWeave(context, fault.kind));
    context.fillStyle = weaves.get(fault.kind);
    this.bar(fault.start_ns, until, y, height);
  }

  // Their kinds in words, where they fit, in the first lane that is seen of each, above all else:
  // colours are not all that tells faults apart.
  kinds(lane, y, height) {
    const {context, colours, view} = this;
    if (height < 12) return;
    context.font = "11px system-ui, sans-serif";
    for (const fault of view.faultsOf[lane]) {
      const end = fault.end_ns ?? view.until;
      if (end < view.from || fault.start_ns > view.until) continue;
      if ((end - fault.start_ns) * this.scale < 20 || this.named.has(fault)) continue;
      const words = spaced(fault.kind);
      const from = Math.max(this.left, this.x(fault.start_ns)) + 3;
      if (Math.min(view.width, this.x(end)) - from < 7 * words.length + 5) continue;
      this.named.add(fault);
      context.fillStyle = colours.back;
      context.globalAlpha = 0.8;
      context.fillRect(from, y + height / 2 - 7, context.measureText(words).width + 4, 14);
      context.globalAlpha = 1;
      context.fillStyle = colours.text;
      context.fillText(words, from + 2, y + height / 2);
    }
  }

  one(hold, y, height) {
    const {context, colours, timeline, view} = this, {holds} = timeline;
    const middle = y + height / 2;
    if (view.waits) {
      context.fillStyle = colours.faint;
      this.bar(holds.sent[hold], holds.from[hold], middle - 0.5, 1);
    }
    // What was given back needs no lease; whoever did not give it back has one until its end.
    if (holds.end[hold] !== 0) this.lease(leases(timeline, hold).at(-1), y + 3.5, height - 7);
    context.fillStyle = colours.green;
    this.bar(holds.from[hold], holds.until[hold], y + 1, height - 2);
    context.fillStyle = this.hatched;
    for (const gap of overstays(timeline, hold)) this.bar(gap.from, gap.until, y + 1, height - 2);
    if (holds.end[hold] === 1) {
      context.fillStyle = colours.text;
      this.bar(holds.until[hold], holds.until[hold], y, height, 2);
    }
    context.fillStyle = colours.faint;
    this.bar(holds.until[hold], holds.gone[hold], middle - 1.5, 3, 0);
  }

  // An outline from one end of a lease to the other.
  lease(span, y, height) {
    if (span === undefined) return;
    const {context, colours, view} = this, reach = 9;  // what goes on has no end at the edge
    const x = Math.max(this.x(span.from), this.left - reach);
    const end = Math.min(this.x(span.until), view.width + reach);
    if (end < this.left || x > view.width) return;
    context.save();
    context.beginPath();
    context.rect(this.left, 0, this.width, view.height);
    context.clip();
    context.strokeStyle = colours.green;
    context.strokeRect(x, y, end - x, height);
    context.restore();
  }

  // All leases of a hold; dashed for how long the last would have gone on, had it not been given
  // back.
  leasesOf(hold, y, height) {
    const {holds} = this.timeline, spans = leases(this.timeline, hold), end = holds.leaseEnd[hold];
    for (const span of spans) this.lease(span, y, height);
    if (spans.length === 0 || spans.at(-1).until >= end) return;
    this.context.setLineDash([4, 4]);
    this.lease({from: spans.at(-1).until, until: end}, y, height);
    this.context.setLineDash([]);
  }

  // Adds up how much of each pixel is inside, and paints pixels of one shade together.
  many(list, from, to, y, height) {
    const {holds} = this.timeline, columns = Math.ceil(this.width) + 1;
    const inside = new Float32Array(columns), over = new Uint8Array(columns);
    for (let i = from; i < to; ++i) {
      const hold = list[i];
      const start = Math.max(0, (holds.from[hold] - this.view.from) * this.scale);
      const end = Math.min(columns - 1, (holds.until[hold] - this.view.from) * this.scale);
      if (end <= 0 || start >= columns - 1) continue;
      const first = Math.floor(start), last = Math.floor(end);
      if (first === last) inside[first] += end - start;
      else {
        inside[first] += first + 1 - start;
        for (let x = first + 1; x < last; ++x) inside[x] = 1;
        inside[last] += end - last;
      }
      if (holds.leaseEnd[hold] < holds.until[hold] || holds.gaps.has(hold)) over[last] = 1;
    }
    this.columns(inside, over, 1, y, height);
  }

  columns(inside, over, wide, y, height, shift = 0) {
    const {context, colours} = this;
    const shade = (x) => over[x] ? -1 : inside[x] <= 0 ? 0
      : Math.max(1, Math.min(kShades, Math.ceil(inside[x] * kShades)));
    for (let x = 0; x < inside.length;) {
      const its = shade(x);
      let end = x + 1;
      while (end < inside.length && shade(end) === its) ++end;
      if (its !== 0) {
        context.globalAlpha = its < 0 ? 1 : 0.25 + 0.75 * its / kShades;
        context.fillStyle = its < 0 ? this.hatched : colours.green;
        const left = Math.max(this.left, this.left + shift + x * wide);
        const right = Math.min(this.left + this.width, this.left + shift + end * wide);
        if (right > left) context.fillRect(left, y + 1, right - left, height - 2);
      }
      x = end;
    }
    context.globalAlpha = 1;
  }

  sketch(lane, y, height) {
    const {sketch, start} = this.timeline, {view} = this;
    const first = Math.max(0, Math.floor((view.from - start) / sketch.stretch));
    const last = Math.min(sketch.stretches, Math.ceil((view.until - start) / sketch.stretch));
    const at = lane * sketch.stretches;
    const inside = Array.from(sketch.inside.subarray(at + first, at + last), (it) => it / 255);
    const over = sketch.overstayed.subarray(at + first, at + last);
    this.columns(inside, over, sketch.stretch * this.scale, y, height,
      (start + first * sketch.stretch - view.from) * this.scale);
  }

  refusals(lane, y, height) {
    const {context, colours, timeline, view} = this, list = timeline.refusalsOf[lane];
    const first = firstAfter(list, timeline.refusals.back, view.from);
    context.fillStyle = colours.faint;
    let painted = -1;
    for (let i = first; i < list.length && timeline.refusals.sent[list[i]] < view.until; ++i) {
      if (view.lock !== null && timeline.refusals.lock[list[i]] !== view.lock) continue;
      const end = this.x(timeline.refusals.back[list[i]]);
      if (Math.floor(end) === painted) continue;
      painted = Math.floor(end);
      this.bar(timeline.refusals.sent[list[i]], timeline.refusals.back[list[i]],
        y + height / 2 - 0.5, 1);
      context.fillRect(end - 1, y + height / 2 - 3, 2, 6);
    }
  }

  // What was done stands at the foot of the lane, and what failed at its head.
  files(lane, y, height) {
    const {context, colours, timeline: {files, filesOf}, view} = this, list = filesOf[lane];
    context.fillStyle = colours.text;
    for (const file of list.subarray(...ticksThatAreSeen(view, list, files.at))) {
      const top = files.error[file] === 0 ? y + height - 4 : y;
      this.bar(files.began[file], files.at[file], top, 4, 1.5);
    }
  }

  // A renewal is a notch in its hold; one that failed is as dark as what failed otherwise.
  renewals(lane, y, height) {
    const {context, colours, timeline: {renewals, renewalsOf}, view} = this;
    const list = renewalsOf[lane];
    for (const i of list.subarray(...ticksThatAreSeen(view, list, renewals.back))) {
      if (view.lock !== null && renewals.lock[i] !== view.lock) continue;
      context.fillStyle = renewals.outcome[i] === kDone ? colours.back : colours.text;
      this.bar(renewals.sent[i], renewals.back[i], y + height / 3, height / 3, 1.5);
    }
  }

  // A sketch has all holds, and of all locks, so it stands for those that are too near each other.
  holds(lane, y, height) {
    const {timeline, view} = this, {holds} = timeline, list = timeline.holdsOf[lane];
    const sketched = timeline.sketch && view.lock === null;
    if (sketched) this.sketch(lane, y, height);
    const first = Math.max(0, firstAfter(list, holds.until, view.from) - 1);
    let last = first;
    while (last < list.length && holds.sent[list[last]] < view.until) ++last;
    const shown = list.subarray(first, last).filter((hold) => view.shows(hold));
    if (shown.length * kPixelsAHold <= this.width) {
      for (const hold of shown) this.one(hold, y, height);
    } else if (!sketched) {
      this.many(shown, 0, shown.length, y, height);
    }
  }

  lane(lane, y, height) {
    const {context, colours, timeline, view} = this;
    context.fillStyle = colours.panel;
    context.fillRect(this.left, y, this.width, height - 1);
    if (view.showFaults) this.faults(lane, y, height);
    if (view.waits) this.refusals(lane, y, height - 1);
    this.holds(lane, y, height - 1);
    this.renewals(lane, y, height - 1);
    if (view.showFiles) this.files(lane, y, height - 1);
    if (view.showFaults) this.kinds(lane, y, height);
    if (height >= 9) {
      context.fillStyle = colours.text;
      context.font = `${Math.min(12, height)}px system-ui, sans-serif`;
      context.fillText(timeline.lanes[lane].name, 0, y + height / 2, this.left - 6);
    }
  }

  // Findings stand above the lanes, each with a line down through them.
  findings() {
    const {context, colours, view} = this;
    context.fillStyle = colours.vermillion;
    for (const violation of view.violations) {
      const x = this.x(violation.from_ns);
      if (x < this.left || x > view.width) continue;
      this.mark(x, 5);
      context.fillRect(x - 0.5, kAxis, 1, view.height);
    }
  }

  mark(x, half) {
    const {context} = this;
    context.beginPath();
    context.moveTo(x - half, kAxis - 2 * half);
    context.lineTo(x + half, kAxis - 2 * half);
    context.lineTo(x, kAxis - 1);
    context.fill();
  }

  // A frame around what is chosen, in each of its lanes that is seen; of a hold its leases, too.
  selected(thing) {
    const {context, colours, view} = this, {from, until, lanes} = placeOf(view, thing);
    context.lineWidth = 2;
    view.lanes.forEach((lane, row) => {
      if (!lanes.includes(lane)) return;
      const y = kAxis + row * view.laneHeight;
      if (thing.what === "hold") this.leasesOf(thing.index, y + 3, view.laneHeight - 7);
      const x = Math.max(this.left, this.x(from)), end = Math.min(this.x(until), view.width);
      if (end < this.left || x > view.width) return;
      context.strokeStyle = colours.text;
      context.strokeRect(x - 2, y - 1, Math.max(4, end - x + 4), view.laneHeight);
    });
    context.lineWidth = 1;
    const x = this.x(from);
    if (thing.what !== "finding" || x < this.left || x > view.width) return;
    context.fillStyle = colours.vermillion;
    this.mark(x, 8);
    context.fillRect(x - 1.5, kAxis, 3, view.height);
  }
}

// view: {from, until, width, height, laneHeight, lanes (indices, those that are shown), faultsOf,
// showFaults, showFiles, waits, lock, shows(hold), report, violations, selected (of
// timeline_things.js; null: nothing)}.
export function paint(context, timeline, view) {
  context.clearRect(0, 0, view.width, view.height);
  const painter = new Painter(context, timeline, view);
  painter.ticks();
  view.lanes.forEach((lane, row) =>
    painter.lane(lane, kAxis + row * view.laneHeight, view.laneHeight));
  painter.findings();
  if (view.selected !== null) painter.selected(view.selected);
}
