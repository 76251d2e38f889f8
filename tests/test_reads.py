"""Reads of the store that are shared: done once, kept for a moment, and never told when untrue."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from logflume import reads as reads_module
from logflume.batch import Batch
from logflume.cursor import Cursor
from logflume.errors import LogError, NoSuchLog, StoreUnavailable
from logflume.forks import Forks, inheriting
from logflume.records import Append, Chunk, Gap, LogId, Offset, Rewrite, Seq
from logflume.store.memory import MemoryStore
from logflume.tail import Tails
from tests.contract.store import EMPTY, LOG, OTHER, append_of, lines

RECORD_BYTES = 4
"""`1:a`, and its newline."""


class GatedStore(MemoryStore):
    """The memory store, counting its reads, which arrive when they are let."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0
        self.failing = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def read(self, log: LogId, after: Seq, *, until: Seq, max_bytes: int) -> Sequence[Chunk]:
        self.reads += 1
        await self.gate.wait()
        if self.failing:
            raise StoreUnavailable
        return await super().read(log, after, until=until, max_bytes=max_bytes)


class World:
    """A log of four records, none of them in the ring: each read goes to the store or is shared."""

    def __init__(self) -> None:
        self.store = GatedStore()
        self.tails = Tails(self.store, ring_bytes=0)

    @classmethod
    async def made(cls) -> World:
        world = cls()
        await world.store.create(LOG, EMPTY)
        for text in "abcd":
            await world.store.append(LOG, append_of(text))
        return world

    async def cursor(self, after: int = 0, log: LogId = LOG) -> Cursor:
        cursor = await Cursor.at(self.store, self.tails, log, None)
        cursor.seq = Seq(after)
        return cursor

    async def read(self, after: int = 0, max_bytes: int = 1000) -> Batch:
        return await (await self.cursor(after)).read(max_bytes=max_bytes)

    async def at_hand(self, after: int = 0, max_bytes: int = 1000) -> Batch | None:
        return (await self.cursor(after)).read_ring(max_bytes)

    async def keep(self, after: int = 0, max_bytes: int = 1000) -> Batch:
        """Have the batch kept: ask twice."""
        await self.read(after, max_bytes)
        return await self.read(after, max_bytes)


def records(batch: Batch) -> list[bytes]:
    return [record for chunk in batch.chunks for record in chunk.records()]


async def started(*tasks: asyncio.Task[Batch]) -> None:
    """Return when all of them wait for the store."""
    for _ in range(10):
        await asyncio.sleep(0)
    assert not any(task.done() for task in tasks)


async def test_many_who_ask_for_the_same_have_it_read_once() -> None:
    """They get the same batch, and so the same frame. Caught: a read for each."""
    world = await World.made()
    world.store.gate.clear()
    asking = [asyncio.ensure_future(world.read()) for _ in range(50)]
    await started(*asking)
    world.store.gate.set()
    found = await asyncio.gather(*asking)
    assert world.store.reads == 1
    assert all(batch is found[0] for batch in found)
    assert records(found[0]) == [b"1:a\n", b"2:b\n", b"3:c\n", b"4:d\n"]


async def test_who_comes_later_finds_what_two_have_asked_for() -> None:
    """At hand, without a task or a read. Caught: what is kept only as long as somebody reads it."""
    world = await World.made()
    kept = await world.keep()
    assert world.store.reads == 2
    assert await world.at_hand() is kept
    assert await world.read() is kept
    assert world.store.reads == 2


async def test_a_reader_that_is_alone_leaves_nothing_behind() -> None:
    """Who reads a long log alone does not fill the memory with it. Caught: whatever is read is
    kept."""
    world = await World.made()
    reader = await world.cursor()
    for _ in range(4):
        await reader.read(max_bytes=1)
    assert reader.seq == 4
    assert [await world.at_hand(after, 1) for after in range(4)] == [None] * 4


async def test_places_and_sizes_are_not_mixed_up() -> None:
    """Nor are logs. Caught: a key that leaves one of them out."""
    world = await World.made()
    await world.store.create(OTHER, EMPTY)
    await world.store.append(OTHER, append_of("x"))
    await world.keep()
    assert await world.at_hand(after=1) is None
    assert await world.at_hand(max_bytes=1) is None
    assert (await world.cursor(log=OTHER)).read_ring(1000) is None


