// What was found, each with a lane diagram of the few events that matter.
import {counted, duration, instant, spaced} from "./figures.js";
import {addressOf, bringTo, onAddress} from "./addresses.js";
import {el, facts, lazyDetails, link, readable, section} from "./dom.js";
import {faultLegend} from "./fault_looks.js";
import {laneDiagram, laneLegend} from "./lanes.js";
import {findRow, leases, overstays} from "./timeline_data.js";

// Findings whose diagram is open from the beginning.
const kOpen = 3;
// Those that are listed without being asked for.
const kListed = 20;

// What a lane shows of a party, and how it is told. What is called or written is a mark already.
const kSpanOf = {holding: "hold", waiting: "wait"};
const kDoingWords = {holding: "inside", waiting: "waiting for it", calling: "calling",
  writing: "writing"};

function markOfEvent(event) {
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

// What a lane shows of one hold: waiting, where its lease was over, and its leases.
function spansOf(timeline, hold) {
  const {holds} = timeline;
  return [{from: holds.sent[hold], until: holds.from[hold], what: "wait"},
    ...overstays(timeline, hold).map((gap) => ({...gap, what: "overstay"})),
    {from: holds.from[hold], until: holds.until[hold], what: "hold"},
    ...leases(timeline, hold).map((lease) => ({...lease, what: "lease"}))];
}

// All holds that this worker had of this lock (-1: of any) from one instant to another; those of a
// finding's parties stand in it, too, should the time line not have them.
function holdsIn(timeline, worker, lock, from, until) {
  const found = [], {holds} = timeline;
  for (const hold of timeline.holdsOf[timeline.laneOf[worker]] ?? []) {
    const over = Math.max(holds.until[hold], leases(timeline, hold).at(-1)?.until ?? 0);
    if (holds.worker[hold] !== worker || over < from) continue;
    if (lock >= 0 && holds.lock[hold] !== lock) continue;
    if (holds.sent[hold] > until) break;
    found.push(hold);
  }
  return found;
}

// The acquires of a worker that were not granted.
function refusalsIn({refusals, refusalsOf, laneOf}, worker, lock, from, until) {
  return Array.from(refusalsOf[laneOf[worker]] ?? []).filter((i) => refusals.worker[i] === worker &&
    (lock < 0 || refusals.lock[i] === lock) && refusals.sent[i] <= until &&
    refusals.back[i] >= from).map((i) =>
    ({from: refusals.sent[i], until: refusals.back[i], what: "wait"}));
}

function workerCalled(timeline, name) {
  return timeline?.workers.findIndex((it) => it.name === readable(name)) ?? -1;
}

function lanesOf(violation, faults, timeline, rows, end) {
  const names = [...new Set([...violation.parties.map((it) => it.worker),
    ...violation.events.map((it) => it.worker)])];
  const from = rows[0]?.at ?? 0, until = rows.at(-1)?.at ?? end;
  const lock = timeline?.locks.indexOf(readable(violation.lock ?? "")) ?? -1;
  return names.map((name) => {
    const parties = violation.parties.filter((it) => it.worker === name);
    const host = parties[0]?.host ?? name.split(".")[0];
    const worker = workerCalled(timeline, name);
    return {name: readable(name), host, spans: [
      ...worker < 0 ? [] : holdsIn(timeline, worker, lock, from, until)
        .flatMap((hold) => spansOf(timeline, hold)),
      ...worker < 0 ? [] : refusalsIn(timeline, worker, lock, from, until),
      ...parties.filter((it) => it.doing in kSpanOf).map((it) =>
        ({from: it.from_ns, until: it.until_ns ?? end, what: kSpanOf[it.doing]})),
      ...faults.filter((it) => faultHits(it, {name, host})).map((it) =>
        ({from: it.start_ns, until: it.end_ns ?? end, what: "fault", kind: it.kind}))]};
  });
}

// The address of an event in the time line, or of the time around it.
function addressOfEvent(event, timeline) {
  const name = readable(event.worker);
  if (event.operation === "file") return addressOf("file", `${name}@${event.began_ns}`);
  if (event.operation === "acquire" && event.phase === "ok") {
    return addressOf("hold", `${name}@${event.at_ns}`);
  }
  const named = timeline === null ? null : rowOfEvent(timeline, name, event);
  if (named !== null) return addressOf(...named);
  return `time=${event.at_ns - 2e6},${event.at_ns + 2e6}`;
}

// The row that a call, or its answer, belongs to, as what and name of an address; null: there is
// none.
function rowOfEvent(timeline, name, event) {
  const {holds, refusals, renewals} = timeline, at = event.at_ns;
  const found = (what, rows, named, column) => {
    const row = findRow(timeline, rows, column, name, at);
    return row < 0 ? null : [what, `${name}@${rows[named][row]}`];
  };
  switch (event.operation) {
    case "acquire": return found("hold", holds, "from", "sent") ??
      found("acquire", refusals, "sent", "sent") ?? found("acquire", refusals, "sent", "back");
    case "refresh": return found("refresh", renewals, "sent", "sent") ??
      found("refresh", renewals, "sent", "back");
    case "release": return found("hold", holds, "from", "until") ??
      found("hold", holds, "from", "gone");
    default: return null;
  }
}

// The address of what a party was about.
function addressOfParty(party, timeline) {
  const name = readable(party.worker);
  const until = party.until_ns ?? timeline?.end ?? party.from_ns;
  if (party.doing === "holding") return addressOf("hold", `${name}@${party.from_ns}`);
  const refused = timeline !== null && party.doing === "waiting" &&
    findRow(timeline, timeline.refusals, "sent", name, party.from_ns) >= 0;
  return refused ? addressOf("acquire", `${name}@${party.from_ns}`)
    : `time=${party.from_ns - 2e6},${until + 2e6}`;
}

// Until when each party was entitled, of those that did not give the lock back before.
function leaseRows(violation, timeline) {
  return violation.parties.filter((it) => it.doing === "holding").flatMap((party) => {
    const name = readable(party.worker);
    const hold = timeline === null ? -1
      : findRow(timeline, timeline.holds, "from", name, party.from_ns);
    const end = hold < 0 ? Infinity : timeline.holds.leaseEnd[hold];
    if (end === Infinity) return [];
    if (timeline.holds.end[hold] === 0 && timeline.holds.gone[hold] <= end) return [];
    return [{at: end, who: name, lanes: [name], kind: "lease", marked: false,
      address: addressOf("hold", `${name}@${party.from_ns}`),
      words: "is entitled until here: its lease ends"}];
  });
}

function rowsOf(violation, report, timeline) {
  const rows = violation.events.map((event) => ({at: event.at_ns, who: readable(event.worker),
    lanes: [readable(event.worker)], words: event.words, kind: markOfEvent(event),
    marked: event.led_to, address: addressOfEvent(event, timeline)}));
  report.faults.forEach((fault, i) => {
    if (!violation.faults.includes(fault.id)) return;
    rows.push({at: fault.start_ns, who: fault.hit ?? fault.target, kind: "fault", marked: true,
      fault, lanes: [], words: faultWords(fault), address: `fault=${i}`});
  });
  rows.push(...leaseRows(violation, timeline));
  for (const row of rows) row.link = placeIn(timeline, row.address, instant(row.at));
  return rows.sort((a, b) => a.at - b.at);
}

// A link into the time line, where there is one.
function placeIn(timeline, address, ...words) {
  return timeline === null ? el("span", null, ...words) : link(address, ...words);
}

function diagram(violation, report, timeline) {
  const faults = report.faults.filter((fault) => violation.faults.includes(fault.id));
  const rows = rowsOf(violation, report, timeline);
  const lanes = lanesOf(violation, faults, timeline, rows, report.run.duration_ns);
  for (const row of rows.filter((it) => it.fault)) {
    row.lanes = lanes.filter((lane) => faultHits(row.fault, lane)).map((lane) => lane.name);
  }
  return el("div", null, faultLegend("Faults, as bands: ", faults),
    laneDiagram("How it came about; what the checker points to is marked", lanes, rows));
}

export function findingTitle(violation) {
  return `${spaced(violation.class)}${violation.cause ? `: ${spaced(violation.cause)}` : ""}` +
    `${violation.certain ? "" : " (only possible: the clocks' uncertainty allows it)"}`;
}

// Whether it has a place in the time line: what is missing from a run happened at no instant.
export function hasPlace(violation) {
  return violation.parties.length + violation.events.length > 0;
}

export function hasDiagram(violation) {
  return violation.events.length + violation.faults.length > 0;
}

function violationPart(violation, number, report, timeline) {
  const parties = violation.parties.map((it) => placeIn(timeline, addressOfParty(it, timeline),
    `${it.worker} (pid ${it.pid}` +
    `${it.token === null ? "" : `, token ${it.token}`}), ${kDoingWords[it.doing]} from ` +
    `${instant(it.from_ns)} to ${instant(it.until_ns)}`));
  const picture = hasDiagram(violation) &&
    lazyDetails("How it came about", () => diagram(violation, report, timeline));
  if (picture && number < kOpen) picture.dispatchEvent(new Event("reveal"));
  return el("article", {id: `finding-${number}`, class: "violation", tabindex: "-1"},
    el("h3", null, findingTitle(violation), " ",
      el("a", {class: "own", href: `#finding-${number}`,
        "aria-label": `the address of finding ${number}`}, "#")),
    el("p", null, violation.sentence),
    facts([["lock", violation.lock],
      ["parties", parties.length > 0 && el("ul", null, parties.map((it) => el("li", null, it)))],
      ["in the time line", hasPlace(violation) && placeIn(timeline, `finding=${number}`,
        `${instant(violation.from_ns)} to ${instant(violation.to_ns)} s`)]]),
    picture);
}

export function violationsSection(report, timeline) {
  const found = report.violations;
  const shown = found.slice(0, kListed).map((it, i) => violationPart(it, i, report, timeline));
  const rest = found.length > kListed
    ? lazyDetails(`${counted(found.length - kListed, "more finding")}`, () => el("div", null,
      found.slice(kListed).map((it, i) =>
        violationPart(it, i + kListed, report, timeline)))) : null;
  onAddress(/^finding-(\d+)$/, (number) => {
    if (Number(number) >= kListed) rest?.dispatchEvent(new Event("reveal"));
    const article = document.getElementById(`finding-${number}`);
    if (article === null) return;
    article.querySelector("details")?.dispatchEvent(new Event("reveal"));
    bringTo(article);
  });
  return section("violations", "What was found",
    found.length === 0 ? el("p", null, "Nothing.") : null,
    found.some(hasDiagram) ? laneLegend(["hold", "overstay", "lease", "wait"],
      ["file", "grant", "leave", "fail", "fault", "lease"]) : null,
    shown, rest);
}
