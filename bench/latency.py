"""Latency: one line appended, until its one watcher has it; the sync to disk is included.

Only one line is under way at a time, so it is the time of a line that is measured and not that of
a queue. Once each follows on the receipt of the last; once they are paced, and what the machine
needs to wake from idling is part of each. One thread sends and receives, so both times are read
from the same clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from bench.connection import Connection
from bench.requests import new_log, single
from bench.rounds import Bench, Figure, percentile
from bench.servers import Server, Timed
from bench.watching import follow, read_event

LINES_IN_A_ROW = 4000
LINES_PACED = 800
LINES_A_SECOND = 200
WARM_UP = 50

WANTED = {"p50": "≤ 0.4", "p99": "≤ 1.5"}

Way = Callable[[Connection, Connection, bytes], list[float]]
"""How the lines follow one another; the seconds that each took."""


def measure(bench: Bench) -> Iterator[Figure]:
    yield from _figures(bench, "append to receipt, one watcher", _in_a_row, WANTED)
    yield from _figures(bench, f"the same, {LINES_A_SECOND} lines a second", _paced, {})


def _figures(bench: Bench, name: str, way: Way, wanted: Mapping[str, str]) -> Iterator[Figure]:
    real, nothing = bench.both(partial(_run, way))
    for percent in ("p50", "p95", "p99"):
        want = wanted.get(percent, "")
        yield real.figure(percent, f"{name}: {percent}", "ms", want, beside=nothing)


def _run(way: Way, server: Server) -> tuple[dict[str, float], Timed]:
    path = new_log(server.port)
    request = single(path)
    with Connection(server.port) as producer, Connection(server.port) as watcher:
        follow(watcher, path)
        for _ in range(WARM_UP):
            _deliver(producer, watcher, request)
        with server.timed() as timed:
            waits = way(producer, watcher, request)
    return {f"p{percent}": percentile(waits, percent) * 1000 for percent in (50, 95, 99)}, timed


def _in_a_row(producer: Connection, watcher: Connection, request: bytes) -> list[float]:
    return [_deliver(producer, watcher, request) for _ in range(LINES_IN_A_ROW)]


def _paced(producer: Connection, watcher: Connection, request: bytes) -> list[float]:
    waits = []
    due = time.perf_counter()
    for _ in range(LINES_PACED):
        waits.append(_deliver(producer, watcher, request))
        due += 1 / LINES_A_SECOND
        time.sleep(max(0, due - time.perf_counter()))
    return waits


def _deliver(producer: Connection, watcher: Connection, request: bytes) -> float:
    sent = time.perf_counter()
    producer.socket.sendall(request)
    event = read_event(watcher)
    received = time.perf_counter()
    assert event.count(b'{"n":') == 1
    producer.answer()
    return received - sent
