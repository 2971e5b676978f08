// The hosts' clocks, in one picture: what the recorder knows of them and how far faults set them
// off.
import {clockChanges, clockOffAt, instantsOf} from "./clock_offsets.js";
import {duration, instant, seconds, signedDuration} from "./figures.js";
import {el, link, section, table} from "./dom.js";
import {axis, line, namesOfLines, plot} from "./plots.js";

// Hosts that the picture shows; of more, nobody could tell one line from another. The tables have
// all.
const kMostDrawn = 7;

// An hour and a microsecond on one axis: it has zero, and steps of ten on both sides of it.
const kSteps = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 6e10, 6e11, 3.6e12, 3.6e13, 8.64e13,
  8.64e14];

function wideScale(least) {
  return {distr: 4, asinh: least, range: (_, low, high) => [
    low < 0 ? Math.min(low * 1.6, -2 * least) : -least,
    high > 0 ? Math.max(high * 1.6, 2 * least) : least]};
}

function wideSplits(least) {
  return (_, __, low, high) => {
    const steps = kSteps.filter((it) => it >= least);
    const all = [...steps.map((it) => -it).reverse(), 0, ...steps]
      .filter((it) => it >= low && it <= high);
    const every = Math.ceil(all.length / 11), zero = all.indexOf(0);
    return all.filter((_, i) => (i - zero) % every === 0);
  };
}

// The recorder's clock of a host against the controller's, with what it may be off by.
function recorderLines(clock, number) {
  const at = new Map(clock.offsets.map((it) => [it.at_ns, it]));
  // Relative to the first: what a clock that boots with the machine shows is any number.
  const base = clock.offsets[0].offset_ns;
  const style = {...line(number), dash: [2, 3], spanGaps: true};
  const value = (plot, off, __, i) => {
    const told = i === null ? undefined : at.get(Math.round(plot.data[0][i] * 1e9));
    return told ? `${signedDuration(off)}, give or take ${duration(told.uncertainty_ns)}` : "";
  };
  const of = (pick) => (ns) => at.has(ns) ? pick(at.get(ns)) : null;
  const edge = {...style, width: 0.5, class: "unlisted"};
  return [{label: `${clock.host}: recorder`, ...style, value, doubtful: true, named: clock.host,
    at: of((it) => it.offset_ns - base)},
  {label: `${clock.host} at most`, ...edge,
    at: of((it) => it.offset_ns - base + it.uncertainty_ns)},
  {label: `${clock.host} at least`, ...edge,
    at: of((it) => it.offset_ns - base - it.uncertainty_ns)}];
}

// The wall clock of a host as faults were to set it, and as it was measured.
function wallLines(host, changes, number) {
  const style = {...line(number), value: (_, off) => off === null ? "" : signedDuration(off)};
  return [{label: `${host}: target`, ...style, dash: [7, 5], width: 3, named: host,
    at: (ns) => clockOffAt(changes, ns).planned},
  {label: `${host}: measured`, ...style, dash: [], width: 1.5, named: host,
    at: (ns) => clockOffAt(changes, ns).measured}];
}

function exchangesTable(known) {
  const all = known.flatMap((clock) => clock.offsets.map((it) => ({host: clock.host, ...it})));
  return table("Recorders' clocks, exchange by exchange, against the controller's",
    [["host"], ["at (s)", "number"], ["ahead by", "number"], ["give or take", "number"]],
    {length: all.length, row: (i) => [all[i].host, instant(all[i].at_ns),
      signedDuration(all[i].offset_ns), duration(all[i].uncertainty_ns)]}, 60);
}

function clockFaultsTable(report) {
  const rows = report.faults.flatMap((it, i) => it.kind !== "clock" ? [] : [[it.hit ?? it.target,
    link(`fault=${i}`, instant(it.start_ns)), instant(it.end_ns),
    signedDuration(it.planned.offset_ns), signedDuration(it.measured?.offset_ns),
    it.planned.rate.toFixed(6), it.measured?.rate.toFixed(6) ?? "",
    it.effective ? "yes" : `no: ${it.why_not ?? ""}`]]);
  return rows.length === 0 ? null : table("Clock faults: how wall clocks were set", [["host"],
    ["from (s)", "number"], ["until (s)", "number"], ["target", "number"], ["measured", "number"],
    ["rate, target", "number"], ["measured", "number"], ["took effect"]], rows, 60);
}

