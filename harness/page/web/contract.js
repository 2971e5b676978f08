// What the lock promises, what was asked of it, and what its fence saw.
import {counted, duration, grouped, spaced} from "./figures.js";
import {el, facts, section} from "./dom.js";

const plusMinus = (words) => words === null ? "not declared, so nothing is excluded"
  : `up to ${words}`;

function promises(contract) {
  const beyond = contract.faults_beyond.length;
  return facts([
    ["whose word counts", contract.own_lock
      ? "the lock's own: it says until when a hold is entitled"
      : "the program's: a hold is entitled as its documentation says"],
    ["lease", contract.leases
      ? `${duration(contract.lifetime_ns)}, and a margin of ${duration(contract.margin_ns)}`
      : "none: a hold ends when it is given back, or with its process"],
    ["fencing tokens", contract.tokens ? "one with each grant" : "none"],
    ["wall clocks may differ", plusMinus(contract.clock_offset_ns === null ? null
      : duration(contract.clock_offset_ns))],
    ["clock rates may differ", plusMinus(contract.clock_drift === null ? null
      : `${Number((100 * contract.clock_drift).toPrecision(3))} %`)],
    ["the server's clock", contract.steady_server_clock
      ? "must not be set: the lock goes by it" : "not declared, so nothing is excluded"],
    ["faults beyond that", beyond === 0 ? "none" : counted(beyond, "clock fault")],
  ]);
}

function bounds(bound, leases) {
  const most = (value, words) => value === null ? null : words(value);
  return facts([
    ["until a killed holder's lock is free again", most(bound.recovery_ns, duration)],
    ["one wait", most(bound.wait_ns, duration)],
    ["grants to others during one wait", most(bound.bypassed, grouped)],
    ["files left behind", most(bound.orphans, grouped)],
    ["holders inside past their lease", most(bound.overstays, grouped)],
    ["a lock that nobody gets while somebody waits",
      duration(bound.wedge_ns) + (leases ? " beyond the lease and its margin" : "")],
    ["an acquire beyond its patience", duration(bound.timeout_slack_ns)],
  ]);
}

function drawn(draw) {
  if (draw === null) return null;
  const low = duration(draw.low_ns), high = duration(draw.high_ns || 20 * draw.low_ns);
  switch (draw.shape) {
    case "constant": return low;
    case "exponential": return `${low} on average, ${high} at most, exponential`;
    default: return `${low} to ${high}, ${draw.shape}`;
  }
}

const kResources = {none: "nothing", counter: "a counter without a fence",
  fenced: "a resource behind a fence"};

function workload(work) {
  return facts([
    ["who", `${counted(work.workers, "worker")} on ${counted(work.hosts, "host")} for ` +
      `${counted(work.locks, "lock")}; ${counted(work.processes, "process", "processes")} in all`],
    ["inside", drawn(work.hold)],
    ["rest before the next acquire", drawn(work.think)],
    ["time between arrivals", drawn(work.arrivals)],
    ["patience", work.patience_ns === null ? "without end" : duration(work.patience_ns)],
    ["renewals", work.refresh_every_ns === null ? "none"
      : `every ${duration(work.refresh_every_ns)}`],
    ["what the lock protects", kResources[work.resource] ?? work.resource],
    ["not granted", work.failed_acquires.map((it) => `${grouped(it.count)} ${spaced(it.why)}`)
      .join(", ") || "none"],
    ["outcome unknown", work.unknown_outcomes === 0 ? "none"
      : `${grouped(work.unknown_outcomes)}, ${grouped(work.contender_error)} of them by an error ` +
        "of the lock's program"],
    ["cut off by the end of their process", grouped(work.unfinished)],
    ["recorded", counted(work.events, "event")],
  ]);
}

const unlooked = (count) => count === null ? "nobody looked" : grouped(count);

function fence(fences) {
  return facts([
    ["grants with a token", grouped(fences.grants_with_token)],
    ["tokens that were not greater than the one before", unlooked(fences.token_regressions)],
    ["the fence raised, and refused", `${grouped(fences.raises_accepted)}, ` +
      grouped(fences.raises_refused)],
    ["writes accepted, and refused", `${grouped(fences.publications_accepted)}, ` +
      grouped(fences.publications_refused)],
    ["stale ones accepted", unlooked(fences.stale_accepted)],
  ]);
}

export function contractSection(report) {
  const part = (title, made) => el("div", null, el("h3", null, title), made);
  return section("contract", "What was promised, and what was asked", el("div", {class: "plots"},
    part("The lock's contract", promises(report.contract)),
    part("The scenario bounds", bounds(report.contract.bounds, report.contract.leases)),
    part("Work", workload(report.workload)),
    report.contract.tokens || report.workload.resource === "fenced"
      ? part("Fence", fence(report.fences)) : null));
}
