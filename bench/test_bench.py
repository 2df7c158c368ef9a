"""The parts of the driver that compute: python3 -m unittest discover -s bench (make bench-test). Fast; nothing is sent."""

import json
import re
import subprocess
import sys
import unittest
from pathlib import Path

import process
import report
import rows
import run
from figures import floor_ms, holds, kept, number, ratio, shortfall, slope, spread, steps

HERE = Path(__file__).parent
GOOD = {"records": 100, "bytes": 310_000, "requests": 1, "cpu_ms": 2.0, "wall_ms": 3.0, "rss_kb": 9_000, "idle_kb": 8_000}
GOOD |= {"guest_kb": 1_900, "steps": 2, "asset_rules": 150}


def results(name="walk", change=lambda contestant, figures: figures, failed=(), left_out=None):
    """Made-up results of one row of a full run, in which everybody takes the same unless `change` says otherwise."""
    row = next(row for row in rows.rows() if row.name == name)
    runs = []
    for turn in range(1, 8):
        for one in row.contestants:
            if one.label in (left_out or {}):
                continue
            figures = change(one, GOOD | {"records": one.records})
            fault = "delivered 7 of 100 records in round 1" if one.label in failed else None
            whole_process = {"wall_ms": figures["wall_ms"] * 10, "cpu_ms": figures["cpu_ms"] * 10}
            runs.append({"contestant": one.label, "run": turn, "rounds": [figures] * (1 + one.warm), "process": whole_process})
            runs[-1] |= {"served": 102, "answering_ms": 6.0, "failed": fault}
    about = {"runs": 7, "quick": False, "whole": False, "pinned": True, "malloc": {"A": "1"}}
    facts = {"name": name, "title": row.title, "incidents": row.incidents, "latency_ms": 0, "left_out": left_out or {}, "runs": runs}
    return {"settings": about, "machine": {"cores": 2}, "versions": {"x": "1"}, "revision": "abc", "rows": [facts]}


def judged(name, **rest):
    """The verdicts of such results, by the beginning of the mark's text."""
    return report.verdicts(report.measured(results(name, **rest))[name])


class Figures(unittest.TestCase):
    def test_spread(self):
        for values, expected in [([3], (3, 3, 3)), ([1, 9, 2], (2, 1, 9)), ([4, 1, 2, 3], (2.5, 1, 4))]:
            found = spread(values)
            self.assertEqual((found.median, found.low, found.high), expected)

    def test_ratio_of_medians_and_of_pairs_differ(self):
        found = ratio([10, 20, 90], [5, 20, 30])
        self.assertEqual((found.of_medians, found.paired), (1.0, 2.0))
        for over, under in [([1, 2], [1]), ([1], [0]), ([], [])]:
            with self.assertRaises((ValueError, ZeroDivisionError)):
                ratio(over, under)

    def test_bounds(self):
        for value, bound, expected in [
            (1.4, "<= 1.4", True),
            (1.41, "<= 1.4", False),
            (14, ">= 14", True),
            (13.99, ">= 14", False),
        ]:
            self.assertEqual(holds(value, bound), expected, (value, bound))

    def test_slopes(self):
        straight = [(10, 5), (100, 50), (1000, 500)]
        self.assertAlmostEqual(slope(straight), 1)
        self.assertAlmostEqual(slope([(10, 7), (1000, 7)]), 0)
        self.assertAlmostEqual(slope([(10, 1), (100, 100)]), 2)
        self.assertEqual([round(step, 6) for step in steps(reversed([*straight, (10_000, 50_000)]))], [1, 1, 2])
        for points in [[], [(10, 5)], [(10, 5), (100, 0)], [(10, 5), (10, 6)]]:
            self.assertIsNone(slope(points), points)

    def test_bends(self):
        for metric, found, expected in [
            ("wall_ms", [1.0, 1.09], False),
            ("wall_ms", [1.0, 1.2], True),
            ("wall_ms", [0.7, None], True),
            ("rss_kb", [0.02, 0.0], False),
            ("rss_kb", [0.5], True),
        ]:
            self.assertEqual(report.bends(metric, found), expected, (metric, found))

    def test_floor(self):
        for arguments, expected in [((10_000, 1, 50), 5000), ((10_000, 8, 50), 650), ((101, 8, 50), 50), ((801, 8, 5), 10)]:
            self.assertEqual(floor_ms(*arguments), expected)

    def test_rounds_that_warm_up(self):
        for rounds, warm, expected in [([1, 2, 3], 1, [2, 3]), ([1], 1, [1]), ([1, 2], 0, [1, 2]), ([], 1, [])]:
            self.assertEqual(kept(rounds, warm), expected)

    def test_short_deliveries(self):
        for rounds, served, why in [
            ([GOOD], 1, None),
            ([GOOD, GOOD], 2, None),
            ([GOOD], 5, None),
            ([], 1, "no figures"),
            ([GOOD | {"records": 99}], 1, "delivered 99 of 100 records in round 1"),
            ([GOOD, GOOD | {"records": 0}], 2, "delivered 0 of 100 records in round 2"),
            ([GOOD | {"records": 101}], 1, "delivered 101 of 100"),
            ([GOOD | {"bytes": 0}], 1, "no bytes"),
            ([GOOD, GOOD], 1, "2 requests where the server answered 1"),
            ([{name: value for name, value in GOOD.items() if name != "cpu_ms"}], 1, "lacks cpu_ms"),
            ([{"note": 1}], 1, "delivered None"),
        ]:
            found = shortfall(rounds, 100, served)
            self.assertTrue(found is None if why is None else why in (found or ""), (found, why))

    def test_numbers(self):
        for value, text in [(None, "-"), (0, "0"), (1.2345, "1.23"), (14.26, "14.3"), (5183.4, "5,183"), (0.0712, "0.0712")]:
            self.assertEqual(number(value), text)


