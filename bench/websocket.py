"""WebSocket beside SSE: the same log, the same producer, so many watchers of the one and then of
the other. What a delivery costs the server's processor, and how many times as much by WebSocket.

The watchers never have to send anything: a run is over before the server asks whether they live.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial

from bench.connection import END_OF_HEAD, BadAnswer, Connection
from bench.deliveries import deliver
from bench.nothing import ACCEPTED
from bench.requests import new_log, single
from bench.rounds import Bench, Figure
from bench.servers import Server, Timed
from bench.watching import CONTROL, Watchers, follow, may_open

LOADS = (100, 1000)
DELIVERIES = 40_000
WARM_UP_DELIVERIES = 4_000

KEY = base64.b64encode(bytes(16))
ACCEPT = base64.b64encode(hashlib.sha1(KEY + ACCEPTED).digest())  # noqa: S324 -- RFC 6455
READ_BYTES = 64 * 1024

Follow = Callable[[Connection, str], None]


def follow_ws(watcher: Connection, path: str) -> None:
    """Ask for what is appended from now on, and wait until the server has said where it stands."""
    request = (
        f"GET {path}?offset=now&live=ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
        f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY.decode()}\r\n"
    )
    watcher.socket.sendall(request.encode() + b"\r\n")
    started = b""
    while CONTROL not in started:
        piece = watcher.socket.recv(READ_BYTES)
        started += piece
        if not piece or not b"HTTP/1.1 101 ".startswith(started[:13]):
            raise BadAnswer(started[:500].decode("latin-1"))
    if ACCEPT not in started.partition(END_OF_HEAD)[0]:
        raise BadAnswer("the server's key does not belong to ours")


PATTERNS: dict[str, Follow] = {"SSE": follow, "WebSocket": follow_ws}


def measure(bench: Bench) -> Iterator[Figure]:
    if not may_open(max(LOADS)):
        return
    with bench.logflume() as server, bench.nothing() as nothing:
        for watchers in LOADS:
            runs = {
                (pattern, one.pid): partial(_run, one, watchers, follow)
                for one in (server, nothing)
                for pattern, follow in PATTERNS.items()
            }
            rounds = bench.in_turn(runs)
            for pattern in PATTERNS:
                name = f"{watchers:,} watchers by {pattern}: processor"
                found, beside = rounds[pattern, server.pid], rounds[pattern, nothing.pid]
                yield found.figure("cpu", name, "µs/delivery", beside=beside)
            name = f"{watchers:,} watchers: processor of a delivery, WebSocket to SSE"
            ours, theirs = rounds["WebSocket", server.pid], rounds["SSE", server.pid]
            yield ours.times("cpu", theirs, name, "≤ 1.15")


def _run(server: Server, watchers: int, follow: Follow) -> tuple[dict[str, float], Timed]:
    path = new_log(server.port)
    with ExitStack() as stack:
        connections = [stack.enter_context(Connection(server.port)) for _ in range(watchers)]
        for connection in connections:
            follow(connection, path)
        producer = stack.enter_context(Connection(server.port))
        audience = Watchers(connections)
        deliver(producer, audience, watchers, single(path), WARM_UP_DELIVERIES // watchers)
        with server.timed() as timed:
            deliver(producer, audience, watchers, single(path), DELIVERIES // watchers)
        audience.poll.close()
    return {"cpu": timed.server_us(DELIVERIES), "deliveries": DELIVERIES / timed.seconds}, timed
