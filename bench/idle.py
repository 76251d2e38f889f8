"""Idle: what ten thousand logs that nobody reads or writes cost in memory and processor time.

Right after they were made the server still holds what its bounded caches keep of the latest logs;
after a restart only what it must.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from bench.crowd import crowd
from bench.requests import create, log_path, new_id, single
from bench.rounds import Bench, Figure
from bench.servers import Server

LOGS = 10_000
CONNECTIONS = 50
SECONDS = 10.0

SETTLE_SECONDS = 1.0
"""After this what was begun before has ended."""

MIB = 2**20


def measure(bench: Bench) -> Iterator[Figure]:
    some = f"with {LOGS:,} idle logs"
    with bench.logs() as logs:
        with bench.logflume(logs) as server:
            none_bytes, none_busy = _memory(server), _busy(server)
            _fill(server)
            made_bytes, made_busy = _memory(server), _busy(server)
        with bench.logflume(logs) as server:
            again_bytes = _memory(server)
    yield Figure("idle, no logs: memory", "MiB", (none_bytes / MIB,))
    yield Figure(f"idle, {some}, just made: memory", "MiB", (made_bytes / MIB,))
    yield Figure(f"idle, {some}, after a restart: memory", "MiB", (again_bytes / MIB,))
    more = (made_bytes - none_bytes) / LOGS
    yield Figure(f"idle, {some}, just made: memory a log", "bytes", (more,))
    more = (again_bytes - none_bytes) / LOGS
    yield Figure(f"idle, {some}, after a restart: memory a log", "bytes", (more,), "about 0")
    yield Figure("idle, no logs: processor", "ms/s", (none_busy,))
    yield Figure(f"idle, {some}: processor", "ms/s", (made_busy,), "as with none")


def _fill(server: Server) -> None:
    ids = [new_id() for _ in range(LOGS)]
    crowd(server.port, (create(one) for one in ids), CONNECTIONS)
    crowd(server.port, (single(log_path(one)) for one in ids), CONNECTIONS)


def _memory(server: Server) -> int:
    time.sleep(SETTLE_SECONDS)
    return server.rss_bytes()


def _busy(server: Server) -> float:
    """Milliseconds of processor time in each second of doing nothing."""
    with server.timed() as timed:
        time.sleep(SECONDS)
    return timed.server_cpu * 1000
