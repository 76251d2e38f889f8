"""Generic logs made, made again, forked: what is found, what is refused, what is left behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest
from msgspec.structs import replace

from logflume.errors import BadInput, CallerError, Conflict, LogGone, NoSuchLog
from logflume.generic.logs import ForkPoint, Logs, NewLog
from logflume.generic.messages import encoder_of
from logflume.generic.names import log_of
from logflume.lineage import stored
from logflume.records import Append, Lifetime, LogId, Offset, Seq
from logflume.store import Store
from logflume.store.memory import MemoryStore
from logflume.store.sqlite import SqliteStore

LOG, FORK = log_of("log"), log_of("fork")
TEXT = NewLog("text/plain")
JSON = NewLog("application/json")
BODIES = {"text/plain": b"hello world", "application/json": b'[1,{"a":2},[3]]'}


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    if request.param == "memory":
        made: Store = MemoryStore()
    else:
        made = await SqliteStore.open(tmp_path, on_failure=lambda _: None)
    yield made
    await made.close()


@pytest.fixture
def logs(store: Store) -> Logs:
    ticks = count(1_795_435_200_000_000, 1000)
    return Logs(store, clock=lambda: next(ticks))


def append_of(record: bytes) -> Append:
    return Append(1, encoder_of([record]))


async def content(store: Store, log: LogId = LOG) -> list[bytes]:
    state = await store.state(log)
    found: list[bytes] = []
    while len(found) < state.tail:
        after = Seq(len(found))
        for chunk in await stored(store, log, state, after, until=state.tail, max_bytes=10**6):
            found += chunk.records()
    return found


async def kept(store: Store) -> set[LogId]:
    return {log for log, _ in await store.logs("", {}, before=None, limit=99)}


@pytest.mark.parametrize("new", [TEXT, JSON])
async def test_a_log_begins_with_its_body(store: Store, logs: Logs, new: NewLog) -> None:
    """In the step that makes it, closed if that is asked for."""
    body = BODIES[str(new.content_type)]
    state, is_new = await logs.create(LOG, replace(new, body=body, closed=True))
    records = [body] if new is TEXT else [b"1\n", b'{"a":2}\n', b"[3]\n"]
    assert (is_new, state.closed, state.tail) == (True, True, len(records))
    assert await content(store) == records


async def test_a_body_that_is_no_json_makes_no_log(store: Store, logs: Logs) -> None:
    """All or nothing. Caught: a log that is there, empty, although its maker was told no."""
    with pytest.raises(BadInput):
        await logs.create(LOG, replace(JSON, body=b"[1,"))
    assert await kept(store) == set()


async def test_a_log_without_a_type_is_of_bytes(logs: Logs) -> None:
    """And asking again for none, or for that type, finds it."""
    state, _ = await logs.create(LOG, NewLog())
    assert state.content_type == "application/octet-stream"
    for again in (NewLog(), NewLog("Application/Octet-Stream; x=y")):
        assert await logs.create(LOG, again) == (state, False)


MADE = {
    "plain": TEXT,
    "with a body": replace(TEXT, body=b"x"),
    "closed": replace(TEXT, closed=True, body=b"x"),
    "idle": replace(TEXT, lifetime=Lifetime(idle_seconds=60)),
    "until": replace(TEXT, lifetime=Lifetime(expires_us=2 * 10**15)),
    "json": JSON,
}


@pytest.mark.parametrize("made", MADE)
@pytest.mark.parametrize("asked", MADE)
async def test_making_again_finds_what_is_the_same(
    store: Store, logs: Logs, made: str, asked: str
) -> None:
    """Type, lifetime and whether it is closed are compared, what it begins with is not; it stays
    as it is either way.

    Caught: a comparison that leaves one of them out; a body that is appended again."""
    state, _ = await logs.create(LOG, MADE[made])
    same = {made, asked} <= {"plain", "with a body"} or made == asked
    if same:
        assert await logs.create(LOG, MADE[asked]) == (state, False)
    else:
        with pytest.raises(Conflict):
            await logs.create(LOG, MADE[asked])
    assert await store.state(LOG) == state


async def test_a_log_closed_later_differs_from_one_that_is_open(logs: Logs) -> None:
    """And is the same as one that is made closed."""
    await logs.create(LOG, TEXT)
    await logs.append(LOG, Append(1, close=True))
    with pytest.raises(Conflict, match="closing"):
        await logs.create(LOG, TEXT)
    assert not (await logs.create(LOG, replace(TEXT, closed=True)))[1]


@pytest.mark.parametrize(
    ("beyond", "records"),
    [
        (0, [b"hello", b" world"]),
        (1, [b"hello", b" world", b"a"]),
        (3, [b"hello", b" world", b"all"]),
    ],
)
async def test_a_fork_may_begin_within_a_record(
    store: Store, logs: Logs, beyond: int, records: list[bytes]
) -> None:
    """So many bytes of the one after its place are its own first record."""
    state, _ = await logs.create(LOG, replace(TEXT, body=b"hello"))
    state = await logs.append(LOG, append_of(b" world"))
    await logs.append(LOG, append_of(b"all"))
    point = ForkPoint(LOG, state.tail_offset, beyond)
    fork, _ = await logs.create(FORK, NewLog(fork=point, body=b"own"))
    assert await content(store, FORK) == [*records, b"own"]
    assert fork.ancestors[-1].until == 2
    assert await content(store) == [b"hello", b" world", b"all"]


async def test_a_fork_of_json_may_begin_so_many_messages_later(store: Store, logs: Logs) -> None:
    """Which it inherits like the others."""
    await logs.create(LOG, replace(JSON, body=b"[1,2,3,4]"))
    point = ForkPoint(LOG, Offset(0, Seq(0)), 3)
    fork, _ = await logs.create(FORK, NewLog(fork=point))
    assert await content(store, FORK) == [b"1\n", b"2\n", b"3\n"]
    assert (fork.ancestors[-1].until, fork.content_type) == (3, "application/json")


@pytest.mark.parametrize(
    ("made", "point", "asked", "error"),
    [
        (TEXT, ForkPoint(log_of("none")), NewLog(), NoSuchLog),
        (TEXT, ForkPoint(LOG), JSON, Conflict),
        (TEXT, ForkPoint(LOG, Offset(1, Seq(0))), NewLog(), BadInput),
        (TEXT, ForkPoint(LOG, Offset(0, Seq(1))), NewLog(), BadInput),
        (TEXT, ForkPoint(LOG, beyond=1), NewLog(), BadInput),
        (TEXT, ForkPoint(LOG, Offset(0, Seq(0)), 12), NewLog(), BadInput),
        (TEXT, ForkPoint(LOG, Offset(0, Seq(0)), 10**10), NewLog(), BadInput),
        (JSON, ForkPoint(LOG, Offset(0, Seq(0)), 4), NewLog(), BadInput),
        (JSON, ForkPoint(LOG, beyond=1), NewLog(), BadInput),
        (JSON, ForkPoint(LOG), replace(JSON, body=b"no JSON"), BadInput),
    ],
)
async def test_a_fork_of_nothing_is_refused(
    store: Store,
    logs: Logs,
    made: NewLog,
    point: ForkPoint,
    asked: NewLog,
    error: type[CallerError],
) -> None:
    """No such log, no such place in it, not so much after it, another type; and nothing is made."""
    await logs.create(LOG, replace(made, body=BODIES[str(made.content_type)]))
    with pytest.raises(error):
        await logs.create(FORK, replace(asked, fork=point))
    assert await kept(store) == {LOG}


async def test_a_fork_has_nothing_of_its_source_but_records_type_and_lifetime(logs: Logs) -> None:
    """It is open, and of its writers and producers it knows none."""
    await logs.create(LOG, replace(TEXT, body=b"x", lifetime=Lifetime(idle_seconds=60)))
    await logs.append(LOG, replace(append_of(b"y"), writer_seq="9", close=True))
    fork, _ = await logs.create(FORK, NewLog(fork=ForkPoint(LOG)))
    assert (fork.closed, fork.writer_seq, fork.producers) == (False, None, {})
    assert (fork.tail, fork.content_type) == (2, "text/plain")
    assert fork.lifetime == Lifetime(idle_seconds=60)
    assert (await logs.append(FORK, replace(append_of(b"z"), writer_seq="1"))).tail == 3


async def test_making_a_fork_again_finds_it_although_its_source_has_changed(logs: Logs) -> None:
    """A client that was not answered asks again: the source may have grown, or be deleted by then.

    Caught: looking for the source of a fork that is made already."""
    await logs.create(LOG, replace(TEXT, body=b"x"))
    asked = NewLog(fork=ForkPoint(LOG), body=b"own")
    fork, _ = await logs.create(FORK, asked)
    await logs.append(LOG, append_of(b"y"))
    assert await logs.create(FORK, asked) == (fork, False)
    with pytest.raises(Conflict, match="fork"):
        await logs.create(FORK, TEXT)
    await logs.delete(LOG)
    assert await logs.create(FORK, asked) == (fork, False)


async def test_a_deleted_log_is_gone_for_all_but_its_forks(store: Store, logs: Logs) -> None:
    """Nobody may read, append, fork or delete it, nor take its name, while a fork remains."""
    await logs.create(LOG, replace(TEXT, body=b"x"))
    await logs.create(FORK, NewLog(fork=ForkPoint(LOG)))
    await logs.delete(LOG)
    deleted = await store.state(LOG)
    for call in (
        logs.state(LOG),
        logs.use(LOG, deleted),
        logs.append(LOG, append_of(b"y")),
        logs.delete(LOG),
    ):
        with pytest.raises(LogGone):
            await call
    for new in (TEXT, NewLog(fork=ForkPoint(FORK))):
        with pytest.raises(Conflict):
            await logs.create(LOG, new)
    with pytest.raises(Conflict):
        await logs.create(log_of("other"), NewLog(fork=ForkPoint(LOG)))
    assert await content(store, FORK) == [b"x"]
    await logs.delete(FORK)
    assert await kept(store) == set()
