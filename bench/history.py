"""History: a whole log in one GET, as fast as it comes; and how much memory that takes the server.

The reader is a socket that fills the same buffer again and again and looks at nothing. The server
is started anew for each form, so that no memory left over from before hides what reading takes.
Beside it, round by round, nginx serves the same bytes as a file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice, repeat
from pathlib import Path

from bench.connection import Connection, refuse_failure
from bench.crowd import crowd
from bench.nginx import nginx
from bench.requests import batches, get, lines, lines_a_batch, new_log, single
from bench.returning import body_of
from bench.rounds import PYTHON, Bench, Figure, Rounds, Run
from bench.servers import Server, Timed

LINES = 1_000_000
LINE_BYTES = 64
SINGLE_LINES = 100_000
PRODUCERS = 8
"""Who send the single lines: more than one, or it would take half a minute."""

READ_BYTES = 1024 * 1024
NDJSON = "application/x-ndjson"
FORMS = {"JSON array": "application/json", "text": "text/plain"}
FILE = "history.ndjson"
TO_NGINX = "≥ 0.4"
MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Log:
    path: str
    ndjson_bytes: int


def measure(bench: Bench, *, count: int = LINES, singles: int = SINGLE_LINES) -> Iterator[Figure]:
    with bench.logs() as logs:
        with bench.logflume(logs) as server:
            log = built(server, count)
        name = f"history, {count:,} lines"
        yield from beside_nginx(bench, logs, log, f"{name}, NDJSON")
        for form, accept in FORMS.items():
            with bench.logflume(logs) as server:
                real = bench.rounds_of(server, _run_of(log, accept))
            yield from _figures(bench, real, log, accept, f"{name}, {form}")
    yield from _of_single_lines(bench, singles)


def beside_nginx(bench: Bench, logs: Path, log: Log, name: str) -> Iterator[Figure]:
    """Logflume and nginx in turn, both with the bytes in the kernel's memory."""
    with ExitStack() as stack:
        server = stack.enter_context(bench.logflume(logs))
        runs = {"": partial(_run_of(log, NDJSON), server)}
        if nginx():
            folder = stack.enter_context(bench.logs())
            _save(server, log, folder / FILE)
            peer = stack.enter_context(bench.started([*PYTHON, "bench.nginx", str(folder)]))
            runs["nginx"] = partial(_run_of(Log(f"/{FILE}", log.ndjson_bytes), NDJSON), peer)
        rounds = bench.in_turn(runs)
    yield from _figures(bench, rounds[""], log, NDJSON, name)
    if "nginx" in rounds:
        yield rounds["nginx"].figure("speed", f"{name}: nginx, the same bytes as a file", "MB/s")
        yield rounds[""].times("speed", rounds["nginx"], f"{name}: Logflume to nginx", TO_NGINX)
    else:
        yield Figure(f"{name}: Logflume to nginx", "×", (), TO_NGINX, missing="install nginx")


def _figures(bench: Bench, real: Rounds, log: Log, accept: str, name: str) -> Iterator[Figure]:
    with bench.nothing() as server:
        nothing = bench.rounds_of(server, _run_of(log, accept))
    yield real.figure("speed", name, "MB/s", beside=nothing)
    yield real.figure("growth", f"{name}: server's memory grows by", "MiB", "< 32")


def _save(server: Server, log: Log, path: Path) -> None:
    """The history as a file."""
    with Connection(server.port) as reader:
        path.write_bytes(body_of(reader.ask(get(log.path, NDJSON))))
    assert path.stat().st_size == log.ndjson_bytes, "history was cut off"


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


def _of_single_lines(bench: Bench, count: int) -> Iterator[Figure]:
    with bench.logs() as logs:
        with bench.logflume(logs) as server:
            path = new_log(server.port)
            crowd(server.port, repeat(single(path), count), PRODUCERS)
            with Connection(server.port) as connection:
                log = _described(connection, path, count)
        with bench.logflume(logs) as server:
            real = bench.rounds_of(server, _run_of(log, NDJSON))
    name = f"history, {count:,} lines that came one a request, NDJSON"
    yield real.figure("speed", name, "MB/s")


def _run_of(log: Log, accept: str) -> Run:
    def run(server: Server) -> tuple[dict[str, float], Timed]:
        before = server.rss_bytes()
        server.reset_peak()
        with Connection(server.port) as reader, server.timed() as timed:
            received = _discard(reader, get(log.path, accept, close=True))
        assert accept != NDJSON or received >= log.ndjson_bytes, "history was cut off"
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
