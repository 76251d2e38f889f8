"""A stalled watcher: what the others of its log notice of it, and what the server spends on it.

It asked for the stream and reads nothing, and its kernel takes as little as it may. Latency: the
times of all receipts of a thousand watchers, of lines that come fifty a second. Memory: a flood
goes through a log, with and without stalled watchers; many of them, so that what one costs is not
lost in what a flood costs anyway. Afterwards one of them reads on, and has to get every line.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import cycle, islice
from pathlib import Path

from bench.connection import Connection
from bench.receipts import Receipts, await_beginning
from bench.requests import BATCH_BYTES, batches, get, lines_a_batch, new_log, single
from bench.rounds import Bench, Figure, Rounds, percentile
from bench.servers import Server, Timed
from bench.watching import RECORD, follow, may_open

WATCHERS = 1000
LINES_A_SECOND = 50
LINES = 150
LINES_IN_TURN = 10
WARM_UP_LINES = 25

STALLING_BYTES = 2 * 1024 * 1024
"""Go through the log before the time is taken: more than a kernel buffers for a reader who has
taken nothing, so the watcher has stalled when the others come."""

STALLED = 100
FLOOD_BYTES = 64 * 1024 * 1024
LINE_BYTES = 64

RECEIVE_BYTES = 1
"""The kernel makes of it the smallest buffer that it has."""

READ_BYTES = 1024 * 1024

CUT_BYTES = 4096
"""The end of what came, in which the last record begins."""

_NUMBER = re.compile(rb'{"n":([0-9]+),')
_QUEUES = re.compile(r"^ *\d+: \S+:([0-9A-F]{4}) \S+ 01 ([0-9A-F]{8}):", re.MULTILINE)
"""A connection's local port and the bytes that it still has to send, in /proc/net/tcp."""


def measure(
    bench: Bench,
    *,
    watchers: int = WATCHERS,
    lines: int = LINES,
    stalled: int = STALLED,
    flood_bytes: int = FLOOD_BYTES,
) -> Iterator[Figure]:
    yield from _latencies(bench, watchers, lines)
    runs = {count: partial(_flooded, bench, count, flood_bytes) for count in (0, stalled)}
    rounds = bench.in_turn(runs)
    yield from _memory(rounds[0], rounds[stalled], stalled, flood_bytes)


def _latencies(bench: Bench, watchers: int, lines: int) -> Iterator[Figure]:
    name = f"{watchers:,} watchers, {LINES_A_SECOND} lines/s"
    if not may_open(watchers * 3):
        missing = "a higher limit of open files (ulimit -n)"
        yield Figure(f"{name}: p99 with a stalled one, to that without", "×", (), missing=missing)
        return
    alone, beside, nothing = Rounds(), Rounds(), Rounds()
    with bench.logflume() as one, bench.logflume() as other, bench.nothing() as third:
        for _ in range(bench.rounds):
            sides = [(alone, one, 0), (beside, other, 1), (nothing, third, 0)]
            _take_round(sides, watchers, lines)
    for percent in ("p50", "p99"):
        yield alone.figure(percent, f"{name}: {percent}", "ms", beside=nothing)
        yield beside.figure(percent, f"{name}, and a stalled one: {percent}", "ms")
        title = f"{name}: {percent} with a stalled one, to that without"
        yield beside.times(percent, alone, title, "about 1")


Side = tuple[Rounds, Server, int]
"""A server, how many of its watchers stall, and what comes of it."""


