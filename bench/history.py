"""History: a whole log in one GET, as fast as it comes; and how much memory that takes the server.

The reader is a socket that fills the same buffer again and again and looks at nothing. The server
is started anew for each form, so that no memory left over from before hides what reading takes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice, repeat

from bench.connection import Connection, refuse_failure
from bench.crowd import crowd
from bench.requests import batches, get, lines, lines_a_batch, new_log, single
from bench.rounds import Bench, Figure, Run
from bench.servers import Server, Timed

LINES = 1_000_000
LINE_BYTES = 64
SINGLE_LINES = 100_000
PRODUCERS = 8
"""Who send the single lines: more than one, or it would take half a minute."""

READ_BYTES = 1024 * 1024
FORMS = {"NDJSON": "application/x-ndjson", "JSON array": "application/json", "text": "text/plain"}
WANTED = {"NDJSON": "≥ 300"}
MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Log:
    path: str
    ndjson_bytes: int


def measure(bench: Bench) -> Iterator[Figure]:
    with bench.logs() as logs:
        with bench.logflume(logs) as server:
            log = built(server, LINES)
        for form, accept in FORMS.items():
            with bench.logflume(logs) as server:
                real = bench.rounds_of(server, _run_of(log, accept))
            with bench.nothing() as server:
                nothing = bench.rounds_of(server, _run_of(log, accept))
            name = f"history, {LINES:,} lines, {form}"
            yield real.figure("speed", name, "MB/s", WANTED.get(form, ""), beside=nothing)
            yield real.figure("growth", f"{name}: server's memory grows by", "MiB", "< 32")
    yield from _of_single_lines(bench)


def built(server: Server, count: int) -> Log:
    """A log of `count` lines, appended by 64 KB a request."""
    path = new_log(server.port)
    whole, rest = divmod(count, lines_a_batch(LINE_BYTES))
    with Connection(server.port) as producer:
        for request in islice(cycle(batches(path, LINE_BYTES)), whole):
            producer.ask(request)
        producer.ask(lines(path, rest, LINE_BYTES))
        return _described(producer, path, count)


def _described(connection: Connection, path: str, count: int) -> Log:
    answer = connection.ask(get(path.removesuffix("/log")))
    deployment = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert deployment["lines"] == count, "the log is not as long as it should be"
    return Log(path, deployment["bytes"])


def _of_single_lines(bench: Bench) -> Iterator[Figure]:
    with bench.logs() as logs:
        with bench.logflume(logs) as server:
            path = new_log(server.port)
            crowd(server.port, repeat(single(path), SINGLE_LINES), PRODUCERS)
            with Connection(server.port) as connection:
                log = _described(connection, path, SINGLE_LINES)
        with bench.logflume(logs) as server:
            real = bench.rounds_of(server, _run_of(log, FORMS["NDJSON"]))
    name = f"history, {SINGLE_LINES:,} lines that came one a request, NDJSON"
    yield real.figure("speed", name, "MB/s")


def _run_of(log: Log, accept: str) -> Run:
    def run(server: Server) -> tuple[dict[str, float], Timed]:
        before = server.rss_bytes()
        server.reset_peak()
        with Connection(server.port) as reader, server.timed() as timed:
            received = _discard(reader, get(log.path, accept, close=True))
        assert accept != FORMS["NDJSON"] or received >= log.ndjson_bytes, "history was cut off"
        growth = (server.peak_bytes() - before) / 2**20
        return {"speed": received / MB / timed.seconds, "growth": growth}, timed

    return run


def _discard(reader: Connection, request: bytes) -> int:
    """Read the answer to its end; how many bytes it had."""
    buffer = bytearray(READ_BYTES)
    reader.socket.sendall(request)
    received = reader.socket.recv_into(buffer)
    refuse_failure(buffer[:received])
    while count := reader.socket.recv_into(buffer):
        received += count
    return received
