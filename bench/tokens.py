"""What it costs to ask for tokens: appends and deliveries a second with one, beside those without.

Two servers on the same core, in turn: what disturbs one disturbs both. The token is for one
project, which takes more than one for all: the log's project has to be looked up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial

from bench.connection import Connection
from bench.crowd import crowd
from bench.requests import create, for_seconds, get, log_path, new_id, post, single
from bench.rounds import PYTHON, Bench, Figure, Rounds
from bench.servers import Server, Timed
from bench.watching import Watchers, await_stream, may_open

PRODUCERS = 50
SECONDS = 2.0
WATCHERS = 1000
LINES = 60

Header = bytes
"""What each request has besides; empty on the server that asks for nothing."""


def measure(bench: Bench, *, watchers: int = WATCHERS) -> Iterator[Figure]:
    appends = f"with a token, to without: {PRODUCERS} producers, one line a request"
    delivered = f"with a token, to without: {watchers:,} watchers, one line a request"
    if not may_open(watchers):
        yield Figure(delivered, "×", (), missing="a higher limit of open files (ulimit -n)")
        return
    with bench.logflume() as plain, _guarded(bench) as (guarded, token):
        found = bench.in_turn(
            {
                "appends": partial(_append, plain, b""),
                "appends, token": partial(_append, guarded, token),
                "deliveries": partial(_deliver, plain, b"", watchers),
                "deliveries, token": partial(_deliver, guarded, token, watchers),
            }
        )
    yield from _both(found, "appends", appends, "appends/s")
    yield from _both(found, "deliveries", delivered, "deliveries/s")


def _both(found: Mapping[str, Rounds], what: str, name: str, unit: str) -> Iterator[Figure]:
    """Rates, and processor time, which what else the machine does disturbs less."""
    plain, token = found[what], found[f"{what}, token"]
    yield token.figure("rate", f"{name}: with", unit)
    yield plain.figure("rate", f"{name}: without", unit)
    yield token.times("rate", plain, name, "≥ 0.97")
    yield token.times("cpu", plain, f"{name}: the server's processor time", "≤ 1.03")


@contextmanager
def _guarded(bench: Bench) -> Iterator[tuple[Server, Header]]:
    """A server that asks for tokens, and one for a single project."""
    with bench.logs() as logs:
        where = ["--data", str(logs), "--require-tokens"]
        with bench.started([*PYTHON, "logflume", "serve", "--port", "0", *where]) as server:
            [first] = re.findall(r"lf_[a-z2-7]+", server.messages)
            yield server, _header(_token(server, _header(first)))


def _token(server: Server, admin: Header) -> str:
    grants = [{"scope": scope, "projects": ["bench"]} for scope in ("read", "write")]
    body = json.dumps({"name": "bench", "grants": grants}).encode()
    with Connection(server.port) as connection:
        answer = connection.ask(_with(post("/v1/tokens", body, "application/json"), admin))
    return str(json.loads(answer.partition(b"\r\n\r\n")[2])["token"])


def _header(secret: str) -> Header:
    return f"\r\nAuthorization: Bearer {secret}".encode()


def _with(request: bytes, header: Header) -> bytes:
    head, end, body = request.partition(b"\r\n\r\n")
    return head + header + end + body


def _new_log(server: Server, header: Header) -> str:
    deployment = new_id()
    with Connection(server.port) as connection:
        connection.ask(_with(create(deployment), header))
    return log_path(deployment)


def _append(server: Server, header: Header) -> tuple[dict[str, float], Timed]:
    request = _with(single(_new_log(server, header)), header)
    with server.timed() as timed:
        waits = crowd(server.port, for_seconds(request, SECONDS), PRODUCERS)
    return {"rate": len(waits) / timed.seconds, "cpu": timed.server_us(len(waits))}, timed


def _deliver(server: Server, header: Header, watchers: int) -> tuple[dict[str, float], Timed]:
    path = _new_log(server, header)
    with ExitStack() as stack:
        connections = [stack.enter_context(Connection(server.port)) for _ in range(watchers)]
        request = get(f"{path}?offset=now&live=sse", "text/event-stream")
        for connection in connections:
            connection.socket.sendall(_with(request, header))
            await_stream(connection)
        producer = stack.enter_context(Connection(server.port))
        crowd_of_them = Watchers(connections)
        with server.timed() as timed:
            crowd_of_them.told(producer, _with(single(path), header), watchers * LINES)
        crowd_of_them.poll.close()
    records = crowd_of_them.records
    return {"rate": records / timed.seconds, "cpu": timed.server_us(records)}, timed