class Marks(unittest.TestCase):
    def check(self, name, at, value, met, change=lambda contestant, figures: figures, **rest):
        found = judged(name, change=change, **rest)[at]
        self.assertEqual(found.met, met, found)
        if value is None:
            self.assertIsNone(found.value)
        else:
            self.assertAlmostEqual(found.value, value, msg=found.text)

    def faster(self, label, metric, by):
        return lambda one, figures: figures | ({metric: figures[metric] * by} if one.label == label else {})

    def test_walk(self):
        self.check("walk", 0, 1.3, True, self.faster(rows.GUEST, "cpu_ms", 1.3))
        self.check("walk", 0, 1.5, False, self.faster(rows.GUEST, "cpu_ms", 1.5))
        self.check("walk", 1, 15, True, self.faster(rows.PYTHON, "cpu_ms", 15))
        self.check("walk", 1, 13, False, self.faster(rows.PYTHON, "cpu_ms", 13))

    def test_stretch(self):
        for by, stretch in [(1.1, True), (1.3, False)]:
            found = judged("walk", change=self.faster(rows.GUEST, "cpu_ms", by))[0]
            self.assertEqual((found.met, found.stretch), (True, stretch))

    def test_the_first_round_warms_up(self):
        slow = results("walk")
        for one in slow["rows"][0]["runs"]:
            if one["contestant"] == rows.GUEST:
                one["rounds"] = [GOOD | {"records": 10_000, "cpu_ms": 999.0}, GOOD | {"records": 10_000}]
        self.assertEqual(report.verdicts(report.measured(slow)["walk"])[0].value, 1)

    def test_latency(self):
        to = lambda wall, label: lambda one, figures: figures | ({"wall_ms": wall} if one.label == label else {})
        self.check("latency", 0, 1.02, True, to(5100, rows.GUEST))
        self.check("latency", 1, 1.2, False, to(780, "guest, 8 in flight"))

    def test_whole_processes(self):
        found = judged("start", change=self.faster(rows.GUEST, "wall_ms", 2))
        self.assertEqual([one.value for one in found], [2, 1, 0.5, 1])
        measured = report.measured(results("start"))["start"]
        self.assertEqual(measured.values(rows.GUEST, "wall_ms"), [30.0] * 7)

    def test_memory_of_connections(self):
        to = lambda high: lambda one, figures: figures | {"rss_kb": 8_000 + high, "idle_kb": 8_000}
        self.check("many", 2, 99, True, to(99_000))
        self.check("many", 2, 101, False, to(101_000))

    def test_memory_of_the_guest(self):
        to = lambda pages: lambda one, figures: figures | {
            "bytes": 100 * 1024 * 10,
            "guest_kb": 1_000 + (0 if one.label == rows.IDLE else pages * 100),
        }
        self.check("growth-1000", 0, 3, True, to(3))
        self.check("growth-1000", 0, 4, False, to(4))
        self.check("growth-1000", 1, 3, True, to(11))
        self.check("growth-1000", 0, None, False, lambda one, figures: figures | {"guest_kb": 0})

    def test_scans(self):
        to = lambda **figures: lambda one, given: given | figures
        self.check("scan", 0, 0.5, True)
        self.check("scan", 0, 1.5, False, to(wall_ms=9.0))
        self.check("scan", 1, 64, True, to(guest_kb=64 * 1024))
        self.check("scan", 1, 65, False, to(guest_kb=65 * 1024))
        found = report.measured(results("scan"))["scan"]
        for metric, expected in [("per_thousand", 1.02), ("slice", 50_000), ("answering_ms", 6)]:
            self.assertAlmostEqual(found.values(rows.SCAN, metric)[0], expected, msg=metric)

    def test_rates(self):
        to = lambda **figures: lambda one, given: given | figures
        self.check("store", 0, 20_000, True, to(wall_ms=5_000.0))
        self.check("store", 0, 100_000 / 5.01, False, to(wall_ms=5_010.0))
        self.check("policy", 0, 20_000, True, to(asset_rules=100_000, wall_ms=5_000.0))
        self.check("policy", 0, None, False, failed=[rows.POLICY])

    def test_the_account_has_exactly_the_assets(self):
        for assets in (1_000, 2_000, 10_000, 100_000):
            words = rows.account(assets)
            copies, more = int(words[1]), int(words[3])
            self.assertEqual(rows.ONCE + copies * rows.EACH + more, assets)
            self.assertTrue(copies > 0 and 0 <= more < rows.EACH, words)

    def test_a_contestant_that_fails_is_missed_and_not_fast(self):
        self.check("walk", 0, None, False, failed=[rows.GUEST])
        self.assertIn("delivered 7 of 100", judged("walk", failed=[rows.GUEST])[0].why)
        text = report.sections(results("walk", failed=[rows.PYTHON]))["walk"]
        self.assertIn("| Python client | failed: delivered 7 of 100 records in round 1 |", text)
        self.assertIn("**missed**", text)

    def test_who_was_left_out_is_told(self):
        text = report.sections(results("growth-1000000", left_out={rows.PYTHON: "it would take some 99 s"}))["growth"]
        self.assertIn("| 1,000,000 | Python client | left out: it would take some 99 s |", text)
        self.check("walk", 1, None, False, left_out={rows.PYTHON: "no time"})

    def test_each_mark_has_a_text_of_its_own(self):
        for quick in (False, True):
            texts = [(row.name, mark.text) for row in rows.rows(quick) for mark in row.marks]
            self.assertEqual(len(texts), len(set(texts)))


