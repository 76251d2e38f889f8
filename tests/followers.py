"""A log in memory, those who follow it, and a far end that takes as much as the test lets it.

What a follower writes is kept as it came, so that a test can ask who was told what, whether it was
the same object for all, and who was told although he had left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from logflume.cursor import Cursor
from logflume.errors import LogError, StoreUnavailable
from logflume.http.counts import Counts
from logflume.http.crowd import Crowd, Crowds
from logflume.http.descriptors import NO_DESCRIPTOR
from logflume.http.follower import Follower
from logflume.records import Append, Chunk, LogId, Seq, State
from logflume.store.memory import MemoryStore
from logflume.tail import RING_BYTES, Batch, Tails
from tests.contract.store import EMPTY, LOG, lines

ENDLESS = 10**9
HEARTBEAT = b"~\n"
END = b"end\n"
QUIET_TURNS = 40
"""More turns of the loop than any answer of `FarStore`, and any round here, takes."""


@dataclass(frozen=True, slots=True)
class PlainFraming:
    """The records as they are, the place where there are none, and the end."""

    heartbeat: bytes = HEARTBEAT
    pattern: str = "follow"

    def __call__(self, batch: Batch, now_us: int) -> bytes:
        records = b"".join(chunk.body for chunk in batch.chunks)
        return (records or b"at %d\n" % batch.until) + (END if batch.closed else b"")


class FarStore(MemoryStore):
    """The memory store, whose records arrive a few turns of the loop later, or not at all."""

    def __init__(self, turns: int = 3) -> None:
        super().__init__()
        self.failing = False
        self.reads = 0
        self._turns = turns

    async def read(self, log: LogId, after: Seq, *, until: Seq, max_bytes: int) -> Sequence[Chunk]:
        self.reads += 1
        found = await super().read(log, after, until=until, max_bytes=max_bytes)
        await turns(self._turns)
        if self.failing:
            raise StoreUnavailable
        return found


class Watcher:
    """A follower's outlet. It takes `room` writes, and then none until it is let."""

    follower: Follower

    def __init__(self, start: int, room: int = ENDLESS) -> None:
        self.start = start
        self.writes: list[bytes] = []
        self.ends: list[str] = []
        self.wrong: list[str] = []
        """What it must not have been told."""
        self.left = False
        self.writable = True
        self._room = room
        self._unasked = 0
        self.reading = nullcontext()
        self.crowd_write = self.write
        self.descriptor = NO_DESCRIPTOR

    def write(self, data: bytes) -> None:
        self._unasked += not self.writable
        self._expect(not self.left, "told after it had left")
        self._expect(not self.ends, "told after the end")
        self._expect(self._unasked <= 1, "told more than the round that went on when it was full")
        self.writes.append(data)
        self._room -= 1
        if self._room <= 0:
            self.fill()

    def fill(self) -> None:
        """Take no more from now on; it may be called at any time, as a kernel's buffer fills."""
        self.writable = False
        self.follower.pause()

    def drain(self, room: int = ENDLESS) -> None:
        """Take more again."""
        self._room = room
        self._unasked = 0
        self.writable = True
        self.follower.resume()

    def leave(self) -> None:
        self.left = True
        self.follower.leave()

    def finished(self, _: Follower) -> None:
        self._end("finished")

    def failed(self, _: Follower, error: LogError) -> None:
        self._end(type(error).__name__)

    def stopped(self, _: Follower) -> None:
        self._end("stopped")

    @property
    def seen(self) -> list[int]:
        """The records' numbers as they came."""
        told = b"".join(self.writes).splitlines()
        return [int(line.split(b":")[0]) for line in told if b":" in line]

    @property
    def heartbeats(self) -> int:
        return self.writes.count(HEARTBEAT)

    def _end(self, how: str) -> None:
        self._expect(not self.left, "told the end after it had left")
        self.ends.append(how)

    def _expect(self, holds: bool, what: str) -> None:
        """Not an assertion: raised in a task it would be heard by nobody."""
        if not holds:
            self.wrong.append(what)


class World:
    """One log, and its crowds."""

    def __init__(self, *, ring_bytes: int = RING_BYTES, store: FarStore | None = None) -> None:
        self.store = store or FarStore()
        self.tails = Tails(self.store, ring_bytes=ring_bytes)
        self.crowds = Crowds(self.tails, lambda: 0, Counts())
        self.watchers: list[Watcher] = []
        self.tail = 0

    @classmethod
    async def made(cls, *, ring_bytes: int = RING_BYTES, store: FarStore | None = None) -> World:
        world = cls(ring_bytes=ring_bytes, store=store)
        await world.store.create(LOG, EMPTY)
        return world

    async def append(self, *texts: str, close: bool = False) -> State:
        state = await self.store.append(LOG, Append(1, lines(*texts), close=close))
        self.tail = state.tail
        return state

    async def cursor(self, start: int = 0, log: LogId = LOG) -> Cursor:
        cursor = await Cursor.at(self.store, self.tails, log, None)
        cursor.seq = Seq(start)
        return cursor

    async def join(self, start: int = 0, room: int = ENDLESS, log: LogId = LOG) -> Watcher:
        """A watcher of what follows `start`."""
        watcher = Watcher(start, room)
        cursor = await self.cursor(start, log)
        watcher.follower = Follower(self.crowds, cursor, PlainFraming(), watcher)
        self.watchers.append(watcher)
        watcher.follower.begin()
        return watcher

    async def crowd(self) -> Crowd:
        return self.crowds.of(await self.cursor(), PlainFraming())

    async def quiet(self) -> None:
        """Return when nobody is told anything any more."""
        before = -1
        while before != (before := sum(len(one.writes) for one in self.watchers)):
            await turns(QUIET_TURNS)
        assert not [wrong for one in self.watchers for wrong in one.wrong]


HOW: dict[str, list[str]] = {
    "nothing": [],
    "close": ["finished"],
    "close with records": ["finished"],
    "delete": ["NoSuchLog"],
    "stop": ["stopped"],
}
"""What a watcher is told of each end that a log can come to."""


async def end_of(world: World, end: str) -> None:
    """Have the log come to that end."""
    if end == "close":
        await world.append(close=True)
    elif end == "close with records":
        await world.append("y", "z", close=True)
    elif end == "delete":
        await world.store.delete(LOG)
    elif end == "stop":
        world.tails.stop()


def check(world: World, end: str) -> None:
    """Everybody was told what he came for, once, in order, and the end once."""
    for one in world.watchers:
        whole = list(range(one.start + 1, world.tail + 1))
        cut_short = one.left or end in ("delete", "stop")
        assert one.seen == (whole[: len(one.seen)] if cut_short else whole)
        assert b"".join(one.writes).count(END) <= 1
        assert one.ends in ([], HOW[end]) if one.left else one.ends == HOW[end]


async def turns(count: int) -> None:
    """Let everything else have so many turns of the loop."""
    for _ in range(count):
        await asyncio.sleep(0)


__all__ = [
    *("END", "HEARTBEAT"),
    *("FarStore", "PlainFraming", "Watcher", "World"),
    *("check", "end_of", "turns"),
]
