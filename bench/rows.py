"""The rows: who does what against which server, and the marks that are held against what comes out.

Rule: a row is data. Its contestants do the same work in the same run, and a mark is one number with one bound."""

from dataclasses import dataclass, field

from figures import Verdict, floor_ms, holds, kept, ratio, spread

GUEST, NATIVE, PYTHON, JS, SINGER = "guest", "native", "Python client", "JavaScript client", "Singer tap"
IDLE = "idle guest"
PROGRAMS = {
    "guest": ("target/release/bench-guest",),
    "native": ("target/release/bench-native",),
    "python": ("target/bench/python/bin/python", "bench/peers/pd_python.py"),
    "js": ("node", "bench/peers/pd_js.mjs"),
    "singer": ("target/bench/singer/bin/python", "bench/peers/pd_singer.py"),
}
# As many services as bench/src/bin/bench-server.rs has: three pages.
SERVICES = 298
# Pages of memory that the guest may hold beside those that are fetched ahead.
PAGES = 3


@dataclass(frozen=True)
class Contestant:
    """A program with its work. `records`: what each round must deliver; `warm`: rounds that do not count; `most_s`:
    it is left out where the walk before says that it would take longer, 0 is never."""

    label: str
    program: str
    workload: str
    records: int
    options: tuple = ()
    warm: int = 0
    most_s: int = 0


@dataclass(frozen=True)
class Row:
    """`whole`: the figures are those of the process, from its start to its end, and not those it prints of itself.
    `calls`: times are told for each of so many calls. `runs`: in a whole run; 0 is as many as the driver is told."""

    name: str
    title: str
    incidents: int
    contestants: tuple
    marks: tuple = ()
    latency_ms: int = 0
    runs: int = 0
    calls: int = 0
    whole: bool = False


@dataclass
class Measured:
    """What a row came to: runs by contestant, and why those failed or were left out that did."""

    row: Row
    runs: dict = field(default_factory=dict)
    failed: dict = field(default_factory=dict)
    left_out: dict = field(default_factory=dict)

    def values(self, label, metric):
        """A value for each run, or an error that says who failed and how."""
        if label in self.failed:
            raise ValueError(f"{label} failed: {self.failed[label]}")
        if not self.runs.get(label):
            raise ValueError(f"{label} was not run: {self.left_out.get(label, 'left out')}")
        if self.row.whole and metric in ("wall_ms", "cpu_ms"):
            return [run["process"][metric] for run in self.runs[label]]
        if metric == "requests":
            # As the server counts them, in all rounds: a contestant may not know what it sends beside its pages.
            return [run["served"] / len(run["rounds"]) for run in self.runs[label]]
        warm = next(one.warm for one in self.row.contestants if one.label == label)
        return [spread([figures[metric] for figures in kept(run["rounds"], warm)]).median for run in self.runs[label]]


@dataclass(frozen=True)
class Mark:
    """A bound on a number; `value` takes what was measured and answers the number, and that over pairs of runs."""

    text: str
    bound: str
    value: object
    unit: str = "x"
    stretch: str = ""

    def judge(self, measured):
        """Met or missed. What could not be measured is missed, and says why."""
        bound = f"{self.bound} {self.unit}"
        try:
            value, paired = self.value(measured)
        except (ValueError, KeyError) as why:
            return Verdict(self.text, bound, None, self.unit, False, why=str(why))
        stretch = holds(value, self.stretch) if self.stretch else None
        bound += f" (stretch {self.stretch})" if self.stretch else ""
        return Verdict(self.text, bound, value, self.unit, holds(value, self.bound), paired, stretch)


def against(over, under, metric, what, bound, stretch=""):
    """The mark that one contestant is so many times another."""

    def value(measured):
        found = ratio(measured.values(over, metric), measured.values(under, metric))
        return found.of_medians, found.paired

    return Mark(f"{what}: {over} / {under}", bound, value, stretch=stretch)


def near(label, in_flight, records, latency_ms):
    """The mark that a walk takes hardly longer than its answers do."""
    least = floor_ms(records, in_flight, latency_ms)

    def value(measured):
        return spread(measured.values(label, "wall_ms")).median / least, None

    return Mark(f"wall: {label} / {least:,} ms, which the answers take", "<= 1.08", value)


def each(label, connections):
    """The mark on the memory of a connection: the most of the process, above what it had before the first one."""

    def value(measured):
        most, idle = measured.values(label, "rss_kb"), measured.values(label, "idle_kb")
        return spread([(high - low) / connections for high, low in zip(most, idle)]).median, None

    return Mark(f"memory of a connection: {label}", "<= 100", value, unit="KB")


def pages(label, ahead, records):
    """The mark on the guest's memory: pages above the idle guest, those fetched ahead not counted."""

    def value(measured):
        idle, most = (max(measured.values(one, "guest_kb")) for one in (IDLE, label))
        if not idle:
            raise ValueError("the guest does not tell its memory")
        page_kb = spread(measured.values(NATIVE, "bytes")).median / 1024 / (measured.row.incidents / 100)
        return (most - idle) / page_kb - ahead, None

    return Mark(f"memory of the guest above idle: {label}, {records:,} incidents", f"<= {PAGES}", value, unit=f"pages + {ahead} ahead")


