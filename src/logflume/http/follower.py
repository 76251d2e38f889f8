"""A follower of one log: alone while it catches up, in the crowd once it has.

No task and no queue: a cursor, a framing and a way out. Whatever wakes it, it reads what is there,
writes it while it is taken, and joins the crowd at the tail; only what the ring no longer has needs
a task, for as long as the store is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from logflume.cursor import Cursor
from logflume.errors import LogError
from logflume.http.crowd import Crowd, Crowds, Framing
from logflume.tail import Batch


class Outlet(Protocol):
    """Where a follower's bytes go, and who hears how it ends."""

    @property
    def writable(self) -> bool:
        """Whether more may be written now. If not, `Follower.resume` tells when it may."""

    @property
    def reading(self) -> AbstractAsyncContextManager[object]:
        """Entered to read the store: those who write to the same client read one after the other,
        or each would come with what another's write leaves no room for."""

    def write(self, data: bytes) -> None:
        """Write the bytes; never blocks."""

    @property
    def crowd_write(self) -> Callable[[bytes], None]:
        """The same, as plain as can be, for a crowd to call."""

    @property
    def descriptor(self) -> int:
        """The socket to which a crowd may write past this outlet while it is writable: nothing that
        was written before waits then. -1 if there is none."""

    def finished(self, follower: Follower) -> None:
        """The log is closed, and the follower has all of it."""

    def failed(self, follower: Follower, error: LogError) -> None:
        """The log is gone, or the store failed."""

    def stopped(self, follower: Follower) -> None:
        """The server stops."""


class Follower:
    """Use it on the event loop only."""

    __slots__ = ("_begun", "_crowd", "_crowds", "_cursor", "_framing", "_outlet", "_reading")

    def __init__(self, crowds: Crowds, cursor: Cursor, framing: Framing, outlet: Outlet) -> None:
        self._crowds = crowds
        self._cursor: Cursor | None = cursor
        self._crowd: Crowd | None = None
        self._framing = framing
        self._begun = False
        """Whether it was told where it stands."""
        self._outlet = outlet
        self._reading: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Tell where the follower stands, and go on from there."""
        self._go_on()

    def leave(self) -> None:
        """Follow no longer."""
        crowd, cursor, reading = self._crowd, self._cursor, self._reading
        self._crowd = self._cursor = self._reading = None
        if crowd is not None:
            crowd.leave(self)
        if cursor is not None:
            cursor.leave(self._go_on)
        if reading is not None:
            reading.cancel()

    def pause(self) -> None:
        """The outlet takes no more now."""
        crowd = self._crowd
        if crowd is None:
            return
        if self._cursor is None:
            crowd.pause(self)
        else:  # it has not joined yet
            self._crowd = None
            crowd.leave(self)

    def resume(self) -> None:
        """The outlet takes more again."""
        if self._crowd is not None:
            self._crowd.resume(self)
        elif self._reading is None:
            self._go_on()

    def joined(self) -> None:
        """The crowd tells it from now on."""
        self._cursor = None

    def go_alone(self, place: Cursor) -> None:
        """The crowd goes on without it; it was told all up to `place`."""
        if self._crowd is not None:
            self._crowd, self._cursor = None, place
            self._go_on()

    def finish(self) -> None:
        """It was told the last of a closed log."""
        self.leave()
        self._outlet.finished(self)

    def fail(self, error: LogError) -> None:
        """There is nothing more to read."""
        self.leave()
        self._outlet.failed(self, error)

    def stop(self) -> None:
        """The server stops."""
        self.leave()
        self._outlet.stopped(self)

    def _go_on(self) -> None:
        """Write what there is, as long as it is taken."""
        cursor = self._cursor
        if cursor is None:
            return
        cursor.leave(self._go_on)
        try:
            while self._outlet.writable:
                if self._crowds.tails.stopping and self._begun:
                    self.stop()
                    return
                batch = cursor.read_ring()
                if batch is None:
                    self._reading = asyncio.get_running_loop().create_task(self._read(cursor))
                    return
                if batch.chunks or batch.closed or not self._begun:
                    self._write(batch)
                self._begun = True
                if batch.closed:
                    self.finish()
                    return
                if batch.up_to_date and self._may_settle():
                    self._settle(cursor)
                    return
        except LogError as error:
            self.fail(error)

    async def _read(self, cursor: Cursor) -> None:
        """What the ring no longer has."""
        try:
            async with self._outlet.reading:
                batch = await cursor.read() if self._outlet.writable else None
        except LogError as error:
            self._reading = None
            self.fail(error)
            return
        self._reading = None
        if batch is None:
            return
        if not self._outlet.writable:
            cursor.seq = batch.after  # read again, when it is taken: nothing is kept meanwhile
            return
        self._begun = True
        self._write(batch)
        if batch.closed:
            self.finish()
        else:
            self._go_on()

    def _write(self, batch: Batch) -> None:
        self._crowds.counts.delivered[self._framing.pattern] += batch.until - batch.after
        self._outlet.write(batch.framed(self._framing, self._crowds.clock()))

    def _may_settle(self) -> bool:
        """Whether the crowd may tell it: not when its own last write was more than is taken, and
        nobody settles on a server that stops."""
        return self._outlet.writable and not self._crowds.tails.stopping

    def _settle(self, cursor: Cursor) -> None:
        """Join the crowd at the tail, now or after its round."""
        self._crowd = self._crowds.of(cursor, self._framing)
        self._framing = self._crowd.framing  # the same for all in it
        if self._crowd.take(self, self._outlet, cursor):
            self._cursor = None


__all__ = ["Follower", "Outlet"]
