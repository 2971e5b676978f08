"""How often each fault took effect on emulated mounts, as Markdown tables with a column a mount.

    fault_table.py FOLDER...         a table for each scenario, with a row a fault
    fault_table.py --each FOLDER...  one for all, whose rows name the scenario, too

A FOLDER is what `holdfast run --output` was given; of a scenario's runs on a mount the newest
that was not interrupted counts. Scenarios that differ in the mount's name alone, as mount/baton-local and
mount/baton-nfs-noac, are one, mount/baton-PROFILE, and so are runs of one scenario with
--set /mount/emulate=NAME. A kind of fault that has several sorts (scenarios/README.md, `mount`)
has a row for each of them. What a scenario does not ask for is left out.

Where a run was not valid a row says so, and the exit status is 1; 2: there is no run.
"""

import json
import pathlib
import sys

MOUNTS = ("local", "nfs-noac", "nfs3-default", "nfs4.2-default", "nfs-async", "smb-like",
          "sshfs-like")
OUTAGES = ("partition", "server_pause", "server_crash")
APPLIED = {"no": "not applied", "yes": "applied", "later": "applied later"}


class Run:
    def __init__(self, report):
        scenario = report["run"]["scenario_as_run"]
        verdict = report["verdict"]
        self.mount = scenario["mount"]["emulate"]
        own_name = "-" + self.mount
        self.scenario = scenario["name"]
        if self.scenario.endswith(own_name):
            self.scenario = self.scenario.removesuffix(own_name) + "-PROFILE"
        self.verdict = verdict["value"]
        self.grants = verdict["power"]["grants"]
        self.counts = {one["kind"]: one["count"] for one in verdict["power"]["effective_faults"]}
        self.started = report["run"]["started_unix_ms"]
        self.commit = report["run"]["made_by"]["commit"]
        faults = scenario["mount"]["faults"]
        self.kinds = list(dict.fromkeys(one["fault"] for one in faults))
        self.errors = {f"error {one['error']} {APPLIED[one.get('applied', 'no')]}"
                       for one in faults if one["fault"] == "error"}
        if "soft" in scenario["mount"]:
            self.kinds.append("given_up")

    def names(self):
        """Under which it counts what it asks for: of a kind that has sorts, those."""
        names = []
        for kind in self.kinds:
            names += sorted(name for name in self.counts if name.startswith(kind + " ")) or [kind]
        # What an outage lost came of that, and is not what the scenario's lost_reply did; and of an
        # error that was to be applied some are not.
        return [name for name in names
                if name not in (f"lost_reply by {one}" for one in OUTAGES)
                and (not name.startswith("error ") or name in self.errors)]


def read_runs(folders):
    """The newest by scenario and mount that was not interrupted."""
    runs = {}
    for path in (path for folder in folders for path in pathlib.Path(folder).rglob("report.json")):
        report = json.loads(path.read_text(encoding="utf-8"))
        if "mount" not in report["run"]["scenario_as_run"] or report["run"]["interrupted"]:
            continue
        run = Run(report)
        known = runs.setdefault((run.scenario, run.mount), run)
        if known.started < run.started:
            runs[run.scenario, run.mount] = run
    return runs


def mounts_of(runs):
    found = {mount for _, mount in runs}
    return [mount for mount in MOUNTS if mount in found]


def scenarios_of(runs):
    return sorted({scenario for scenario, _ in runs})


def table(heads, rows):
    return [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|",
            *(f"| {' | '.join(row)} |" for row in rows)]


def rows_of(runs, scenario, mounts):
    here = [runs.get((scenario, mount)) for mount in mounts]
    there = [run for run in here if run]
    names = list(dict.fromkeys(name for run in there for name in run.names()))
    kinds = list(dict.fromkeys(kind for run in there for kind in run.kinds))
    names.sort(key=lambda name: kinds.index(name.split(" ")[0]))
    if any(run.verdict != "valid" for run in there):
        yield ["verdict", *(run.verdict if run else "" for run in here)]
    for name in names:
        yield [f"`{name}`", *(f"{run.counts.get(name, 0):,}" if run else "" for run in here)]


def tables(runs):
    mounts = mounts_of(runs)
    lines = []
    for scenario in scenarios_of(runs):
        lines += [f"`{scenario}`:", "", *table(["fault", *mounts], rows_of(runs, scenario, mounts))]
        lines.append("")
    return lines[:-1]


def table_of_all(runs):
    mounts = mounts_of(runs)
    rows = [[f"`{scenario.rsplit('/', 1)[-1]}`", *row]
            for scenario in scenarios_of(runs) for row in rows_of(runs, scenario, mounts)]
    return table(["scenario", "fault", *mounts], rows)


def about(runs):
    """What the tables do not say."""
    counted = [(run.counts.get(name, 0), name, run)
               for run in runs.values() for name in run.names()]
    count, name, run = min(counted, key=lambda one: one[0])
    valid = sum(run.verdict == "valid" for run in runs.values())
    grants = [run.grants for run in runs.values()]
    commits = sorted({run.commit or "?" for run in runs.values()})
    return (f"{len(runs)} runs, {valid} of them valid, by the build of {', '.join(commits)}; "
            f"{min(grants):,} to {max(grants):,} grants. "
            f"The fewest: {count} {name}, {run.scenario} on {run.mount}.")


def main(arguments):
    each = arguments[:1] == ["--each"]
    folders = arguments[1:] if each else arguments
    if not folders or folders[0].startswith("-"):
        print(__doc__.strip())
        return 0 if folders in (["-h"], ["--help"]) else 2
    runs = read_runs(folders)
    if not runs:
        print("no run on an emulated mount below " + ", ".join(folders), file=sys.stderr)
        return 2
    print("\n".join(table_of_all(runs) if each else tables(runs)))
    print(about(runs), file=sys.stderr)
    return 0 if all(run.verdict == "valid" for run in runs.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
