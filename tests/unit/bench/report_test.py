# SPDX-License-Identifier: GPL-3.0-or-later
# report_test.py - The judge of bench results, on results made up here: what must fail a build, and what must not.
#
# usage: report_test.py REPORT-PROGRAM

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

REPORT = sys.argv.pop(1)
ABOUT = {"machine": "test machine", "cpus": 2, "commit": "abc"}


def row(bench, case, value, unit="cycles/packet", calm=True, **more):
    return dict({"bench": bench, "case": case, "value": value, "unit": unit, "runs": 3, "spread": 0.01, "calm": calm}, **more)


class Report(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = lambda name: os.path.join(self.folder.name, name)

    def tearDown(self):
        self.folder.cleanup()

    def write(self, name, rows, about=ABOUT):
        with open(self.path(name), "w") as f:
            for r in [about] + rows:
                f.write(json.dumps(r) + "\n")

    def report(self, *arguments):
        env = dict(os.environ, SLIMLINE_BUILD=self.folder.name, BENCH_RESULTS=self.path("results.jsonl"),
                   BENCH_BASELINE=self.path("baseline.jsonl"))
        done = subprocess.run([sys.executable, REPORT, *arguments], env=env, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def check(self, rows, base=(), about=ABOUT, base_about=ABOUT):
        self.write("results.jsonl", rows, about)
        self.write("baseline.jsonl", list(base), base_about)
        return self.report("--check")

    def test_fourteen_percent_slower_passes(self):
        status, said = self.check([row("relay", "x", 114)], [row("relay", "x", 100)])
        self.assertEqual(status, 0, said)
        self.assertIn("PASS", said)

    def test_sixteen_percent_slower_fails(self):
        status, said = self.check([row("relay", "x", 116)], [row("relay", "x", 100)])
        self.assertEqual(status, 1, said)
        self.assertIn("regression: relay x is 16% worse", said)

    def test_faster_passes(self):
        self.assertEqual(self.check([row("relay", "x", 50)], [row("relay", "x", 100)])[0], 0)

    def test_less_is_worse_where_more_is_better(self):
        down = [row("memif", "x", 4, "Mpps")], [row("memif", "x", 5, "Mpps")]
        self.assertEqual(self.check(*down)[0], 1)
        self.assertEqual(self.check(*reversed(down))[0], 0)

    def test_what_slows_a_foreign_peer_as_well_is_the_machine(self):
        def pair(ours, peer, name):
            return row("memif", "x", ours, "Mpps", peer=name, peer_value=peer, ratio=ours / peer)
        for name, both, alone in (("testpmd-5tswap", 0, 1), ("relay", 1, 1)):
            self.assertEqual(self.check([pair(4, 4, name)], [pair(5, 5, name)])[0], both)
            self.assertEqual(self.check([pair(4, 5, name)], [pair(5, 5, name)])[0], alone)

    def test_a_restless_result_is_not_judged(self):
        status, said = self.check([row("relay", "x", 500, calm=False)], [row("relay", "x", 100)])
        self.assertEqual(status, 77, said)
        self.assertIn("NOT JUDGED", said)

    def test_a_restless_baseline_proves_nothing(self):
        self.assertEqual(self.check([row("relay", "x", 500)], [row("relay", "x", 100, calm=False)])[0], 77)

    def test_figures_of_another_machine_are_not_compared(self):
        other = dict(ABOUT, machine="another")
        self.assertEqual(self.check([row("relay", "x", 500)], [row("relay", "x", 100)], base_about=other)[0], 77)

    def test_ratios_are_compared_across_machines(self):
        other = dict(ABOUT, machine="another")
        def with_peer(value, ratio):
            return row("relay", "x", value, peer="testpmd", peer_value=value / ratio, ratio=ratio)
        self.assertEqual(self.check([with_peer(500, 2.0)], [with_peer(100, 2.0)], base_about=other)[0], 0)
        self.assertEqual(self.check([with_peer(100, 2.4)], [with_peer(100, 2.0)], base_about=other)[0], 1)

    def test_the_newest_result_counts(self):
        self.assertEqual(self.check([row("relay", "x", 500), row("relay", "x", 100)], [row("relay", "x", 100)])[0], 0)

    def test_goals(self):
        good = row("relay", "ring-10k", 45, peer="testpmd-5tswap", peer_value=20, ratio=2.25)
        bad = dict(good, ratio=2.35)
        self.assertEqual(self.check([good])[0], 0)
        status, said = self.check([bad])
        self.assertEqual(status, 1)
        self.assertIn("goal missed: relay ring-10k", said)
        self.assertEqual(self.check([dict(bad, calm=False)])[0], 77)

    def test_what_is_wrong_says_what_and_what_to_do(self):
        good = row("relay", "ring-10k", 45, peer="testpmd-5tswap", peer_value=20, ratio=2.25)
        _, said = self.check([dict(good, ratio=2.35)])
        self.assertIn("ratio 2.35, wanted <= 2.3, 45 cycles/packet against testpmd-5tswap's 20", said)
        self.assertIn("measure again (make bench BENCH=relay)", said)
        _, said = self.check([row("relay", "x", 116)], [row("relay", "x", 100)])
        self.assertIn("116 cycles/packet against 100 of commit abc", said)
        _, said = self.check([good])
        self.assertNotIn("what to do", said)

    def test_goals_without_a_result_are_named(self):
        _, said = self.check([row("relay", "ring-10k", 45, peer="testpmd", peer_value=20, ratio=2.25)])
        self.assertIn("relay ring-100k", said)
        self.assertIn("memif 10k", said)
        self.assertNotIn("pktgen", said)
        _, said = self.check([row("pktgen", "relay-g711-pdr", 5, "Mpps", sent=9, received=9, offered=5)])
        self.assertIn("pktgen flood-unknown, wrong-source", said)
        self.assertIn("bench/pktgen/README.md", said)

    def test_what_must_not_come_back_is_judged_on_any_machine(self):
        flood = row("pktgen", "flood-unknown", 20, "Mpps dropped", calm=False, sent=5000, received=0, returned=0, offered=20)
        self.assertEqual(self.check([flood])[0], 0)
        status, said = self.check([dict(flood, returned=400)])
        self.assertEqual(status, 1)
        self.assertIn("goal missed: pktgen flood-unknown: returned 400, wanted <= 12 packets", said)

    def test_results_of_two_machines_are_each_judged_by_their_own(self):
        self.write("results.jsonl", [row("relay", "x", 100)])
        self.write("pktgen.jsonl", [row("pktgen", "y", 1, "Mpps", sent=1, received=1, offered=1)], dict(ABOUT, machine="another"))
        self.write("baseline.jsonl", [row("relay", "x", 50), row("pktgen", "y", 9, "Mpps")])
        status, said = self.report("--check", self.path("pktgen.jsonl"))
        self.assertEqual(status, 1)
        self.assertIn("regression: relay x is 100% worse", said)
        self.assertNotIn("regression: pktgen", said)
        self.assertIn("the baseline is of another machine: pktgen y", said)
        self.assertEqual(self.report("--baseline", self.path("pktgen.jsonl"))[0], 0)
        with open(self.path("baseline.jsonl")) as f:
            lines = [r.get("case", r.get("machine")) for r in map(json.loads, f)]
        self.assertEqual(lines, ["another", "y", "test machine", "x"])

    def test_results_that_do_not_say_where_are_compared_by_ratio_only(self):
        status, said = self.check([row("relay", "x", 500)], [row("relay", "x", 100)], about={"bench": "relay", **row("relay", "z", 1)})
        self.assertEqual(status, 77)
        self.assertIn("does not say on which machine", said)

    def test_a_file_that_is_not_there_is_named(self):
        self.write("results.jsonl", [row("relay", "x", 100)])
        status, said = self.report("nowhere.jsonl")
        self.assertEqual(status, 1)
        self.assertIn("nowhere.jsonl: no such file", said)

    def test_no_results(self):
        status, said = self.report("--check")
        self.assertEqual(status, 1)
        self.assertIn("no results yet", said)

    def test_a_broken_line_is_named(self):
        with open(self.path("results.jsonl"), "w") as f:
            f.write("{}\nnot json\n")
        status, said = self.report("--check")
        self.assertEqual(status, 1)
        self.assertIn("results.jsonl:2", said)

    def test_baseline_takes_calm_results_only(self):
        self.write("results.jsonl", [row("relay", "x", 80), row("relay", "y", 1, calm=False)])
        self.write("baseline.jsonl", [row("relay", "y", 70), row("relay", "z", 60, calm=False)])
        self.assertEqual(self.report("--baseline")[0], 0)
        with open(self.path("baseline.jsonl")) as f:
            kept = {r["case"]: r["value"] for r in map(json.loads, f) if "case" in r}
        self.assertEqual(kept, {"x": 80, "y": 70})
        self.write("results.jsonl", [row("relay", "x", 80, calm=False)])
        self.assertEqual(self.report("--baseline")[0], 1)

    def test_page(self):
        delays = {"p50_us": 20, "p99_us": 90, "p999_us": 150, "max_us": 900}
        rows = [
            row("relay", "<x>", 45, peer="testpmd", peer_value=20, ratio=2.25),
            row("memif", "10k-ndr", 5, "Mpps", curve=[[4, 0], [6, 12]], peer="testpmd", peer_value=9,
                peer_curve=[[8, 0], [10, 3]]),
            row("pktgen", "soak", 1, "Mpps", sent=10, received=9, offered=1, losses=[0, 0, 1, 0.5], generator_limited=True),
            row("overload", "limit", 90, "us p99", **delays),
            row("workers", "relay-1w-1k", 41), row("workers", "relay-1w-100k", 70), row("workers", "relay-2w-10k", 50),
            row("workers", "predicted-4w", 220, "Mpps", shared_cache_mpps=170, handed_over_mpps=70),
            row("workers", "predicted-64w", 3000, "Mpps", shared_cache_mpps=900, handed_over_mpps=500),
        ]
        self.assertEqual(self.check(rows, [row("relay", "<x>", 44)])[0], 0)
        with open(self.path("bench/report.html")) as f:
            page = f.read()
        self.assertIn('<b class="PASS">PASS</b>', page)
        for title in ("delay percentiles", "10k-ndr: loss", "soak: loss by minute", "as much as the generator can send", "cycles against streams", "what more cores could do", "+2.3%"):
            self.assertIn(title, page)
        self.assertNotIn("<x>", page)
        self.assertFalse(re.search(r"[\"> ]-?nan|[\"> ]inf", page))


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=0).result
    bad = len(result.failures) + len(result.errors)
    print(f"report: {result.testsRun - bad} passed, {bad} failed, {len(result.skipped)} skipped")
    sys.exit(bad > 0)
