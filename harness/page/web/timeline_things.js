// What in the time line can be chosen, and so has an address: holds, acquires that were not
// granted, renewals, file operations, faults and findings. Each is {what, index}.
//
// `index` counts the rows of the time line's columns, or of the report's lists.
import {addressOf} from "./addresses.js";
import {readable} from "./dom.js";
import {faultHits, hasPlace} from "./violations.js";
import {findRow} from "./timeline_data.js";

// Around an instant that has no length of its own.
const kAround = 2e6;

// Rows of columns: which, and by which of their instants they are named.
const kRows = {hold: ["holds", "from"], acquire: ["refusals", "sent"],
  refresh: ["renewals", "sent"], file: ["files", "began"]};
const kEntries = {fault: "faults", finding: "violations"};

// "hold=h1.w3@4801000000", "fault=3".
export function addressOfThing(view, {what, index}) {
  if (what in kEntries) return `${what}=${index}`;
  const [rows, named] = kRows[what], columns = view.timeline[rows];
  const {name} = view.timeline.workers[columns.worker[index]];
  return addressOf(what, `${name}@${columns[named][index]}`);
}

// The thing of that address; null: this page has none such.
export function thingCalled(view, what, name) {
  if (what in kEntries) {
    const index = Number(name);
    return index < view.report[kEntries[what]].length ? {what, index} : null;
  }
  const [rows, named] = kRows[what], at = name.lastIndexOf("@");
  const index = findRow(view.timeline, view.timeline[rows], named, name.slice(0, at),
    Number(name.slice(at + 1)));
  return index < 0 ? null : {what, index};
}

// Whoever replaces a killed worker has its lane.
export function laneCalled(worker) {
  return readable(worker).replace(/'\d+$/, "");
}

// Where it is: from when until when, and in which lanes. What begins before that - a wait - is
// `before`.
export function placeOf(view, {what, index}) {
  const {timeline, report} = view, {holds, refusals, renewals, files, laneOf} = timeline;
  const all = () => timeline.lanes.map((_, i) => i);
  switch (what) {
    case "hold": return {before: holds.sent[index], from: holds.from[index],
      until: holds.until[index], lanes: [laneOf[holds.worker[index]]]};
    case "acquire": return {from: refusals.sent[index], until: refusals.back[index],
      lanes: [laneOf[refusals.worker[index]]]};
    case "refresh": return {from: renewals.sent[index], until: renewals.back[index],
      lanes: [laneOf[renewals.worker[index]]]};
    case "file": return {from: files.began[index], until: files.at[index],
      lanes: [laneOf[files.worker[index]]]};
    case "fault": {
      const fault = report.faults[index];
      return {from: fault.start_ns, until: fault.end_ns ?? timeline.end,
        lanes: all().filter((lane) => faultHits(fault, timeline.lanes[lane]))};
    }
    default: {
      const finding = report.violations[index];
      const named = finding.parties.map((it) => laneCalled(it.worker));
      return {from: finding.from_ns, until: finding.to_ns ?? finding.from_ns,
        lanes: all().filter((lane) => named.includes(timeline.lanes[lane].name))};
    }
  }
}

// What is to be seen when it is shown: itself, and as much around it as makes sense of it.
export function stretchAround(view, thing) {
  const {before, from, until} = placeOf(view, thing), begin = before ?? from;
  const around = Math.max(until - begin, thing.what === "finding" ? kAround : 20_000);
  return [begin - around, until + around];
}

function nextRow(list, index, step, fits = () => true) {
  for (let i = list.indexOf(index) + step; i >= 0 && i < list.length; i += step) {
    if (fits(list[i])) return list[i];
  }
  return -1;
}

// The one before or after it, by `step`: in its lane, of its lock (holds alone), or of its list.
export function neighbourOf(view, thing, step, ofLock = false) {
  const {timeline, report} = view, {holds, refusals, renewals, files, laneOf} = timeline;
  const wrap = (index) => index < 0 ? null : {...thing, index};
  switch (thing.what) {
    case "hold": {
      const lane = laneOf[holds.worker[thing.index]];
      if (!ofLock) return wrap(nextRow(timeline.holdsOf[lane], thing.index, step));
      for (let i = thing.index + step; i >= 0 && i < holds.count; i += step) {
        if (holds.lock[i] === holds.lock[thing.index]) return wrap(i);
      }
      return null;
    }
    case "acquire": return wrap(nextRow(timeline.refusalsOf[laneOf[refusals.worker[thing.index]]],
      thing.index, step));
    case "refresh": return wrap(nextRow(timeline.renewalsOf[laneOf[renewals.worker[thing.index]]],
      thing.index, step));
    case "file": return wrap(nextRow(timeline.filesOf[laneOf[files.worker[thing.index]]],
      thing.index, step));
    case "fault": return wrap(nextRow(report.faults.map((_, i) => i), thing.index, step));
    default: return wrap(nextRow(report.violations.map((_, i) => i), thing.index, step,
      (i) => hasPlace(report.violations[i])));
  }
}

// Where keys begin: with the first hold that the picture has.
export function firstThing(view) {
  for (const lane of view.lanes) {
    if (view.timeline.holdsOf[lane].length > 0) {
      return {what: "hold", index: view.timeline.holdsOf[lane][0]};
    }
  }
  return view.report.faults.length > 0 ? {what: "fault", index: 0} : null;
}