def walk(label, program, records, in_flight=1, rounds=2, most_s=0):
    """A contestant that walks all incidents; with two rounds and more the first one warms up."""
    options = ("--records", str(records), "--in-flight", str(in_flight), "--rounds", str(rounds))
    return Contestant(label, program, "walk", records, options, int(rounds > 1), most_s)


def small(label, program, calls):
    return Contestant(label, program, "small", calls, ("--calls", str(calls)))


def start(label, program):
    return Contestant(label, program, "start", 100, ("--records", "1000"))


def many(label, program, connections):
    options = ("--connections", str(connections), "--in-flight", "64")
    return Contestant(label, program, "many", SERVICES * connections, options)


def walking(records):
    contestants = [(GUEST, "guest"), (NATIVE, "native"), (PYTHON, "python"), (JS, "js"), (SINGER, "singer")]
    marks = [against(GUEST, NATIVE, "cpu_ms", "CPU", "<= 1.4", "<= 1.15")]
    marks += [against(peer, GUEST, "cpu_ms", "CPU", ">= 14") for peer in (PYTHON, JS, SINGER)]
    title = f"Walk of {records:,} incidents, one request at a time"
    return Row("walk", title, records, tuple(walk(*one, records) for one in contestants), tuple(marks))


def latency(records, latency_ms):
    guest8, native8, python8 = (f"{label}, 8 in flight" for label in (GUEST, NATIVE, PYTHON))
    contestants = [(GUEST, "guest"), (NATIVE, "native"), (PYTHON, "python"), (JS, "js")]
    eight = [(guest8, "guest"), (native8, "native"), (python8, "python")]
    one_by_one = tuple(walk(*one, records) for one in contestants)
    marks = [near(GUEST, 1, records, latency_ms), near(guest8, 8, records, latency_ms)]
    marks += [against(PYTHON, guest8, "wall_ms", "wall", ">= 8")]
    title = f"The same with {latency_ms} ms per answer"
    both = one_by_one + tuple(walk(*one, records, 8) for one in eight)
    return Row("latency", title, records, both, tuple(marks), latency_ms=latency_ms)


def calling(calls):
    contestants = [(GUEST, "guest"), (NATIVE, "native"), (PYTHON, "python"), (JS, "js")]
    marks = [
        against(GUEST, NATIVE, "wall_ms", "wall", "<= 1.3"),
        against(GUEST, NATIVE, "cpu_ms", "CPU", "<= 1.6"),
        against(PYTHON, GUEST, "cpu_ms", "CPU", ">= 9"),
    ]
    title = f"A small call on a warm connection, {calls:,} of them"
    return Row("small", title, 100, tuple(small(*one, calls) for one in contestants), tuple(marks), calls=calls)


def starting(runs):
    contestants = [(GUEST, "guest"), (NATIVE, "native"), (PYTHON, "python"), (JS, "js")]
    marks = [against(GUEST, NATIVE, metric, what, "<= 2.5") for metric, what in (("wall_ms", "wall"), ("cpu_ms", "CPU"))]
    marks += [against(PYTHON, GUEST, metric, what, ">= 15") for metric, what in (("wall_ms", "wall"), ("cpu_ms", "CPU"))]
    title = "From the start of the process to the first page"
    contestants = tuple(start(*one) for one in contestants)
    return Row("start", title, 1_000, contestants, tuple(marks), runs=runs, whole=True)


def connecting(connections):
    marks = [against(GUEST, NATIVE, metric, what, "<= 1.4") for metric, what in (("wall_ms", "wall"), ("cpu_ms", "CPU"))]
    contestants = tuple(many(*one, connections) for one in ((GUEST, "guest"), (NATIVE, "native")))
    title = f"{connections:,} connections walking 3 pages each in one process, 64 in flight"
    return Row("many", title, 100, contestants, (*marks, each(GUEST, connections)))


def growing(records, runs):
    """One length of the growth. The Python client takes part as far as it ends within a minute; nobody warms up where
    a walk is long beside its start. The idle guest has walked a single record."""
    rounds = 2 if records <= 10_000 else 1
    guest8 = f"{GUEST}, 8 in flight"
    contestants = [walk(GUEST, "guest", records, 1, rounds), walk(guest8, "guest", records, 8, rounds)]
    contestants += [walk(NATIVE, "native", records, 1, rounds)]
    contestants += [walk(PYTHON, "python", records, 1, rounds, most_s=60)]
    marks = ()
    if records <= 100_000:
        contestants += [walk(IDLE, "guest", 1)]
        marks = (pages(GUEST, 0, records), pages(guest8, 8, records))
    title = f"Growth: a walk of {records:,} incidents"
    return Row(f"growth-{records}", title, records, tuple(contestants), marks, runs=runs)


def rows(quick=False):
    """All rows in the order in which they run."""
    if quick:
        lengths = (1_000, 10_000)
        return [walking(2_000), latency(2_000, 5), calling(100), starting(0), connecting(50), *(growing(n, 0) for n in lengths)]
    lengths = ((1_000, 7), (10_000, 7), (100_000, 5), (1_000_000, 3))
    plain = [walking(10_000), latency(10_000, 50), calling(2_000), starting(15), connecting(1_000)]
    return plain + [growing(*one) for one in lengths]
