"""Tables of results, written between the markers of BENCHMARKS.md: python3 bench/report.py [RESULTS [PAGE]]

Rule: tables come from the results and from nothing else. What people wrote outside the markers stays as it is, and a
mark that was missed stands where one that was met would."""

import json
import re
import sys
from pathlib import Path

import rows as defined
from figures import number, slope, spread, steps

# Rows of one length or size each, and what their numbers count.
GROWTH = {"growth": "incidents", "assets": "assets"}
# What a row's table tells beside times, memory and requests: head, factor.
COLUMNS = {
    "guest_kb": ("of it the guest's, MiB", 1 / 1024),
    "answering_ms": ("its answers one by one, ms", 1),
    "per_thousand": ("requests for each 1,000 assets", 1),
    "slice": ("assets a step", 1),
    "assets_s": ("assets/s", 1),
    "asset_rules": ("rules on assets", 1),
    "rules_s": ("rules on assets/s", 1),
}
# How far from a straight line a step of the growth may be until somebody has to explain it.
STRAIGHT = 0.1
METRICS = {"wall_ms": 1, "cpu_ms": 1, "rss_kb": 0, "requests": 1}
WORDS = {"wall_ms": "wall", "cpu_ms": "CPU", "rss_kb": "memory", "requests": "requests"}


def table(head, body):
    """A table of Markdown; the first column to the left, the others to the right."""
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *body))


def measured(results):
    """What each row of the results came to, by name."""
    every = {row.name: row for row in defined.rows(results["settings"]["quick"])}
    found = {}
    for one in results["rows"]:
        if one["name"] not in every:
            raise SystemExit(f"the results hold a row {one['name']!r} that is not defined: run make bench again")
        row = defined.Measured(every[one["name"]])
        row.left_out = one["left_out"]
        for run in one["runs"]:
            row.runs.setdefault(run["contestant"], []).append(run)
            if run["failed"]:
                row.failed[run["contestant"]] = run["failed"]
        found[one["name"]] = row
    return found


def cell(values, by=1.0):
    """The median, and the ends where they differ."""
    found = spread([value * by for value in values])
    if number(found.low) == number(found.high):
        return number(found.median)
    return f"{number(found.median)} ({number(found.low)} – {number(found.high)})"


def times(row):
    """(unit, factor) in which a row's times are told."""
    return ("µs a call", 1e3 / row.calls) if row.calls else ("ms", 1)


def absent(one, label):
    """Why a contestant has no figures, or nothing."""
    if label in one.failed:
        return f"failed: {one.failed[label]}"
    return "" if label in one.runs else f"left out: {one.left_out.get(label, 'not run')}"


def contestants(one):
    """Who took how long, and who did not end or begin."""
    unit, by = times(one.row)
    more = [COLUMNS[metric] for metric in one.row.columns]
    body = []
    for contestant in one.row.contestants:
        label = contestant.label
        if absent(one, label):
            body.append([label, absent(one, label), *[""] * (4 + len(more))])
            continue
        get = lambda metric: one.values(label, metric)
        figures = [cell(get("wall_ms"), by), cell(get("cpu_ms"), by), cell(get("rss_kb"), 1 / 1024)]
        figures += [cell(get("requests")), *(cell(get(metric), COLUMNS[metric][1]) for metric in one.row.columns)]
        body.append([label, *figures, str(len(one.runs[label]))])
    head = ["", f"wall, {unit}", f"CPU, {unit}", "memory, MiB", "requests", *(head for head, _ in more), "runs"]
    return table(head, body)


def verdict(found):
    """One mark as cells."""
    told = "met" if found.met else "**missed**"
    if found.stretch is not None:
        told += ", stretch met" if found.stretch else ", stretch missed"
    value = found.why if found.value is None else number(found.value)
    return [found.text, sign(found.bound), value, number(found.paired), told]


def sign(bound):
    """A bound as people write it."""
    return bound.replace("<=", "≤").replace(">=", "≥")


def verdicts(one):
    return [mark.judge(one) for mark in one.row.marks]


def marks(found):
    head = ["mark", "bound", "measured", "paired", ""]
    return table(head, [verdict(each) for each in found])


