// What the verdict is worth, and what each checker said.
import {counted, duration, grouped, spaced} from "./figures.js";
import {details, el, facts, link, section, table} from "./dom.js";
import {hasDiagram} from "./violations.js";

function bound(power) {
  const rate = power.violation_rate_bound;
  if (rate >= 1) return "nothing was handed over: this run could not have shown a violation";
  return `more than 1 violation in ${grouped(Math.round(1 / rate))} handoffs, at 95 %`;
}

// "393 error (48 EACCES, 69 EDQUOT)": a kind with a word more is part of the one without.
function faultCounts(kinds) {
  const wholeOf = (it) => kinds.find((other) => it.kind.startsWith(`${other.kind} `));
  const told = (it, name) => `${grouped(it.count)} ${spaced(name)}`;
  return kinds.filter((it) => !wholeOf(it)).map((whole) => {
    const parts = kinds.filter((it) => wholeOf(it) === whole);
    return told(whole, whole.kind) + (parts.length === 0 ? ""
      : ` (${parts.map((it) => told(it, it.kind.slice(whole.kind.length + 1))).join(", ")})`);
  }).join(", ") || "none";
}

function powerFacts(report) {
  const power = report.verdict.power;
  return facts([
    ["grants", `${grouped(power.grants)} of ${counted(power.attempts, "attempt")}, ` +
      `${grouped(power.contended_grants)} while others waited`],
    ["handoffs", `${grouped(power.handoffs_between_processes)} between processes, ` +
      `${grouped(power.handoffs_between_hosts)} between hosts`],
    ["faults that took effect", faultCounts(power.effective_faults)],
    ["killed inside", grouped(power.kills_inside)],
    ["leases that ran out", grouped(power.leases_run_out)],
    ["what is excluded", report.verdict.value === "valid" ? bound(power) : null],
    power.mode === "ordered"
      ? ["overlaps that may go unseen", `shorter than ${duration(power.detection_floor_ns)}: ` +
          "holders told the controller where they were (ordered mode)"]
      : ["shortest overlap that is certain", power.detection_floor_ns === 0
        ? "any: all hosts have one clock" : duration(power.detection_floor_ns)],
  ]);
}

function classes(report) {
  const found = report.verdict.classes;
  if (found.length === 0) return el("p", null, "No checker found anything.");
  return table("What was found", [["class"], ["how often", "number"], ["causes"], ["first"]],
    found.map((it) => [spaced(it.class), grouped(it.count),
      it.causes.map((cause) => `${spaced(cause.cause)} (${cause.count})`).join(", "),
      it.first === null ? "" : link(`finding-${it.first}`,
        hasDiagram(report.violations[it.first]) ? "see how it came about" : "see it")]));
}

function checkers(report) {
  const rows = report.checkers.map((check) => [
    spaced(check.name), spaced(check.outcome),
    check.counts.map((it) => `${grouped(it.count)} ${spaced(it.class)}`).join(", "),
    check.reason ?? "", duration(check.took_ns)]);
  const assumed = report.checkers.flatMap((check) => check.assumptions);
  return details(`${report.checkers.length} checkers judged this run`,
    table("Checkers", [["checker"], ["outcome"], ["found"], ["why not"], ["took", "number"]], rows),
    assumed.length ? [el("p", null, "They take for granted, after a check:"),
      el("ul", null, assumed.map((it) => el("li", null, it)))] : null);
}

export function verdictSection(report) {
  const verdict = report.verdict;
  return section("worth", "What this verdict is worth",
    el("p", null, `Exit status ${verdict.exit_status}: ${verdict.exit_status_means}.`),
    powerFacts(report), classes(report), checkers(report));
}
