// How long things took: as the run went on, as percentiles, as histograms.
import {duration, grouped, seconds, spaced} from "./figures.js";
import {el, section, table} from "./dom.js";
import {axis, kLogScale, line, plot} from "./plots.js";

const kPercentiles = [["p50_ns", "p50"], ["p90_ns", "p90"], ["p99_ns", "p99"],
  ["p99_9_ns", "p99.9"], ["max_ns", "max"]];

function effective(report) {
  return report.faults.filter((fault) => fault.effective);
}

function overTime(title, told, start, window, report) {
  const rows = told.count.map((count, i) => [i, count]).filter(([, count]) => count > 0)
    .map(([i, count]) => [seconds((start + i * window) / 1e9), grouped(count),
      duration(told.p50_ns[i]), duration(told.p99_ns[i]), duration(told.max_ns[i])]);
  const behind = table(title, [["from", "number"], ["count", "number"], ["p50", "number"],
    ["p99", "number"], ["max", "number"]], rows, 60);
  if (rows.length === 0) return el("p", null, `${title}: there were none.`);
  const instants = told.count.map((_, i) => (start + (i + 0.5) * window) / 1e9);
  const positive = (list) => list.map((value) => value === null ? null : Math.max(value, 1));
  // Windows without a figure are bridged: in a short run they are most.
  const series = (label, number) => ({label, ...line(number), spanGaps: true,
    points: {show: rows.length < 80, size: 5}, value: (_, value) => duration(value)});
  return plot(title, {
    scales: {x: {time: false}, y: kLogScale},
    series: [{label: "at", value: (_, value) => value === null ? "" : seconds(value)},
      series("p50", 0), series("p99", 3), series("max", 1)],
    axes: [axis("since the run's start", seconds), axis(null, duration, {size: 70})],
  }, [instants, positive(told.p50_ns), positive(told.p99_ns), positive(told.max_ns)], behind,
  effective(report));
}

function throughput(report) {
  const told = report.throughput;
  const rate = told.grants.map((count) => count * 1e9 / told.window_ns);
  if (rate.length === 0) return null;
  const instants = rate.map((_, i) => (i + 0.5) * told.window_ns / 1e9);
  return plot("Grants a second", {
    height: 180, scales: {x: {time: false}, y: {range: (_, low, high) => [0, Math.max(high, 1)]}},
    series: [{label: "at", value: (_, value) => value === null ? "" : seconds(value)},
      {label: "grants a second", ...line(0), value: (_, value) =>
        value === null ? "" : grouped(Math.round(value))}],
    axes: [axis("since the run's start", seconds),
      axis(null, (value) => grouped(Math.round(value)), {size: 70})],
  }, [instants, rate], table("Grants", [["from", "number"], ["a second", "number"]],
    rate.map((value, i) => [seconds(i * told.window_ns / 1e9), grouped(Math.round(value))]), 60),
  effective(report));
}

// A distribution's bins as points: how many nines of all are not above this.
function curve(distribution) {
  const nines = [0], values = [Math.max(1, distribution.min_ns)];
  let sum = 0;
  for (const bin of distribution.bins) {
    sum += bin.count;
    const above = Math.max(1 - sum / distribution.count, 0.5 / distribution.count);
    nines.push(-Math.log10(above));
    values.push(Math.max(1, Math.min(bin.to_ns, distribution.max_ns)));
  }
  return {nines, values};
}

// One list of places on the x axis for all curves; a curve has the value of its next point.
function merged(curves) {
  const nines = [...new Set(curves.flatMap((it) => it.nines))].sort((a, b) => a - b);
  return [nines, ...curves.map((it) => {
    let i = 0;
    return nines.map((place) => {
      while (i < it.nines.length && it.nines[i] < place) ++i;
      return i < it.nines.length ? it.values[i] : null;
    });
  })];
}

const ninesWords = (nines) => nines < 0.005 ? "0 %"
  : `${Number((100 * (1 - 10 ** -nines)).toFixed(Math.max(0, Math.ceil(nines) - 1)))} %`;