async def test_the_end_is_read_again_when_it_is_the_end_no_longer() -> None:
    """What was kept says that nothing follows, or that the log goes on. Caught: a batch that is
    kept whatever happens to its log."""
    world = await World.made()
    assert (await world.keep()).up_to_date
    reader = await world.cursor()
    await world.store.append(LOG, append_of("e"))
    assert await world.at_hand() is None
    assert records(await reader.read(max_bytes=1000))[-1] == b"5:e\n"
    assert not (await world.keep()).closed
    await world.store.append(LOG, Append(1, close=True))
    assert (await world.read()).closed


async def test_who_knows_of_more_is_not_told_that_nothing_follows() -> None:
    """A read that was begun for another, before the last append, does not have it. Caught: who has
    been told that it is stored reads the log, and does not find it."""
    world = await World.made()
    world.store.gate.clear()
    first = asyncio.ensure_future(world.read())
    await started(first)
    await world.store.append(LOG, append_of("e"))
    asking = [asyncio.ensure_future(world.read()) for _ in range(3)]
    await started(*asking)
    world.store.gate.set()
    assert records(await first)[-1] == b"4:d\n"
    found = await asyncio.gather(*asking)
    assert records(found[0])[-1] == b"5:e\n"
    assert all(batch is found[0] for batch in found)
    assert world.store.reads == 2


async def test_what_is_followed_by_more_stays_true_as_the_log_grows() -> None:
    """Or a busy log would be read anew for each who comes back. Caught: everything is forgotten
    with each append."""
    world = await World.made()
    kept = await world.keep(max_bytes=RECORD_BYTES)
    reader = await world.cursor()
    await world.store.append(LOG, append_of("e"))
    assert reader.read_ring(RECORD_BYTES) is kept
    assert (reader.seq, kept.up_to_date) == (1, False)


async def test_what_was_kept_of_trimmed_records_is_not_given_out() -> None:
    """Nor a record for a shorter gap. Caught: bytes that count and digest do not agree with."""
    world = await World.made()
    kept = await world.keep(max_bytes=1)
    assert records(kept) == [b"1:a\n"]
    assert records(await world.keep(after=1, max_bytes=1)) == [b"2:b\n"]
    for until in (2, 3):
        gap = Gap(Seq(1), Seq(until), 1)
        await world.store.append(LOG, Append(1, trim=gap))
        assert await world.at_hand(max_bytes=1) is kept
        for _ in range(2):
            batch = await world.read(after=1, max_bytes=1)
            assert (batch.after, batch.until) == (1, until)


async def test_a_log_made_again_has_nothing_of_the_one_before() -> None:
    """Under the same name, with as many records. Caught: what is kept by name alone."""
    world = await World.made()
    await world.keep()
    await world.keep(max_bytes=RECORD_BYTES)
    old = await world.cursor()
    await world.store.delete(LOG)
    await world.store.create(LOG, replace(EMPTY, epoch=8), append_of("new", "newer"))
    with pytest.raises(NoSuchLog):
        old.read_ring(1000)
    for max_bytes in (RECORD_BYTES, 1000):
        assert await world.at_hand(max_bytes=max_bytes) is None
        batch = await world.read(max_bytes=max_bytes)
        assert records(batch)[0] == b"1:new\n"
        assert batch.state.epoch == 8


async def test_a_read_that_outlasts_its_log_tells_nobody_of_the_next_one() -> None:
    """The store may answer with the records of the log that was made meanwhile. Caught: who joined
    the read is told what it brought."""
    world = await World.made()
    world.store.gate.clear()
    first, joined = (asyncio.ensure_future(world.read()) for _ in range(2))
    await started(first, joined)
    await world.store.delete(LOG)
    await world.store.create(LOG, replace(EMPTY, epoch=8), append_of("new"))
    new = asyncio.ensure_future(world.read())
    await started(new)
    world.store.gate.set()
    for old in (first, joined):
        with pytest.raises(NoSuchLog):
            await old
    assert records(await new) == [b"1:new\n"]
    assert await world.at_hand() is None


