// The hosts' clocks: what the recorder knows of them, and how far faults set them off.
import {duration, instant, seconds, signedDuration} from "./figures.js";
import {el, section, table} from "./dom.js";
import {axis, line, plot} from "./plots.js";


function recorders(clocks, simulated) {
  const known = clocks.filter((it) => it.offsets.length > 0);
  if (known.length === 0) {
    return el("p", null, simulated
      ? "All was recorded by the true time of the simulated world."
      : "All hosts record by one kernel's clock: events of different hosts have no " +
        "uncertainty against each other.");
  }
  const instants = [...new Set(known.flatMap((it) => it.offsets.map((at) => at.at_ns)))]
    .sort((a, b) => a - b);
  const data = [instants.map((at) => at / 1e9)], series = [{label: "at"}], bands = [];
  known.forEach((clock, i) => {
    const at = new Map(clock.offsets.map((it) => [it.at_ns, it]));
    const pick = (of) => instants.map((ns) => at.has(ns) ? of(at.get(ns)) : null);
    // Relative to the first: what a clock that boots with the machine shows is any number.
    const base = clock.offsets[0].offset_ns;
    const own = {...line(i), spanGaps: true, value: (_, value) => signedDuration(value)};
    series.push({label: clock.host, ...own},
      {label: `${clock.host} at most`, ...own, width: 0.5, dash: []},
      {label: `${clock.host} at least`, ...own, width: 0.5, dash: []});
    data.push(pick((it) => it.offset_ns - base),
      pick((it) => it.offset_ns - base + it.uncertainty_ns),
      pick((it) => it.offset_ns - base - it.uncertainty_ns));
    bands.push({series: [series.length - 2, series.length - 1], fill: "rgb(86 180 233 / 25%)"});
  });
  const rows = known.flatMap((clock) => clock.offsets.map((it) => [clock.host, instant(it.at_ns),
    signedDuration(it.offset_ns), duration(it.uncertainty_ns)]));
  return plot("Recorders' clocks against the controller's, since the first exchange", {
    scales: {x: {time: false}}, series, bands,
    axes: [axis("since the run's start", seconds), axis(null, signedDuration, {size: 80})],
  }, data, table("Exchanges", [["host"], ["at (s)", "number"], ["ahead by", "number"],
    ["give or take", "number"]], rows, 60));
}

// What each host's wall clock was set to, step by step: planned, and as measured.
function injected(report) {
  const faults = report.faults.filter((it) => it.kind === "clock" && it.effective);
  if (faults.length === 0) return el("p", null, "No fault bent a clock.");
  const hosts = [...new Set(faults.map((it) => it.hit ?? it.target))];
  const end = report.run.duration_ns;
  const offset = (fault, it, at) => fault === undefined || it === null ? 0
    : (it.offset_ns ?? 0) + ((it.rate ?? 1) - 1) * (at - fault.start_ns);
  const instants = [...new Set([0, end, ...faults.flatMap((it) =>
    [it.start_ns - 1, it.start_ns, Math.min(it.end_ns ?? end, end),
      Math.min(it.end_ns ?? end, end) + 1])])]
    .sort((a, b) => a - b);
  const at = (host, ns) => faults.find((it) => (it.hit ?? it.target) === host &&
    it.start_ns <= ns && ns <= (it.end_ns ?? end));
  const data = [instants.map((ns) => ns / 1e9)], series = [{label: "at"}];
  hosts.forEach((host, i) => {
    const of = (which) => instants.map((ns) => {
      const fault = at(host, ns);
      return offset(fault, fault?.[which] ?? null, ns);
    });
    const style = {...line(i), value: (_, value) => signedDuration(value)};
    series.push({label: `${host}, planned`, ...style, dash: [4, 4]},
      {label: `${host}, measured`, ...style, dash: []});
    data.push(of("planned"), of("measured"));
  });
  const rows = faults.map((it) => [it.hit ?? it.target, instant(it.start_ns), instant(it.end_ns),
    signedDuration(it.planned.offset_ns ?? 0), signedDuration(it.measured?.offset_ns ?? 0),
    (it.planned.rate ?? 1).toFixed(6), (it.measured?.rate ?? 1).toFixed(6)]);
  return plot("How far faults set the wall clocks off", {
    scales: {x: {time: false}}, series,
    axes: [axis("since the run's start", seconds), axis(null, signedDuration, {size: 80})],
  }, data, table("Clock faults", [["host"], ["from (s)", "number"], ["until (s)", "number"],
    ["planned offset", "number"], ["measured", "number"], ["planned rate", "number"],
    ["measured", "number"]], rows, 60));
}

export function clocksSection(report) {
  const clocks = report.environment.clocks;
  const uncertain = clocks.filter((it) => it.uncertainty_ns > 0);
  return section("clocks", "Clocks",
    uncertain.length ? table("Uncertainty of each host's events",
      [["host"], ["give or take", "number"]],
      uncertain.map((it) => [it.host, duration(it.uncertainty_ns)])) : null,
    el("div", {class: "plots"}, recorders(clocks, report.run.world === "simulated"),
      injected(report)));
}
