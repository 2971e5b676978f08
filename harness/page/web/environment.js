// Where it ran, what was run, and what was done to it.
import {bringTo, onAddress} from "./addresses.js";
import {bytes, counted, duration, grouped, instant, signedDuration, spaced} from "./figures.js";
import {details, el, facts, link, preformatted, section, table} from "./dom.js";

function machine(it) {
  const mount = it.mount;
  return el("article", null, el("h3", null, it.hosts.join(", ") || "the machine of the controller"),
    facts([
      ["kernel", it.kernel],
      ["processor", it.cpu && `${it.cpu}, ${counted(it.cpus ?? 0, "core")}`],
      ["memory", bytes(it.memory_bytes)],
      ["load before the run", it.load],
      ["clock source", it.clock_source],
      ["boot", it.boot_id],
      ["the locks' directory", it.directory],
      ["mount", mount && `${mount.type} of ${mount.source} on ${mount.point}`],
      ["server", mount?.server],
      ["mount options", mount?.options.join(", ")],
      ["server's options", mount?.server_options.join(", ")],
      ["could not be read", it.problems.join("; ")],
    ]));
}

function program(it) {
  return `holdfast ${it.version}${it.commit ? ` ${it.commit}` : ""} (${it.build})`;
}

export function environmentSection(report) {
  const run = report.run;
  return section("environment", "Where it ran",
    facts([
      ["command", run.command_line.join(" ")],
      ["started", new Date(run.started_unix_ms).toISOString()],
      ["lasted", duration(run.duration_ns)],
      ["made by", program(run.made_by)],
      ["judged by", program(run.judged_by)],
      ["hosts", run.hosts.map((host) => `${host.name} (${counted(host.workers ?? 0, "worker")}, ` +
        `${counted(host.processes, "process", "processes")})`).join(", ")],
    ]),
    report.environment.machines.map(machine),
    details("The scenario as it was run, with every default",
      preformatted(JSON.stringify(run.scenario_as_run, null, 2))));
}

function effect(fault, it) {
  if (it === null) return "";
  const parts = [];
  if (it.offset_ns !== null) parts.push(signedDuration(it.offset_ns));
  if (it.rate !== null && it.rate !== 1) parts.push(`rate ${it.rate.toFixed(6)}`);
  if (it.pause_ns !== null) parts.push(duration(it.pause_ns));
  if (fault.at_operation) parts.push(fault.at_operation);
  return parts.join(", ");
}

export function faultsSection(report) {
  const {faults} = report;
  // Each row has an address, and leads to its place in the time line.
  const row = (i) => [
    el("span", {id: `fault-${i}`, tabindex: "-1"}, String(faults[i].id), " ",
      el("a", {class: "own", href: `#fault-${i}`, "aria-label": `the address of this row, ${i}`},
        "#")),
    spaced(faults[i].kind), faults[i].hit ?? faults[i].target,
    link(`fault=${i}`, instant(faults[i].start_ns)), instant(faults[i].end_ns),
    effect(faults[i], faults[i].planned), effect(faults[i], faults[i].measured),
    faults[i].effective ? (faults[i].inside_hold ? "yes, inside a hold" : "yes")
      : `no: ${faults[i].why_not ?? ""}`];
  const columns = [["number"], ["fault"], ["hit"], ["from (s)", "number"], ["until (s)", "number"],
    ["planned"], ["measured"], ["took effect"]];
  const made = table(counted(faults.length, "fault"), columns, {length: faults.length, row}, 50);
  onAddress(/^fault-(\d+)$/, (number) => {
    made.dispatchEvent(new CustomEvent("reveal", {detail: Number(number)}));
    const place = document.getElementById(`fault-${number}`);
    if (place !== null) bringTo(place);
  });
  return section("faults", "What was done to it",
    faults.length === 0 ? el("p", null, "No fault was injected.") : made);
}

export function operationsSection(report) {
  const operations = report.operations;
  if (!operations.recorded) {
    return section("operations", "File operations",
      el("p", null, "This lock's file operations were not recorded."));
  }
  const kinds = operations.by_kind.map((it) => [it.operation, grouped(it.count),
    grouped(it.failed), grouped(it.retries), it.per_grant?.toFixed(2) ?? ""]);
  const errors = operations.errors.map((it) => [it.name, grouped(it.count),
    it.by_operation.map((of) => `${of.operation} ${grouped(of.count)}`).join(", ")]);
  const nfs = operations.nfs?.by_kind.map((it) =>
    [it.operation, grouped(it.count), it.per_grant?.toFixed(2) ?? ""]) ?? [];
  return section("operations", "File operations",
    el("p", null, `${operations.per_grant?.toFixed(2) ?? "?"} a grant, lost races and waiting ` +
      "included. Many errors are part of a lock's work: a rename that fails with ENOENT is a " +
      "lost race."),
    table("By kind", [["operation"], ["count", "number"], ["failed", "number"],
      ["retries", "number"], ["a grant", "number"]], kinds),
    errors.length ? table("Errors", [["error"], ["count", "number"], ["of"]], errors) : null,
    nfs.length ? table("What the hosts' kernels asked the server",
      [["operation"], ["count", "number"], ["a grant", "number"]], nfs) : null);
}