async def test_a_fork_is_read_by_itself() -> None:
    """It shares its first records with another log, and goes on with its own. Caught: an
    ancestor's batch for the fork's."""
    world = await World.made()
    source = await world.store.state(LOG)
    await Forks(world.store).create(
        OTHER, inheriting(EMPTY, LOG, source, Seq(2), 9), Append(1, lines("own"))
    )
    await world.keep()
    reader = await world.cursor(log=OTHER)
    assert reader.read_ring(1000) is None
    read = [*records(await reader.read(max_bytes=1000)), *records(await reader.read())]
    assert read == [b"1:a\n", b"2:b\n", b"3:own\n"]


async def test_who_goes_away_does_not_take_the_read_with_him() -> None:
    """Caught: the first who asked is cancelled, and all who wait with him."""
    world = await World.made()
    world.store.gate.clear()
    first, second = (asyncio.ensure_future(world.read()) for _ in range(2))
    await started(first, second)
    first.cancel()
    await started(second)
    world.store.gate.set()
    assert len(records(await second)) == 4
    assert world.store.reads == 1


async def test_a_failure_is_told_to_all_and_not_kept() -> None:
    """Also when nobody is left to tell. Caught: a failed read that those who come later join."""
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, about: complaints.append(about))
    world = await World.made()
    world.store.gate.clear()
    world.store.failing = True
    asking = [asyncio.ensure_future(world.read()) for _ in range(3)]
    await started(*asking)
    world.store.gate.set()
    found = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(error) for error in found] == [StoreUnavailable] * 3
    world.store.gate.clear()
    alone = asyncio.ensure_future(world.read())
    await started(alone)
    alone.cancel()
    world.store.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await alone
    world.store.failing = False
    assert len(records(await world.read())) == 4
    assert complaints == []


async def test_what_is_kept_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice so many bytes, whoever asks for what. Caught: batches that are kept for ever."""
    monkeypatch.setattr(reads_module, "KEPT_BYTES", RECORD_BYTES)
    world = await World.made()
    for after in range(4):
        await world.keep(after, RECORD_BYTES)
    at_hand = [await world.at_hand(after, RECORD_BYTES) is not None for after in range(4)]
    assert at_hand == [False, False, True, True]


async def test_places_asked_for_have_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was forgotten is asked for as if for the first time. Caught: a set that grows."""
    monkeypatch.setattr(reads_module, "MAX_PLACES", 2)
    world = await World.made()
    for after in (0, 1, 2, 0):
        await world.read(after)
    assert await world.at_hand(0) is None
    await world.read(0)
    assert await world.at_hand(0) is not None


async def test_what_nobody_asks_for_again_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log that nobody follows any more costs no memory. Caught: a timer that is not set again."""
    monkeypatch.setattr(reads_module, "KEPT_SECONDS", 0.01)
    world = await World.made()
    for _ in range(2):
        async with asyncio.timeout(5):
            while await world.at_hand() is None:
                await world.keep()  # in time, or again
            while await world.at_hand() is not None:  # noqa: ASYNC110 -- only time goes by
                await asyncio.sleep(0)


async def test_a_deleted_log_is_gone_for_who_could_have_had_it_at_hand() -> None:
    """Not the last that was read of it. Caught: what is kept is asked before the tail."""
    world = await World.made()
    await world.keep(max_bytes=RECORD_BYTES)
    reader = await world.cursor()
    await world.store.delete(LOG)
    with pytest.raises(LogError):
        reader.read_ring(RECORD_BYTES)


async def test_an_offset_finds_what_is_at_hand() -> None:
    """As those who come back by `Last-Event-ID` do."""
    world = await World.made()
    kept = await world.keep(after=2)
    cursor = await Cursor.at(world.store, world.tails, LOG, Offset(EMPTY.epoch, Seq(2)))
    assert cursor.read_ring(1000) is kept
    assert cursor.seq == 4


async def test_what_was_kept_of_a_log_that_was_rewritten_is_not_given() -> None:
    """Though its place, epoch and tail are the same. Caught: a key without the rewrites."""
    world = await World.made()
    await world.read(max_bytes=RECORD_BYTES)
    await world.read(max_bytes=RECORD_BYTES)
    assert await world.at_hand(max_bytes=RECORD_BYTES) is not None
    await world.store.rewrite([Rewrite(LOG, 5, {Seq(1): b"1:A\n"})])
    assert await world.at_hand(max_bytes=RECORD_BYTES) is None
    assert records(await world.read(max_bytes=RECORD_BYTES)) == [b"1:A\n"]
