// Plots, each with its figures as a table behind it. Where the plotting library was not there when
// holdfast was built, the tables stand alone.
import {colour, onTheme} from "./colours.js";
import {details, el} from "./dom.js";
import {faultColour, faultLegend, faultWeave} from "./fault_looks.js";

export const hasLibrary = typeof uPlot !== "undefined" && uPlot !== null;

// Of lines, in this order, each with a dash of its own: colours are not all that tells them apart.
const kLines = [["blue", []], ["vermillion", [8, 4]], ["green", [2, 3]], ["orange", [12, 3, 2, 3]],
  ["purple", [5, 5]], ["sky", [16, 4]], ["text", [1, 3]]];

export function line(number) {
  const [name, dash] = kLines[number % kLines.length];
  return {stroke: () => colour(name), dash, width: 2, points: {show: false}};
}

export function axis(label, words, more) {
  return {label, stroke: () => colour("faint"), grid: {stroke: () => colour("line"), width: 1},
    ticks: {stroke: () => colour("line"), width: 1}, values: (_, values) =>
      values.map((value) => value === null ? "" : words(value)), ...more};
}

// A scale on which each step is ten times the one before.
export const kLogScale = {distr: 3, log: 10};

// When there were faults of each kind, however many at a time: [[kind, [[from, until], ...]], ...].
function stretchesOfKinds(faults) {
  const kinds = new Map();
  for (const fault of [...faults].sort((a, b) => a.start_ns - b.start_ns)) {
    if (!kinds.has(fault.kind)) kinds.set(fault.kind, []);
    const stretches = kinds.get(fault.kind), last = stretches.at(-1);
    const until = fault.end_ns ?? Infinity;
    if (last !== undefined && fault.start_ns <= last[1]) last[1] = Math.max(last[1], until);
    else stretches.push([fault.start_ns, until]);
  }
  return [...kinds];
}

// Shades the faults behind the lines; instants on the x axis are seconds.
function faultBands(faults) {
  const kinds = stretchesOfKinds(faults);
  return {hooks: {drawClear: [(plot) => {
    const {ctx, bbox} = plot, right = bbox.left + bbox.width;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    for (const [kind, stretches] of kinds) {
      const weave = faultWeave(ctx, kind);
      let painted = -Infinity;
      for (const [start, end] of stretches) {
        const from = Math.max(bbox.left - 2, plot.valToPos(start / 1e9, "x", true));
        const until = Math.min(right, end === Infinity ? right
          : plot.valToPos(end / 1e9, "x", true));
        // Of a shared mount there may be one for each request, so a pixel gets one of a kind.
        if (until < bbox.left || from > right || until - painted < 1) continue;
        painted = Math.max(until, from + 2);
        ctx.globalAlpha = 0.22;
        ctx.fillStyle = faultColour(kind);
        ctx.fillRect(from, bbox.top, painted - from, bbox.height);
        if (until - from < 6) continue;
        ctx.globalAlpha = 0.4;
        ctx.fillStyle = weave;
        ctx.fillRect(from, bbox.top, until - from, bbox.height);
      }
    }
    ctx.restore();
  }]}};
}

// The height of a line at an instant, between its nearest figures; null where it has none.
function heightAt(plot, line, instant) {
  const [instants, heights] = [plot.data[0], plot.data[line]];
  const known = (it, i) => heights[i] != null;
  const after = instants.findIndex((it, i) => it >= instant && known(it, i));
  const before = instants.findLastIndex((it, i) => it < instant && known(it, i));
  if (before < 0 || after < 0) return null;
  if (!plot.series[line].spanGaps && after - before > 1) return null;  // there is no line
  const part = (instant - instants[before]) / (instants[after] - instants[before]);
  const [from, until] = [before, after].map((i) => plot.valToPos(heights[i], "y", true));
  return from + (until - from) * part;
}

