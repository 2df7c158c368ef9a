"""What the figures were measured on and with.

Rule: facts that bear on the figures, none that name the machine or whoever uses it."""

import hashlib
import os
import platform
import re
import subprocess
from pathlib import Path

PACKAGES = {"python": ("pagerduty", "httpx2"), "singer": ("bmaquet-tap-pagerduty", "singer-python", "requests")}


def said(*words):
    """The first line that a program prints, or `unknown`."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return (done.stdout.strip().splitlines() or ["unknown"])[0]


def fact(path, pattern):
    """What a pattern finds in a file, or `unknown`."""
    try:
        found = re.search(pattern, Path(path).read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return found[1].strip() if found else "unknown"


def machine():
    """Processor, cores, memory, system, and how busy it was before anything was measured."""
    memory = fact("/proc/meminfo", r"^MemTotal:\s+(\d+) kB")
    return {
        "processor": fact("/proc/cpuinfo", r"^model name\s*:\s*(.+)$"),
        "cores": len(os.sched_getaffinity(0)),
        "memory": f"{int(memory) / 1024**2:.0f} GiB" if memory.isdigit() else memory,
        "load before": f"{os.getloadavg()[0]:.2f}",
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}, {' '.join(platform.libc_ver())}",
    }


def installed(environment, package):
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    return said(f"target/bench/{environment}/bin/python", "-c", code)


def versions():
    """Of compilers, engines and contestants, and which component it was."""
    lock = Path("host-test/clients/package-lock.json")
    found = {
        "rustc": said("rustc", "--version"),
        "wasmtime": fact("Cargo.lock", r'^name = "wasmtime"\nversion = "(.+)"$'),
        "python": said("target/bench/python/bin/python", "--version"),
        "node": said("node", "--version"),
        "@pagerduty/pdjs": fact(lock, r'"node_modules/@pagerduty/pdjs": \{\s+"version": "(.+)"'),
    }
    found |= {package: installed(where, package) for where, packages in PACKAGES.items() for package in packages}
    component = Path("target/pagerduty.wasm")
    if component.exists():
        code = component.read_bytes()
        found["pagerduty.wasm"] = f"{len(code):,} bytes, SHA-256 {hashlib.sha256(code).hexdigest()[:16]}"
    return found


def revision():
    """The commit, and whether anything differs from it that the figures depend on."""
    commit = said("git", "rev-parse", "--short=12", "HEAD")
    # What a run writes itself does not count.
    but = [":!BENCHMARKS.md", ":!bench/results.json", ":!bench/growth.svg"]
    changed = said("git", "status", "--porcelain", "--", ".", *but)
    return commit if changed == "unknown" else f"{commit}, with changes"
