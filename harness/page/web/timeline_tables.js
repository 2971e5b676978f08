// The tables behind the time line's picture: each has what the picture shows when it is opened.
import {duration, grouped, instant} from "./figures.js";
import {table} from "./dom.js";
import {firstAfter, kEnds, overstays} from "./timeline_data.js";
import {fileWords, outcomeWords, renewalWords, thingLink} from "./timeline_words.js";

const kPage = 200;

// Of a sketch a lane's stretches are added up until there are no more of them than this.
const kMostStretches = 40;

const place = (view, what, index, ns) => thingLink(view, {what, index}, instant(ns));

export function holdsTable(view) {
  const {timeline} = view, {holds, workers, locks} = timeline;
  const lanes = new Set(view.matching), shown = [];
  for (let i = 0; i < holds.count; ++i) {
    if (holds.until[i] < view.from || holds.from[i] > view.until || !view.shows(i)) continue;
    if (lanes.has(timeline.laneOf[holds.worker[i]])) shown.push(i);
  }
  return table("The holds that the picture shows", [["granted at (s)", "number"],
    ["worker"], ["lock"], ["waited", "number"], ["inside", "number"], ["end"],
    ["lease until (s)", "number"], ["was"]],
  {length: shown.length, row: (number) => {
    const i = shown[number];
    return [place(view, "hold", i, holds.from[i]), workers[holds.worker[i]].name,
      locks[holds.lock[i]], duration(holds.from[i] - holds.sent[i]),
      duration(holds.until[i] - holds.from[i]), kEnds[holds.end[i]],
      holds.leaseEnd[i] === Infinity ? "" : instant(holds.leaseEnd[i]),
      overstays(timeline, i).length ? "its lease was over" : "entitled"];
  }}, kPage);
}

export function filesTable(view) {
  const {timeline} = view, {files, filesOf, workers} = timeline, shown = [];
  for (const lane of view.matching) {
    const list = filesOf[lane];
    for (let i = firstAfter(list, files.at, view.from); i < list.length; ++i) {
      if (files.began[list[i]] > view.until) break;
      shown.push(list[i]);
    }
  }
  return table("File operations in this stretch of time, lane by lane",
    [["began at (s)", "number"], ["worker"], ["operation"], ["took", "number"]],
    {length: shown.length, row: (number) => {
      const i = shown[number];
      return [place(view, "file", i, files.began[i]), workers[files.worker[i]].name,
        fileWords(files, i), duration(files.at[i] - files.began[i])];
    }}, kPage);
}

// Acquires or renewals, told in words by `words`.
function callsTable(view, caption, what, calls, words) {
  const {workers, locks} = view.timeline;
  return table(caption, [["asked at (s)", "number"], ["worker"], ["lock"], ["lasted", "number"],
    ["outcome"]], {length: calls.count, row: (i) => [place(view, what, i, calls.sent[i]),
    workers[calls.worker[i]].name, locks[calls.lock[i]], duration(calls.back[i] - calls.sent[i]),
    words(calls, i)]}, kPage);
}

export function refusalsTable(view) {
  return callsTable(view, "Acquires that were not granted", "acquire", view.timeline.refusals,
    outcomeWords);
}

export function renewalsTable(view) {
  return callsTable(view, "Renewals", "refresh", view.timeline.renewals, renewalWords);
}

const share = (part) => part === 0 ? "0 %" : part < 0.001 ? "below 0.1 %"
  : `${(100 * part).toFixed(1)} %`;

// Grants, and how much of the time a lane was inside, in stretches [first, last) of the sketch.
function sketched(sketch, lane, first, last) {
  const told = {grants: 0, inside: 0, overstayed: 0};
  for (let i = first; i < last; ++i) {
    const at = lane * sketch.stretches + i;
    told.grants += sketch.grants[at];
    told.inside += sketch.inside[at] / 255 / (last - first);
    told.overstayed += sketch.overstayed[at] / 255 / (last - first);
  }
  return told;
}

// What the picture of a long run is drawn from, finer the closer it is looked at.
export function sketchTable(view) {
  const {sketch, start, lanes} = view.timeline;
  const first = Math.max(0, Math.floor((view.from - start) / sketch.stretch));
  const last = Math.min(sketch.stretches, Math.ceil((view.until - start) / sketch.stretch));
  const wide = Math.max(1, Math.ceil((last - first) / kMostStretches));
  const steps = Math.ceil((last - first) / wide);
  const long = duration(wide * sketch.stretch);
  return table(`How much of each ${long} each lane was inside; zoom in for shorter ones`,
    [["lane"], ["from (s)", "number"], ["to (s)", "number"], ["grants", "number"],
      ["inside", "number"], ["its lease over", "number"]],
  {length: view.matching.length * steps, row: (number) => {
    const lane = view.matching[Math.floor(number / steps)];
    const from = first + number % steps * wide, to = Math.min(last, from + wide);
    const told = sketched(sketch, lane, from, to);
    return [lanes[lane].name, instant(start + from * sketch.stretch),
      instant(start + to * sketch.stretch), grouped(told.grants), share(told.inside),
      share(told.overstayed)];
  }}, kPage);
}
