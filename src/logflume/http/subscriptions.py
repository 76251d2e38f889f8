"""The logs that one WebSocket follows: a cursor each, and no queue of records anywhere.

One writer serves them all. A log that has news puts itself in line; when its turn comes, and only
then, a batch is read and written. So the logs share the socket fairly, a socket that is not taken
holds no records, and what happens to one log does not touch the others.

A log's subscription is waiting at its tail, in line, or just being read: one of the three.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from logflume.cursor import Cursor
from logflume.errors import BadInput, Conflict, LogError, NoSuchLog
from logflume.http.context import Context
from logflume.http.log_addresses import address_of
from logflume.http.outlet import Outlet
from logflume.http.problems import problem_of
from logflume.records import LogId
from logflume.tail import Batch
from logflume.wire.control import control_json, stream_cursor
from logflume.wire.forms import Kind, kind_of
from logflume.wire.websocket import framed, ws_batch, ws_error, ws_gone

MAX_SUBSCRIPTIONS = 1000
"""A socket's logs: more than a dashboard shows, and each costs a cursor, about 1 KB."""

NORMAL = 1000
"""The close code for an end that was to come (RFC 6455, section 7.4.1)."""


@dataclass(frozen=True, slots=True)
class WebSocketFrame:
    """Frames a batch of the log at `address`. Equal ones share what they frame."""

    address: str
    kind: Kind

    def __call__(self, batch: Batch, now_us: int) -> bytes:
        control = control_json(
            batch.offset,
            cursor=stream_cursor(now_us),
            up_to_date=batch.up_to_date,
            closed=batch.closed,
        )
        return framed(ws_batch(self.address, batch.chunks, self.kind, control))


class Subscription:
    """One log of a socket, and how far the socket has got in it."""

    __slots__ = ("_line", "begun", "cursor", "frame", "log")

    def __init__(self, log: LogId, cursor: Cursor, line: _Line) -> None:
        self.log = log
        self.cursor = cursor
        self.frame = WebSocketFrame(address_of(log), kind_of(cursor.state.content_type))
        self.begun = False
        """Whether the client was told where it stands."""
        self._line = line

    def wake(self) -> None:
        """There may be something to read."""
        self._line.join(self)


class _Line:
    """Who has news, in the order in which it came."""

    def __init__(self) -> None:
        self._ready: deque[Subscription] = deque()
        self._somebody = asyncio.Event()

    def join(self, one: Subscription) -> None:
        self._ready.append(one)
        self._somebody.set()

    async def next(self) -> Subscription:
        """The first in line, once there is one."""
        while not self._ready:
            self._somebody.clear()
            await self._somebody.wait()
        return self._ready.popleft()


class Subscriptions:
    """All logs of one socket. Use it on the event loop that its cursors are on."""

    def __init__(self, context: Context, outlet: Outlet) -> None:
        self._context = context
        self._outlet = outlet
        self._line = _Line()
        self._followed: dict[LogId, Subscription] = {}
        self._expected = 0

    @contextmanager
    def expecting(self, log: LogId) -> Iterator[None]:
        """While the log is being opened, the socket has something to wait for. Raises Conflict when
        it cannot be added."""
        if log in self._followed:
            raise Conflict("this socket follows the log already; unsubscribe first")
        if len(self._followed) >= MAX_SUBSCRIPTIONS:
            raise Conflict(f"a socket follows at most {MAX_SUBSCRIPTIONS} logs; open another")
        self._expected += 1
        try:
            yield
        finally:
            self._expected -= 1

    def add(self, log: LogId, cursor: Cursor) -> None:
        """Follow the log from the cursor's place on."""
        one = self._followed[log] = Subscription(log, cursor, self._line)
        one.wake()

    def remove(self, log: LogId) -> None:
        """Follow the log no longer. Raises BadInput when it is not followed."""
        one = self._followed.pop(log, None)
        if one is None:
            raise BadInput("this socket does not follow the log")
        one.cursor.leave(one.wake)

    def leave(self) -> None:
        """Follow nothing any more."""
        for log in list(self._followed):
            self.remove(log)

    async def write(self) -> None:
        """Write what there is, as it comes, until every log that was followed has ended.

        Raises OSError when the client is gone.
        """
        ended = False
        while not ended or self._followed or self._expected:
            one = await self._line.next()
            async with self._outlet.turn:
                ended = self._follows(one) and await self._advance(one)
        async with self._outlet.turn:
            await self._outlet.close(NORMAL, "every log that was followed has ended")

    async def _advance(self, one: Subscription) -> bool:
        """Write the log's next batch; whether the log has ended."""
        try:
            batch = await self._next_batch(one)
        except LogError as error:
            return await self._stop(one, error)
        if batch is None:
            return False
        if batch.closed:
            self.remove(one.log)
        if batch.chunks or batch.closed or not one.begun:
            one.begun = True
            await self._outlet.write(batch.framed(one.frame, self._context.clock()))
        return batch.closed

    async def _stop(self, one: Subscription, error: LogError) -> bool:
        """Tell that the log is gone, or that the store failed; whether the log has ended."""
        if not self._follows(one):
            return False
        self.remove(one.log)
        address, is_gone = one.frame.address, isinstance(error, NoSuchLog)
        last = ws_gone(address) if is_gone else ws_error(address, problem_of(error).document())
        await self._outlet.write(framed(last))
        return is_gone

    async def _next_batch(self, one: Subscription) -> Batch | None:
        """The next batch, and the subscription where it belongs after it; None if the client has
        unsubscribed meanwhile. Raises NoSuchLog, StoreError."""
        batch = one.cursor.read_ring()
        if batch is None:
            batch = await one.cursor.read()
            if not self._follows(one):
                return None
            one.wake()  # the log may have grown while the store was read
        elif not batch.up_to_date:
            one.wake()
        elif not batch.closed:
            one.cursor.join(one.wake)
        return batch

    def _follows(self, one: Subscription) -> bool:
        return self._followed.get(one.log) is one


__all__ = ["MAX_SUBSCRIPTIONS", "Subscription", "Subscriptions", "WebSocketFrame"]