class Pages(unittest.TestCase):
    def test_the_page_has_room_for_every_row(self):
        page = (HERE.parent / "BENCHMARKS.md").read_text(encoding="utf-8")
        names = {row.name.split("-")[0] for row in rows.rows()} | {"machine", "summary"}
        self.assertEqual(set(re.findall(r"<!-- measured: (\w+) -->", page)), names)
        for name in names:
            report.between(page, name, "")

    def test_tables_tell_what_their_row_asks_for(self):
        for name, heads in [("scan", ["assets a step", "requests for each 1,000 assets"]), ("store", ["assets/s"]), ("walk", [])]:
            for failed in ((), [rows.SCAN, rows.STORE]):
                lines = report.sections(results(name, failed=failed))[name].split("\n\n")[0].split("\n")
                self.assertEqual(len({line.count("|") for line in lines}), 1, lines)
                for head in heads:
                    self.assertIn(head, lines[0])
        text = report.sections(results("assets-1000000"))["assets"]
        self.assertIn("| 1,000,000 | store | 0.00300 | 3.00 | 2.00 |", text)
        self.assertNotIn("mark", text)

    def test_only_what_stands_between_markers_changes(self):
        page = "a\n<!-- measured: x -->\nold\n<!-- end -->\nb\n<!-- measured: y -->\nkept\n<!-- end -->\n"
        new = report.between(page, "x", r"new \1")
        self.assertEqual(new, page.replace("old", r"new \1"))
        self.assertEqual(report.between(new, "x", r"new \1"), new)
        with self.assertRaises(SystemExit):
            report.between(page, "z", "")

    def test_results_go_there_and_back(self):
        some = results("walk") | {"revision": "with \"quotes\""}
        self.assertEqual(json.loads(run.text(some)), some)

    def test_results_of_an_unknown_row_are_refused(self):
        some = results("walk")
        some["rows"][0]["name"] = "gone"
        with self.assertRaises(SystemExit):
            report.measured(some)


