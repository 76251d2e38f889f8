"""The logs that one WebSocket follows: a follower each, and no queue of records anywhere.

Each goes on by itself while the socket takes what is written. When it takes no more, all rest; when
it does again they go on in turn, whoever had the last turn coming last, so that the logs share the
socket fairly and what happens to one does not touch the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from logflume.cursor import Cursor
from logflume.errors import BadInput, Conflict, LogError, NoSuchLog, TooManyWatchers
from logflume.http.crowd import Crowds
from logflume.http.follower import Follower
from logflume.http.log_addresses import address_of
from logflume.http.problems import problem_of
from logflume.http.seats import Seats
from logflume.records import LogId
from logflume.tail import Batch
from logflume.wire.control import control_json, stream_cursor
from logflume.wire.forms import Kind, kind_of
from logflume.wire.frames import framed
from logflume.wire.websocket import ws_batch, ws_error, ws_gone

NORMAL = 1000
"""The close code for an end that was to come (RFC 6455, section 7.4.1)."""

TRY_AGAIN_LATER = 1013
"""The close code for a server that has no room now (the same)."""

RESTART = 1012
"""The close code for a server that stops and is soon back (IANA, WebSocket Close Code Numbers)."""

MAX_SUBSCRIPTIONS = 1000
"""A socket's logs: more than a dashboard shows, and each costs a follower, about 1 KB."""


@dataclass(frozen=True, slots=True)
class WebSocketFraming:
    """Frames a batch of the log at `address`. Equal ones share what they frame."""

    address: str
    kind: Kind

    @property
    def pattern(self) -> str:
        """See `crowd.Framing`."""
        return "websocket"

    @property
    def heartbeat(self) -> bytes:
        """None: pings are the socket's own."""
        return b""

    def __call__(self, batch: Batch, now_us: int) -> bytes:
        control = control_json(
            batch.token,
            cursor=stream_cursor(now_us),
            up_to_date=batch.up_to_date,
            closed=batch.closed,
        )
        return framed(ws_batch(self.address, batch.chunks, self.kind, control))


class Way(Protocol):
    """The way out to a socket's client."""

    @property
    def writable(self) -> bool:
        """Whether another frame may be written now."""

    @property
    def write(self) -> Callable[[bytes], None]:
        """Writes a frame; never blocks."""

    @property
    def descriptor(self) -> int:
        """See `follower.Outlet`."""

    def close(self, code: int, reason: str) -> None:
        """End the socket, after all that was written."""


class Subscriptions:
    """All logs of one socket, which ends when the last of them has ended, or the server stops."""

    __slots__ = ("_crowds", "_expected", "_followed", "_has_ended", "_reading", "_seats", "way")

    def __init__(self, crowds: Crowds, seats: Seats, way: Way) -> None:
        self._crowds = crowds
        self._seats = seats
        self.way = way
        self._followed: dict[LogId, _Subscription] = {}
        self._reading: asyncio.Lock | None = None
        self._expected = 0
        self._has_ended = False
        """Whether a log that was followed has ended."""

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
            self._end_if_over()

    @property
    def reading(self) -> asyncio.Lock:
        """Held by the one that reads the store; few ever do."""
        if self._reading is None:
            self._reading = asyncio.Lock()
        return self._reading

    def add(self, cursor: Cursor) -> None:
        """Follow the log from the cursor's place on. Raises TooManyWatchers."""
        log = cursor.tail.log  # the same string for all who follow it
        self._seats.take(log)
        self._has_ended = False
        one = self._followed[log] = _Subscription(self, log)
        framing = WebSocketFraming(address_of(log), kind_of(cursor.state.content_type))
        one.follower = Follower(self._crowds, cursor, framing, one)
        one.follower.begin()

    def remove(self, log: LogId) -> None:
        """Follow the log no longer. Raises BadInput when it is not followed."""
        one = self._followed.pop(log, None)
        if one is None:
            raise BadInput("this socket does not follow the log")
        one.leave()

    def begin(self, cursor: Cursor) -> None:
        """Follow the first log; without a seat the socket has nothing to do, and is told so."""
        try:
            self.add(cursor)
        except TooManyWatchers as refused:
            self.way.close(TRY_AGAIN_LATER, str(refused))

    def leave_seat(self, log: LogId) -> None:
        """It is followed no longer."""
        self._seats.leave(log)

    def leave(self) -> None:
        """Follow nothing any more."""
        for log in list(self._followed):
            self.remove(log)

    def pause(self) -> None:
        """The client takes no more now."""
        for one in self._followed.values():
            one.follower.pause()

    def resume(self) -> None:
        """The client takes more again."""
        for log, one in list(self._followed.items()):
            if not self.way.writable:
                return
            if self._followed.get(log) is one:
                one.follower.resume()

    def write(self, log: LogId, frame: bytes) -> None:
        """Write what the log's follower has read; the others come before its next turn."""
        self._followed[log] = self._followed.pop(log)
        self.way.write(frame)

    def drop(self, log: LogId, last: bytes, *, ended: bool) -> None:
        """Say the last of the log, which has ended by itself or cannot be read on."""
        self._followed.pop(log).leave()
        if last:
            self.way.write(last)
        self._has_ended |= ended
        self._end_if_over()

    def stop(self) -> None:
        """The server stops."""
        self.way.close(RESTART, "the server restarts")

    def _end_if_over(self) -> None:
        if self._has_ended and not self._followed and not self._expected:
            self.way.close(NORMAL, "every log that was followed has ended")


class _Subscription:
    """One log of a socket: its follower's outlet."""

    __slots__ = ("_all", "_log", "follower")

    follower: Follower

    def __init__(self, all_of_them: Subscriptions, log: LogId) -> None:
        self._all = all_of_them
        self._log = log

    def leave(self) -> None:
        """Follow no longer."""
        self.follower.leave()
        self._all.leave_seat(self._log)
        del self.follower  # the two would keep each other alive

    @property
    def writable(self) -> bool:
        """See `follower.Outlet`."""
        return self._all.way.writable

    @property
    def reading(self) -> AbstractAsyncContextManager[object]:
        """See `follower.Outlet`."""
        return self._all.reading

    def write(self, data: bytes) -> None:
        """See `follower.Outlet`."""
        self._all.write(self._log, data)

    @property
    def crowd_write(self) -> Callable[[bytes], None]:
        """See `follower.Outlet`."""
        return self._all.way.write

    @property
    def descriptor(self) -> int:
        """See `follower.Outlet`."""
        return self._all.way.descriptor

    def finished(self, _: Follower) -> None:
        """See `follower.Outlet`."""
        self._all.drop(self._log, b"", ended=True)

    def failed(self, _: Follower, error: LogError) -> None:
        """See `follower.Outlet`."""
        address = address_of(self._log)
        is_gone = isinstance(error, NoSuchLog)
        last = ws_gone(address) if is_gone else ws_error(address, problem_of(error).document())
        self._all.drop(self._log, framed(last), ended=is_gone)

    def stopped(self, _: Follower) -> None:
        """See `follower.Outlet`."""
        self._all.stop()


__all__ = ["MAX_SUBSCRIPTIONS", "Subscriptions", "Way", "WebSocketFraming"]
