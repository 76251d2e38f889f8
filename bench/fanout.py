"""Fan-out: one log, a thousand watchers, one durable line a request. Deliveries a second.

The publisher sends its next line when the last one is acknowledged; the watchers are read on the
same core by the same loop. The server may put several lines into one write, so both are counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from bench.connection import Connection
from bench.requests import new_log, single
from bench.rounds import Bench, Figure
from bench.servers import Server, Timed
from bench.watching import Watchers, follow, may_open

WATCHERS = 1000
LINES = 80


def measure(bench: Bench) -> Iterator[Figure]:
    if not may_open(WATCHERS):
        return
    real, nothing = bench.both(_run)
    name = f"fan-out, {WATCHERS:,} watchers, one line a request"
    yield real.figure("deliveries", name, "deliveries/s", beside=nothing)
    yield real.figure("lines", f"{name}: lines a write", "lines", beside=nothing)


def _run(server: Server) -> tuple[dict[str, float], Timed]:
    path = new_log(server.port)
    with ExitStack() as stack:
        connections = [stack.enter_context(Connection(server.port)) for _ in range(WATCHERS)]
        for connection in connections:
            follow(connection, path)
        producer = stack.enter_context(Connection(server.port))
        watchers = Watchers(connections)
        with server.timed() as timed:
            watchers.told(producer, single(path), WATCHERS * LINES)
        watchers.poll.close()
    assert watchers.records == WATCHERS * LINES, "a line was lost or repeated"
    return {
        "deliveries": watchers.records / timed.seconds,
        "lines": watchers.records / watchers.writes,
    }, timed
