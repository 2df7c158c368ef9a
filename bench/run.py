"""Runs the rows side by side and writes what came out: python3 bench/run.py, from the root of the repository.

Settings are variables of the environment: ROWS (names by comma; `growth` is all lengths), RUNS (7), QUICK (small work,
2 runs). Only a whole run writes bench/results.json, bench/growth.svg and the tables of BENCHMARKS.md; any other leaves
the same files in target/bench.

Rule: contestants take turns (A B C, A B C), each run has a server of its own, and who fails is told, not left out."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import machine
import process
import report
import rows
from figures import shortfall

SERVER = "target/release/bench-server"
DRAWS = "target/bench/chart/bin/python"
# Seconds that one process may take.
LIMIT = 300
LEAST_RUNS = 7
# Mean number of processes that run, from which on others disturb what is measured.
BUSY = 0.5


def settings(environ):
    """(names of rows or None for all, runs, quick), or the end of the program where they make no sense."""
    quick = environ.get("QUICK", "") not in ("", "0")
    runs = environ.get("RUNS") or ("2" if quick else str(LEAST_RUNS))
    if not runs.isdigit() or int(runs) < 1:
        sys.exit(f"RUNS={runs}: a number from 1 on is needed")
    names = [name for name in environ.get("ROWS", "").split(",") if name]
    return names or None, int(runs), quick


def chosen(every, names):
    """The rows of these names."""
    if names is None:
        return every
    for name in names:
        if not any(row.name == name or row.name.startswith(f"{name}-") for row in every):
            sys.exit(f"ROWS={name}: there is no such row; there are {', '.join(row.name for row in every)}")
    return [row for row in every if any(row.name == name or row.name.startswith(f"{name}-") for name in names)]


def too_long(row, contestant, before):
    """Why a contestant need not begin, or None. `before`: (incidents, seconds) of its walk in an earlier row."""
    if not contestant.most_s or contestant.label not in before:
        return None
    incidents, seconds = before[contestant.label]
    expected = seconds * row.incidents / incidents
    return f"it would take some {expected:,.0f} s" if expected > contestant.most_s else None


def lines(text):
    """The figures that a contestant printed; what is no such line counts as none."""
    try:
        found = [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError:
        return []
    return [figures for figures in found if isinstance(figures, dict)]


def last_words(text, most=160):
    """The last line that a program said, for a cell of a table: no sign that would end the cell, and not too long."""
    line = (text.strip().splitlines() or ["said nothing"])[-1].replace("|", "/")
    return line if len(line) <= most else f"{line[:most]}…"


def once(row, contestant, core):
    """One contestant against a server of its own: its figures, and why they do not count, or None."""
    with process.Server(SERVER, row) as server:
        words = [*rows.PROGRAMS[contestant.program], contestant.workload, server.base, *contestant.options]
        ended = process.run(words, core, LIMIT)
        try:
            told = server.told()
        except OSError as why:
            ended.status, ended.err = ended.status or 1, f"the server is gone: {why}"
            told = {"requests": 0, "answering_ms": 0}
    served = told["requests"]
    rounds = lines(ended.out)
    if ended.status:
        failed = f"ended with {ended.status}: {last_words(ended.err)}"
    else:
        failed = shortfall(rounds, contestant.records, served)
    whole = {"wall_ms": round(ended.wall_ms, 3), "cpu_ms": round(ended.cpu_ms, 3)}
    return {"rounds": rounds, "process": whole, "served": served, "answering_ms": round(told["answering_ms"], 3), "failed": failed}


def measure(row, runs, core, before):
    """All runs of a row, one contestant after the other. `before` takes how long each walked."""
    left_out = {one.label: why for one in row.contestants if (why := too_long(row, one, before))}
    found, failed = [], set(left_out)
    if row.whole:
        # What is compiled at the first start, and read from disk, is there from now on.
        for contestant in row.contestants:
            once(row, contestant, core)
    for run in range(1, (row.runs if row.runs and runs >= LEAST_RUNS else runs) + 1):
        for contestant in row.contestants:
            if contestant.label in failed:
                continue
            one = once(row, contestant, core)
            found.append({"contestant": contestant.label, "run": run} | one)
            if one["failed"]:
                failed.add(contestant.label)
                print(f"  {contestant.label}: {one['failed']}", file=sys.stderr)
            elif contestant.workload == "walk":
                before[contestant.label] = (contestant.records, one["rounds"][-1]["wall_ms"] / 1e3)
        print(f"  {row.name}: run {run}", file=sys.stderr, flush=True)
    facts = {"name": row.name, "title": row.title, "incidents": row.incidents, "latency_ms": row.latency_ms}
    return facts | {"left_out": left_out, "runs": found}


def text(results):
    """The results as JSON, a run a line, so that two files can be compared."""
    head = {name: value for name, value in results.items() if name != "rows"}
    out = json.dumps(head, indent=1)[:-2] + ',\n "rows": ['
    for at, row in enumerate(results["rows"]):
        facts = json.dumps({name: value for name, value in row.items() if name != "runs"})[:-1]
        runs = ",\n   ".join(json.dumps(run) for run in row["runs"])
        out += f"{',' if at else ''}\n  {facts}, \"runs\": [\n   {runs}]}}"
    return out + "]}\n"


def main():
    names, runs, quick = settings(os.environ)
    todo = chosen(rows.rows(quick), names)
    for program in (SERVER, DRAWS, *(words[0] for words in rows.PROGRAMS.values())):
        if not shutil.which(program):
            sys.exit(f"{program} is missing: run make bench")
    whole = not quick and names is None and runs >= LEAST_RUNS
    facts = machine.machine()
    if float(facts["load before"]) > BUSY:
        print(f"the machine is busy (load {facts['load before']}): the figures will not be worth much", file=sys.stderr)
    core = process.pin()
    about = {"runs": runs, "quick": quick, "whole": whole, "pinned": core is not None, "malloc": process.MALLOC}
    results = {"settings": about, "machine": facts, "versions": machine.versions()}
    results |= {"revision": machine.revision(), "rows": []}
    partly, before = Path("target/bench"), {}
    for row in todo:
        print(row.title, file=sys.stderr, flush=True)
        results["rows"].append(measure(row, runs, core, before))
        # What is measured is not lost when a later row ends the run.
        (partly / "results.json").write_text(text(results), encoding="utf-8")
    to = Path("bench") if whole else partly
    (to / "results.json").write_text(text(results), encoding="utf-8")
    page = Path("BENCHMARKS.md")
    if not whole:
        shutil.copy(page, to / page)
        page = to / page
    report.write(results, page)
    subprocess.run([DRAWS, "bench/chart.py", to / "results.json", to / "growth.svg"], check=True)
    print(report.summary(results))
    written = [one for one in (to / "results.json", page, to / "growth.svg") if one.exists()]
    print(f"--- {', '.join(map(str, written))}")
    sys.exit(any(run["failed"] for row in results["rows"] for run in row["runs"]))


if __name__ == "__main__":
    main()
