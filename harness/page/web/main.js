// The page, section by section.
import {followAddresses} from "./addresses.js";
import {data, el, link, section} from "./dom.js";
import {clocksSection} from "./clocks.js";
import {contractSection} from "./contract.js";
import {environmentSection, faultsSection, operationsSection} from "./environment.js";
import {fairnessSection} from "./fairness.js";
import {latencySection} from "./latency.js";
import {storySection} from "./story.js";
import {missingNote} from "./plots.js";
import {readTimeline} from "./timeline_data.js";
import {timelineSection} from "./timeline.js";
import {verdictSection} from "./verdict.js";
import {violationsSection} from "./violations.js";

// The command that repeats the run is there to be copied.
function addCopyButton() {
  const again = document.getElementById("again");
  if (!again || !navigator.clipboard) return;
  const button = el("button", {type: "button", onclick: async () => {
    await navigator.clipboard.writeText(again.textContent);
    button.textContent = "copied";
  }}, "copy");
  again.after(button);
}

// What cannot be shown takes nothing else with it: it says so in its place.
function attempt(id, make) {
  try {
    return make();
  } catch (error) {
    console.error(error);
    return section(id, `${id[0].toUpperCase()}${id.slice(1)} (could not be shown)`,
      el("p", {class: "missing"}, `This section, "${id}", could not be built from what this page ` +
        `holds (${error.message}). The others are not touched by that.`));
  }
}

function once(make) {
  let made;
  return () => made ??= make();
}

function build() {
  // Read when a section needs it, so that what cannot be read is told there.
  const report = once(() => data("report")), told = once(() => data("timeline"));
  const timeline = once(() => readTimeline(told()));
  const explored = document.getElementById("data-story").textContent.trim() !== "null";
  const makers = {
    ...explored ? {story: () => storySection(data("story"))} : {},
    violations: () => violationsSection(report(), timeline()),
    timeline: () => timelineSection(report(), timeline()),
    worth: () => verdictSection(report()),
    contract: () => contractSection(report()),
    latency: () => latencySection(report(), told()),
    clocks: () => clocksSection(report()),
    fairness: () => fairnessSection(report(), told().follows),
    faults: () => faultsSection(report()),
    operations: () => operationsSection(report()),
    environment: () => environmentSection(report())};
  const sections = Object.entries(makers).map(([id, make]) => attempt(id, make));
  document.getElementById("page").append(missingNote() ?? "",
    el("nav", {"aria-label": "sections"}, sections.map((it) =>
      link(it.id, it.querySelector("h2").textContent))), ...sections);
  addCopyButton();
  followAddresses();
  document.documentElement.dataset.ready = "yes";
}

build();
