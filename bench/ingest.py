"""Ingest: one producer on one kept-alive connection, 64 KB of text a request, each on disk before
it is answered. Lines a second."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import cycle

from bench.connection import Connection
from bench.requests import batches, lines_a_batch, new_log
from bench.rounds import Bench, Figure, Run
from bench.servers import Server, Timed

SECONDS = 3.0
WANTED = {64: "≥ 500,000", 100: ""}
"""By the length of a line, its newline included."""


def measure(bench: Bench) -> Iterator[Figure]:
    for line_bytes, wanted in WANTED.items():
        real, nothing = bench.both(_run_of(line_bytes))
        name = f"ingest, 64 KB a request, lines of {line_bytes} bytes"
        yield real.figure("lines", name, "lines/s", wanted, beside=nothing)
        yield real.figure("wait", f"{name}: answer", "ms", beside=nothing)


def _run_of(line_bytes: int) -> Run:
    def run(server: Server) -> tuple[dict[str, float], Timed]:
        requests = cycle(batches(new_log(server.port), line_bytes))
        with Connection(server.port) as producer:
            producer.ask(next(requests))
            with server.timed() as timed:
                answered = _send(producer, requests)
        lines = answered * lines_a_batch(line_bytes)
        return {"lines": lines / timed.seconds, "wait": timed.seconds / answered * 1000}, timed

    return run


def _send(producer: Connection, requests: Iterator[bytes]) -> int:
    answered = 0
    deadline = time.perf_counter() + SECONDS
    while time.perf_counter() < deadline:
        producer.ask(next(requests))
        answered += 1
    return answered
