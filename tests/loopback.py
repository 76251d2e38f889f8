"""Logs in memory and watchers of them over real connections, both ends of which are in one loop.

A far end takes what has come when the test lets it, and keeps it as it came; until then it is with
the two kernels, which take little, and with the watcher's transport. What a watcher was told is
checked byte by byte: every record once, in order, and no frame within another.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from logflume.access.callers import ANYBODY
from logflume.deployments.deployments import Deployments
from logflume.generic.logs import Logs
from logflume.http.context import Context
from logflume.http.live_framing import LiveFraming
from logflume.http.live_outlets import LiveConnection
from logflume.http.log_addresses import address_of
from logflume.http.socket_connection import SocketConnection
from logflume.records import Append, Chunk, LogId, State
from logflume.store.memory import MemoryStore
from logflume.tail import RING_BYTES, Batch, Tails
from tests.followers import PlainFraming
from tests.loops import until
from tests.pairs import Pair, tcp_pair
from tests.websocket import TEXT, frame

ONE, OTHER = LogId("stream/one"), LogId("stream/other")
LOGS = (ONE, OTHER)

_BEFORE = re.compile(rb"(at \d+\n)?")
"""What a stream begins with."""


@dataclass(frozen=True, slots=True)
class QuietFraming(LiveFraming):
    """However long a test takes on a busy machine, nobody is told anything but records."""

    @property
    def pattern(self) -> str:
        return "follow"

    def parts(self, batch: Batch, now_us: int) -> list[bytes]:
        return [PlainFraming()(batch, now_us)]


class Far:
    """The far end of one watcher's connection."""

    def __init__(self, pair: Pair, connection: Any) -> None:
        self.pair = pair
        self.connection = connection
        self.came = b""
        self.stalls = False
        self.gone = False
        pair.far.setblocking(False)

    def take(self, most: int = 1 << 20) -> None:
        """Take what has come."""
        try:
            self.came += self.pair.far.recv(most)
        except (BlockingIOError, ConnectionResetError):
            return

    def leave(self, how: str) -> None:
        """End the connection from here, in one of the ways of `LEAVE`."""
        self.gone = True
        LEAVE[how](self)

    def heard(self) -> dict[LogId, list[bytes]]:
        """The records of each log that have come whole, in the order in which they came."""
        raise NotImplementedError


class FarStream(Far):
    """Of a stream of ONE's records, each a line."""

    def heard(self) -> dict[LogId, list[bytes]]:
        begun = _BEFORE.match(self.came)
        whole = self.came[begun.end() :].split(b"\n")[:-1] if begun else []
        return {ONE: [line + b"\n" for line in whole]}


class FarSocket(Far):
    """Of a WebSocket."""

    def heard(self) -> dict[LogId, list[bytes]]:
        found: dict[LogId, list[bytes]] = {log: [] for log in LOGS}
        by_address = {address_of(log): records for log, records in found.items()}
        for message in self.messages():
            assert message["type"] == "batch", message
            by_address[message["log"]] += [encoded(record) for record in message.get("data", [])]
        return found

    def messages(self) -> list[Any]:
        """Those that have come whole."""
        found, rest = [], self.came
        while len(rest) >= 10:
            assert rest[0] == 0x80 | TEXT, f"no frame begins so: {rest[:40]!r}"
            forms = {126: ("!2xH", 4), 127: ("!2xQ", 10)}
            form, begin = forms.get(rest[1], ("!xB", 2))
            [length] = struct.unpack_from(form, rest)
            if len(rest) < begin + length:
                break
            found.append(json.loads(rest[begin : begin + length]))
            rest = rest[begin + length :]
        return found

    def ask_for(self, log: LogId) -> None:
        """Ask for this log, too, from its start."""
        asked = {"type": "subscribe", "log": address_of(log), "offset": "-1"}
        self.pair.far.send(frame(TEXT, json.dumps(asked).encode()))


AnyFar = TypeVar("AnyFar", bound=Far)


def _reset(far: Far) -> None:
    far.pair.far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    far.pair.far.close()


