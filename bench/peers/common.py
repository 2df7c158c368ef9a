"""What the Python peers share: the command line of every contestant, the line each prints, and where they may send.

Rule: nothing goes anywhere but to a loopback address, and only the work itself is timed. Little is imported, since the
row `start` measures whole processes."""

import ipaddress
import json
import resource
import sys
import time
from urllib.parse import urlsplit

WORKLOADS = ("walk", "small", "start", "many")
OPTIONS = {"--records": 10_000, "--in-flight": 1, "--calls": 1_000, "--connections": 1_000, "--rounds": 1}
# As bench/src/records.rs makes them: when the first incident was created, and the seconds from one to the next.
BEGINNING, STEP = 1_735_689_600, 30
# Calls that warm a connection up before `small` is measured.
WARM = 10
# As many records as PagerDuty lists at once.
LISTED = 10_000


def loopback(base):
    """Host and port of a base URL, or the end of the program: an address that is not loopback, or is a name, is refused."""
    url = urlsplit(base)
    try:
        sound = url.scheme == "http" and ipaddress.ip_address(url.hostname or "").is_loopback and url.port
    except ValueError:
        sound = False
    if not sound or url.username or url.path.strip("/") or url.query:
        sys.exit(f"{base}: a benchmark sends to loopback alone; give http://127.0.0.1:PORT")
    return url.hostname, url.port


def arguments(words, able):
    """(workload, base URL, options by name) of a command line. `able`: the workloads that this peer can do."""
    usage = f"usage: {'|'.join(WORKLOADS)} BASE [{'] ['.join(f'{name} N' for name in OPTIONS)}]"
    if len(words) < 2 or words[0] not in WORKLOADS:
        sys.exit(usage)
    if words[0] not in able:
        sys.exit(f"{words[0]}: this peer does {', '.join(able)} alone")
    options, rest = dict(OPTIONS), words[2:]
    while rest:
        if rest[0] not in options or len(rest) < 2 or not rest[1].isdigit():
            sys.exit(f"{' '.join(rest[:2])}: not an option with a number\n{usage}")
        options[rest[0]], rest = int(rest[1]), rest[2:]
    return words[0], words[1], {name.strip("-").replace("-", "_"): number for name, number in options.items()}


def moment(number):
    """When the incident with this number was created, as PagerDuty writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(BEGINNING + STEP * number))


def cpu_ms():
    """User and system time of this process so far, all its threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return (used.ru_utime + used.ru_stime) * 1e3


def memory_kb(name):
    """A figure of /proc/self/status; 0 where the system has none."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return next((int(line.split()[1]) for line in status if line.startswith(name)), 0)
    except OSError:
        return 0


def measure(rounds, work, out=sys.stdout):
    """Does the work `rounds` times and prints a line of figures for each. `work` answers (records, bytes, requests)."""
    for _ in range(rounds):
        idle, cpu, wall = memory_kb("VmRSS:"), cpu_ms(), time.perf_counter()
        records, length, requests = work()
        wall, cpu = (time.perf_counter() - wall) * 1e3, cpu_ms() - cpu
        figures = {"records": records, "bytes": length, "requests": requests, "cpu_ms": cpu, "wall_ms": wall}
        figures |= {"rss_kb": memory_kb("VmHWM:"), "idle_kb": idle}
        print(json.dumps(figures), file=out, flush=True)