class Driver(unittest.TestCase):
    def test_settings(self):
        for environ, expected in [
            ({}, (None, 7, False)),
            ({"QUICK": "1"}, (None, 2, True)),
            ({"QUICK": "0", "RUNS": "9"}, (None, 9, False)),
            ({"ROWS": "walk,small"}, (["walk", "small"], 7, False)),
        ]:
            self.assertEqual(run.settings(environ), expected)
        for runs in ("0", "x", "-1"):
            with self.assertRaises(SystemExit):
                run.settings({"RUNS": runs})

    def test_rows_by_name(self):
        every = rows.rows()
        self.assertEqual([row.name for row in run.chosen(every, ["small", "walk"])], ["walk", "small"])
        self.assertEqual(len(run.chosen(every, ["growth"])), 4)
        self.assertEqual(len(run.chosen(every, ["assets"])), 4)
        self.assertEqual(run.chosen(every, None), every)
        with self.assertRaises(SystemExit):
            run.chosen(every, ["wlak"])

    def test_who_would_take_too_long_is_left_out(self):
        row = next(row for row in rows.rows() if row.name == "growth-1000000")
        python = next(one for one in row.contestants if one.label == rows.PYTHON)
        native = next(one for one in row.contestants if one.label == rows.NATIVE)
        for contestant, before, expected in [
            (python, {}, None),
            (python, {rows.PYTHON: (100_000, 5.9)}, None),
            (python, {rows.PYTHON: (100_000, 6.1)}, "it would take some 61 s"),
            (native, {rows.NATIVE: (100_000, 100.0)}, None),
        ]:
            self.assertEqual(run.too_long(row, contestant, before), expected)

    def test_figures_from_what_was_printed(self):
        for text, expected in [('{"records":1}\n\n{"records":2}\n', 2), ("", 0), ("noise\n", 0), ("1\n", 0)]:
            self.assertEqual(len(run.lines(text)), expected)

    def test_last_words_fit_a_cell(self):
        for text, expected in [("a\nb|c\n", "b/c"), (" \n", "said nothing"), ("x" * 161, "x" * 160 + "…")]:
            self.assertEqual(run.last_words(text), expected)

    def test_processes_end_and_tell_how(self):
        for code, limit, status, text in [
            ("print(1)", 60, 0, "1"),
            ("import sys; sys.exit('no')", 60, 1, "no"),
            ("import sys; sys.stdin.read(); import signal; signal.pause()", 0.5, -9, "ended after 0.5 s"),
        ]:
            ended = process.run([sys.executable, "-c", code], None, limit)
            self.assertEqual(ended.status, status)
            self.assertIn(text, ended.out + ended.err)
        self.assertEqual(process.run(["no-such-program"], None, 1).status, 1)

    def test_peers_send_to_loopback_alone(self):
        code = "import sys; from common import loopback; print(loopback(sys.argv[1]))"
        for base, sound in [
            ("http://127.0.0.1:80", True),
            ("http://[::1]:80/", True),
            ("http://127.0.0.1", False),
            ("https://127.0.0.1:80", False),
            ("http://localhost:80", False),
            ("http://127.0.0.1.example.com:80", False),
            ("http://192.0.2.1:80", False),
            ("http://127.0.0.1:80@192.0.2.1:80", False),
            ("http://127.0.0.1:80/x", False),
            ("", False),
        ]:
            told = subprocess.run([sys.executable, "-c", code, base], cwd=HERE / "peers", capture_output=True, text=True)
            self.assertEqual(told.returncode == 0, sound, (base, told.stderr))

    def test_peers_know_the_times_of_the_records(self):
        source = HERE / "src/records.rs"
        if not source.exists():
            self.skipTest("the server's source is not there")
        text = source.read_text(encoding="utf-8").replace("_", "")
        found = [int(re.search(rf"const {name}: i64 = (\d+);", text)[1]) for name in ("BEGINNING", "STEP")]
        common = (HERE / "peers/common.py").read_text(encoding="utf-8").replace("_", "")
        script = (HERE / "peers/pd_js.mjs").read_text(encoding="utf-8").replace("_", "")
        self.assertIn(f"BEGINNING, STEP = {found[0]}, {found[1]}", common)
        self.assertIn(f"BEGINNING = {found[0]}000;", script)
        self.assertIn(f"STEP = {found[1]}000;", script)

    def test_the_clients_are_those_that_the_tests_run(self):
        pinned = lambda path: re.search(r"^pagerduty==(\S+)", (HERE / path).read_text(encoding="utf-8"), re.MULTILINE)[1]
        self.assertEqual(pinned("peers/python.txt"), pinned("../host-test/clients/requirements.txt"))


if __name__ == "__main__":
    unittest.main()
