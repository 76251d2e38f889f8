"""What a fork inherits, what deleting means for it and its source, and what a sweep clears away."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from logflume import forks as forks_module
from logflume.errors import Conflict, LogExists, LogGone, NoSuchLog
from logflume.forks import DELETED, FORKED_FROM, MAX_ANCESTORS, Forks, inheriting
from logflume.lineage import stored
from logflume.records import Ancestor, Append, LogId, Offset, Seq, State
from logflume.store import Store
from logflume.store.memory import MemoryStore
from tests.contract.store import append_of

A, B, C, D = (LogId(f"stream/{name}") for name in "abcd")
NEW = State(epoch=0, content_type="text/plain", labels={"kept": "yes"})


async def chain(store: Store) -> Forks:
    """`b` is a fork of `a` at 2 of its 3 records, `c` one of `b` at 3 of its 4."""
    forks = Forks(store)
    a = await forks.create(A, replace(NEW, epoch=10), append_of("a", "a", "a"))
    b = await forks.create(B, inheriting(NEW, A, a, Seq(2), 20), append_of("b", "b"))
    await forks.create(C, inheriting(NEW, B, b, Seq(3), 30), append_of("c"))
    return forks


async def texts(store: Store, log: LogId) -> str:
    """A letter for each record."""
    state = await store.state(log)
    found = ""
    while len(found) < state.tail:
        after = Seq(len(found))
        for chunk in await stored(store, log, state, after, until=state.tail, max_bytes=1):
            found += "".join(r.decode().split(":")[1][0] for r in chunk.records())
    return found


async def ids(store: Store) -> set[LogId]:
    return {log for log, _ in await store.logs("", {}, before=None, limit=99)}


async def crash_while_deleting(store: Store, log: LogId) -> None:
    """The first step of a deletion, and not the second."""
    labels = {
        name: value
        for name, value in (await store.state(log)).labels.items()
        if name == FORKED_FROM
    }
    await store.append(log, Append(99, delete=True, labels={**labels, DELETED: "yes"}))


async def test_a_fork_has_its_ancestors_records_and_its_own() -> None:
    """Numbered on, its places rising; those it shares are its ancestors'."""
    store = MemoryStore()
    await chain(store)
    assert [await texts(store, log) for log in (A, B, C)] == ["aaa", "aabb", "aabc"]
    state = await store.state(C)
    assert (state.tail, state.ancestors[-1].until, state.epoch) == (4, 3, 30)
    assert state.ancestors == (Ancestor(A, 10, Seq(2)), Ancestor(B, 20, Seq(3)))
    assert state.labels == {"kept": "yes", FORKED_FROM: B}
    assert [state.offset(Seq(seq)) for seq in range(5)] == [
        *(Offset(10, Seq(seq)) for seq in range(3)),
        Offset(20, Seq(3)),
        Offset(30, Seq(4)),
    ]


async def test_a_forks_epoch_is_later_than_its_sources() -> None:
    """Also by a clock that was set back, and then one that is made again is told apart. Caught:
    offsets that fall where the fork begins, or that are good for another fork of this name."""
    source = replace(NEW, epoch=50, tail=Seq(1))
    assert inheriting(NEW, A, source, Seq(1), 80).epoch == 80
    first, again = (inheriting(NEW, A, source, Seq(1), now_us).epoch for now_us in (20, 21))
    assert 50 < first < again


async def test_a_fork_of_a_fork_within_what_that_inherited_reads_no_further_than_needed() -> None:
    """Its records are all the first one's; of the one between it knows only that it must stay."""
    store = MemoryStore()
    forks = await chain(store)
    b = await store.state(B)
    await forks.create(D, inheriting(NEW, B, b, Seq(1), 40))
    assert await texts(store, D) == "a"
    await forks.delete(A, 50)
    await forks.delete(B, 50)
    await forks.delete(C, 50)
    assert await texts(store, D) == "a"
    await forks.delete(D, 50)
    assert await ids(store) == set()


async def test_a_log_with_forks_is_out_of_use_and_its_records_stay() -> None:
    """They go with its last fork, and those of its source then too."""
    store = MemoryStore()
    forks = await chain(store)
    await forks.delete(A, 50)
    await forks.delete(B, 50)
    assert await ids(store) == {A, B, C}
    assert await texts(store, C) == "aabc"
    with pytest.raises(LogGone):
        await forks.delete(B, 60)
    await forks.delete(C, 70)
    assert await ids(store) == set()


async def test_a_log_without_forks_is_removed_at_once() -> None:
    """And nothing of its source, which is in use."""
    store = MemoryStore()
    forks = await chain(store)
    await forks.delete(C, 50)
    assert await ids(store) == {A, B}
    assert await texts(store, B) == "aabb"
    with pytest.raises(NoSuchLog):
        await forks.delete(C, 60)