def growth(lengths, noun):
    """Lengths of walks, or sizes of inventories, against what they cost, the slopes, and the marks there are."""
    each_asset = noun == "assets"
    body, points = [], {}
    for one in lengths:
        for contestant in one.row.contestants:
            label = contestant.label
            if label == defined.IDLE:
                continue
            if absent(one, label):
                body.append([f"{one.row.incidents:,}", label, absent(one, label), *[""] * (4 + each_asset)])
                continue
            values = {metric: one.values(label, metric) for metric in METRICS}
            for metric, found in values.items():
                points.setdefault((label, metric), []).append((one.row.incidents, spread(found).median))
            cells = [cell(values["wall_ms"]), cell(values["cpu_ms"]), cell(values["rss_kb"], 1 / 1024)]
            guest = "-"
            if contestant.program in ("guest", "scan"):
                guest = cell(one.values(label, "guest_kb"), 1 / 1024)
            apart = [cell(one.values(label, "wall_us"))] if each_asset else []
            body.append([f"{one.row.incidents:,}", label, *apart, *cells, guest, cell(values["requests"])])
    apart = ["wall, µs an asset"] if each_asset else []
    head = [noun, "", *apart, "wall, ms", "CPU, ms", "memory, MiB", "of it the guest's", "requests"]
    parts = [table(head, body), slopes(points)]
    judged = [found for one in lengths for found in verdicts(one)]
    return "\n\n".join(parts + ([marks(judged)] if judged else []))


def bends(metric, found):
    """Whether a step leaves the straight line: costs in proportion to the length, memory the same at any."""
    return any(step is not None and abs(step - METRICS[metric]) > STRAIGHT for step in found)


def slopes(points):
    """The slopes of what was measured, as a whole and from each length to the next."""
    body = []
    for (label, metric), line in points.items():
        if not any(y for _, y in line):
            continue
        each = steps(line)
        told = " → ".join("-" if step is None else f"{step:.2f}" for step in each)
        whole = slope(line)
        want = str(METRICS[metric])
        straight = "" if not each else "bends" if bends(metric, each) else "straight"
        body.append([label, WORDS[metric], want, "-" if whole is None else f"{whole:.2f}", told or "-", straight])
    return table(["slope", "of", "straight is", "measured", "from length to length", ""], body)


def summary(results):
    """How many marks were met, and which were not."""
    found = [each for one in measured(results).values() for each in verdicts(one)]
    missed = [each for each in found if not each.met]
    text = f"{len(found) - len(missed)} of {len(found)} marks met." + ("\n" if missed else "")
    for each in missed:
        text += f"\n- **missed**: {each.text}: {each.why or number(each.value)}, where {sign(each.bound)} was to be"
    return text


def facts(results):
    """What was measured on, with, and how."""
    about = results["settings"]
    malloc = ", ".join(f"{name}={value}" for name, value in about["malloc"].items())
    pinned = "the server on one core, the contestant on the other" if about["pinned"] else "nothing: there is one core"
    body = [[name, value if isinstance(value, str) else str(value)] for name, value in results["machine"].items()]
    body += [[name, value] for name, value in results["versions"].items()]
    body += [["commit", results["revision"]], ["pinned", pinned], ["memory settings, all processes", malloc]]
    kind = "whole" if about["whole"] else "partial" + (", quick" if about["quick"] else "")
    return "\n".join(["| | |", "| --- | --- |", *(f"| {a} | {b} |" for a, b in [*body, ["run", kind]])])


def sections(results):
    """The text for each pair of markers."""
    found = measured(results)
    parts = {"machine": facts(results), "summary": summary(results)}
    for name, one in found.items():
        if "-" not in name:
            parts[name] = f"{contestants(one)}\n\n{marks(verdicts(one))}"
    for begin, noun in GROWTH.items():
        lengths = [one for name, one in found.items() if name.startswith(f"{begin}-")]
        if lengths:
            parts[begin] = growth(lengths, noun)
    return parts


def between(page, name, text):
    """The page with this text between the markers of this name."""
    begin, end = f"<!-- measured: {name} -->", "<!-- end -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if len(pattern.findall(page)) != 1:
        raise SystemExit(f"the page needs one {begin} with {end} after it")
    return pattern.sub(lambda _: f"{begin}\n{text}\n{end}", page)


def write(results, path):
    """Brings a page up to date."""
    page = path.read_text(encoding="utf-8")
    for name, text in sections(results).items():
        page = between(page, name, text)
    path.write_text(page, encoding="utf-8")


def main(words):
    source, page = [*words, *("bench/results.json", "BENCHMARKS.md")[len(words) :]]
    write(json.loads(Path(source).read_text(encoding="utf-8")), Path(page))


if __name__ == "__main__":
    main(sys.argv[1:])
