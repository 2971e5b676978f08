// Plots, each with its figures as a table behind it. Where the plotting library was not there when
// holdfast was built, the tables stand alone.
import {colour, faultColour, onTheme} from "./colours.js";
import {details, el} from "./dom.js";

export const hasLibrary = typeof uPlot !== "undefined" && uPlot !== null;

// Of lines, in this order, each with a dash of its own: colours are not all that tells them apart.
const kLines = [["blue", []], ["vermillion", [8, 4]], ["green", [2, 3]], ["orange", [12, 3, 2, 3]],
  ["purple", [5, 5]], ["sky", []], ["text", [1, 3]]];

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

// Shades the faults behind the lines; instants on the x axis are seconds.
export function faultBands(faults) {
  return {hooks: {drawClear: [(plot) => {
    const {ctx, bbox} = plot;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.globalAlpha = 0.22;
    for (const fault of faults) {
      const from = plot.valToPos(fault.start_ns / 1e9, "x", true);
      const end = fault.end_ns === null ? bbox.left + bbox.width
        : plot.valToPos(fault.end_ns / 1e9, "x", true);
      ctx.fillStyle = faultColour(fault.kind);
      ctx.fillRect(from, bbox.top, Math.max(2, end - from), bbox.height);
    }
    ctx.restore();
  }]}};
}

// options, data: uPlot's, without a width. Made when it comes near the screen: a page with many
// plots opens as fast as one with none.
export function plot(title, options, data, behind) {
  const caption = el("figcaption", null, title);
  if (!hasLibrary) return el("figure", null, caption, behind);
  const place = el("div", {class: "plot", role: "img",
    "aria-label": `${title}. The table behind it has the figures.`});
  let made = null;
  const width = () => Math.max(240, place.clientWidth);
  const make = () => {
    made = new uPlot({height: 260, legend: {live: true}, cursor: {drag: {x: true, y: false}},
      ...options, width: width()}, data, place);
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
  return el("figure", null, caption, place, details("The figures as a table", behind));
}

export function missingNote() {
  return hasLibrary ? null : el("p", {class: "missing"},
    "Plots are missing: the library that draws them was not there when this holdfast was built. " +
    "Their figures stand as tables. Where npm is installed, ./holdfast fetches it.");
}
