"""The store contract, continued: logs that begin with records, that go out of use, that inherit.

A module that runs it imports these tests beside those of `tests/contract/store.py`. Nothing here
knows which store it examines.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from logflume.errors import (
    Conflict,
    LogClosed,
    LogExists,
    LogGone,
    NoSuchLog,
    Outdated,
    ProducerGap,
)
from logflume.records import Ancestor, Append, LogId, Producer, Seq, State
from logflume.store import Announcement, Store
from tests.contract.store import ALL, EMPTY, LOG, OTHER, append_of, everything

DELETE = Append(2, delete=True, labels={"deleted": "yes"})
FIRST = append_of("a", "b", producer=Producer("p", 0, 0))


async def labelled(store: Store, labels: Mapping[str, str]) -> list[LogId]:
    return [log for log, _ in await store.logs("", labels, before=None, limit=99)]


async def test_a_log_may_begin_with_records(store: Store) -> None:
    """One step makes the log and appends to it: the state says both, and it goes on from there.

    Caught: a first append whose records or whose producer's mark are forgotten."""
    state = await store.create(LOG, EMPTY, FIRST)
    assert (state.tail, state.size_bytes, state.revision) == (2, 8, 1)
    assert await store.state(LOG) == state
    assert (await store.append(LOG, append_of("c", producer=Producer("p", 0, 1)))).tail == 3
    assert await everything(store) == [b"1:a\n", b"2:b\n", b"3:c\n"]


async def test_a_first_append_may_close_the_log(store: Store) -> None:
    """A log that is whole from the beginning."""
    state = await store.create(LOG, EMPTY, replace(append_of("all"), close=True))
    assert state.closed
    with pytest.raises(LogClosed):
        await store.append(LOG, append_of("late"))
    assert await everything(store) == [b"1:all\n"]


async def test_the_first_records_are_announced_with_the_log(store: Store) -> None:
    """In one announcement: nobody sees the log without them.

    Caught: two announcements, or one without the chunk."""
    heard: list[Announcement] = []
    store.subscribe(heard.append)
    state = await store.create(LOG, EMPTY, append_of("a", "b"))
    await store.create(OTHER, EMPTY)
    bodies = [b"".join(chunk.body for chunk in announced.chunks) for announced in heard]
    assert bodies == [b"1:a\n2:b\n", b""]
    assert [(heard[0].log, heard[0].state), heard[1].log] == [(LOG, state), OTHER]


@pytest.mark.parametrize(
    ("state", "first", "error"),
    [
        (EMPTY, replace(FIRST, content_type="text/plain"), Conflict),
        (EMPTY, replace(FIRST, revision=5), Outdated),
        (EMPTY, append_of("a", producer=Producer("p", 0, 3)), ProducerGap),
        (replace(EMPTY, closed=True), FIRST, LogClosed),
    ],
)
async def test_a_log_whose_first_append_is_refused_is_not_made(
    store: Store, state: State, first: Append, error: type[Exception]
) -> None:
    """All or nothing: no log, no label, no announcement; and its name is free.

    Caught: a log that is made before the rules are asked."""
    heard: list[Announcement] = []
    store.subscribe(heard.append)
    with pytest.raises(error):
        await store.create(LOG, state, first)
    with pytest.raises(NoSuchLog):
        await store.state(LOG)
    assert await labelled(store, EMPTY.labels) == []
    assert heard == []
    await store.create(LOG, EMPTY, append_of("x"))
    assert await everything(store) == [b"1:x\n"]


async def test_a_first_append_goes_with_others_of_its_moment(store: Store) -> None:
    """Logs made at once, some refused, some taken: each is whole or not there."""
    logs = [LogId(f"deployment/{n:02}") for n in range(20)]
    refused = replace(FIRST, content_type="text/plain")
    firsts = [append_of(log) if n % 3 else refused for n, log in enumerate(logs)]

    async def follow_up(log: LogId) -> State:
        return await store.append(log, append_of("next"))  # which is under way once it is called

    made = await asyncio.gather(
        *(store.create(log, EMPTY, first) for log, first in zip(logs, firsts, strict=True)),
        *(follow_up(log) for log in logs),
        return_exceptions=True,
    )
    for n, log in enumerate(logs):
        if n % 3:
            assert await everything(store, log) == [f"1:{log}\n".encode(), b"2:next\n"]
        else:
            assert isinstance(made[n], Conflict)
            assert isinstance(made[n + 20], NoSuchLog)


async def test_a_log_may_begin_after_the_records_of_others(store: Store) -> None:
    """A fork's numbers go on where its ancestors' end; the store has only its own records.

    Caught: numbering from 1, or a read of what is the ancestors'."""
    ancestors = (Ancestor(OTHER, 3, Seq(5)),)
    fork = replace(EMPTY, tail=Seq(5), ancestors=ancestors)
    state = await store.create(LOG, fork, append_of("a"))
    assert (state.tail, state.ancestors) == (6, ancestors)
    await store.append(LOG, append_of("b"))
    [first, *rest] = await store.read(LOG, Seq(5), until=ALL, max_bytes=10**9)
    assert first.first == 6
    assert b"".join(chunk.body for chunk in [first, *rest]) == b"6:a\n7:b\n"
    assert await store.read(LOG, Seq(7), until=ALL, max_bytes=10**9) == []