// Writes names on lines, each at another instant of what is seen: names[i] on the i-th, if it has
// one and is shown.
export function namesOfLines(names) {
  const named = names.flatMap((name, i) => name ? [[name, i + 1]] : []);
  return {hooks: {draw: [(plot) => {
    const {ctx, bbox, scales: {x}} = plot;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.font = `${13 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.textAlign = "center";
    ctx.textBaseline = "bottom";
    ctx.lineWidth = 4 * devicePixelRatio;
    ctx.lineJoin = "round";
    const row = 15 * devicePixelRatio, written = [];
    named.forEach(([name, line], i) => {
      const instant = x.min + (x.max - x.min) * (i + 1) / (named.length + 1);
      const height = plot.series[line].show ? heightAt(plot, line, instant) : null;
      if (height === null) return;
      const across = plot.valToPos(instant, "x", true), wide = ctx.measureText(name).width;
      const covers = (it) => Math.abs(it.across - across) < (it.wide + wide) / 2 + row / 2 &&
        Math.abs(it.down - down) < row;
      let down = Math.max(height - 3, bbox.top + 18 * devicePixelRatio);
      while (written.some(covers)) down += row;  // below those that stand there
      written.push({across, down, wide});
      ctx.strokeStyle = colour("back");
      ctx.fillStyle = colour("text");
      ctx.strokeText(name, across, down);
      ctx.fillText(name, across, down);
    });
    ctx.restore();
  }]}};
}

// Plus and minus zoom, arrows move and 0 shows all, as dragging and a double click do.
function listenToPlotKeys(place, made, data) {
  const [least, most] = [data[0][0], data[0].at(-1)];
  const show = (zoom, shift) => {
    const {min, max} = made.scales.x, span = Math.min(most - least, (max - min) * zoom);
    const from = (min + max - span) / 2 + shift * (max - min);
    const inside = Math.max(least, Math.min(most - span, from));
    made.setScale("x", {min: inside, max: inside + span});
  };
  const keys = {"+": () => show(0.5, 0), "=": () => show(0.5, 0), "-": () => show(2, 0),
    ArrowLeft: () => show(1, -0.2), ArrowRight: () => show(1, 0.2),
    0: () => made.setScale("x", {min: least, max: most})};
  place.addEventListener("keydown", (event) => {
    const act = keys[event.key];
    if (event.target !== place || !act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
}

// A line is shown or not by pressing its name, which keys can do, too.
function nameLegend(place) {
  for (const name of place.querySelectorAll(".u-legend .u-series:not(.unlisted) th")) {
    name.tabIndex = 0;
    name.setAttribute("role", "button");
    name.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      name.click();
    });
  }
}

// How the box beside a line's name is drawn: as the line is.
function dashOf(plot, i) {
  const dash = plot.series[i].dash ?? [];
  return dash.length === 0 ? "solid" : dash[0] < 4 ? "dotted" : "dashed";
}

// options, data: uPlot's, without a width. Made when it comes near the screen: a page with many
// plots opens as fast as one with none. `shades`: the faults that stand behind the lines.
export function plot(title, options, data, behind, shades = []) {
  const caption = el("figcaption", null, title);
  if (!hasLibrary) return el("figure", null, caption, behind);
  const place = el("div", {class: "plot", role: "group", tabindex: "0",
    "aria-label": `${title}. Keys: plus and minus zoom, arrows move, 0 shows all. The table ` +
      "behind it has the figures."});
  let made = null;
  const width = () => Math.max(240, place.clientWidth);
  const make = () => {
    made = new uPlot({height: 260, legend: {live: true, markers: {dash: dashOf}},
      cursor: {drag: {x: true, y: false}},
      plugins: [faultBands(shades)], ...options, width: width()}, data, place);
    listenToPlotKeys(place, made, data);
    nameLegend(place);
  };
  new IntersectionObserver((entries, observer) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    make();
    new ResizeObserver(() => {
      if (made.width !== width()) made.setSize({width: width(), height: made.height});
    }).observe(place);
    onTheme(() => made.redraw(false, true));
  }, {rootMargin: "300px"}).observe(place);
  return el("figure", null, caption, faultLegend("Shaded: ", shades), place,
    details("The figures as a table", behind));
}

export function missingNote() {
  return hasLibrary ? null : el("p", {class: "missing"},
    "Plots are missing: the library that draws them was not there when this holdfast was built. " +
    "Their figures stand as tables. Where npm is installed, ./holdfast fetches it.");
}
