// What was found, each with a lane diagram of the few events that matter.
import {counted, duration, instant, spaced} from "./figures.js";
import {el, facts, lazyDetails, link, readable, section} from "./dom.js";
import {laneDiagram, laneLegend} from "./lanes.js";
import {overstays} from "./timeline_data.js";

// Findings whose diagram is open from the beginning.
const kOpen = 3;

function markOf(event) {
  if (event.phase === "fail" || event.phase === "info") return "fail";
  if (event.operation === "file") return "file";
  if (event.operation === "acquire" && event.phase === "ok") return "grant";
  if (event.operation === "release") return "leave";
  return "call";
}

export function faultHits(fault, lane) {
  return fault.hit === lane.name || fault.hit === lane.host ||
    String(fault.hit ?? "").replace(/'\d+$/, "") === lane.name || fault.hit === null;
}

export function faultWords(fault) {
  const it = fault.measured ?? fault.planned ?? {};
  if (fault.kind === "kill") return ["is killed", fault.at_operation].filter(Boolean).join(" ");
  if (fault.kind === "pause") return `is stopped for ${duration(it.pause_ns)}`;
  if (fault.kind === "clock") {
    const rate = it.rate !== null && it.rate !== undefined && it.rate !== 1
      ? `, going at ${it.rate.toFixed(6)}` : "";
    return `its clock is set ${duration(Math.abs(it.offset_ns ?? 0))} ` +
      `${(it.offset_ns ?? 0) < 0 ? "back" : "ahead"}${rate}`;
  }
  return `${spaced(fault.kind)} begins`;
}

// What a lane shows of one hold: waiting, where its lease was over, and what a dead one left.
function spansOf(timeline, hold) {
  const {holds} = timeline;
  const spans = [{from: holds.sent[hold], until: holds.from[hold], what: "wait"},
    ...overstays(timeline, hold).map((gap) => ({...gap, what: "overstay"})),
    {from: holds.from[hold], until: holds.until[hold], what: "hold"}];
  if (holds.end[hold] !== 1) return spans;
  return [...spans, {from: holds.until[hold], until: holds.leaseEnd[hold], what: "lease"}];
}

// All holds of this worker from one instant to another; those of a finding's parties stand in it,
// too, should the time line not have them.
function holdsIn(timeline, worker, from, until) {
  const found = [], {holds} = timeline;
  for (const hold of timeline.holdsOf[timeline.laneOf[worker]] ?? []) {
    if (holds.worker[hold] !== worker || holds.until[hold] < from) continue;
    if (holds.sent[hold] > until) break;
    found.push(hold);
  }
  return found;
}

function lanesOf(violation, faults, timeline, rows, end) {
  const names = [...new Set([...violation.parties.map((it) => it.worker),
    ...violation.events.map((it) => it.worker)])];
  const from = rows[0]?.at ?? 0, until = rows.at(-1)?.at ?? end;
  return names.map((name) => {
    const parties = violation.parties.filter((it) => it.worker === name);
    const host = parties[0]?.host ?? name.split(".")[0];
    const worker = timeline?.workers.findIndex((it) => it.name === readable(name)) ?? -1;
    return {name: readable(name), host, spans: [
      ...worker < 0 ? [] : holdsIn(timeline, worker, from, until)
        .flatMap((hold) => spansOf(timeline, hold)),
      ...parties.map((it) => ({from: it.from_ns, until: it.until_ns ?? end, what: "hold"})),
      ...faults.filter((it) => faultHits(it, {name, host})).map((it) =>
        ({from: it.start_ns, until: it.end_ns ?? end, what: "fault"}))]};
  });
}

function rowsOf(violation, faults) {
  const rows = violation.events.map((event) => ({at: event.at_ns, who: readable(event.worker),
    lanes: [readable(event.worker)], words: event.words, kind: markOf(event),
    marked: event.led_to}));
  for (const fault of faults) {
    rows.push({at: fault.start_ns, who: fault.hit ?? fault.target, kind: "fault", marked: true,
      fault, lanes: [], words: faultWords(fault)});
  }
  for (const row of rows) row.link = link(`time=${row.at - 2e6},${row.at + 2e6}`, instant(row.at));
  return rows.sort((a, b) => a.at - b.at);
}

function diagram(violation, report, timeline) {
  const faults = report.faults.filter((fault) => violation.faults.includes(fault.id));
  const rows = rowsOf(violation, faults);
  const lanes = lanesOf(violation, faults, timeline, rows, report.run.duration_ns);
  for (const row of rows.filter((it) => it.fault)) {
    row.lanes = lanes.filter((lane) => faultHits(row.fault, lane)).map((lane) => lane.name);
  }
  return laneDiagram("How it came about; what the checker points to is marked", lanes, rows);
}

function violationPart(violation, number, report, timeline) {
  const parties = violation.parties.map((it) =>
    link(`hold=${encodeURIComponent(readable(it.worker))}@${it.from_ns}`,
      `${it.worker} (pid ${it.pid}` +
      `${it.token === null ? "" : `, token ${it.token}`}), inside from ${instant(it.from_ns)} ` +
      `to ${instant(it.until_ns)}`));
  const some = violation.events.length + violation.faults.length > 0;
  const picture = some &&
    lazyDetails("How it came about", () => diagram(violation, report, timeline));
  if (some && number < kOpen) picture.open = true;
  return el("article", {id: `violation-${number}`, class: "violation"},
    el("h3", null, spaced(violation.class), violation.cause ? `: ${spaced(violation.cause)}` : "",
      violation.certain ? "" : " (only possible: the clocks' uncertainty allows it)"),
    el("p", null, violation.sentence),
    facts([["lock", violation.lock],
      ["parties", parties.length > 0 && el("ul", null, parties.map((it) => el("li", null, it)))],
      ["when", (some || parties.length > 0) && link(
        `time=${violation.from_ns},${violation.to_ns ?? report.run.duration_ns}`,
        `${instant(violation.from_ns)} to ${instant(violation.to_ns)} s`)]]),
    picture);
}

export function violationsSection(report, timeline) {
  const found = report.violations;
  const shown = found.slice(0, 20).map((it, i) => violationPart(it, i, report, timeline));
  const rest = found.length > 20
    ? lazyDetails(`${counted(found.length - 20, "more finding")}`, () => el("div", null,
      found.slice(20).map((it, i) => violationPart(it, i + 20, report, timeline)))) : null;
  return section("violations", "What was found",
    found.length === 0 ? el("p", null, "Nothing.") : laneLegend(
      ["hold", "overstay", "lease", "wait", "fault"], ["file", "grant", "leave", "fail", "fault"]),
    shown, rest);
}