def _take_round(sides: Sequence[Side], watchers: int, lines: int) -> None:
    """A few lines to each server in turn, again and again: what disturbs one disturbs all."""
    with ExitStack() as stack:
        audiences = [_audience(stack, server, watchers, stalled) for _, server, stalled in sides]
        timed: list[list[Timed]] = [[] for _ in sides]
        for _ in range(lines // LINES_IN_TURN):
            for (_, server, _), receipts, times in zip(sides, audiences, timed, strict=True):
                with server.timed() as part:
                    receipts.run(LINES_IN_TURN)
                times.append(part)
        for (rounds, server, stalled), receipts, times in zip(sides, audiences, timed, strict=True):
            assert not stalled or _waiting_bytes(server.port), "it stalls no longer"
            waits = receipts.waits
            assert len(waits) == watchers * len(times) * LINES_IN_TURN, "a line was lost"
            percents = {f"p{one}": percentile(waits, one) * 1000 for one in (50, 99)}
            rounds.take(percents, _joined(times))


def _audience(stack: ExitStack, server: Server, watchers: int, stalled: int) -> Receipts:
    """So many watchers of a new log, beside so many that have stalled."""
    path = new_log(server.port)
    producer = stack.enter_context(Connection(server.port))
    for _ in range(stalled):
        stack.enter_context(_stalled(server.port, path))
        _flood(producer, path, STALLING_BYTES)
    connections = [stack.enter_context(Connection(server.port)) for _ in range(watchers)]
    for connection in connections:
        follow(connection, path)
    receipts = Receipts(connections, producer, single(path), 1 / LINES_A_SECOND)
    stack.callback(receipts.poll.close)
    receipts.run(WARM_UP_LINES)
    receipts.waits.clear()
    return receipts


def _joined(parts: Sequence[Timed]) -> Timed:
    """As if they had been one."""
    seconds = sum(part.seconds for part in parts)
    server = sum(part.server_cpu * part.seconds for part in parts)
    load = sum(part.load_cpu * part.seconds for part in parts)
    return Timed(seconds, server / seconds, load / seconds)


def _memory(without: Rounds, with_them: Rounds, stalled: int, flood_bytes: int) -> Iterator[Figure]:
    pairs = zip(with_them.values["growth"], without.values["growth"], strict=True)
    each = tuple((mine - other) / stalled / 1024 for mine, other in pairs)
    name = f"a stalled watcher, while {flood_bytes // 2**20} MB go through its log"
    yield Figure(f"{name}: the server's memory", "KiB/watcher", each, "≤ 1,024")
    yield with_them.figure("kernel", f"{name}: waiting in the kernel", "KiB/watcher")


def _flooded(bench: Bench, stalled: int, flood_bytes: int) -> tuple[dict[str, float], Timed]:
    with bench.logflume() as server, ExitStack() as stack:
        path = new_log(server.port)
        producer = stack.enter_context(Connection(server.port))
        _flood(producer, path, BATCH_BYTES)
        watchers = [stack.enter_context(_stalled(server.port, path)) for _ in range(stalled)]
        before = server.rss_bytes()
        server.reset_peak()
        with server.timed() as timed:
            lines = _flood(producer, path, flood_bytes)
        growth = server.peak_bytes() - before
        waiting = _waiting_bytes(server.port) / max(stalled, 1) / 1024
        if watchers:
            last = lines + lines_a_batch(LINE_BYTES)
            assert _read_on(watchers[0], lines) == (lines, last), "a line was lost or repeated"
    return {"growth": growth, "kernel": waiting}, timed


def _stalled(port: int, path: str) -> socket.socket:
    """A watcher of what comes from now on, which has the beginning of the answer and reads no
    further."""
    watcher = socket.socket()
    watcher.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
    watcher.settimeout(60)
    watcher.connect(("127.0.0.1", port))
    watcher.sendall(get(f"{path}?offset=now&live=sse", "text/event-stream"))
    await_beginning(watcher)
    return watcher


def _flood(producer: Connection, path: str, size: int) -> int:
    """So many bytes of text; how many lines they were."""
    requests = size // BATCH_BYTES
    for request in islice(cycle(batches(path, LINE_BYTES)), requests):
        producer.ask(request)
    return requests * lines_a_batch(LINE_BYTES)


def _waiting_bytes(port: int) -> int:
    """What the kernel holds for readers who do not take it."""
    found = _QUEUES.findall(Path("/proc/net/tcp").read_text())
    return sum(int(waiting, 16) for local, waiting in found if int(local, 16) == port)


def _read_on(watcher: socket.socket, lines: int) -> tuple[int, int]:
    """Take what comes until that are so many lines; how many there were, and the last one's
    number."""
    watcher.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, READ_BYTES)
    records, cut = 0, b""
    while records < lines:
        piece = watcher.recv(READ_BYTES)
        if not piece:
            raise ConnectionResetError("the server closed the stream")
        piece = cut + piece
        records += piece.count(RECORD) - cut.count(RECORD)
        cut = piece[-CUT_BYTES:]
    numbers = _NUMBER.findall(cut)
    return records, int(numbers[-1])