async def test_a_log_out_of_use_is_still_there_for_its_forks(store: Store) -> None:
    """Its state says so and its records are read; nothing can be appended, made in its place or
    deleted once more.

    Caught: a log that comes back by an append."""
    await store.create(LOG, EMPTY, append_of("a", "b"))
    state = await store.append(LOG, DELETE)
    assert state.deleted
    assert await store.state(LOG) == state
    assert await everything(store) == [b"1:a\n", b"2:b\n"]
    for late in (append_of("late"), DELETE, Append(3, uses=True), Append(3, document=b"x")):
        with pytest.raises(LogGone):
            await store.append(LOG, late)
    with pytest.raises(LogExists) as there:
        await store.create(LOG, replace(EMPTY, epoch=8), append_of("x"))
    assert there.value.state == state
    assert await everything(store) == [b"1:a\n", b"2:b\n"]


async def test_a_log_out_of_use_is_found_by_its_new_labels_only(store: Store) -> None:
    """Caught: a list by the labels that it had."""
    await store.create(LOG, EMPTY)
    await store.create(OTHER, EMPTY)
    await store.append(LOG, DELETE)
    assert await labelled(store, {"project": "a"}) == [OTHER]
    assert await labelled(store, {"deleted": "yes"}) == [LOG]
    await store.delete(LOG)
    assert await labelled(store, {"deleted": "yes"}) == []
    with pytest.raises(NoSuchLog):
        await store.state(LOG)


async def test_a_log_made_again_is_another_log(store: Store) -> None:
    """What is meant for the one of an earlier epoch does nothing to it.

    Caught: a deletion by name that is late, and takes what came after."""
    await store.create(LOG, EMPTY, append_of("old"))
    await store.delete(LOG, epoch=EMPTY.epoch)
    made = await store.create(LOG, replace(EMPTY, epoch=8), append_of("new"))
    with pytest.raises(NoSuchLog):
        await store.delete(LOG, epoch=EMPTY.epoch)
    for late in (append_of("late"), DELETE):
        with pytest.raises(Outdated):
            await store.append(LOG, replace(late, epoch=EMPTY.epoch))
    assert await store.state(LOG) == made
    assert await labelled(store, EMPTY.labels) == [LOG]
    assert (await store.append(LOG, replace(append_of("more"), epoch=8))).tail == 2
    await store.delete(LOG, epoch=8)
    with pytest.raises(NoSuchLog):
        await store.delete(LOG, epoch=8)


async def test_going_out_of_use_is_announced_and_so_is_the_removal(store: Store) -> None:
    """With the state that says so, then with none."""
    heard: list[Announcement] = []
    await store.create(LOG, EMPTY, append_of("a"))
    store.subscribe(heard.append)
    state = await store.append(LOG, DELETE)
    await store.delete(LOG)
    assert [(one.log, one.state, list(one.chunks)) for one in heard] == [
        (LOG, state, []),
        (LOG, None, []),
    ]
    assert state.deleted


async def test_a_closed_log_may_be_used_and_go_out_of_use(store: Store) -> None:
    """Neither is an append of records; it stays closed."""
    await store.create(LOG, EMPTY, replace(append_of("a"), close=True))
    used = await store.append(LOG, Append(9, uses=True))
    assert (used.closed, used.used_us, used.tail) == (True, 9, 1)
    assert (await store.append(LOG, DELETE)).deleted


async def test_of_a_deletion_and_appends_at_once_each_is_before_or_after(store: Store) -> None:
    """What was taken is there, what came after is refused; nothing between.

    Caught: an append that is acknowledged after the log went out of use."""
    await store.create(LOG, EMPTY)
    appends = [store.append(LOG, append_of("x")) for _ in range(10)]
    later = [store.append(LOG, append_of("y")) for _ in range(10)]
    results = await asyncio.gather(
        *appends, store.append(LOG, DELETE), *later, return_exceptions=True
    )
    taken = [result for result in results if isinstance(result, State) and not result.deleted]
    assert len(await everything(store)) == len(taken) == (await store.state(LOG)).tail
    assert sum(isinstance(result, LogGone) for result in results) == 20 - len(taken)


async def test_a_closed_log_takes_nothing_more(store: Store) -> None:
    """Records and the end come in one step; afterwards LogClosed, with the state."""
    await store.create(LOG, EMPTY)
    closed = await store.append(LOG, replace(append_of("end"), close=True))
    assert closed.closed
    with pytest.raises(LogClosed) as refused:
        await store.append(LOG, append_of("late"))
    assert refused.value.state == closed
    assert await everything(store) == [b"1:end\n"]


async def test_a_deleted_log_is_gone_and_its_name_free(store: Store) -> None:
    """What is made under the same name later has nothing of the old one."""
    await store.create(LOG, EMPTY)
    await store.append(LOG, append_of(*("old" for _ in range(1000))))
    await store.delete(LOG)
    with pytest.raises(NoSuchLog):
        await store.state(LOG)
    await store.create(LOG, replace(EMPTY, epoch=8))
    await store.append(LOG, append_of("new"))
    assert await everything(store) == [b"1:new\n"]
    assert (await store.state(LOG)).epoch == 8


async def test_a_list_follows_changed_labels_and_deletions(store: Store) -> None:
    """A log is found by the labels that it has now."""
    await store.create(LOG, EMPTY)
    await store.append(LOG, Append(at_us=1, labels={"project": "b"}))
    assert await store.logs("deployment/", {"project": "a"}, before=None, limit=9) == []
    [(log, state)] = await store.logs("deployment/", {"project": "b"}, before=None, limit=9)
    assert (log, state) == (LOG, await store.state(LOG))
    await store.delete(LOG)
    assert await store.logs("deployment/", {"project": "b"}, before=None, limit=9) == []