function percentileTable(title, names, distributions) {
  return table(title, [["of"], ["count", "number"],
    ...kPercentiles.map(([, words]) => [words, "number"])],
  distributions.map((it, i) => [names[i], grouped(it.count),
    ...kPercentiles.map(([key]) => duration(it[key]))]));
}

function percentiles(step, told) {
  const parts = [["all", told.all], ["quiet", told.quiet], ["under fault", told.under_fault],
    ...told.by_host.map((it) => [it.host, it.distribution])].filter(([, it]) => it.count > 0);
  if (parts.length === 0 || told.all.max_ns === 0) return null;
  const title = `${spaced(step)}: how many took how long at most`;
  const drawn = parts.filter(([name]) => ["all", "quiet", "under fault"].includes(name));
  return plot(title, {
    scales: {x: {time: false}, y: kLogScale},
    series: [{label: "of all", value: (_, value) => value === null ? "" : ninesWords(value)},
      ...drawn.map(([name], i) => ({label: name, ...line(i),
        points: {show: told.all.count < 40, size: 5}, value: (_, value) => duration(value)}))],
    axes: [axis("share that took no longer", ninesWords, {splits: (_, __, low, high) =>
      [0, 0.30103, 1, 2, 3, 4, 5, 6, 7].filter((it) => it >= low && it <= high)}),
    axis(null, duration, {size: 70})],
  }, merged(drawn.map(([, it]) => curve(it))),
  percentileTable(title, parts.map(([name]) => name), parts.map(([, it]) => it)));
}

const kWhole = Array.from({length: 12}, (_, power) =>
  [1, 2, 5].map((it) => it * 10 ** power)).flat();

// Four bins to a power of two become one step; the axis is logarithmic.
function histogram(title, distribution) {
  if (distribution.count === 0) return el("p", null, `${title}: there were none.`);
  const bins = new Map();
  for (const bin of distribution.bins) {
    const step = Math.floor(Math.log2(Math.max(1, bin.from_ns)) * 4);
    bins.set(step, (bins.get(step) ?? 0) + bin.count);
  }
  const steps = [...bins.keys()].sort((a, b) => a - b), all = [];
  for (let step = steps[0] - 1; step <= steps.at(-1) + 1; ++step) all.push(step);
  const rows = steps.map((step) => [duration(2 ** (step / 4)), duration(2 ** ((step + 1) / 4)),
    grouped(bins.get(step))]);
  const behind = table(title, [["from", "number"], ["to", "number"], ["count", "number"]],
    rows, 60);
  return plot(title, {
    height: 200,
    scales: {x: {time: false}, y: {range: (_, low, high) => [0, Math.max(1, high * 1.05)]}},
    series: [{label: "about",
      value: (_, value) => value === null ? "" : duration(2 ** ((value + 0.5) / 4))},
      {label: "count", stroke: line(0).stroke, fill: line(0).stroke, width: 0,
        paths: typeof uPlot === "undefined" || !uPlot ? null : uPlot.paths.bars({size: [0.9, 60]}),
        points: {show: false}, value: (_, value) => value === null ? "" : grouped(value)}],
    axes: [axis(null, (value) => duration(2 ** ((value + 0.5) / 4))),
      axis(null, grouped, {size: 60, incrs: kWhole})],
  }, [all, all.map((step) => bins.get(step) ?? 0)], behind);
}

export function latencySection(report, told) {
  const over = told.over_time;
  const steps = Object.entries(report.latency).filter(([, it]) => it.all.count > 0);
  return section("latency", "How long it took",
    percentileTable("All steps of the lock's use", steps.map(([name]) => spaced(name)),
      steps.map(([, it]) => it.all)),
    el("div", {class: "plots"},
      over && overTime("Waiting for the lock, as the run went on", over.wait, told.start_ns,
        over.window_ns, report),
      over && overTime("Handoffs, as the run went on", over.handoff, told.start_ns,
        over.window_ns, report),
      throughput(report),
      steps.filter(([name]) => name !== "acquire").map(([name, it]) => percentiles(name, it)),
      histogram("Handoffs: from a release to the next grant", report.latency.handoff.all),
      histogram("Recoveries: from a holder's death to the next grant",
        report.latency.recovery.all)));
}
