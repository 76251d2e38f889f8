"""A cursor over the place where a fork begins: one log to its reader, several in the store."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from logflume.cursor import Cursor
from logflume.errors import AheadOfTail, NoSuchLog, StoreCorrupt, WrongEpoch
from logflume.forks import Forks, inheriting
from logflume.lineage import stored
from logflume.records import Append, LogId, Offset, Seq, State
from logflume.store.memory import MemoryStore
from logflume.tail import Batch, Tails
from tests.contract.store import append_of

SOURCE, FORK, TWIG = (LogId(f"stream/{name}") for name in ("source", "fork", "twig"))
NEW = State(epoch=10, content_type="text/plain")
NUMBERS = list(range(1, 13))
"""All of the twig: 1 to 4 are the source's, to 8 the fork's, the rest its own."""


class Tree:
    """A source, a fork of it, a fork of that, all of which have grown since; and its tails.

    With a `ring_bytes` of 0 everything is read from the store; else what was appended since the
    tail was opened is in the ring.
    """

    def __init__(self, ring_bytes: int) -> None:
        self.store = MemoryStore()
        self.forks = Forks(self.store)
        self.tails = Tails(self.store, ring_bytes=ring_bytes)

    async def grow(self) -> Cursor:
        """Make all of it; a cursor at the start of the twig, whose tail heard it all."""
        await self.forks.create(SOURCE, NEW, append_of("s", "s"))
        source = await self.store.append(SOURCE, append_of("s", "s", "s"))
        fork = inheriting(replace(NEW, epoch=0), SOURCE, source, Seq(4), 20)
        await self.forks.create(FORK, fork, append_of("f", "f", "f", "f", "f", "f"))
        of = await self.store.state(FORK)
        await self.forks.create(TWIG, inheriting(replace(NEW, epoch=0), FORK, of, Seq(8), 30))
        cursor = await Cursor.at(self.store, self.tails, TWIG, None)
        await self.store.append(TWIG, append_of("t"))
        await self.store.append(SOURCE, append_of("s"))
        await self.store.append(FORK, append_of("f"))
        await self.store.append(TWIG, append_of("t", "t", "t"))
        return cursor

    async def at(self, seq: int) -> Cursor:
        state = await self.store.state(TWIG)
        return await Cursor.at(self.store, self.tails, TWIG, state.offset(Seq(seq)))


def numbers(batch: Batch) -> list[int]:
    """The numbers that its records say they have, which are also where they stand."""
    records = [record for chunk in batch.chunks for record in chunk.records()]
    said = [int(record.split(b":")[0]) for record in records]
    assert said == list(range(batch.after + 1, batch.until + 1))
    return said


def letters(batch: Batch) -> str:
    return "".join(
        record.decode().split(":")[1][0] for chunk in batch.chunks for record in chunk.records()
    )


@pytest.mark.parametrize("ring_bytes", [0, 10, 10**6])
@pytest.mark.parametrize("max_bytes", [1, 9, 10**6])
@pytest.mark.parametrize("start", range(13))
async def test_every_record_is_read_once_from_every_place(
    start: int, max_bytes: int, ring_bytes: int
) -> None:
    """In order, whoever stored it, by long and by short reads, from the store and from the ring.

    Caught: a read that goes on in the source beyond the fork, or begins the next log too early."""
    tree = Tree(ring_bytes)
    first = await tree.grow()
    cursor = await tree.at(start)
    found: list[int] = []
    text = ""
    while True:
        batch = await cursor.read(max_bytes=max_bytes)
        found, text = found + numbers(batch), text + letters(batch)
        assert str(batch.offset) == str(batch.state.offset(batch.until))
        if batch.up_to_date:
            break
    assert found == NUMBERS[start:]
    assert text == "ssssfffftttt"[start:]
    del first


@pytest.mark.parametrize("until", range(1, 13))
@pytest.mark.parametrize("start", [0, 3, 4, 5, 8, 9])
async def test_a_read_ends_where_it_is_told_on_either_side(start: int, until: int) -> None:
    """At the border of two logs too. Caught: an end that is taken for each log's own."""
    tree = Tree(10**6)
    first = await tree.grow()
    cursor = await tree.at(start)
    found: list[int] = []
    while cursor.seq < until:
        found += numbers(await cursor.read(until=Seq(until)))
    assert found == NUMBERS[start:until]
    assert numbers(await cursor.read(until=Seq(until))) == []
    del first


async def test_offsets_of_the_ancestors_are_places_of_the_fork_up_to_where_it_begins() -> None:
    """And no further: what they hold after it, the fork does not.

    Caught: comparing the epoch alone, or the number alone."""
    tree = Tree(0)
    await tree.grow()
    cursor = await tree.at(0)
    for epoch, last, after in ((10, 4, 5), (20, 8, 9), (30, 12, 13)):
        await cursor.move(Offset(epoch, Seq(last)))
        assert cursor.seq == last
        with pytest.raises(AheadOfTail if epoch == 30 else WrongEpoch):
            await cursor.move(Offset(epoch, Seq(after)))
        assert cursor.seq == last
    for wrong in (Offset(20, Seq(4)), Offset(30, Seq(8)), Offset(10, Seq(8)), Offset(31, Seq(9))):
        with pytest.raises(WrongEpoch):
            await cursor.move(wrong)
        assert not cursor.moved(wrong)
    assert cursor.moved(Offset(20, Seq(5)))
    assert numbers(await cursor.read(until=Seq(6))) == [6]


async def test_who_follows_a_fork_hears_of_its_own_records_only() -> None:
    """What its source grows by is not its. Caught: a fork that listens to its source."""
    tree = Tree(10**6)
    await tree.grow()
    cursor = await tree.at(12)
    waiting = asyncio.ensure_future(cursor.read(wait_seconds=60))
    await asyncio.sleep(0)
    await tree.store.append(SOURCE, append_of("s"))
    await tree.store.append(FORK, append_of("f"))
    await asyncio.sleep(0)
    assert not waiting.done()
    await tree.store.append(TWIG, append_of("t"))
    assert numbers(await asyncio.wait_for(waiting, 5)) == [13]


async def test_a_fork_is_followed_on_while_its_ancestors_are_deleted() -> None:
    """Nothing changes for its reader. Caught: a follower of a fork told that its log is gone."""
    tree = Tree(0)
    await tree.grow()
    cursor = await tree.at(2)
    assert numbers(await cursor.read(until=Seq(3))) == [3]
    await tree.forks.delete(SOURCE, 50)
    await tree.forks.delete(FORK, 50)
    found: list[int] = []
    while not (batch := await cursor.read(max_bytes=1)).up_to_date:
        found += numbers(batch)
    assert found + numbers(batch) == NUMBERS[3:]
    waiting = asyncio.ensure_future(cursor.read(wait_seconds=60))
    await asyncio.sleep(0)
    await tree.store.append(TWIG, Append(1, close=True))
    assert (await asyncio.wait_for(waiting, 5)).closed
    await tree.forks.delete(TWIG, 50)
    with pytest.raises(NoSuchLog):
        await cursor.read()


async def test_a_record_that_is_missing_is_told_loudly() -> None:
    """Corruption is not an empty answer, upon which a reader would ask for ever."""
    tree = Tree(0)
    await tree.grow()
    state = await tree.store.state(TWIG)
    tree.store._logs[FORK].chunks.clear()
    with pytest.raises(StoreCorrupt, match="record 5 of stream/fork"):
        await stored(tree.store, TWIG, state, Seq(4), until=Seq(12), max_bytes=10**6)
