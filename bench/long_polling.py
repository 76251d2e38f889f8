"""Long polling beside the Durable Streams reference server, which is written for Node.

Both speak the same protocol, so the same bytes are sent to both. All servers run for the whole
measure, the one core theirs in turn: a round is one run against each of them.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from bench.connection import Connection
from bench.deliveries import deliver
from bench.pollers import Pollers, next_offset
from bench.requests import post, put
from bench.rounds import Bench, Figure, Rounds
from bench.servers import Server, Timed
from bench.watching import may_open

PEER = Path(__file__).parent / "node"

LOADS = {
    "200 watchers": (200, False),
    "1,000 watchers": (1000, False),
    "1,000 watchers that send their cursor": (1000, True),
}
"""How many watchers, and whether they send back the cursor that they were given."""

DELIVERIES = 20_000
WARM_UP_DELIVERIES = 5_000
"""Before the time is taken: Node compiles what runs often."""

LINE_BYTES = 64
JSON = "application/json"

MEMORY, SQLITE = "Logflume in memory", "Logflume on disk"
REFERENCE = "Node reference in memory"
NOTHING = "nothing"
WANTED = "≥ 2"


def measure(bench: Bench) -> Iterator[Figure]:
    if not may_open(max(watchers for watchers, _ in LOADS.values())):
        return
    with ExitStack() as stack:
        servers = {
            MEMORY: stack.enter_context(bench.logflume(store="memory:")),
            SQLITE: stack.enter_context(bench.logflume()),
            NOTHING: stack.enter_context(bench.nothing()),
        }
        missing = _missing()
        if not missing:
            command = ["node", str(PEER / "reference.mjs")]
            servers[REFERENCE] = stack.enter_context(bench.started(command))
        for load, (watchers, echo) in LOADS.items():
            runs = {name: partial(_run, one, watchers, echo) for name, one in servers.items()}
            yield from _figures(load, bench.in_turn(runs), missing)


def _missing() -> str:
    """Why there is no reference server to measure, if there is none."""
    if shutil.which("node") is None:
        return "node is not installed"
    if not (PEER / "node_modules").exists():
        return "npm did not install it"
    return ""


def _figures(load: str, rounds: Mapping[str, Rounds], missing: str) -> Iterator[Figure]:
    for server in (MEMORY, SQLITE, REFERENCE):
        name = f"long polling, {load}: {server}"
        if server not in rounds:
            yield Figure(name, "deliveries/s", (), missing=missing)
            continue
        found, nothing = rounds[server], rounds[NOTHING]
        yield found.figure("deliveries", name, "deliveries/s", beside=nothing)
        yield found.figure("cpu", f"{name}: processor", "µs/delivery", beside=nothing)
    deliveries = f"long polling, {load}: deliveries/s, {MEMORY} to {REFERENCE}"
    processor = f"long polling, {load}: processor, {REFERENCE} to {MEMORY}"
    if missing:
        yield Figure(deliveries, "×", (), WANTED, missing=missing)
    else:
        ours, theirs = rounds[MEMORY], rounds[REFERENCE]
        yield ours.times("deliveries", theirs, deliveries, WANTED)
        yield theirs.times("cpu", ours, processor)


def _run(server: Server, watchers: int, echo: bool) -> tuple[dict[str, float], Timed]:
    path = f"/v1/stream/bench-{secrets.token_hex(8)}"
    request = post(path, _record(), JSON)
    with ExitStack() as stack:
        producer = stack.enter_context(Connection(server.port))
        start = next_offset(producer.ask(put(path, JSON)))
        connections = [stack.enter_context(Connection(server.port)) for _ in range(watchers)]
        pollers = Pollers(connections, path, start, echo=echo)
        deliver(producer, pollers, watchers, request, WARM_UP_DELIVERIES // watchers)
        with server.timed() as timed:
            deliver(producer, pollers, watchers, request, DELIVERIES // watchers)
        pollers.poll.close()
    return {
        "deliveries": DELIVERIES / timed.seconds,
        "cpu": timed.server_us(DELIVERIES),
    }, timed


def _record() -> bytes:
    """A line as a deployment's log has it; to these servers it is any JSON."""
    line = {"n": 1, "time": "2026-11-23T15:37:00.123456Z", "stream": "stdout"}
    return json.dumps({**line, "text": "." * LINE_BYTES}, separators=(",", ":")).encode()
