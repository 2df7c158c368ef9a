"""The rows: who does what against which server, and the marks that are held against what comes out.

Rule: a row is data. Its contestants do the same work in the same run, and a mark is one number with one bound."""

from dataclasses import dataclass, field

from figures import Verdict, floor_ms, holds, kept, ratio, spread

GUEST, NATIVE, PYTHON, JS, SINGER = "guest", "native", "Python client", "JavaScript client", "Singer tap"
IDLE = "idle guest"
SCAN, STORE, POLICY, CODIFY = "scan", "store", "policy", "codify"
DRIFT = "drift"
PROGRAMS = {
    "guest": ("target/release/bench-guest",),
    "native": ("target/release/bench-native",),
    "python": ("target/bench/python/bin/python", "bench/peers/pd_python.py"),
    "js": ("node", "bench/peers/pd_js.mjs"),
    "scan": ("target/release/bench-scan",),
    "store": ("target/release/bench-store",),
    "policy": ("target/release/bench-policy",),
    "codify": ("target/release/bench-codify",),
    "singer": ("target/bench/singer/bin/python", "bench/peers/pd_singer.py"),
}
# As many services as bench/src/bin/bench-server.rs has: three pages.
SERVICES = 298
# What bench/src/copies.rs has once, and in each copy.
ONCE, EACH = 297, 698
# Assets of a step of a scan of 100,000, on the average: 444 steps.
SLICE = 225
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
    """`incidents`: or assets, where the row is of an account. `server`: words for the server. `columns`: what the table
    tells beside times, memory and requests. `whole`: the figures are those of the process, from its start to its end, and not those it prints of itself.
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
    server: tuple = ()
    columns: tuple = ()


# What is computed of a round's figures.
DERIVED = {
    "assets_s": lambda figures: figures["records"] / figures["wall_ms"] * 1e3,
    "rules_s": lambda figures: figures["asset_rules"] / figures["wall_ms"] * 1e3,
    "wall_us": lambda figures: figures["wall_ms"] / figures["records"] * 1e3,
    "slice": lambda figures: figures["records"] / figures["steps"],
}


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
        if metric == "answering_ms":
            return [run["answering_ms"] / len(run["rounds"]) for run in self.runs[label]]
        one = next(one for one in self.row.contestants if one.label == label)
        if metric == "per_thousand":
            return [1e3 * requests / one.records for requests in self.values(label, "requests")]
        warm, get = one.warm, DERIVED.get(metric, lambda figures: figures[metric])
        return [spread([get(figures) for figures in kept(run["rounds"], warm)]).median for run in self.runs[label]]


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


def waiting(label):
    """The mark that a scan takes no longer than the server takes for its answers, one after the other."""

    def value(measured):
        found = ratio(measured.values(label, "wall_ms"), measured.values(label, "answering_ms"))
        return found.of_medians, found.paired

    return Mark(f"wall: {label} / its answers, one after the other", "<= 1", value)


def most(label, metric, what, bound, unit, by=1.0):
    """The mark on a number of one contestant: the most that a run came to where it is to be small, else the median."""

    def value(measured):
        found = [value * by for value in measured.values(label, metric)]
        return (max(found) if bound.startswith("<=") else spread(found).median), None

    return Mark(f"{what}: {label}", bound, value, unit=unit)


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


def account(assets):
    """Words for a server with an account of exactly so many assets, 995 at least."""
    copies = (assets - ONCE) // EACH
    return ("--copies", str(copies), "--more", str(assets - ONCE - EACH * copies))


def inventory(label, workload, assets, rounds=2):
    """A contestant that takes in, or judges, so many assets; with two rounds and more the first one warms up."""
    options = ("--rounds", str(rounds))
    if label != SCAN:
        options += ("--assets", str(assets))
    if label == STORE:
        options += ("--slice", str(SLICE))
    return Contestant(label, CODIFY if label == DRIFT else label, workload, assets, options, int(rounds > 1))


def scanning(assets, latency_ms, runs):
    memory = most(SCAN, "guest_kb", "memory of the guest", "<= 64", "MiB", 1 / 1024)
    title = f"Scan of an account of {assets:,} assets into SQLite, {latency_ms} ms per answer"
    columns = ("guest_kb", "answering_ms", "per_thousand", "slice")
    one, server = inventory(SCAN, "scan", assets, 1), account(assets)
    return Row("scan", title, assets, (one,), (waiting(SCAN), memory), latency_ms, runs, server=server, columns=columns)


def storing(assets):
    marks = (most(STORE, "assets_s", "assets stored a second", ">= 20000", "assets/s"),)
    title = f"A first scan of {assets:,} assets stored in SQLite, {SLICE} a step"
    return Row("store", title, assets, (inventory(STORE, "first", assets),), marks, columns=("assets_s",))


def judging(assets):
    marks = (most(POLICY, "rules_s", "rules on assets a second", ">= 20000", "asset-rules/s"),)
    title = f"The built-in rules on {assets:,} assets"
    return Row("policy", title, assets, (inventory(POLICY, "check", assets),), marks, columns=("asset_rules", "rules_s"))


def coding(assets):
    marks = tuple(most(who, "wall_ms", f"{who} of {assets:,} assets", "<= 1", "s", 1 / 1000) for who in (CODIFY, DRIFT))
    title = f"An inventory of {assets:,} assets as code, and held against a state"
    return Row("codify", title, assets, (inventory(CODIFY, "codify", assets), inventory(DRIFT, "drift", assets)), marks)


def growing_inventory(assets, runs):
    """One size of the inventory's growth. PagerDuty's lists end at 10,000 records, so no scan is larger than what they hold."""
    rounds = 2 if assets <= 10_000 else 1
    contestants = [inventory(STORE, "first", assets, rounds), inventory(POLICY, "check", assets, rounds)]
    server = ()
    if assets <= 100_000:
        contestants.insert(0, inventory(SCAN, "scan", assets, rounds))
        contestants += [inventory(CODIFY, "codify", assets, rounds), inventory(DRIFT, "drift", assets, rounds)]
        server = account(assets)
    title = f"Growth: an inventory of {assets:,} assets"
    return Row(f"assets-{assets}", title, assets, tuple(contestants), runs=runs, server=server)


def rows(quick=False):
    """All rows in the order in which they run."""
    if quick:
        lengths = (1_000, 10_000)
        plain = [walking(2_000), latency(2_000, 5), calling(100), starting(0), connecting(50)]
        plain += [scanning(2_000, 1, 0), storing(2_000), judging(2_000), coding(2_000)]
        return plain + [growing(n, 0) for n in lengths] + [growing_inventory(n, 0) for n in (1_000, 2_000)]
    lengths = ((1_000, 7), (10_000, 7), (100_000, 5), (1_000_000, 3))
    plain = [walking(10_000), latency(10_000, 50), calling(2_000), starting(15), connecting(1_000)]
    plain += [scanning(100_000, 5, 3), storing(100_000), judging(100_000), coding(10_000)]
    sizes = ((1_000, 7), (10_000, 7), (100_000, 3), (1_000_000, 3))
    return plain + [growing(*one) for one in lengths] + [growing_inventory(*one) for one in sizes]
