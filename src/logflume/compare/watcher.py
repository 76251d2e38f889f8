"""One reader of a log on a bare socket: what it took and when, and what that cost on the wire.

What comes is stamped as it arrives and understood afterwards: the loop first stamps what has come
for every watcher, so that the work for one of them is in no other one's latency. A watcher whose
connection is cut comes back, after a pause as the Logflume client makes it, to the place after the
last whole batch it took. How it asks and what an answer means is its pattern's.
"""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from typing import cast

import msgspec
from httptools import HttpParserError

from logflume.client.backoff import Backoff
from logflume.client.errors import ClientError
from logflume.client.follow import START
from logflume.client.records import not_logflume
from logflume.compare.server import HOST


class Numbered(msgspec.Struct):
    """A record, of which nothing but its number is looked at."""

    n: int


class Watcher(asyncio.Protocol, ABC):
    """Reads the log at `path` from its start until it is told to leave, or the log ends."""

    def __init__(self, port: int, path: str) -> None:
        self.path = path
        self.port = port
        self.offset = START
        self.taken: list[tuple[int, float]] = []
        """The number of each record that came, in order, and when by `time.perf_counter`."""
        self.cut_at: list[float] = []
        """When its connection was lost."""
        self.requests = 0
        self.sent_bytes = 0
        self.received_bytes = 0
        self.trouble: ClientError | None = None
        """Why it cannot go on: an answer that is none."""
        self.is_over = False
        self._loop = asyncio.get_running_loop()
        self._began: asyncio.Future[None] = self._loop.create_future()
        self._transport: asyncio.Transport | None = None
        self._pieces: list[tuple[float, bytes]] = []
        self._backoff = Backoff()
        self._timer: asyncio.TimerHandle | None = None
        self._coming: asyncio.Task[None] | None = None
        self._now = 0.0

    async def connect(self) -> None:
        """Connect, and ask. Raises OSError."""
        await self._loop.create_connection(lambda: self, HOST, self.port)

    async def begin(self) -> None:
        """Connect, and return when the reading has begun. Raises OSError, and what went wrong."""
        await self.connect()
        await self._began

    def leave(self) -> None:
        """Read no more."""
        self.is_over = True
        if self._timer is not None:
            self._timer.cancel()
        if self._coming is not None:
            self._coming.cancel()
        if self._transport is not None:
            self._transport.abort()

    @abstractmethod
    def connected(self) -> None:
        """There is a new connection: ask."""

    @abstractmethod
    def feed(self, data: bytes) -> None:
        """Understand what came, in the order in which it came."""

    # For the patterns.

    def ask(self, request: bytes) -> None:
        """Send a request of HTTP."""
        self.requests += 1
        self.send(request)

    def send(self, data: bytes) -> None:
        """Send bytes that are no request."""
        if self._transport is not None:
            self.sent_bytes += len(data)
            self._transport.write(data)

    def take(self, records: list[Numbered]) -> None:
        """These records have come."""
        self._backoff.succeeded()
        self.taken += [(record.n, self._now) for record in records]

    def began(self) -> None:
        """The reading has begun, or goes on after a cut."""
        if not self._began.done():
            self._began.set_result(None)

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Call this after a pause, unless it leaves before."""
        self._timer = self._loop.call_later(seconds, call)

    def fail(self, error: ClientError) -> None:
        """It cannot go on."""
        self.trouble = error
        if not self._began.done():
            self._began.set_exception(error)
        self.leave()

    # What the loop says.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.connected()

    def data_received(self, data: bytes) -> None:
        if not self._pieces:
            self._loop.call_soon(self._understand)
        self._pieces.append((time.perf_counter(), data))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio's name
        lost_at = time.perf_counter()
        self._understand()
        self._transport = None
        if self.is_over:
            return
        self.cut_at.append(lost_at)
        self._come_back_later()

    def _understand(self) -> None:
        pieces, self._pieces = self._pieces, []
        for at, data in pieces:
            if self.is_over:
                return
            self._now = at
            self.received_bytes += len(data)
            try:
                self.feed(data)
            except ClientError as error:
                self.fail(error)
            except (HttpParserError, msgspec.MsgspecError) as error:
                self.fail(not_logflume(str(error)))

    def _come_back_later(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self.later(self._backoff.failed(), self._come_back)

    def _come_back(self) -> None:
        self._coming = self._loop.create_task(self._connect_again())

    async def _connect_again(self) -> None:
        with suppress(OSError):
            await self.connect()
            return
        self._come_back_later()


__all__ = ["Numbered", "Watcher"]
