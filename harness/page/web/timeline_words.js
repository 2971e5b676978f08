// What is chosen in the time line, in words, with the ways to what belongs to it.
import {duration, grouped, instant, signedDuration, spaced} from "./figures.js";
import {el, facts, link} from "./dom.js";
import {filesDuring, holdOfRenewal, kEnds, kFileOps, kOutcomes, kWhys, overstays,
  renewalsDuring} from "./timeline_data.js";
import {addressOfThing} from "./timeline_things.js";
import {faultWords, findingTitle} from "./violations.js";

const kMostListed = 20;

// A link to its place in the time line.
export function thingLink(view, thing, words) {
  return link(addressOfThing(view, thing), words);
}

export function fileWords(files, file) {
  const error = files.error[file];
  return `${kFileOps[files.op[file]]}${error ? `: ${files.errors[error] ?? error}` : ""}`;
}

// What came of an acquire or of a renewal.
export function outcomeWords(calls, i) {
  return [kOutcomes[calls.outcome[i]], kWhys[calls.why[i]]].filter(Boolean).join(": ");
}

// A list of these rows, the first of them.
function shortList(rows, item) {
  return rows.length > 0 && el("ul", null,
    Array.from(rows.slice(0, kMostListed), (row) => el("li", null, item(row))),
    rows.length > kMostListed &&
      el("li", null, `${grouped(rows.length - kMostListed)} more`));
}

// What its worker did to files, from its asking for the lock until it had given it back.
function fileList(view, hold) {
  const {files, holds} = view.timeline;
  return shortList(filesDuring(view.timeline, hold), (file) => [
    thingLink(view, {what: "file", index: file}, `${instant(files.began[file])} s`),
    ` (${signedDuration(files.began[file] - holds.from[hold])}): ${fileWords(files, file)}, ` +
    `took ${duration(files.at[file] - files.began[file])}`]);
}

function renewalList(view, hold) {
  const {renewals} = view.timeline;
  return shortList(renewalsDuring(view.timeline, hold), (i) => [
    thingLink(view, {what: "refresh", index: i}, `${instant(renewals.sent[i])} s`),
    `: ${renewalWords(renewals, i)}`]);
}

export function renewalWords(renewals, i) {
  return `${outcomeWords(renewals, i)}` +
    `${renewals.lease[i] === 0 ? "" : `, until ${instant(renewals.lease[i])} s`}`;
}

const at = (ns, also) => `${instant(ns)} s${also ? ` (${also})` : ""}`;

function holdFacts(view, hold) {
  const {timeline} = view, {holds, workers, locks} = timeline;
  return [
    ["hold of", `${workers[holds.worker[hold]].name}, pid ${workers[holds.worker[hold]].pid}`],
    ["lock", locks[holds.lock[hold]]],
    ["token", holds.token[hold] === 0n ? null : String(holds.token[hold])],
    ["asked", at(holds.sent[hold])],
    ["granted", at(holds.from[hold], `after ${duration(holds.from[hold] - holds.sent[hold])}`)],
    ["left", at(holds.until[hold], `${kEnds[holds.end[hold]]} after ` +
      duration(holds.until[hold] - holds.from[hold]))],
    ["given back", holds.gone[hold] > holds.until[hold] ? at(holds.gone[hold]) : null],
    ["lease ended", holds.leaseEnd[hold] === Infinity ? null : at(holds.leaseEnd[hold])],
    ["learnt of a loss", Number.isNaN(holds.told[hold]) ? null : at(holds.told[hold])],
    ["inside without a lease", overstays(timeline, hold).map((gap) =>
      `${instant(gap.from)} to ${instant(gap.until)} s`).join(", ")],
    ["renewals", renewalList(view, hold)],
    ["file operations", fileList(view, hold)]];
}

function fileFacts(view, file) {
  const {timeline} = view, {files, filesOf, holds, holdsOf, laneOf, workers} = timeline;
  const worker = files.worker[file];
  const hold = holdsOf[laneOf[worker]].find((it) => holds.worker[it] === worker &&
    holds.sent[it] < files.at[file] && files.began[file] <= holds.gone[it]);
  return [["file operation of", `${workers[worker].name}, pid ${workers[worker].pid}`],
    ["operation", fileWords(files, file)],
    ["began", at(files.began[file])],
    ["came back", at(files.at[file], `after ${duration(files.at[file] - files.began[file])}`)],
    ["of its lane", `${grouped(filesOf[laneOf[worker]].indexOf(file) + 1)} of ` +
      grouped(filesOf[laneOf[worker]].length)],
    ["for", hold === undefined ? null : thingLink(view, {what: "hold", index: hold},
      `the hold from ${instant(holds.from[hold])} s`)]];
}

function refusalFacts({timeline: {refusals, workers, locks}}, i) {
  return [["acquire of", `${workers[refusals.worker[i]].name}, not granted`],
    ["lock", locks[refusals.lock[i]]], ["asked", at(refusals.sent[i])],
    ["came back", at(refusals.back[i], `after ${duration(refusals.back[i] - refusals.sent[i])}`)],
    ["outcome", outcomeWords(refusals, i)]];
}

function renewalFacts(view, i) {
  const {renewals, holds, workers, locks} = view.timeline, hold = holdOfRenewal(view.timeline, i);
  return [["renewal by", `${workers[renewals.worker[i]].name}, ` +
      `pid ${workers[renewals.worker[i]].pid}`],
    ["lock", locks[renewals.lock[i]]], ["asked", at(renewals.sent[i])],
    ["came back", renewals.back[i] === renewals.sent[i] ? null
      : at(renewals.back[i], `after ${duration(renewals.back[i] - renewals.sent[i])}`)],
    ["outcome", renewalWords(renewals, i)],
    ["of", hold < 0 ? null : thingLink(view, {what: "hold", index: hold},
      `the hold from ${instant(holds.from[hold])} s`)]];
}

function faultFacts({report}, index) {
  const fault = report.faults[index];
  return [["fault", `${spaced(fault.kind)}, number ${fault.id}`],
    ["hit", fault.hit ?? fault.target], ["what", faultWords(fault)],
    ["from", at(fault.start_ns)],
    ["until", fault.end_ns === null ? "the end" : at(fault.end_ns)],
    ["took effect", fault.effective ? fault.inside_hold ? "yes, inside a hold" : "yes"
      : `no: ${fault.why_not ?? ""}`],
    ["in its list", link(`fault-${index}`, "what was done to it")]];
}

function findingFacts({report}, index) {
  const finding = report.violations[index];
  return [["finding", findingTitle(finding)], ["what", finding.sentence],
    ["from", at(finding.from_ns)], ["until", finding.to_ns === null ? null : at(finding.to_ns)],
    ["in its list", link(`finding-${index}`, "how it came about")]];
}

const kFacts = {hold: holdFacts, file: fileFacts, acquire: refusalFacts, refresh: renewalFacts,
  fault: faultFacts, finding: findingFacts};

export function thingWords(view, thing) {
  return facts([...kFacts[thing.what](view, thing.index),
    ["address", thingLink(view, thing, `#${addressOfThing(view, thing)}`)]]);
}