async def test_a_log_that_is_out_of_use_keeps_its_name() -> None:
    """Until its last fork goes; then another may have it."""
    store = MemoryStore()
    forks = await chain(store)
    await forks.delete(A, 50)
    with pytest.raises(LogExists):
        await forks.create(A, NEW)
    await forks.delete(B, 50)
    await forks.delete(C, 50)
    await forks.create(A, NEW)
    assert await ids(store) == {A}


@pytest.mark.parametrize("again", [False, True])
async def test_what_was_deleted_meanwhile_is_not_forked(again: bool) -> None:
    """Nor a log that was made again under its name; nothing is left of the try.

    Caught: a fork whose records are another log's, or nobody's."""
    store = MemoryStore()
    forks = await chain(store)
    b = await store.state(B)
    await forks.delete(C, 40)
    await forks.delete(B, 40)
    if again:
        await forks.create(B, replace(NEW, epoch=45), append_of("x", "x", "x", "x"))
    for at in (4, 1, 0):
        with pytest.raises(Conflict):
            await forks.create(D, inheriting(NEW, B, b, Seq(at), 50))
        assert D not in await ids(store)


async def test_a_sweep_finishes_what_a_crash_left_of_a_deletion() -> None:
    """Between its two steps. Caught: a log out of use, without forks, that stays for ever."""
    store = MemoryStore()
    await chain(store)
    await crash_while_deleting(store, A)
    await crash_while_deleting(store, C)
    await Forks(store).sweep()
    assert await ids(store) == {A, B}
    await crash_while_deleting(store, B)
    await Forks(store).sweep()
    assert await ids(store) == set()


@pytest.mark.parametrize("source_stays", [True, False])
async def test_a_sweep_decides_about_a_fork_that_a_crash_left_unanswered(
    source_stays: bool,
) -> None:
    """Made, but nobody looked whether its source was still in use: it is whole, or it goes.

    Caught: a fork without records that nobody knows of."""
    store = MemoryStore()
    forks = await chain(store)
    left = inheriting(NEW, B, await store.state(B), Seq(4), 40)
    await forks.delete(C, 40)
    if not source_stays:
        await forks.delete(B, 40)
    await store.create(D, left)
    await Forks(store).sweep()
    if source_stays:
        assert (await store.state(D)).labels == {"kept": "yes", FORKED_FROM: B}
        assert await texts(store, D) == "aabb"
    else:
        assert await ids(store) == {A}


async def test_a_fork_that_was_left_unanswered_is_found_by_who_asks_again() -> None:
    """Whole, or refused and gone. Caught: a repeated request that is told of a broken fork."""
    store = MemoryStore()
    forks = await chain(store)
    left = inheriting(NEW, B, await store.state(B), Seq(4), 40)
    await store.create(D, left)
    with pytest.raises(LogExists) as there:
        await forks.create(D, left)
    assert there.value.state == await store.state(D)
    await forks.delete(C, 50)
    await forks.delete(D, 50)
    await forks.delete(B, 50)
    await store.create(D, left)
    with pytest.raises(Conflict):
        await forks.create(D, left)
    assert await ids(store) == {A}


async def test_forks_of_forks_come_to_an_end() -> None:
    """A state names all its ancestors, and must stay small. Where nothing is inherited of those
    between, they do not count."""
    store = MemoryStore()
    forks = Forks(store)
    state = await forks.create(A, replace(NEW, epoch=10), append_of("x"))
    log = A
    for n in range(MAX_ANCESTORS):
        source, log = log, LogId(f"stream/{n}")
        fork = inheriting(NEW, source, state, state.tail, 20 + n)
        state = await forks.create(log, fork, append_of("x"))
    with pytest.raises(Conflict):
        inheriting(NEW, log, state, state.tail, 999)
    assert len(inheriting(NEW, log, state, Seq(5), 999).ancestors) <= 6
    assert await texts(store, log) == "x" * (MAX_ANCESTORS + 1)


async def test_a_sweep_leaves_what_is_needed() -> None:
    """A log out of use, whose fork is in use."""
    store = MemoryStore()
    await chain(store)
    await crash_while_deleting(store, A)
    await crash_while_deleting(store, B)
    await Forks(store).sweep()
    assert await ids(store) == {A, B, C}
    assert await texts(store, C) == "aabc"


async def test_a_sweep_looks_at_every_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many were left. Caught: a sweep of the first page only, or one that never ends."""
    monkeypatch.setattr(forks_module, "SWEEP_PAGE", 3)
    store = MemoryStore()
    forks = await chain(store)
    for n in range(10):
        log = LogId(f"stream/left {n}")
        await forks.create(log, NEW)
        await crash_while_deleting(store, log)
    await crash_while_deleting(store, B)  # has a fork, and so is found again and again
    await forks.sweep()
    assert await ids(store) == {A, B, C}
