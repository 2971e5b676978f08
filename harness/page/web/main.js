// The page, section by section.
import {data, el, link} from "./dom.js";
import {clocksSection} from "./clocks.js";
import {environmentSection, faultsSection, operationsSection} from "./environment.js";
import {fairnessSection} from "./fairness.js";
import {latencySection} from "./latency.js";
import {storySection} from "./story.js";
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

function build() {
  const report = data("report"), told = data("timeline"), story = data("story");
  const timeline = readTimeline(told);
  const sections = [
    ...story === null ? [] : [storySection(story)],
    violationsSection(report, timeline), timelineSection(report, timeline),
    verdictSection(report), latencySection(report, told), clocksSection(report),
    fairnessSection(report, told.follows), faultsSection(report), operationsSection(report),
    environmentSection(report)];
  document.getElementById("page").append(
    el("nav", {"aria-label": "sections"}, sections.map((it) =>
      link(it.id, it.querySelector("h2").textContent))), ...sections);
  addCopyButton();
  document.documentElement.dataset.ready = "yes";
}

build();
