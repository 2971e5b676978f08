// How kinds of fault look, wherever they are drawn: a colour for what is hit, and a weave of lines,
// so that those who see colours differently tell kinds apart, too. The name of a kind stands beside
// it.
import {colour} from "./colours.js";
import {el} from "./dom.js";
import {spaced} from "./figures.js";

const kLooks = {
  kill: ["vermillion", "cross"], host_crash: ["vermillion", "level"],
  controller_lost: ["vermillion", "upright"],
  pause: ["purple", "rising"], host_pause: ["purple", "cross"], hang: ["purple", "falling"],
  stands_still: ["purple", "rising"],
  clock: ["sky", "dots"], server_clock: ["sky", "cross"],
  lost_reply: ["blue", "level"], late_reply: ["blue", "upright"], duplicate: ["blue", "cross"],
  delay: ["blue", "rising"], reorder: ["blue", "falling"], error: ["blue", "dots"],
  server_crash: ["orange", "upright"], server_pause: ["orange", "rising"],
  server_forgot: ["orange", "cross"], server_down: ["orange", "level"],
  forgotten: ["orange", "dots"],
  held_up: ["yellow", "rising"], given_up: ["yellow", "cross"], late_arrival: ["yellow", "level"]};
const kAnyOther = ["yellow", "falling"];

// The lines of each weave, in a tile of eight pixels; page.css has the same.
const kTile = 8;
const kWeaves = {cross: [[0, 0, 8, 8], [0, 8, 8, 0]], rising: [[0, 8, 8, 0]],
  falling: [[0, 0, 8, 8]], dots: [[2, 4, 5, 4]], level: [[0, 4, 8, 4]], upright: [[4, 0, 4, 8]]};

// The classes of an element that looks like this.
export function faultClasses(kind) {
  const [hue, weave] = kLooks[kind] ?? kAnyOther;
  return `band fault-${hue} weave-${weave}`;
}

export function faultColour(kind) {
  const [hue] = kLooks[kind] ?? kAnyOther;
  return colour(hue);
}

// A pattern for a canvas: the lines alone, over whatever is there.
export function faultWeave(context, kind) {
  const tile = document.createElement("canvas"), [hue, weave] = kLooks[kind] ?? kAnyOther;
  tile.width = tile.height = kTile;
  const brush = tile.getContext("2d");
  brush.strokeStyle = colour(hue);
  brush.lineWidth = 1.5;
  brush.beginPath();
  for (const [x, y, toX, toY] of kWeaves[weave]) {
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
    el("span", null, el("span", {class: `swatch ${faultClasses(kind)}`}), spaced(kind))));
}
