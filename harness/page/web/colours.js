// The colours of the style sheet, for what is drawn and not styled. page.css says where they are
// from.

export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

// Calls back whenever the page turns dark or light.
export function onTheme(redraw) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}

// Kinds of fault that do alike look alike.
const kFaultColours = {kill: "vermillion", host_crash: "vermillion",
  pause: "purple", host_pause: "purple", clock: "sky", server_clock: "sky",
  lost_reply: "blue", duplicate: "blue", delay: "blue", reorder: "blue", error: "blue",
  server_crash: "orange", server_pause: "orange", server_forgot: "orange"};

// The name of the colour that faults of this kind have.
export function faultColourName(kind) {
  return kFaultColours[kind] ?? "yellow";
}

export function faultColour(kind) {
  return colour(faultColourName(kind));
}
