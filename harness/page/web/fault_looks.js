// How kinds of fault look, wherever they are drawn: a colour, and a weave of lines, so that those
// who see colours differently tell them apart, too. Kinds that do alike look alike; the name of a
// kind stands beside it.
import {colour} from "./colours.js";
import {el} from "./dom.js";
import {spaced} from "./figures.js";

const kFaultColours = {
  kill: "vermillion", host_crash: "vermillion", controller_lost: "vermillion",
  pause: "purple", host_pause: "purple", hang: "purple", stands_still: "purple",
  clock: "sky", server_clock: "sky",
  lost_reply: "blue", late_reply: "blue", duplicate: "blue", delay: "blue", reorder: "blue",
  error: "blue", silly_rename: "blue",
  server_crash: "orange", server_pause: "orange", server_forgot: "orange", server_down: "orange"};

// Of each colour the lines of its weave, in a tile of eight pixels; page.css has the same.
const kTile = 8;
const kWeaves = {vermillion: [[0, 0, 8, 8], [0, 8, 8, 0]], purple: [[0, 8, 8, 0]],
  sky: [[2, 4, 5, 4]], blue: [[0, 4, 8, 4]], orange: [[4, 0, 4, 8]], yellow: [[0, 0, 8, 8]]};

// The name of the colour that faults of this kind have.
export function faultColourName(kind) {
  return kFaultColours[kind] ?? "yellow";
}

export function faultColour(kind) {
  return colour(faultColourName(kind));
}

// A pattern for a canvas: the lines alone, over whatever is there.
export function faultWeave(context, kind) {
  const tile = document.createElement("canvas"), name = faultColourName(kind);
  tile.width = tile.height = kTile;
  const brush = tile.getContext("2d");
  brush.strokeStyle = colour(name);
  brush.lineWidth = 1.5;
  brush.beginPath();
  for (const [x, y, toX, toY] of kWeaves[name]) {
    // Its neighbours' lines reach into the corners of a tile.
    for (const shift of x !== toX && y !== toY ? [-kTile, 0, kTile] : [0]) {
      brush.moveTo(x + shift, y);
      brush.lineTo(toX + shift, toY);
    }
  }
  brush.stroke();
  return context.createPattern(tile, "repeat");
}

// What the bands of these faults mean; nothing where there are none.
export function faultLegend(words, faults) {
  const kinds = [...new Set(faults.map((it) => it.kind))];
  return kinds.length === 0 ? null : el("p", {class: "legend faults"}, words, kinds.map((kind) =>
    el("span", null, el("span", {class: `swatch band fault-${faultColourName(kind)}`}),
      spaced(kind))));
}
