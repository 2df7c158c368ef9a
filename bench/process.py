"""Processes that are measured: the server, and one contestant at a time.

Rule: the server has one core and the contestant the other, all get the same environment, and a process ends when its
time is up: by a handle that cannot mean another one."""

import http.client
import json
import os
import select
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass

# The same for whoever allocates by the C library: memory of pages of 310 KB is kept, not mapped anew for each, and
# threads share their arenas.
MALLOC = {"MALLOC_ARENA_MAX": "2", "MALLOC_TRIM_THRESHOLD_": "134217728", "MALLOC_MMAP_THRESHOLD_": "33554432"}


def environment():
    """What the processes see: the same for all, and no proxy, key or setting of whoever runs this."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return kept | MALLOC | {"LANG": "C.UTF-8", "PYTHONHASHSEED": "0", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


def pin():
    """Keeps this process, and with it each server, to one core, and answers the other, which is the contestants'. Where
    there are fewer than two nothing is pinned, and the answer is None."""
    mine = sorted(os.sched_getaffinity(0))
    if len(mine) < 2:
        return None
    os.sched_setaffinity(0, {mine[0]})
    return mine[1]


@dataclass
class Ended:
    """How a process ended. Times in milliseconds, of the whole process; `status` is 0 where all went well."""

    wall_ms: float
    cpu_ms: float
    status: int
    out: str
    err: str


def run(words, core, limit_s):
    """Runs a program to its end, at most `limit_s` seconds."""
    before = os.sched_getaffinity(0)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, open(os.devnull, "rb") as nothing:
        files = [(os.POSIX_SPAWN_DUP2, one.fileno(), to) for to, one in enumerate((nothing, out, err))]
        try:
            # A child begins where its parent is.
            if core is not None:
                os.sched_setaffinity(0, {core})
            begun = time.perf_counter()
            child = os.posix_spawnp(words[0], words, environment(), file_actions=files)
        except OSError as why:
            return Ended(0, 0, 1, "", f"{words[0]}: {why}")
        finally:
            os.sched_setaffinity(0, before)
        late = not wait(child, limit_s)
        wall = time.perf_counter() - begun
        _, status, used = os.wait4(child, 0)
        texts = [one.seek(0) or one.read().decode(errors="replace") for one in (out, err)]
    if late:
        texts[1] += f"\nended after {limit_s} s"
    cpu = used.ru_utime + used.ru_stime
    return Ended(wall * 1e3, cpu * 1e3, os.waitstatus_to_exitcode(status), *texts)


def wait(child, limit_s):
    """Waits until a child has ended; one that takes longer is ended. Whether it ended by itself."""
    handle = os.pidfd_open(child)
    try:
        waiting = select.poll()
        waiting.register(handle, select.POLLIN)
        if waiting.poll(limit_s * 1e3):
            return True
        signal.pidfd_send_signal(handle, signal.SIGKILL)
        waiting.poll()
        return False
    finally:
        os.close(handle)


class Server:
    """The benchmarks' server, as long as the block lasts. It begins on the core of whoever starts it, with all its
    threads."""

    def __init__(self, program, row):
        words = [program, "--incidents", str(row.incidents), "--latency-ms", str(row.latency_ms), *row.server]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(words, env=environment(), **pipes)
        self.base = self.process.stdout.readline().strip()
        if not self.base.startswith("http://127.0.0.1:"):
            self.process.kill()
            self.process.wait()
            raise SystemExit(f"{program} printed {self.base!r} where its base URL should stand")

    def told(self):
        """How many requests it answered, not counting this one, and the time from each to its answer, all added up."""
        connection = http.client.HTTPConnection(self.base.removeprefix("http://"), timeout=10)
        try:
            connection.request("GET", "/_requests")
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # It ends with its input.
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
