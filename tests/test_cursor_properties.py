"""Random interleavings of append, close, read, follow and cancel: every reader sees every number
once, in order, whatever the ring still holds and however late the store answers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from logflume.cursor import Cursor
from logflume.records import Append, Chunk, LogId, Offset, Seq, State
from logflume.store.memory import MemoryStore
from logflume.tail import Tails
from tests.contract.store import EMPTY, LOG, lines


class SlowStore(MemoryStore):
    """The memory store, whose answers arrive a few turns of the loop after they were true."""

    def __init__(self, turns: int) -> None:
        super().__init__()
        self._turns = turns

    async def state(self, log: LogId) -> State:
        found = await super().state(log)
        await self._dawdle()
        return found

    async def read(self, log: LogId, after: Seq, *, until: Seq, max_bytes: int) -> Sequence[Chunk]:
        found = await super().read(log, after, until=until, max_bytes=max_bytes)
        await self._dawdle()
        return found

    async def _dawdle(self) -> None:
        for _ in range(self._turns):
            await asyncio.sleep(0)


@dataclass
class Reader:
    """A cursor and what it has handed out."""

    cursor: Cursor
    start: int
    seen: list[int] = field(default_factory=list)
    closed: bool = False
    follower: asyncio.Task[None] | None = None

    async def read(self, max_bytes: int, wait_seconds: float = 0) -> None:
        batch = await self.cursor.read(max_bytes=max_bytes, wait_seconds=wait_seconds)
        assert batch.until == self.cursor.seq
        self.seen += [
            int(record.split(b":")[0]) for chunk in batch.chunks for record in chunk.records()
        ]
        self.closed = batch.closed

    async def follow(self, max_bytes: int) -> None:
        while not self.closed:
            await self.read(max_bytes, wait_seconds=60)

    async def unfollow(self) -> None:
        if self.follower is not None:
            self.follower.cancel()
            await asyncio.gather(self.follower, return_exceptions=True)
            self.follower = None


small = st.integers(1, 4)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("append"), small, st.just(0)),
        st.tuples(st.just("join"), st.integers(0, 6), st.just(0)),
        st.tuples(st.just("join meanwhile"), st.integers(0, 6), st.just(0)),
        st.tuples(st.just("read"), small, st.integers(1, 40)),
        st.tuples(st.just("follow"), small, st.integers(1, 40)),
        st.tuples(st.just("cancel"), small, st.just(0)),
        st.tuples(st.just("turn"), small, st.just(0)),
    ),
    max_size=60,
)


class World:
    """One log, its readers, and the steps that can happen."""

    def __init__(self, ring_bytes: int, turns: int) -> None:
        self.store = SlowStore(turns)
        self.tails = Tails(self.store, ring_bytes=ring_bytes)
        self.readers: list[Reader] = []
        self.joining: list[asyncio.Task[None]] = []

    async def step(self, kind: str, number: int, size: int) -> None:
        match kind:
            case "append":
                await self.store.append(LOG, Append(1, lines(*"x" * number)))
            case "turn":
                await asyncio.sleep(0)
            case "join":
                await self.join(number)
            case "join meanwhile":
                self.joining.append(asyncio.ensure_future(self.join(number)))
            case _ if self.readers:
                await self.move(kind, self.readers[number % len(self.readers)], size)

    async def join(self, records_back: int) -> None:
        """Near the tail, where ring and store meet and chunks are cut."""
        start = Seq(max(0, (await self.store.state(LOG)).tail - records_back))
        offset = Offset(EMPTY.epoch, start)
        cursor = await Cursor.at(self.store, self.tails, LOG, offset)
        self.readers.append(Reader(cursor, start))

    async def move(self, kind: str, reader: Reader, size: int) -> None:
        if kind == "cancel":
            await reader.unfollow()
        elif kind == "follow" and reader.follower is None:
            reader.follower = asyncio.ensure_future(reader.follow(size))
        elif kind == "read" and reader.follower is None:
            await reader.read(size)

    async def finish(self) -> None:
        """Close the log, while some still join; all who follow reach the end by themselves, the
        others read on to it."""
        await self.store.append(LOG, replace(Append(1, lines("end")), close=True))
        await asyncio.gather(*self.joining)
        for reader in self.readers:
            await asyncio.wait_for(reader.follower or reader.follow(40), 5)


@settings(max_examples=500, deadline=None)
@given(
    steps=steps,
    ring_bytes=st.sampled_from([0, 1, 4, 8, 12, 16, 100, 10**6]),
    turns=st.integers(0, 3),
)
def test_every_reader_sees_every_number_once(
    steps: list[tuple[str, int, int]], ring_bytes: int, turns: int
) -> None:
    """From where it began to the end record.

    Caught: `>=` for `>` where the ring is cut; a cursor that moves before its last await (a
    cancelled read skips records); a tail that reads the state before it registers; a waiter that
    does not look again before it waits (a lost wake-up: the follower never ends).
    """

    async def run() -> None:
        world = World(ring_bytes, turns)
        await world.store.create(LOG, EMPTY)
        for step in steps:
            await world.step(*step)
        await world.finish()
        tail = (await world.store.state(LOG)).tail
        for reader in world.readers:
            assert reader.seen == list(range(reader.start + 1, tail + 1))

    asyncio.run(run())
