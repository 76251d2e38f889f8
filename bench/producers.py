"""Fifty producers of one line a request to one log: what group commit makes of them."""

from __future__ import annotations

from collections.abc import Iterator

from bench.crowd import crowd
from bench.requests import for_seconds, new_log, single
from bench.rounds import Bench, Figure, percentile
from bench.servers import Server, Timed

PRODUCERS = 50
SECONDS = 3.0


def measure(bench: Bench) -> Iterator[Figure]:
    real, nothing = bench.both(_run)
    name = f"ingest, {PRODUCERS} producers, one line a request"
    yield real.figure("appends", name, "appends/s", "≥ 20,000", beside=nothing)
    yield real.figure("p50", f"{name}: answer p50", "ms", beside=nothing)
    yield real.figure("p99", f"{name}: answer p99", "ms", "≤ 10", beside=nothing)


def _run(server: Server) -> tuple[dict[str, float], Timed]:
    requests = for_seconds(single(new_log(server.port)), SECONDS)
    with server.timed() as timed:
        waits = crowd(server.port, requests, PRODUCERS)
    return {
        "appends": len(waits) / timed.seconds,
        "p50": percentile(waits, 50) * 1000,
        "p99": percentile(waits, 99) * 1000,
    }, timed
