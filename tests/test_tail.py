"""The live end of a log: hints, the ring, waiting."""

from __future__ import annotations

import asyncio
import gc

import pytest
from msgspec.structs import replace

from logflume.errors import NoSuchLog
from logflume.records import Append, Chunk, Gap, LogId, Seq, State
from logflume.store import Announcement
from logflume.store.memory import MemoryStore
from logflume.tail import Tail, Tails
from tests.contract.store import EMPTY, LOG, append_of


def grown(tail: int) -> State:
    return replace(EMPTY, tail=Seq(tail), revision=tail)


def chunk(first: int, count: int = 1) -> Chunk:
    return Chunk.of(Seq(first), [b"x\n"] * count)


def tail_at(seq: int, ring_bytes: int = 100) -> Tail:
    tail = Tail(LOG, ring_bytes)
    tail.begin(grown(seq))
    return tail


def test_the_ring_gives_what_was_announced() -> None:
    """From any place that it holds."""
    tail = tail_at(5)
    tail.hear(Announcement(LOG, grown(7), [chunk(6, 2)]))
    batch = tail.recent(Seq(6), 1000)
    assert batch is not None
    assert (batch.after, batch.until, batch.up_to_date) == (6, 7, True)
    assert [(piece.first, piece.body) for piece in batch.chunks] == [(7, b"x\n")]
    assert tail.recent(Seq(4), 1000) is None


def test_after_a_gap_the_ring_begins_anew() -> None:
    """An announcement that was missed is in the store. Caught: joining what does not follow."""
    tail = tail_at(5)
    tail.hear(Announcement(LOG, grown(6), [chunk(6)]))
    tail.hear(Announcement(LOG, grown(8), [chunk(8)]))
    assert tail.recent(Seq(5), 1000) is None
    batch = tail.recent(Seq(7), 1000)
    assert batch is not None
    assert batch.until == 8


def test_a_state_without_its_records_sends_readers_to_the_store() -> None:
    """Caught: an empty batch that is not up to date, which a follower would ask for for ever."""
    tail = tail_at(1)
    tail.hear(Announcement(LOG, grown(2), [chunk(2)]))
    tail.hear(Announcement(LOG, grown(4)))
    assert tail.recent(Seq(2), 1000) is None


def test_old_news_changes_nothing() -> None:
    """The store may have been read after an announcement was sent and before it was heard."""
    tail = tail_at(9)
    tail.hear(Announcement(LOG, grown(8), [chunk(8)]))
    assert tail.state.tail == 9


def test_the_ring_is_bounded_in_bytes() -> None:
    """The oldest go first."""
    tail = tail_at(0, ring_bytes=10)
    for n in range(1, 20):
        tail.hear(Announcement(LOG, grown(n), [chunk(n)]))
    assert tail.recent(Seq(14), 1000) is not None
    assert tail.recent(Seq(13), 1000) is None


def test_what_is_trimmed_leaves_the_ring() -> None:
    """So that nobody gets from it what is no longer kept; the rest of it stays."""
    tail = tail_at(0)
    for n in range(1, 9):
        tail.hear(Announcement(LOG, grown(n), [chunk(n)]))
    trimmed = replace(grown(8), gap=Gap(Seq(1), Seq(5), 1), revision=9)
    tail.hear(Announcement(LOG, trimmed))
    assert tail.recent(Seq(0), 1000) is None
    assert tail.recent(Seq(4), 1000) is None
    assert tail.recent(Seq(5), 1000) is not None


def test_readers_at_the_same_place_share_one_batch_and_its_frame() -> None:
    """Encode once. Caught: a new batch for each reader."""
    tail = tail_at(0)
    tail.hear(Announcement(LOG, grown(1), [chunk(1)]))
    one, other = tail.recent(Seq(0), 1000), tail.recent(Seq(0), 1000)
    assert one is not None
    assert one is other
    framed = [one.framed(lambda batch, now_us: b"%d" % now_us, 1)]

    def frame(batch: object, now_us: int) -> bytes:
        framed.append(b"again")
        return b"frame"

    assert one.framed(frame, 1) is one.framed(frame, 2)
    assert framed.count(b"again") == 1


async def test_waiting_ends_with_growth_and_not_before() -> None:
    """A change of the document, or a use, gives nothing to read, so it wakes nobody.

    Caught: waking all who wait whenever one of them is noted as a use."""
    tail = tail_at(1)
    waiting = asyncio.ensure_future(tail.wait(Seq(1), 60))
    await asyncio.sleep(0)
    tail.hear(Announcement(LOG, replace(grown(1), revision=2, document=b"new")))
    tail.hear(Announcement(LOG, replace(grown(1), revision=3, used_us=5)))
    await asyncio.sleep(0)
    assert not waiting.done()
    assert tail.state.used_us == 5
    tail.hear(Announcement(LOG, replace(grown(2), revision=4), [chunk(2)]))
    await asyncio.wait_for(waiting, 5)


