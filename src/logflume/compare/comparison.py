"""The order of things: each pattern by itself, on a server that has just started, part by part."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from logflume import __version__
from logflume.compare.buffering import behind_a_buffer
from logflume.compare.cuts import cut_live, cut_once
from logflume.compare.deliveries import live, once
from logflume.compare.figures import Comparison, Figures
from logflume.compare.limits import Room
from logflume.compare.memory import memory_a_watcher
from logflume.compare.plan import LABELS
from logflume.compare.server import OwnServer, own_server

Tell = Callable[[float, str], None]
"""Is told the share that is done of all, and what is being done."""

STARTED, REMEMBERED, DELIVERED, CUT = 0.1, 0.2, 0.7, 0.9
"""The share of a pattern's time by the end of each part, as it is about with the defaults."""

SYNCS = 20
"""To have a median of: some milliseconds in all."""

NO_KERNEL = "memory and processor time are left out: this system does not tell them in /proc"


async def compare(room: Room, folder: Path, tell: Tell) -> Comparison:
    """Measure, with servers that keep their logs in `folder`. Raises ServerDied, ClientError."""
    plan = room.plan
    said = {"watchers": plan.watchers, "lines": plan.lines, "lines_a_second": plan.lines_a_second}
    comparison = Comparison(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", machine(folder), said)
    comparison.left_out += room.left_out
    for number, pattern in enumerate(plan.patterns):
        place = folder / pattern
        place.mkdir()

        def part(done: float, what: str, number: int = number, name: str = pattern) -> None:
            tell((number + done) / len(plan.patterns), f"{LABELS[name]}: {what}")

        part(0.0, "a server starts")
        async with own_server(place) as server:
            measuring = _measure(pattern, room, server, part)
            comparison.figures.append(await server.unless_it_dies(measuring))
            if server.memory_bytes() is None and NO_KERNEL not in comparison.left_out:
                comparison.left_out.append(NO_KERNEL)
    tell(1.0, "")
    return comparison


async def _measure(pattern: str, room: Room, server: OwnServer, part: Tell) -> Figures:
    plan = room.plan
    part(STARTED, "memory")
    memory = None
    if room.memory:
        memory = await memory_a_watcher(pattern, plan, server, room.memory)
    if pattern == "history":
        part(REMEMBERED, "deliveries")
        deliveries = await once(plan, server)
        part(DELIVERED, "cut connections")
        cut = await cut_once(plan, server, room.relayed)
    else:
        deliveries = await live(
            pattern,
            plan,
            server,
            lambda done: part(REMEMBERED + done * (DELIVERED - REMEMBERED), "deliveries"),
        )
        part(DELIVERED, "cut connections")
        cut = await cut_live(pattern, plan, server, room.relayed)
    part(CUT, "a buffering proxy")
    behind = await behind_a_buffer(pattern, plan, server, room.relayed)
    return Figures(pattern, deliveries, memory, cut, behind)


def machine(folder: Path) -> dict[str, str]:
    """What the figures depend on, in words that name no host and no place on it."""
    return {
        "Logflume": __version__,
        "Python": platform.python_version(),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "cores": str(os.cpu_count() or "unknown"),
        "load average before": f"{os.getloadavg()[0]:.1f}",
        "a sync of 4 KiB to the disk": f"{_sync_ms(folder):.2f} ms",
    }


def _sync_ms(folder: Path) -> float:
    """How long the disk takes to keep something: each append waits for it. The median."""
    times = []
    with (folder / "sync").open("wb", buffering=0) as file:
        for _ in range(SYNCS):
            file.write(bytes(4096))
            began = time.perf_counter()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


__all__ = ["compare", "machine"]
