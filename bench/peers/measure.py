"""Fan-out beside other servers, and beside a C program that does nothing but write().

All servers run during the whole measure, the one core theirs in turn; a round is one run of each.
The C program writes the very bytes that Logflume was seen to write, so its figure is what this
machine can do at most; ratios are of one round, for what disturbs one run disturbs the next.
"""

from __future__ import annotations

import statistics
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from bench.peers import build
from bench.peers.brokers import Nchan
from bench.peers.durable import NodeReference
from bench.peers.field import Field
from bench.peers.known import others
from bench.peers.load import deliver, held_bytes
from bench.peers.own import Limit, Logflume, seen_frames
from bench.peers.peer import Missing, Peer
from bench.peers.running import PeerServer
from bench.rounds import Bench, Figure, Rounds, Values
from bench.servers import Timed
from bench.watching import may_open

SECONDS = 1.5
PACED_SECONDS = 3.0
WARM_SECONDS = 0.5
"""Before the time is taken: Node and Go make what runs often faster."""

HELD = (1000, 10_000)
"""Memory a watcher is what a server grows by between these."""
KIB = 1024

OURS, LIMIT, NCHAN, NODE = Logflume.name, Limit.name, Nchan.name, NodeReference().name


@dataclass(frozen=True, slots=True)
class Column:
    """One way of loading the servers."""

    title: str
    watchers: int
    lines: int
    """A request."""
    rate: int = 0
    """Requests a second; 0: each when the last is answered."""

    def run(self, server: PeerServer) -> tuple[Values, Timed]:
        seconds = PACED_SECONDS if self.rate else SECONDS
        return deliver(
            server,
            server.peer.feed(server.port),
            watchers=self.watchers,
            lines=self.lines,
            seconds=seconds,
            warm=WARM_SECONDS,
            rate=self.rate,
        )


ONE = Column("1,000 watchers, one line a request", 1000, 1)
FIFTY = Column("1,000 watchers, 50 lines a request", 1000, 50)
MANY = Column("10,000 watchers, one line a request", 10_000, 1)
FEW = Column("100 watchers, one line a request", 100, 1)
PACED = Column("1,000 watchers, 50 lines a second", 1000, 1, rate=50)
MEMORY = "memory a watcher, 10,000 idle"

Ran = Mapping[str, Rounds]

DELIVERIES = "deliveries"
SPEED = (
    (DELIVERIES, DELIVERIES, "deliveries/s"),
    ("cpu", "processor", "µs/delivery"),
    ("lines", "lines a read", "lines"),
)
"""What each run of a column gives, what it is called, and its unit."""


def measure(bench: Bench) -> Iterator[Figure]:
    """Everything, or one row that says what is missing for it."""
    try:
        build.limit()
        build.load()
    except Missing as error:
        yield Figure("fan-out beside other servers", "", (), missing=str(error))
        return
    if not may_open(HELD[1]):
        yield Figure("fan-out beside other servers", "", (), missing="too few open files")
        return
    with ExitStack() as stack:
        field = Field(bench, (OURS, LIMIT))
        limit = Limit(seen_frames(bench, (ONE.lines, FIFTY.lines)))
        field.start(stack, [limit, Logflume(), *others()])
        absent = dict(field.without)
        one = yield from _speed(field, ONE, list(field.servers))
        for name, why in absent.items():
            yield Figure(f"{ONE.title}, {DELIVERIES}: {name}", "", (), missing=why)
        yield from _times(one, "deliveries", ONE, {LIMIT: "≥ 0.75", NCHAN: "≥ 1.3", NODE: "≥ 3"})
        yield from _times(one, "cpu", ONE, {LIMIT: ""})
        fifty = yield from _speed(field, FIFTY, list(field.servers))
        yield from _times(fifty, "deliveries", FIFTY, {LIMIT: "≥ 0.85"})
        yield from _many(field)
        yield from _latency(field, one)
        yield from _memory(field)


def _many(field: Field) -> Iterator[Figure]:
    many = yield from _speed(field, MANY, (LIMIT, OURS, NCHAN))
    yield from _times(many, "deliveries", MANY, {LIMIT: "≥ 0.85"})
    few = yield from _speed(field, FEW, (LIMIT, OURS))
    name = f"processor a delivery, 10,000 watchers to 100: {OURS}"
    yield many[OURS].times("cpu", few[OURS], name, "≤ 1.3")


def _latency(field: Field, one: Ran) -> Iterator[Figure]:
    """Of the servers that are fast enough for it: of others it would be the length of a queue."""
    need = PACED.watchers * PACED.rate
    able = [name for name in one if name in field.required or _median(one[name]) > need]
    ran = field.in_turn(PACED.run, able)
    for part in ("p50", "p95", "p99"):
        for name in one:
            title = f"{PACED.title}, {part}: {name}"
            if name in ran:
                yield ran[name].figure(part, title, "ms")
            else:
                why = field.without.get(name, f"below {need:,}/s")
                yield Figure(title, "ms", (), missing=why)
    for part in ("p50", "p99"):
        yield from _times(ran, part, PACED, {LIMIT: "≤ 1.4"})


def _memory(field: Field) -> Iterator[Figure]:
    """Of servers that were just started: where watchers have been before, there is room left."""
    for name, server in list(field.servers.items()):
        if name == LIMIT:
            continue  # it has room for all its watchers from the start
        want = "≤ 2.0" if name == OURS else ""
        yield _held(field, server.peer, f"{MEMORY}: {name}", want)
    yield _held(field, Logflume(pattern="ws"), f"{MEMORY}, by WebSocket: {OURS}", "≤ 2.5")


def _held(field: Field, peer: Peer, title: str, want: str) -> Figure:
    held = field.anew(peer, lambda server: held_bytes(server, peer.feed(server.port), HELD))
    if held is None:
        return Figure(title, "KB", (), missing=field.without[peer.name])
    return Figure(title, "KB", (held / KIB,), want)


def _speed(field: Field, column: Column, names: Iterable[str]) -> Generator[Figure, None, Ran]:
    """Deliveries a second, and what one costs the processor, of each; the rounds of those that
    went through."""
    wanted = [name for name in names if name in field.servers]
    ran = field.in_turn(column.run, wanted)
    for value, part, unit in SPEED:
        for name in wanted:
            title = f"{column.title}, {part}: {name}"
            if name in ran:
                yield ran[name].figure(value, title, unit)
            else:
                yield Figure(title, unit, (), missing=field.without[name])
    return ran


def _times(ran: Ran, value: str, column: Column, wants: Mapping[str, str]) -> Iterator[Figure]:
    """How many times as much Logflume has of it as each of these."""
    for name, want in wants.items():
        part = next((part for key, part, _ in SPEED if key == value), value)
        title = f"{column.title}, {part}: {OURS} to {name}"
        if name in ran:  # perhaps with fewer rounds, if it is slow: the first ones
            pairs = zip(ran[OURS].values[value], ran[name].values[value], strict=False)
            yield Figure(title, "×", tuple(ours / theirs for ours, theirs in pairs), want)
        else:
            yield Figure(title, "×", (), want, missing="it is not here")


def _median(rounds: Rounds) -> float:
    return statistics.median(rounds.values["deliveries"])
