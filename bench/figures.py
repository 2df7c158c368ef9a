"""What is computed of the figures that were measured: middles, ratios, slopes, and whether a contestant did its work.

Rule: nothing here measures, reads or writes; whoever delivers less than was asked for has failed, however fast."""

import math
from dataclasses import dataclass
from statistics import median

METRICS = ("wall_ms", "cpu_ms", "rss_kb", "requests", "bytes")


@dataclass(frozen=True)
class Spread:
    """The middle of several runs, and the ends."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Ratio:
    """One contestant to another: of the medians, and the median over runs that stood side by side."""

    of_medians: float
    paired: float


@dataclass(frozen=True)
class Verdict:
    """A mark and what was measured. `value` is None where it could not be measured; then the mark is missed."""

    text: str
    bound: str
    value: float | None
    unit: str
    met: bool
    paired: float | None = None
    stretch: bool | None = None
    why: str = ""


def spread(values):
    """Of at least one value."""
    return Spread(median(values), min(values), max(values))


def ratio(over, under):
    """Of two lists of equal length, run by run. A zero below is refused."""
    if len(over) != len(under):
        raise ValueError(f"{len(over)} runs cannot be paired with {len(under)}")
    if min(under, default=0) <= 0:
        raise ValueError("nothing to divide by: a run took no time")
    return Ratio(median(over) / median(under), median(a / b for a, b in zip(over, under)))


def holds(value, bound):
    """Whether a value keeps a bound written as `<= 1.4` or `>= 14`."""
    sign, number = bound.split()
    return {"<=": value <= float(number), ">=": value >= float(number)}[sign]


def slope(points):
    """The slope of a straight line through points (x, y) on logarithmic axes, by least squares: 1 is `in proportion`,
    0 is `the same at any length`. None where fewer than two points can be drawn."""
    logs = [(math.log10(x), math.log10(y)) for x, y in points if x > 0 and y > 0]
    if len({x for x, _ in logs}) < 2:
        return None
    mean_x, mean_y = (sum(axis) / len(logs) for axis in zip(*logs))
    return sum((x - mean_x) * (y - mean_y) for x, y in logs) / sum((x - mean_x) ** 2 for x, _ in logs)


def steps(points):
    """The slope between each two points that follow each other, by x."""
    points = sorted(points)
    return [slope(pair) for pair in zip(points, points[1:])]


def fewest(records, page=100):
    """The fewest requests that list so many records."""
    return math.ceil(records / page)


def floor_ms(records, in_flight, latency_ms):
    """The least time in which so many records can be listed: no answer comes sooner than its latency."""
    return math.ceil(fewest(records) / in_flight) * latency_ms


def kept(rounds, warm):
    """The rounds that count: without the first ones, which warm up. One round alone always counts."""
    return rounds[warm:] if len(rounds) > warm else rounds[-1:]


def shortfall(rounds, records, served):
    """Why these rounds do not count, or None. `records`: how many each had to deliver; `served`: requests that the
    server counted."""
    if not rounds:
        return "printed no figures"
    for at, figures in enumerate(rounds, 1):
        if figures.get("records") != records:
            return f"delivered {figures.get('records')} of {records} records in round {at}"
        if not all(isinstance(figures.get(metric), (int, float)) for metric in METRICS):
            return f"round {at} lacks {', '.join(metric for metric in METRICS if metric not in figures)}"
        if figures["bytes"] <= 0 or figures["wall_ms"] <= 0:
            return f"round {at} took no bytes or no time"
    told = sum(figures["requests"] for figures in rounds)
    if told > served:
        return f"tells of {told} requests where the server answered {served}"
    return None


def number(value):
    """A number as it stands in a table: three figures that count, and thousands set apart."""
    if value is None:
        return "-"
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}"
