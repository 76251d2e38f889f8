"""Latency: one line appended, until its one watcher has it; the sync to disk is included.

Paced, so that it is the time of one line that is measured and not that of a queue. One thread
sends and receives, so both times are read from the same clock.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from bench.connection import Connection
from bench.requests import new_log, single
from bench.rounds import Bench, Figure, percentile
from bench.servers import Server, Timed
from bench.watching import follow, read_event

LINES = 800
LINES_A_SECOND = 200
WARM_UP = 50


def measure(bench: Bench) -> Iterator[Figure]:
    real, nothing = bench.both(_run)
    name = "append to receipt, one watcher"
    yield real.figure("p50", f"{name}: p50", "ms", "< 0.8", beside=nothing)
    yield real.figure("p95", f"{name}: p95", "ms", beside=nothing)
    yield real.figure("p99", f"{name}: p99", "ms", beside=nothing)


def _run(server: Server) -> tuple[dict[str, float], Timed]:
    path = new_log(server.port)
    request = single(path)
    with Connection(server.port) as producer, Connection(server.port) as watcher:
        follow(watcher, path)
        for _ in range(WARM_UP):
            _deliver(producer, watcher, request)
        with server.timed() as timed:
            waits = _paced(producer, watcher, request)
    return {f"p{percent}": percentile(waits, percent) * 1000 for percent in (50, 95, 99)}, timed


def _paced(producer: Connection, watcher: Connection, request: bytes) -> list[float]:
    waits = []
    due = time.perf_counter()
    for _ in range(LINES):
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