@pytest.mark.parametrize("change", [{"closed": True}, {"deleted": True}])
async def test_waiting_ends_with_the_end(change: dict[str, bool]) -> None:
    """Closed or out of use: nothing will come. Caught: waking only who has something to read."""
    tail = tail_at(1)
    waiting = asyncio.ensure_future(tail.wait(Seq(1), 60))
    await asyncio.sleep(0)
    tail.hear(Announcement(LOG, replace(grown(1), revision=2, **change)))
    await asyncio.wait_for(waiting, 5)
    if "deleted" in change:
        with pytest.raises(NoSuchLog):
            _ = tail.state


async def test_a_waiter_is_called_once_and_not_after_it_left() -> None:
    """Who wants more joins again."""
    tail = tail_at(1)
    called: list[str] = []
    stays, leaves = lambda: called.append("stays"), lambda: called.append("leaves")
    tail.join(stays)
    tail.join(leaves)
    tail.leave(leaves)
    tail.hear(Announcement(LOG, grown(2), [chunk(2)]))
    tail.hear(Announcement(LOG, grown(3), [chunk(3)]))
    assert called == ["stays"]
    tail.join(stays)
    tail.hear(Announcement(LOG, grown(4), [chunk(4)]))
    assert called == ["stays", "stays"]


async def test_a_waiter_may_join_again_while_all_are_woken() -> None:
    """Caught: a set that changes while it is gone through."""
    tail = tail_at(1)
    called: list[int] = []

    def again() -> None:
        called.append(tail.state.tail)
        tail.join(again)

    tail.join(again)
    for n in (2, 3):
        tail.hear(Announcement(LOG, grown(n), [chunk(n)]))
    assert called == [2, 3]


async def test_waiting_ends_at_once_when_there_is_something_or_nothing_will_come() -> None:
    """Caught: a wake-up that came before the wait is lost."""
    tail = tail_at(1)
    await asyncio.wait_for(tail.wait(Seq(0), 60), 5)
    tail.hear(Announcement(LOG, replace(grown(2), tail=Seq(1), closed=True)))
    await asyncio.wait_for(tail.wait(Seq(1), 60), 5)


async def test_waiting_ends_after_its_time() -> None:
    """Without an error: nothing came."""
    await asyncio.wait_for(tail_at(1).wait(Seq(1), 0.01), 5)


async def test_who_waits_hears_of_the_deletion() -> None:
    """And finds no log any more."""
    tail = tail_at(1)
    waiting = asyncio.ensure_future(tail.wait(Seq(1), 60))
    await asyncio.sleep(0)
    tail.hear(Announcement(LOG, None))
    await asyncio.wait_for(waiting, 5)
    with pytest.raises(NoSuchLog):
        _ = tail.state


async def test_a_log_that_nobody_reads_costs_no_memory() -> None:
    """The tail goes with its last reader."""
    store = MemoryStore()
    tails = Tails(store)
    await store.create(LOG, EMPTY)
    tail = await tails.open(LOG)
    assert await tails.open(LOG) is tail
    del tail
    gc.collect()
    assert not tails._tails


async def test_a_log_made_again_has_a_tail_of_its_own() -> None:
    """Readers of the old one are told; new ones get the new one."""
    store = MemoryStore()
    tails = Tails(store)
    await store.create(LOG, EMPTY)
    old = await tails.open(LOG)
    await store.delete(LOG)
    await store.create(LOG, replace(EMPTY, epoch=8))
    assert old.gone
    assert (await tails.open(LOG)).state.epoch == 8


async def test_an_unknown_log_has_no_tail() -> None:
    """NoSuchLog, and nothing is kept of the try."""
    tails = Tails(MemoryStore())
    with pytest.raises(NoSuchLog):
        await tails.open(LogId("none"))
    gc.collect()
    assert not tails._tails


async def test_stopping_wakes_everybody() -> None:
    """So that streams can say good-bye."""
    store = MemoryStore()
    tails = Tails(store)
    await store.create(LOG, EMPTY)
    await store.append(LOG, append_of("a"))
    tail = await tails.open(LOG)
    waiting = asyncio.ensure_future(tail.wait(Seq(1), 60))
    await asyncio.sleep(0)
    tails.stop()
    await asyncio.wait_for(waiting, 5)
    assert tails.stopping
    await store.append(LOG, Append(1))


def test_a_log_that_was_rewritten_is_read_anew() -> None:
    """Neither the ring nor a batch made of it has what was replaced. Caught: a ring that only
    grows."""
    tail = tail_at(0)
    tail.hear(Announcement(LOG, grown(2), [chunk(1, 2)]))
    assert tail.recent(Seq(0), 1000) is not None
    rewritten = replace(grown(3), revision=4, rewrites=1)
    tail.hear(Announcement(LOG, rewritten, [chunk(3)]))
    assert tail.recent(Seq(0), 1000) is None
    last = tail.recent(Seq(2), 1000)
    assert last is not None
    assert last.up_to_date
