"""Many logs with one watcher each, beside one log with as many: what a delivery costs, and what is
left of a log that was watched once.

Each delivery to a log of its own needs an append of its own, which costs more than the delivery.
So as many appends to logs that nobody watches are measured in turn with them, and taken off. The
store is that in memory: a disk would only make them differ more.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from bench.connection import Connection
from bench.crowd import crowd
from bench.deliveries import deliver
from bench.receipts import await_beginning
from bench.requests import create, get, log_path, new_id, single
from bench.rounds import Bench, Figure
from bench.servers import Server, Timed
from bench.watching import Watchers, may_open

LOGS = 10_000
PRODUCERS = 50

TURNS = 10
"""In which the appends come, some watched and some not: what disturbs one disturbs both."""

DELIVERIES_OF_ONE = 5
"""Lines of the one log: enough to be timed, each to all of the watchers."""

LOST_SECONDS = 30
"""After this long a silence a record is lost; without it the measure would wait for ever."""

SETTLE_SECONDS = 0.5
"""After this what was begun before has ended."""

PARTS = 10
FILLING_PARTS = 5
"""Of the logs, watched one part after the other; the first ones are there to fill the memory."""


def measure(bench: Bench, *, logs: int = LOGS) -> Iterator[Figure]:
    name = f"{logs:,} logs with a watcher each"
    if not may_open(logs):
        missing = "a higher limit of open files (ulimit -n)"
        yield Figure(f"{name}: processor", "µs/delivery", (), missing=missing)
        return
    with bench.logflume(store="memory:") as server:
        paths, others = _made(server, logs), _made(server, logs)
        yield from _memory(server, paths)
        found = bench.rounds_of(server, lambda server: _run(server, paths, others))
    yield found.figure("many", f"{name}: processor", "µs/delivery")
    yield found.figure("one", f"one log with {logs:,} watchers: processor", "µs/delivery")
    yield found.figure("ratio", f"{name}: processor, to one log with {logs:,}", "×", "about 1")
    yield found.figure("append", "an append that nobody watches: processor", "µs/append")


def _made(server: Server, logs: int) -> list[str]:
    """So many logs of one line."""
    ids = [new_id() for _ in range(logs)]
    crowd(server.port, (create(one) for one in ids), PRODUCERS)
    paths = [log_path(one) for one in ids]
    _append(server, paths)
    return paths


def _append(server: Server, paths: list[str]) -> None:
    """A line to each."""
    crowd(server.port, (single(path) for path in paths), PRODUCERS)


def _run(server: Server, paths: list[str], others: list[str]) -> tuple[dict[str, float], Timed]:
    count, lines = len(paths), DELIVERIES_OF_ONE
    step = -(-count // TURNS)
    watched_us = unwatched_us = 0.0
    with _watched(server, paths) as watchers:
        for begin in range(0, count, step):
            with server.timed() as many:
                _append(server, paths[begin : begin + step])
                _receive(watchers, min(begin + step, count))
            with server.timed() as unwatched:
                _append(server, others[begin : begin + step])
            watched_us += many.server_us(1)
            unwatched_us += unwatched.server_us(1)
    the_one = [paths[0]] * count
    with (
        _watched(server, the_one) as watchers,
        Connection(server.port) as producer,
        server.timed() as one,
    ):
        deliver(producer, watchers, count, single(paths[0]), lines)
    append = unwatched_us / count
    of_many = watched_us / count - append
    of_one = (one.server_us(lines) - append) / count
    return {"many": of_many, "one": of_one, "ratio": of_many / of_one, "append": append}, many


@contextmanager
def _watched(server: Server, paths: list[str]) -> Iterator[Watchers]:
    """A watcher of each; afterwards the server knows that they are gone."""
    before = _open_sockets(server)
    with ExitStack() as stack:
        connections = [stack.enter_context(Connection(server.port)) for _ in paths]
        _follow(connections, paths)
        watchers = Watchers(connections)
        yield watchers
        watchers.poll.close()
    while _open_sockets(server) > before:
        time.sleep(0.05)


def _follow(connections: list[Connection], paths: list[str]) -> None:
    """Ask for each, and wait until all streams have begun."""
    for connection, path in zip(connections, paths, strict=True):
        connection.socket.sendall(get(f"{path}?offset=now&live=sse", "text/event-stream"))
    for connection in connections:
        await_beginning(connection.socket)


def _receive(watchers: Watchers, count: int) -> None:
    """Until every line has come; each of them once."""
    while watchers.records < count:
        ready = watchers.poll.poll(LOST_SECONDS)
        assert ready, "a record was lost"
        for number, _ in ready:
            watchers.read(number)
    assert watchers.records == count, "a record was repeated"


def _memory(server: Server, paths: list[str]) -> Iterator[Figure]:
    """What was freed stays with the process, for whoever needs it next. So a part of the logs is
    watched after the other: what the last ones add, after the first ones left, is lost."""
    size = len(paths) // PARTS
    before = _settled(server)
    after: list[int] = []
    for begin in range(0, size * PARTS, size):
        with _watched(server, paths[begin : begin + size]):
            watched = _settled(server)
            if not after:
                yield Figure("a log with a watcher: memory", "bytes", ((watched - before) / size,))
        after.append(_settled(server))
    lost = (after[-1] - after[FILLING_PARTS - 1]) / (size * (PARTS - FILLING_PARTS))
    yield Figure("a log whose watcher has left: memory lost", "bytes", (lost,), "about 0")


def _settled(server: Server) -> int:
    time.sleep(SETTLE_SECONDS)
    return server.rss_bytes()


def _open_sockets(server: Server) -> int:
    """Of its files: it opens others too, a ring of io_uring's with its first crowd."""
    files = Path(f"/proc/{server.pid}/fd").iterdir()
    return sum(_is_socket(file) for file in files)


def _is_socket(file: Path) -> bool:
    with suppress(FileNotFoundError):  # it was closed meanwhile
        return str(file.readlink()).startswith("socket:")
    return False
