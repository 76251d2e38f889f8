"""States of logs that were read lately: a poll costs no store read, and none is ever stale."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from logflume import tail as tail_module
from logflume.cursor import Cursor
from logflume.errors import CallerError, LogGone, NoSuchLog
from logflume.records import Append, Chunk, LogId, Seq, State
from logflume.store.memory import MemoryStore
from logflume.tail import Tails
from tests.contract.store import EMPTY, LOG, append_of
from tests.contract.store_lifecycle import DELETE


class CountingStore(MemoryStore):
    """Counts what is read of it."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0

    async def state(self, log: LogId) -> State:
        self.reads += 1
        return await super().state(log)

    async def read(self, log: LogId, after: Seq, *, until: Seq, max_bytes: int) -> Sequence[Chunk]:
        self.reads += 1
        return await super().read(log, after, until=until, max_bytes=max_bytes)


class LateStore(MemoryStore):
    """Answers `state` when it is told to, with what was true when it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = asyncio.Event()

    async def state(self, log: LogId) -> State:
        found = await super().state(log)
        await self.go_on.wait()
        return found


async def opened_and_left(tails: Tails) -> State:
    """The state that a reader finds, who goes at once."""
    state = (await tails.open(LOG)).state
    assert not tails._tails
    return state


async def test_the_second_reader_costs_no_store_read() -> None:
    """Though the first has gone, and whatever was appended meanwhile.

    Caught: a tail that asks the store whenever it is made."""
    store = CountingStore()
    tails = Tails(store)
    await store.create(LOG, EMPTY)
    await opened_and_left(tails)
    for n in range(1, 5):
        await store.append(LOG, append_of("x"))
        cursor = await Cursor.at(store, tails, LOG, (await opened_and_left(tails)).tail_offset)
        assert (await cursor.read()).offset.seq == n
        del cursor
    assert store.reads == 1


async def test_a_log_that_nobody_has_read_is_not_kept() -> None:
    """Announcements alone keep nothing: most logs are never read."""
    store = CountingStore()
    tails = Tails(store)
    for n in range(20):
        await store.create(LogId(f"deployment/{n}"), EMPTY, append_of("x"))
    assert not tails._states


CHANGES = ["append", "close", "describe", "use", "delete", "go out of use", "create"]


@given(st.lists(st.sampled_from(CHANGES), max_size=25), st.booleans())
def test_what_a_reader_finds_is_what_the_store_has(changes: list[str], stays: bool) -> None:
    """After whatever was done to the log, under the same name too.

    Caught: a kept state that misses an append, the end, a deletion, or is of the log before."""

    async def run() -> None:
        store = MemoryStore()
        tails = Tails(store)
        reader = None
        for epoch, change in enumerate(changes, 10):
            await apply(store, change, epoch)
            try:
                expected: State | type[Exception] = await store.state(LOG)
            except NoSuchLog:
                expected = NoSuchLog
            if isinstance(expected, State) and expected.deleted:
                expected = LogGone
            try:
                tail = await tails.open(LOG)
                found: State | type[Exception] = tail.state
                reader = tail if stays else None
                del tail
            except NoSuchLog as error:
                found = type(error)
            assert found == expected
        del reader

    asyncio.run(run())


async def apply(store: MemoryStore, change: str, epoch: int) -> None:
    """Do it, if it can be done now."""
    appends = {
        "append": append_of("x"),
        "close": Append(1, close=True),
        "describe": Append(1, document=b"%d" % epoch),
        "use": Append(epoch, uses=True),
        "go out of use": DELETE,
    }
    with suppress(CallerError):
        if change in appends:
            await store.append(LOG, appends[change])
        elif change == "delete":
            await store.delete(LOG)
        elif change == "create":
            await store.create(LOG, replace(EMPTY, epoch=epoch), append_of("first"))


async def test_a_state_read_before_a_deletion_and_told_after_it_is_not_taken() -> None:
    """Neither for this reader nor for the next, also when the name is taken again.

    Caught: a log that comes back from the dead because a read was slow."""
    store = LateStore()
    tails = Tails(store)
    await store.create(LOG, EMPTY)
    opening = asyncio.ensure_future(tails.open(LOG))
    await asyncio.sleep(0)
    await store.delete(LOG)
    store.go_on.set()
    with pytest.raises(NoSuchLog):
        await opening
    with pytest.raises(NoSuchLog):
        await tails.open(LOG)
    await store.create(LOG, replace(EMPTY, epoch=8))
    assert (await tails.open(LOG)).state.epoch == 8


async def test_a_state_read_before_an_append_and_told_after_it_is_not_taken() -> None:
    """The announcement was newer."""
    store = LateStore()
    tails = Tails(store)
    await store.create(LOG, EMPTY)
    opening = asyncio.ensure_future(tails.open(LOG))
    await asyncio.sleep(0)
    await store.append(LOG, append_of("x"))
    store.go_on.set()
    state = (await opening).state
    del opening
    await asyncio.sleep(0)  # the loop lets go of the task
    assert state.tail == 1
    assert await opened_and_left(tails) == state


async def test_the_states_kept_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those read last stay. Caught: a state for each log that was ever read."""
    monkeypatch.setattr(tail_module, "MAX_STATES", 3)
    store = CountingStore()
    tails = Tails(store)
    logs = [LogId(f"deployment/{n}") for n in range(5)]
    for log in logs:
        await store.create(log, EMPTY)
    for log in (*logs[:4], logs[1], logs[4]):  # 0 goes with 3, 2 with 4: 1 was read since
        await tails.open(log)
    assert store.reads == 5
    assert set(tails._states) == {logs[1], logs[3], logs[4]}
