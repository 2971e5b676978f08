"""What fault_table.py makes of reports."""

import contextlib
import io
import json
import pathlib
import tempfile
import unittest

import fault_table


def report(name, mount, counts, started=1, verdict="valid", faults=("hang",),
           interrupted=False, **more):
    scenario = {"name": name, "mount": {"emulate": mount, **more,
                                        "faults": [one if isinstance(one, dict) else {"fault": one}
                                                   for one in faults]}}
    found = [{"kind": kind, "count": count} for kind, count in counts.items()]
    return {"run": {"scenario_as_run": scenario, "started_unix_ms": started, "interrupted": interrupted,
                    "made_by": {"commit": "abc"}},
            "verdict": {"value": verdict, "power": {"grants": 7, "effective_faults": found}}}


class FaultTable(unittest.TestCase):
    def made(self, reports, *options):
        with tempfile.TemporaryDirectory() as folder:
            for number, one in enumerate(reports):
                path = pathlib.Path(folder, str(number), "report.json")
                path.parent.mkdir()
                path.write_text(json.dumps(one), encoding="utf-8")
            said, aside = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(aside):
                self.status = fault_table.main([*options, folder])
            self.aside = aside.getvalue()
            return said.getvalue().splitlines()

    def test_scenarios_that_differ_in_the_mounts_name_share_a_table(self):
        self.assertEqual(self.made([report("mount/baton-nfs-noac", "nfs-noac", {"hang": 1234}),
                                    report("mount/baton-local", "local", {"hang": 60}),
                                    report("mount/baton-soft", "local", {"hang": 70})]),
                         ["`mount/baton-PROFILE`:", "", "| fault | local | nfs-noac |",
                          "|---|---|---|", "| `hang` | 60 | 1,234 |", "",
                          "`mount/baton-soft`:", "", "| fault | local | nfs-noac |",
                          "|---|---|---|", "| `hang` | 70 |  |"])
        self.assertEqual(self.status, 0)
        self.assertIn("3 runs, 3 of them valid", self.aside)
        self.assertIn("The fewest: 60 hang, mount/baton-PROFILE on local.", self.aside)

    def test_a_kind_with_sorts_has_a_row_for_each_and_what_was_not_asked_for_has_none(self):
        counts = {"delay": 5, "error": 12, "error EIO applied": 4, "error EIO not applied": 2,
                  "error ENOSPC not applied": 6, "held_up": 3, "given_up": 8}
        faults = ({"fault": "error", "error": "EIO", "applied": "yes"}, "delay",
                  {"fault": "error", "error": "ENOSPC", "applied": "no"})
        lines = self.made([report("a/b", "local", counts, faults=faults)])
        self.assertEqual(lines[4:], ["| `error EIO applied` | 4 |",
                                     "| `error ENOSPC not applied` | 6 |", "| `delay` | 5 |"])
        lines = self.made([report("a/b", "local", counts, faults=("delay",), soft="10ms")])
        self.assertEqual(lines[4:], ["| `delay` | 5 |", "| `given_up` | 8 |"])

    def test_a_run_that_was_interrupted_counts_for_nothing(self):
        lines = self.made([report("a/b", "local", {"hang": 60}, started=1),
                           report("a/b", "local", {"hang": 3}, started=2, interrupted=True)])
        self.assertEqual(lines[4:], ["| `hang` | 60 |"])

    def test_replies_that_an_outage_lost_are_not_those_of_a_lost_reply(self):
        counts = {"lost_reply": 9, "lost_reply by itself": 2, "lost_reply by server_crash": 7}
        lines = self.made([report("a/b", "local", counts, faults=("lost_reply",))])
        self.assertEqual(lines[4:], ["| `lost_reply by itself` | 2 |"])

    def test_what_never_took_effect_is_none(self):
        self.assertEqual(self.made([report("a/b", "local", {})])[4:], ["| `hang` | 0 |"])

    def test_the_newest_run_counts(self):
        for order in ((1, 2), (2, 1)):
            runs = [report("a/b", "local", {"hang": started}, started) for started in order]
            self.assertEqual(self.made(runs)[4:], ["| `hang` | 2 |"])

    def test_a_run_that_was_not_valid_does_not_go_for_one_that_was(self):
        runs = [report("a/b", "local", {"hang": 3}, verdict="unknown"),
                report("a/b", "smb-like", {"hang": 4})]
        self.assertEqual(self.made(runs)[4:],
                         ["| verdict | unknown | valid |", "| `hang` | 3 | 4 |"])
        self.assertEqual(self.status, 1)

    def test_one_table_of_all_names_the_scenario_in_each_row(self):
        runs = [report("one-fault/hang", "local", {"hang": 3}),
                report("one-fault/delay", "local", {"delay": 4}, faults=("delay",))]
        self.assertEqual(self.made(runs, "--each"),
                         ["| scenario | fault | local |", "|---|---|---|",
                          "| `delay` | `delay` | 4 |", "| `hang` | `hang` | 3 |"])

    def test_runs_without_an_emulated_mount_are_none(self):
        other = report("a/b", "local", {})
        del other["run"]["scenario_as_run"]["mount"]
        self.assertEqual(self.made([other]), [])
        self.assertEqual(self.status, 2)


if __name__ == "__main__":
    unittest.main()
