"""Random trees of forks: each log reads exactly what it should, whatever becomes of the others."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logflume.cursor import Cursor
from logflume.errors import AheadOfTail, NoSuchLog, WrongEpoch
from logflume.forks import Forks, inheriting
from logflume.records import Append, Chunk, LogId, Offset, Seq, State
from logflume.store.memory import MemoryStore
from logflume.tail import Tails

NAMES = [LogId(f"stream/{name}") for name in "abcde"]
"""Few, so that names of deleted logs are taken again."""


@dataclass
class Log:
    """What a log should be."""

    records: list[str]
    parent: Log | None = None
    shared: int = 0
    """How many records it has from its parent."""
    offsets: list[str] = field(default_factory=list)
    """The one after each number of records, as it was first told."""


KINDS = ["make", "append", "append", "fork", "fork", "fork", "delete"]

steps = st.lists(
    st.tuples(
        st.sampled_from(KINDS), st.integers(0, 4), st.integers(0, 4), st.sampled_from(range(6))
    ),
    max_size=30,
)


def chosen(logs: list[LogId], number: int) -> LogId:
    return logs[number % len(logs)]


class World:
    """Logs by these names in a store, and what each of them should be."""

    def __init__(self, ring_bytes: int) -> None:
        self.store = MemoryStore()
        self.tails = Tails(self.store, ring_bytes=ring_bytes)
        self.forks = Forks(self.store)
        self.clock = count(1000)
        self.texts = count()
        self.logs: dict[LogId, Log] = {}

    async def step(self, kind: str, one: int, other: int, number: int) -> None:
        free = [log for log in NAMES if await self.is_free(log)]
        if kind in ("make", "fork") and free:
            source = chosen(list(self.logs), other) if kind == "fork" and self.logs else None
            await self.make(free[one % len(free)], source, number)
        elif kind == "append" and self.logs:
            await self.append(chosen(list(self.logs), one), number)
        elif kind == "delete" and self.logs:
            await self.delete(chosen(list(self.logs), one))

    async def make(self, log: LogId, source: LogId | None, number: int) -> None:
        """A log with some records of its own, after the first `number` of its source's."""
        now = self.now(seconds_back=number * 3)
        state, new = State(now, "text/plain"), Log([])
        if source is not None:
            of = await self.store.state(source)
            parent, shared = self.logs[source], min(number, of.tail)
            state = inheriting(state, source, of, Seq(shared), now)
            new = Log(parent.records[:shared], parent, shared)
        self.note(new, await self.forks.create(log, state, self.some(new, number % 3)))
        self.logs[log] = new

    def now(self, *, seconds_back: int = 0) -> int:
        """A second later each time, by a clock that may be set back. No microsecond of a second
        is met again: where it was, a log could not be told from an earlier one of its name."""
        number = next(self.clock)
        return (number - seconds_back) * 1_000_000 + number**3 * 7919 % 999_983

    async def append(self, log: LogId, number: int) -> None:
        state = await self.store.append(log, self.some(self.logs[log], number))
        self.note(self.logs[log], state)

    async def delete(self, log: LogId) -> None:
        await self.forks.delete(log, self.now())
        del self.logs[log]

    async def is_free(self, log: LogId) -> bool:
        with suppress(NoSuchLog):
            await self.store.state(log)
            return False
        return True

    def some(self, log: Log, number: int) -> Append:
        texts = [f"{next(self.texts)}\n" for _ in range(number)]
        log.records = [*log.records, *texts]
        return Append(1, lambda first: Chunk.of(first, [text.encode() for text in texts]))

    def note(self, log: Log, state: State) -> None:
        """The log's places: rising, and those told before are what they were."""
        offsets = [str(state.offset(Seq(seq))) for seq in range(state.tail + 1)]
        assert offsets == sorted(set(offsets))
        assert offsets[: len(log.offsets)] == log.offsets
        log.offsets = offsets

    async def check(self) -> None:
        """Every log that is not deleted, from each of its places; and nothing else is kept."""
        for log, expected in self.logs.items():
            await self.check_log(log, expected)
        kept = await self.store.logs("", {}, before=None, limit=99)
        assert {log for log, state in kept if not state.deleted} == set(self.logs)

    async def check_log(self, log: LogId, expected: Log) -> None:
        assert len(expected.offsets) == len(expected.records) + 1
        if expected.parent is not None:
            await self.check_shared(log, expected, expected.parent)
        for seq, offset in enumerate(expected.offsets):
            assert await self.read(log, offset) == expected.records[seq:]

    async def check_shared(self, log: LogId, expected: Log, parent: Log) -> None:
        """Places up to the fork are the parent's; its later ones are no places of the fork."""
        assert expected.offsets[: expected.shared + 1] == parent.offsets[: expected.shared + 1]
        for offset in set(parent.offsets[expected.shared + 1 :]) - set(expected.offsets):
            with pytest.raises((WrongEpoch, AheadOfTail)):
                await self.read(log, offset)

    async def read(self, log: LogId, offset: str) -> list[str]:
        cursor = await Cursor.at(self.store, self.tails, log, Offset.parse(offset))
        found: list[str] = []
        while not (batch := await cursor.read(max_bytes=5)).up_to_date:
            found += self.taken(batch.chunks)
        return found + self.taken(batch.chunks)

    def taken(self, chunks: object) -> list[str]:
        return [r.decode() for chunk in chunks for r in chunk.records()]  # type: ignore[attr-defined]


@settings(max_examples=50, deadline=None)
@given(steps=steps, ring_bytes=st.sampled_from([0, 6, 10**6]), order=st.randoms())
def test_each_log_of_a_tree_reads_what_it_should_and_nothing_stays(
    steps: list[tuple[str, int, int, int]], ring_bytes: int, order: object
) -> None:
    """Forks anywhere, of forks, at 0; appends on every level, deletions in any order, names taken
    again. Offsets rise with the records, and those shared with an ancestor are the ancestor's.

    Caught: a fork that sees what its source grew by, a record of the wrong ancestor, an epoch that
    falls below its source's, a deleted source that is removed too soon or never.
    """

    async def run() -> None:
        world = World(ring_bytes)
        for number, step in enumerate(steps):
            await world.step(*step)
            if number % 5 == 0:
                await world.check()
        left = list(world.logs)
        order.shuffle(left)  # type: ignore[attr-defined]
        for log in left:
            await world.delete(log)
            await world.check()
        assert await world.store.logs("", {}, before=None, limit=99) == []

    asyncio.run(run())
