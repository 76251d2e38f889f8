"""Paging: a page of a thousand lines takes the same time wherever it lies and however long the log.

Short and long log are asked in turn, on one connection, so that what disturbs one disturbs both.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from bench.connection import Connection
from bench.history import built
from bench.requests import get
from bench.rounds import Bench, Figure, percentile
from bench.servers import Server, Timed

PAGE = 1000
SHORT, LONG = 1000, 1_000_000
REPEATS = 60


def measure(bench: Bench) -> Iterator[Figure]:
    with bench.logflume() as server:
        requests = {}
        for lines in (SHORT, LONG):
            path = built(server, lines).path
            for place, query in _places(server, path, lines):
                requests[f"{place}, log of {lines:,}"] = get(f"{path}?{query}")
        rounds = bench.rounds_of(server, lambda server: _run(server, requests))
    for name in requests:
        yield rounds.figure(name, f"a page of {PAGE:,}: {name}", "ms", "the same for all")


def _places(server: Server, path: str, lines: int) -> Iterator[tuple[str, str]]:
    """A page at the tail, and at the start, the middle and the end of a log."""
    with Connection(server.port) as connection:
        head = connection.ask(get(f"{path}?limit=1")).lower()
    epoch = head.partition(b"stream-start-offset: ")[2].partition(b"_")[0].decode()
    yield f"tail={PAGE}", f"tail={PAGE}"
    yield "start", f"offset=-1&limit={PAGE}"
    if lines > PAGE:
        yield "middle", f"offset={epoch}_{lines // 2:016d}&limit={PAGE}"
        yield "end", f"before={epoch}_{lines:016d}&limit={PAGE}"


def _run(server: Server, requests: dict[str, bytes]) -> tuple[dict[str, float], Timed]:
    waits: dict[str, list[float]] = {name: [] for name in requests}
    with Connection(server.port) as reader, server.timed() as timed:
        for _ in range(REPEATS):
            for name, request in requests.items():
                sent = time.perf_counter()
                page = reader.ask(request)
                waits[name].append(time.perf_counter() - sent)
                assert page.count(b'{"n":') == PAGE
    return {name: percentile(times, 50) * 1000 for name, times in waits.items()}, timed
