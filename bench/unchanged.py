"""Short polling of a log that has not grown: 304 for a reader who names what it has, the empty
answer for one who does not. And how often the store is read for either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from pathlib import Path

from bench.connection import Connection
from bench.crowd import crowd
from bench.pollers import next_offset
from bench.requests import get, new_log, single
from bench.rounds import PYTHON, Bench, Figure
from bench.servers import Server, Timed

CONNECTIONS = 20
REQUESTS = 6000
COUNTED_REQUESTS = 1000

_ETAG = re.compile(rb"\r\netag: *([^\r]+)\r\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Polls:
    """A request for what comes after the tail, with and without a word of what the reader has."""

    known: bytes
    unknown: bytes


FORMS: dict[str, Callable[[Polls], bytes]] = {
    "304": lambda polls: polls.known,
    "200 with nothing new": lambda polls: polls.unknown,
}


def measure(bench: Bench) -> Iterator[Figure]:
    with bench.logflume() as server, bench.nothing() as nothing:
        polls = {one.pid: _prepared(one) for one in (server, nothing)}
        runs = {
            (form, one.pid): partial(_run, one, request(polls[one.pid]))
            for form, request in FORMS.items()
            for one in (server, nothing)
        }
        rounds = bench.in_turn(runs)
        for form in FORMS:
            found, beside = rounds[form, server.pid], rounds[form, nothing.pid]
            name = f"short polling, {form}"
            yield found.figure("requests", name, "requests/s", beside=beside)
            yield found.figure("cpu", f"{name}: processor", "µs/request", beside=beside)
    yield from _counted(bench)


def _prepared(server: Server) -> Polls:
    """A log of one line, and the two requests of a reader who has it."""
    path = new_log(server.port)
    with Connection(server.port) as connection:
        stored = connection.ask(single(path))
        unknown = get(f"{path}?offset={next_offset(stored).decode()}")
        etag = _ETAG.search(connection.ask(unknown))
        assert etag is not None, "an answer to a poll has an ETag"
        known = unknown[:-2] + b"If-None-Match: %b\r\n\r\n" % etag[1]
        assert connection.ask(known).startswith(b"HTTP/1.1 304")
    return Polls(known, unknown)


def _run(server: Server, request: bytes) -> tuple[dict[str, float], Timed]:
    with server.timed() as timed:
        crowd(server.port, repeat(request, REQUESTS), CONNECTIONS)
    return {"requests": REQUESTS / timed.seconds, "cpu": timed.server_us(REQUESTS)}, timed


def _counted(bench: Bench) -> Iterator[Figure]:
    """The store's reads, in a server that counts them. The first line's own history shows that it
    does: that is not in memory while nobody follows, so each request for it is a read."""
    with bench.logs() as folder:
        count = folder / "reads"
        command = [*PYTHON, "bench.counted", str(count), str(folder / "logs")]
        with bench.started(command) as server:
            polls = _prepared(server)
            requests = {form: request(polls) for form, request in FORMS.items()}
            requests["the line itself, asked for again"] = _from_start(polls.unknown)
            for form, request in requests.items():
                before = _reads(count)
                crowd(server.port, repeat(request, COUNTED_REQUESTS), 1)
                want = "0" if form == "304" else ""
                reads = (_reads(count) - before) / COUNTED_REQUESTS
                yield Figure(f"short polling, {form}: reads", "reads/request", (reads,), want)


def _from_start(request: bytes) -> bytes:
    return re.sub(rb"offset=[^ ]+", b"offset=-1", request)


def _reads(count: Path) -> int:
    return int(count.read_text() or 0)
