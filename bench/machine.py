"""What the figures depend on, in words that name no host and no place on it."""

from __future__ import annotations

import os
import platform
import re
import shutil
import statistics
import subprocess
import time
from pathlib import Path

import apsw

from bench.rounds import Cores

SYNCS = 200
SYNC_BYTES = 4096


def describe(folder: Path, cores: Cores) -> dict[str, str]:
    """The machine, by what to call each property. `folder` is where the logs will be kept."""
    return {
        "processor": f"{_processor()}, {len(os.sched_getaffinity(0))} usable",
        "cores used": _use(cores),
        "load average before": f"{os.getloadavg()[0]:.1f} (what others did; 0 is quiet)",
        "kernel": f"{platform.system()} {platform.release().split('-')[0]}",
        "Python": platform.python_version(),
        "Node": _node(),
        "SQLite": apsw.sqlite_lib_version(),
        "file system of the logs": _file_system(folder),
        "fdatasync of 4 KiB there": f"{_sync_ms(folder):.2f} ms (median of {SYNCS})",
    }


def _processor() -> str:
    text = Path("/proc/cpuinfo").read_text()
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def _use(cores: Cores) -> str:
    if cores.shared:
        return "server and load share the only one: all figures are lower than they could be"
    if cores.siblings:
        return "one for the server, one for the load: two hardware threads of the same core"
    return "one for the server, another for the load"


def _node() -> str:
    """Its version; a peer of long polling needs it."""
    path = shutil.which("node")
    if path is None:
        return "MISSING, so long polling stands beside no peer"
    found = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
    return found.stdout.strip().removeprefix("v")


def _file_system(folder: Path) -> str:
    """Its type, by the longest mount point above `folder`."""
    place, found, longest = folder.resolve(), "unknown", -1
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, point, kind = line.split()[:3]
        if place.is_relative_to(point) and len(point) >= longest:
            found, longest = kind, len(point)
    return f"{found}: NOT A DISK, nothing is durable" if found in ("tmpfs", "ramfs") else found


def _sync_ms(folder: Path) -> float:
    times = []
    path = folder / "sync"
    with path.open("wb", buffering=0) as file:
        for _ in range(SYNCS):
            file.write(bytes(SYNC_BYTES))
            started = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - started)
    path.unlink()
    return statistics.median(times) * 1000
