"""The growth as one chart of small multiples: python bench/chart.py RESULTS SVG

Rule: the same results draw the same file, byte for byte: no date, fixed names, text as text."""

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({
    "svg.hashsalt": "growth",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
})

import matplotlib.pyplot as plt
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from report import absent, measured
from figures import spread

# Colours that people tell apart however they see them (Okabe and Ito), and a mark of its own for each.
STYLES = {
    "guest": {"color": "#0072B2", "marker": "o"},
    "guest, 8 in flight": {"color": "#56B4E9", "marker": "D"},
    "native": {"color": "#009E73", "marker": "s"},
    "Python client": {"color": "#D55E00", "marker": "^"},
    "scan": {"color": "#CC79A7", "marker": "o"},
    "store": {"color": "#E69F00", "marker": "s"},
    "policy": {"color": "#000000", "marker": "D"},
    "codify": {"color": "#009E73", "marker": "^"},
    "drift": {"color": "#D55E00", "marker": "v"},
}
# By the rows' name: what the account is counted in, and the panels.
PANELS = {
    "growth": ("incidents", [
        ("Elapsed time, seconds", "wall_ms", 1e-3),
        ("Processor time, seconds", "cpu_ms", 1e-3),
        ("Memory of the process, MiB", "rss_kb", 1 / 1024),
        ("Requests", "requests", 1),
    ]),
    "assets": ("assets", [
        ("Inventory: elapsed time an asset, µs", "wall_us", 1),
        ("Inventory: memory of the process, MiB", "rss_kb", 1 / 1024),
    ]),
}


def short(value, _=None):
    """A number of an axis in few signs: 1k, 0.01, 1M."""
    for least, sign in ((1e6, "M"), (1e3, "k")):
        if value >= least:
            return f"{value / least:g}{sign}"
    return f"{value:g}"


def lines(lengths, metric, by):
    """For each contestant the lengths, medians, and how far the ends are from them."""
    found = {}
    for one in sorted(lengths, key=lambda one: one.row.incidents):
        for contestant in one.row.contestants:
            if contestant.label in STYLES and not absent(one, contestant.label):
                ends = spread([value * by for value in one.values(contestant.label, metric)])
                found.setdefault(contestant.label, []).append((one.row.incidents, ends))
    return found


def draw(found, to):
    """`found`: lengths or sizes by the rows' name; a panel each, two beside each other."""
    panels = [(name, *panel) for name in found for panel in PANELS[name][1]]
    deep = len(panels) // 2
    figure, axes = plt.subplots(deep, 2, figsize=(9, 3.6 * deep), squeeze=False)
    legends = {}
    for axis, (name, title, metric, by) in zip(axes.flat, panels):
        lengths, noun = found[name], PANELS[name][0]
        legends.setdefault(name, axis)
        for label, points in lines(lengths, metric, by).items():
            x = [at for at, _ in points]
            y = [ends.median for _, ends in points]
            error = [[ends.median - ends.low for _, ends in points], [ends.high - ends.median for _, ends in points]]
            axis.errorbar(x, y, error, label=label, markersize=5, linewidth=1.5, capsize=3, **STYLES[label])
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.set_title(title, loc="left", fontsize=11)
        axis.set_xlabel(noun)
        widen(axis)
        low, high = axis.get_ylim()
        # Where a tenth and a tenfold are all there is, the numbers between have names too.
        between = (1, 2, 5) if high / low < 100 else (1,)
        for one, subs in ((axis.xaxis, (1,)), (axis.yaxis, between)):
            one.set_major_locator(LogLocator(subs=subs, numticks=12))
            one.set_major_formatter(FuncFormatter(short))
            one.set_minor_formatter(NullFormatter())
        axis.grid(which="major", color="#dddddd", linewidth=0.6)
        axis.set_axisbelow(True)
    # Of all panels: who takes part in the walks, and in the inventory.
    parts = [one for axis in legends.values() for one in zip(*axis.get_legend_handles_labels())]
    handles, labels = [one for one, _ in parts], [label for _, label in parts]
    high = 7.2 / (3.6 * deep)
    title = "What walks and the inventory cost as the account grows: medians, ends of the runs as bars"
    figure.suptitle(title, x=0.01, y=1 - 0.015 * high, ha="left", fontsize=12)
    figure.legend(handles, labels, loc="upper left", bbox_to_anchor=(0.0, 1 - 0.035 * high), ncols=len(labels) or 1, frameon=False)
    figure.tight_layout(rect=(0, 0, 1, 1 - 0.06 * high))
    figure.savefig(to, metadata={"Date": None})


def widen(axis):
    """A tenfold at least, so that what hardly changes looks so."""
    low, high = axis.get_ylim()
    if high / low < 10:
        middle = (low * high) ** 0.5
        axis.set_ylim(middle / 10**0.5, middle * 10**0.5)


def main(source, to):
    results = json.loads(Path(source).read_text(encoding="utf-8"))
    every = measured(results).items()
    found = {name: [one for of, one in every if of.startswith(f"{name}-")] for name in PANELS}
    found = {name: lengths for name, lengths in found.items() if lengths}
    if not found:
        # One of an earlier run would pass for this one's.
        Path(to).unlink(missing_ok=True)
        print("no growth was measured: no chart", file=sys.stderr)
        return
    draw(found, to)


if __name__ == "__main__":
    main(*sys.argv[1:])
