// An explored counterexample, step by step: where each process is, in words, what is on the share
// beside each step, and what each host's clock shows. reports/README.md says what story.json has.
import {bringTo, onAddress} from "./addresses.js";
import {counted, instant, signedDuration, spaced} from "./figures.js";
import {el, facts, section} from "./dom.js";
import {faultLegend} from "./fault_looks.js";
import {laneDiagram, laneLegend} from "./lanes.js";

const kBars = {holds: "hold", holds_without_lease: "overstay", waits: "wait", releases: "wait",
  breaks: "wait"};
const kLaneWords = {outside: "outside", ended: "has ended", releases: "gives it back",
  breaks: "breaks another's lock"};
const kHostFaults = ["stands_still", "cut_off"];
const kMarks = {operation: "file", arrival: "file", crash: "fault", incident: "fault",
  call: "call"};

function markOfStep(step) {
  if (step.mishap !== null && step.mishap !== "pause") return "fail";
  if (step.kind === "call" && /^(-- )?(is )?granted/.test(step.words)) return "grant";
  return kMarks[step.kind] ?? "call";
}

function shareWords(state, unchanged) {
  if (unchanged) return el("span", {class: "same"}, "as before");
  const files = state.files.map((file) => el("li", null,
    `${file.words}${file.type === "directory" ? "/" : ""}`, el("small", null,
      [`#${file.inode.toString(16)}`, file.links > 1 && file.type === "file"
        ? counted(file.links, "name") : "", file.contents].filter(Boolean).join(" "))));
  return [el("b", null, state.lock), el("ul", null, files)];
}

// Several hosts can have one name, as containers do: then each has its number, too.
function hostName(story, host) {
  const {name} = story.hosts[host];
  return story.hosts.filter((it) => it.name === name).length > 1 ? `${name}-${host + 1}` : name;
}

function clockWords(story, step) {
  const hosts = step.clocks.map((clock, i) => {
    const off = clock.wall_ns - step.at_ns;
    const also = [clock.stands_still ? "stands still" : "", clock.cut_off ? "cut off" : ""];
    return el("li", null, [`${hostName(story, i)}: ${off === 0 ? "right" : signedDuration(off)}`,
      ...also].filter(Boolean).join(", "));
  });
  // The server's clock begins elsewhere: what counts is how it has gone since the first step.
  const [first] = story.steps;
  const server = step.server_wall_ns - first.server_wall_ns - (step.at_ns - first.at_ns);
  return el("ul", null, hosts, el("li", null,
    `server: ${server === 0 ? "as it began" : signedDuration(server)}`));
}

function rowOf(story, shown, step, before) {
  const bars = shown.map((process) => {
    const host = step.clocks[story.processes[process].host];
    const where = step.lanes[process];
    return {spans: [kBars[where] ? {what: kBars[where]} : null,
      ...kHostFaults.filter((kind) => host?.[kind]).map((kind) => ({what: "fault", kind}))]
      .filter(Boolean), words: kLaneWords[where] ?? spaced(where)};
  });
  const hit = shown.filter((process) => process === step.process ||
    (step.process === null && step.host !== null && story.processes[process].host === step.host));
  return {at: step.at_ns, who: step.who, lanes: hit.map((it) => story.processes[it].name),
    kind: markOfStep(step), bars, marked: step.mishap !== null || step.kind === "crash" ||
      step.kind === "incident",
    words: [step.words, step.mishap === null ? "" : el("i", null, ` (${spaced(step.mishap)})`),
      step.left_out_before === 0 ? "" : el("small", null,
        `before this, ${counted(step.left_out_before, "step")} that changed nothing were left ` +
        "out")],
    beside: [shareWords(story.states[step.state], before?.state === step.state),
      clockWords(story, step)]};
}

function hostsOf(story) {
  return facts(story.hosts.map((host, i) => [`host ${hostName(story, i)}`,
    [`processes ${story.processes.filter((it) => it.host === i && it.rounds > 0)
      .map((it) => it.name).join(", ") || "none"}`, `machine ${host.machine}`,
    `wall clock ${host.wall_offset_ns === 0 ? "right" : signedDuration(host.wall_offset_ns)}`,
    host.rate_ppm === 0 ? "" : `${host.rate_ppm} ppm fast`].filter(Boolean).join("; ")]));
}

// story: the contents of story.json.
export function storySection(story) {
  const shown = story.processes.map((_, i) => i).filter((i) => story.processes[i].rounds > 0);
  const lanes = shown.map((i) => ({name: story.processes[i].name, spans: []}));
  const rows = story.steps.map((step, i) => ({...rowOf(story, shown, step, story.steps[i - 1]),
    link: el("a", {id: `step-${i}`, href: `#step-${i}`}, instant(step.at_ns))}));
  onAddress(/^step-(\d+)$/, (number) => {
    const step = document.getElementById(`step-${number}`);
    if (step !== null) bringTo(step);
  });
  if (story.mistake !== null && rows.length > 0) rows.at(-1).marked = true;
  const mistake = story.mistake && el("p", null, el("b", null, spaced(story.mistake.class),
    story.mistake.cause ? `: ${spaced(story.mistake.cause)}` : "",
    story.mistake.out_of_contract ? ", beyond the contract" : "", ". "),
  `${story.mistake.sentence} (at ${instant(story.mistake.at_ns)} s)`);
  return section("story", "Step by step", mistake, hostsOf(story),
    laneLegend(["hold", "overstay", "wait"], ["file", "grant", "call", "fail", "fault"]),
    faultLegend("Hosts, as bands: ", kHostFaults.filter((kind) =>
      story.steps.some((step) => step.clocks.some((clock) => clock[kind])))
      .map((kind) => ({kind}))),
    laneDiagram(`The ${counted(rows.length, "step")} of this schedule of ${story.contender}`,
      lanes, rows, ["on the share", "wall clocks"]));
}
