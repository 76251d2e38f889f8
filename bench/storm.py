"""A storm: all watchers of a log lose their streams, and come back at once by `Last-Event-ID`.

Each missed the same lines. Time runs from before the first connection is opened until the last
watcher has caught up. What each of them got is compared with the history, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.connection import Connection
from bench.pollers import next_offset
from bench.requests import get, lines, new_log
from bench.returning import Returning, records_of
from bench.rounds import PYTHON, Bench, Figure, Rounds, percentile
from bench.servers import Server, Timed
from bench.watching import RECORD, follow, may_open, read_event

WATCHERS = 5000
MISSED = 1000
LINES_A_REQUEST = 10
LINE_BYTES = 64

SEEN = 10
"""Lines that every watcher has before it loses its stream."""

WANTED = "≤ 6"


@dataclass(frozen=True, slots=True)
class Missed:
    """What every watcher asks for, and the records that it must get."""

    request: bytes
    records: bytes


Calm = Callable[[Bench, int], AbstractContextManager[tuple[Server, Missed]]]
"""A server before the storm, and what was missed: so many lines."""


def measure(bench: Bench, *, watchers: int = WATCHERS, missed: int = MISSED) -> Iterator[Figure]:
    name = f"{watchers:,} watchers come back at once, {missed:,} lines each"
    if not may_open(watchers):
        yield Figure(name, "s", (), WANTED, missing="a higher limit of open files (ulimit -n)")
        return
    with bench.logs() as folder:
        answer = folder / "answer"
        runs = {
            place: partial(_run, partial(calm, bench, missed), watchers, answer)
            for place, calm in PLACES.items()
        }
        rounds = bench.in_turn({**runs, "": partial(_replay, bench, watchers, answer)})
    for place in PLACES:
        yield from _figures(f"{name}, {place}", rounds[place], rounds[""])


def _figures(name: str, found: Rounds, nothing: Rounds) -> Iterator[Figure]:
    yield found.figure("all", f"{name}: all caught up", "s", WANTED, beside=nothing)
    yield found.figure("half", f"{name}: half of them", "s", beside=nothing)
    yield found.figure("cpu", f"{name}: processor", "µs/watcher", beside=nothing)


def _run(
    calm: Callable[[], AbstractContextManager[tuple[Server, Missed]]], watchers: int, answer: Path
) -> tuple[dict[str, float], Timed]:
    """One storm. The answer is kept for the server that does nothing to give."""
    with calm() as (server, missed):
        values, timed, kinds = _storm(server, missed.request, watchers)
    for kind in kinds:
        assert records_of(kind) == missed.records, "a line was lost, repeated or changed"
    answer.write_bytes(kinds[0])
    return values, timed


def _replay(bench: Bench, watchers: int, answer: Path) -> tuple[dict[str, float], Timed]:
    """The same storm on a server that answers everybody with those bytes."""
    with bench.started([*PYTHON, "bench.replay", str(answer)]) as server:
        values, timed, _ = _storm(server, get("/"), watchers)
    return values, timed


def _storm(
    server: Server, request: bytes, watchers: int
) -> tuple[dict[str, float], Timed, list[bytes]]:
    returning = Returning(server.port, request, watchers)
    with server.timed() as timed:
        returning.run()
    returning.close()
    return (
        {
            "all": max(returning.waits),
            "half": percentile(returning.waits, 50),
            "cpu": timed.server_us(watchers),
        },
        timed,
        returning.kinds,
    )


@contextmanager
def _recent(bench: Bench, missed: int) -> Iterator[tuple[Server, Missed]]:
    """One watcher stayed, so that the server has what was missed at hand."""
    with bench.logflume() as server, Connection(server.port) as producer:
        path, place = _begun(producer, server)
        with Connection(server.port) as stayed:
            follow(stayed, path)
            _append(producer, path, missed)
            received = 0
            while received < missed:
                received += read_event(stayed).count(RECORD)
            yield server, _missed(producer, path, place, missed)


@contextmanager
def _restarted(bench: Bench, missed: int) -> Iterator[tuple[Server, Missed]]:
    """The server was started anew: it has nothing but what is stored."""
    with bench.logs() as logs:
        with bench.logflume(logs) as server, Connection(server.port) as producer:
            path, place = _begun(producer, server)
            _append(producer, path, missed)
            found = _missed(producer, path, place, missed)
        with bench.logflume(logs) as server:
            yield server, found


PLACES: dict[str, Calm] = {"the server ran on": _recent, "the server restarted": _restarted}


def _begun(producer: Connection, server: Server) -> tuple[str, bytes]:
    """A log, and the place up to which every watcher has it."""
    path = new_log(server.port)
    return path, next_offset(producer.ask(lines(path, SEEN, LINE_BYTES)))


def _append(producer: Connection, path: str, count: int) -> None:
    request = lines(path, LINES_A_REQUEST, LINE_BYTES)
    for _ in range(count // LINES_A_REQUEST):
        producer.ask(request)


def _missed(connection: Connection, path: str, place: bytes, count: int) -> Missed:
    history = connection.ask(get(f"{path}?offset={place.decode()}", "application/x-ndjson"))
    records = history.partition(b"\r\n\r\n")[2].removesuffix(b"\n").split(b"\n")
    assert len(records) == count, "the history has not all that was missed"
    request = get(f"{path}?offset=now&live=sse", "text/event-stream")
    return Missed(request[:-2] + b"Last-Event-ID: %b\r\n\r\n" % place, b",".join(records))