// Hosts whose clocks were bent first, then those whose events are least certain.
function hostsDrawn(changes, known) {
  const byDoubt = [...known].sort((a, b) => b.uncertainty_ns - a.uncertainty_ns);
  return [...new Set([...changes.keys(), ...byDoubt.map((it) => it.host)])];
}

function picture(report, changes, known) {
  const end = report.run.duration_ns, all = hostsDrawn(changes, known);
  const drawn = all.slice(0, kMostDrawn);
  const lines = drawn.flatMap((host, i) => {
    const clock = known.find((it) => it.host === host);
    return [...changes.has(host) ? wallLines(host, changes.get(host), i) : [],
      ...clock ? recorderLines(clock, i) : []];
  });
  const instants = [...new Set([0, end, ...drawn.flatMap((host) =>
    [...instantsOf(changes.get(host) ?? [], end),
      ...(known.find((it) => it.host === host)?.offsets ?? []).map((it) => it.at_ns)])])]
    .sort((a, b) => a - b);
  const data = lines.map((one) => instants.map(one.at));
  const sizes = data.flat().map(Math.abs).filter((it) => it > 0);
  const least = known.length > 0 ? 1e3
    : Math.max(1e3, sizes.reduce((a, b) => Math.min(a, b), Infinity) / 10);
  // Of many hosts, bands lie above one another.
  const share = 25 / Math.max(1, lines.filter((one) => one.doubtful).length / 2);
  const bands = lines.flatMap((one, i) =>
    one.doubtful ? [{series: [i + 2, i + 3], fill: `rgb(86 180 233 / ${share}%)`}] : []);
  const behind = el("div", null, clockFaultsTable(report),
    known.length === 0 ? null : exchangesTable(known));
  return [plot("How far each host's clocks were off, and were to be", {
    height: 320, scales: {x: {time: false}, y: wideScale(least)}, bands,
    plugins: [namesOfLines(lines.map((one) => one.named))],
    series: [{label: "at", value: (_, value) => value === null ? "" : seconds(value)},
      ...lines.map(({at: _, doubtful: __, named: ___, ...style}) => style)],
    axes: [axis("since the run's start", seconds), axis(null, signedDuration,
      {size: 80, splits: wideSplits(least), filter: (_, splits) => splits})],
  }, [instants.map((at) => at / 1e9), ...data], behind),
  all.length > drawn.length ? el("p", null, `The picture has ${drawn.length} of ${all.length} ` +
    "hosts, those whose clocks were bent first; the tables have all.") : null];
}

export function clocksSection(report) {
  const {clocks} = report.environment, changes = clockChanges(report);
  const known = clocks.filter((it) => it.offsets.length > 0);
  const uncertain = clocks.filter((it) => it.uncertainty_ns > 0);
  const some = changes.size > 0 || known.length > 0;
  return section("clocks", "Clocks",
    el("p", null, changes.size === 0 ? "No fault bent a clock. "
      : "Target: what faults were to set a host's wall clock to; of several, the latest counts. " +
        "Measured: what the host's workers then saw. ",
    known.length > 0 ? "Recorder: the clock by which a host's events were recorded, which no " +
      "fault bends, against the controller's and since the first exchange; the band is what it " +
      "may be off by."
      : report.run.world === "simulated"
        ? "All was recorded by the true time of the simulated world."
        : "All hosts record by one kernel's clock: events of different hosts have no " +
          "uncertainty against each other."),
    some ? picture(report, changes, known) : null,
    some || clockFaultsTable(report) === null ? null : clockFaultsTable(report),
    uncertain.length ? table("Uncertainty of each host's events",
      [["host"], ["give or take", "number"]],
      uncertain.map((it) => [it.host, duration(it.uncertainty_ns)])) : null);
}