LEAVE: dict[str, Any] = {
    "close": lambda far: far.pair.far.close(),
    "close its side": lambda far: far.pair.far.shutdown(socket.SHUT_WR),
    "reset": _reset,
}


def encoded(record: object) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


class Loopback:
    """Two logs and their watchers."""

    def __init__(self, ring_bytes: int) -> None:
        store = self.store = MemoryStore()
        deployments = Deployments(store, clock=lambda: 0, random=bytes)
        tails = Tails(store, ring_bytes=ring_bytes)
        logs = Logs(store, clock=lambda: 0)
        self.context = Context(store, tails, deployments, logs, lambda: 0)
        self.records: dict[LogId, list[bytes]] = {log: [] for log in LOGS}
        self.watchers: list[Far] = []

    async def append(self, log: LogId, record_bytes: int, count: int = 1) -> None:
        """So many records, each of about this length and with its number in it."""
        known = self.records[log]
        numbers = range(len(known) + 1, len(known) + count + 1)
        new = [encoded([number, "x" * record_bytes]) for number in numbers]
        known += new
        await self.store.append(log, Append(0, lambda first: Chunk.of(first, new)))

    async def stream(self, *, tls: ssl.SSLContext | None = None, pair: Pair | None = None) -> Far:
        """A watcher of ONE from its start, by a body that goes on."""
        cursor = await self.context.cursor(ONE)
        connection = LiveConnection(self.context, cursor, QuietFraming(), ANYBODY)
        transport, pair = await self._lend(connection, pair or tcp_pair(), tls)
        connection.begin(transport, b"")
        return self._watch(FarStream(pair, connection))

    async def socket(self, log: LogId) -> FarSocket:
        """A watcher of this log from its start, by WebSocket."""
        connection = SocketConnection(self.context, ANYBODY)
        transport, pair = await self._lend(connection, tcp_pair(), None)
        connection.begin(transport, b"", await self.context.cursor(log))
        return self._watch(FarSocket(pair, connection))

    async def follow(self, far: FarSocket, log: LogId) -> None:
        """Have the socket follow this log, too, from its start."""
        far.ask_for(log)
        known = len(far.messages())
        while len(far.messages()) == known and not far.stalls:
            await self.turns(1)

    def has_all(self, far: Far) -> bool:
        """Whether the watcher has every record; fails if it has anything else."""
        heard = far.heard()
        assert all(self.records[log][: len(has)] == has for log, has in heard.items())
        return all(self.records[log] == has for log, has in heard.items())

    async def turns(self, count: int) -> None:
        """So many turns of the loop, in which whoever does not stall takes what has come."""
        for _ in range(count):
            await asyncio.sleep(0)
            for far in self.watchers:
                if not (far.stalls or far.gone):
                    far.take()

    async def all_have_all(self) -> None:
        """Return when all who are there have everything."""
        for far in self.watchers:
            far.stalls = False
            while not (far.gone or self.has_all(far)):
                await self.turns(1)

    async def end(self) -> None:
        """End all connections."""
        for far in self.watchers:
            far.pair.far.close()
        await until(lambda: all(far.pair.near.fileno() < 0 for far in self.watchers))

    async def _lend(
        self, protocol: asyncio.Protocol, pair: Pair, tls: ssl.SSLContext | None
    ) -> tuple[asyncio.Transport, Pair]:
        pair.near.setblocking(False)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_accepted_socket(lambda: protocol, pair.near, ssl=tls)
        return transport, pair

    def _watch(self, far: AnyFar) -> AnyFar:
        self.watchers.append(far)
        return far


@asynccontextmanager
async def loopback(ring_bytes: int = RING_BYTES) -> AsyncIterator[Loopback]:
    made = Loopback(ring_bytes)
    for log in LOGS:
        await made.store.create(log, State(1, "application/json"))
    try:
        yield made
    finally:
        await made.end()


__all__ = ["LEAVE", "LOGS", "ONE", "OTHER", "Far", "FarSocket", "Loopback", "loopback"]
