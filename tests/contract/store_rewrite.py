"""The store contract of `rewrite`: records replaced, in all logs that are named or in none."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from logflume.errors import Conflict, LogClosed, NoSuchLog, Outdated
from logflume.records import Append, Rewrite, Seq
from logflume.store import Announcement, Store
from tests.contract.store import EMPTY, LOG, OTHER, append_of, everything, lines


async def test_replaced_records_keep_their_numbers_and_the_others_stay(store: Store) -> None:
    """In rows of one record and of many. Caught: a record put into its neighbour's place."""
    await store.create(LOG, EMPTY)
    for texts in (("a", "b", "c"), ("d",), ("e", "f")):
        await store.append(LOG, append_of(*texts))
    new = {Seq(2): b"2:longer than before\n", Seq(4): b"4:\n", Seq(6): b"6:x\n"}
    [state] = await store.rewrite([Rewrite(LOG, 5, new, 16, document=b"new")])
    assert await everything(store) == [
        b"1:a\n",
        b"2:longer than before\n",
        b"3:c\n",
        b"4:\n",
        b"5:e\n",
        b"6:x\n",
    ]
    assert (state.tail, state.size_bytes, state.rewrites) == (6, 40, 1)
    assert state.document == b"new"
    assert await store.state(LOG) == state
    await store.append(LOG, append_of("g"))
    assert (await everything(store))[-1] == b"7:g\n"


async def test_a_rewrite_may_append_and_is_announced(store: Store) -> None:
    """With the state that says that older reads are no longer true."""
    heard: list[Announcement] = []
    await store.create(LOG, EMPTY)
    await store.append(LOG, append_of("a"))
    store.subscribe(heard.append)
    [state] = await store.rewrite([Rewrite(LOG, 5, {Seq(1): b"1:b\n"}, encode=lines("said"))])
    assert await everything(store) == [b"1:b\n", b"2:said\n"]
    assert [(told.state, [bytes(c.body) for c in told.chunks]) for told in heard] == [
        (state, [b"2:said\n"])
    ]


async def test_a_rewrite_of_several_logs_is_done_whole_or_not_at_all(store: Store) -> None:
    """Whatever is wrong with the second. Caught: replacing before all are looked at."""
    for log in (LOG, OTHER):
        await store.create(log, EMPTY)
        await store.append(log, append_of("a"))
    closed = await store.append(OTHER, Append(at_us=1, close=True))
    first = Rewrite(LOG, 5, {Seq(1): b"1:b\n"})
    second = Rewrite(OTHER, 5, {Seq(1): b"1:b\n"})
    for wrong, error in (
        (replace(second, revision=closed.revision - 1), Outdated),
        (replace(second, records={Seq(2): b"2:b\n"}), Conflict),
        (replace(second, encode=lines("after the end")), LogClosed),
        (replace(second, log=LOG + "none"), NoSuchLog),
    ):
        with pytest.raises(error):
            await store.rewrite([first, wrong])
        assert await everything(store) == [b"1:a\n"]
        assert (await store.state(LOG)).rewrites == 0
    await store.rewrite([first, replace(second, revision=closed.revision)])
    assert await everything(store, OTHER) == [b"1:b\n"]
    assert await store.rewrite([]) == []


async def test_a_deleted_log_is_rewritten_for_its_forks(store: Store) -> None:
    """It is out of use, and its records are read all the same."""
    await store.create(LOG, EMPTY)
    await store.append(LOG, append_of("a"))
    await store.append(LOG, Append(at_us=1, delete=True))
    [state] = await store.rewrite([Rewrite(LOG, 5, {Seq(1): b"1:b\n"})])
    assert state.deleted
    assert await everything(store) == [b"1:b\n"]


async def test_a_rewrite_beside_appends_loses_none(store: Store) -> None:
    """They are committed together. Caught: replacing rows before what is pending is written."""
    await store.create(LOG, EMPTY)
    await store.append(LOG, append_of("a"))
    appends = [store.append(LOG, append_of("x")) for _ in range(20)]
    rewrite = store.rewrite([Rewrite(LOG, 5, {Seq(1): b"1:b\n"})])
    more = [store.append(LOG, append_of("y")) for _ in range(20)]
    await asyncio.gather(*appends, rewrite, *more)
    found = await everything(store)
    assert found[0] == b"1:b\n"
    assert [int(record.split(b":")[0]) for record in found] == list(range(1, 42))
