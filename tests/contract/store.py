"""The store contract: what every store must do, as `logflume.store` promises it.

A module that runs it defines the fixture `store` and imports the tests:

    from tests.contract.store import *

Nothing here knows which store it examines.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest
from msgspec.structs import replace

from logflume.errors import (
    BadInput,
    Conflict,
    Duplicate,
    LogClosed,
    LogExists,
    NoSuchLog,
    Outdated,
    ProducerFenced,
    ProducerGap,
)
from logflume.records import Append, Chunk, Encoder, Gap, LogId, Producer, Seq, State
from logflume.store import Announcement, Store

LOG = LogId("deployment/one")
OTHER = LogId("deployment/two")
EMPTY = State(epoch=7, content_type="application/json", document=b"{}", labels={"project": "a"})
ALL = Seq(10**9)


def lines(*texts: str) -> Encoder:
    """An encoder of records that show the number they were given."""
    return lambda first: Chunk.of(
        first, [f"{n}:{text}\n".encode() for n, text in enumerate(texts, first)]
    )


def append_of(*texts: str, producer: Producer | None = None) -> Append:
    return Append(at_us=1, encode=lines(*texts), producer=producer)


async def everything(store: Store, log: LogId = LOG, max_bytes: int = 10**9) -> list[bytes]:
    """All records, read piece by piece; asserts that they are numbered densely."""
    found: list[bytes] = []
    while True:
        chunks = await store.read(log, Seq(len(found)), until=ALL, max_bytes=max_bytes)
        if not chunks:
            return found
        for chunk in chunks:
            assert chunk.first == len(found) + 1
            found += chunk.records()


async def test_a_new_log_is_empty_and_has_the_state_it_was_made_with(store: Store) -> None:
    """`create` stores the state as given."""
    await store.create(LOG, EMPTY)
    assert await store.state(LOG) == EMPTY
    assert await everything(store) == []


async def test_a_log_is_made_once(store: Store) -> None:
    """A second `create` is refused with the state of the first."""
    await store.create(LOG, EMPTY)
    with pytest.raises(LogExists) as refused:
        await store.create(LOG, replace(EMPTY, epoch=8))
    assert refused.value.state == EMPTY


@pytest.mark.parametrize("call", ["state", "append", "read", "delete"])
async def test_an_unknown_log_is_refused_by_every_call(store: Store, call: str) -> None:
    """NoSuchLog, not an empty answer."""
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "state": lambda: store.state(LOG),
        "append": lambda: store.append(LOG, append_of("x")),
        "read": lambda: store.read(LOG, Seq(0), until=ALL, max_bytes=1),
        "delete": lambda: store.delete(LOG),
    }
    with pytest.raises(NoSuchLog):
        await calls[call]()


async def test_records_are_numbered_densely_over_appends(store: Store) -> None:
    """The encoder is given the number after the tail. Caught: numbering from the tail itself."""
    await store.create(LOG, EMPTY)
    await store.append(LOG, append_of("a", "b"))
    state = await store.append(LOG, append_of("c"))
    assert await everything(store) == [b"1:a\n", b"2:b\n", b"3:c\n"]
    assert (state.tail, state.size_bytes, state.revision) == (3, 12, 2)
    assert await store.state(LOG) == state


async def test_appends_that_race_are_applied_one_after_another(store: Store) -> None:
    """Caught: reading the tail outside of the transaction."""
    await store.create(LOG, EMPTY)
    await asyncio.gather(*(store.append(LOG, append_of("x", "y")) for _ in range(100)))
    found = await everything(store)
    assert [int(record.split(b":")[0]) for record in found] == list(range(1, 201))


async def test_appends_to_many_logs_at_once_do_not_mix(store: Store) -> None:
    """Every log gets its own records, in the order in which they were appended."""
    logs = [LogId(f"deployment/{n}") for n in range(20)]
    for log in logs:
        await store.create(log, EMPTY)
    await asyncio.gather(
        *(store.append(log, append_of(f"{log}#{k}")) for k in range(10) for log in logs)
    )
    for log in logs:
        assert await everything(store, log) == [f"{k + 1}:{log}#{k}\n".encode() for k in range(10)]


@pytest.mark.parametrize("max_bytes", [1, 7, 1000, 10**9])
async def test_reading_in_pieces_gives_every_record_once(store: Store, max_bytes: int) -> None:
    """However small the pieces. Caught: `>=` for `>` in the place where a read begins."""
    await store.create(LOG, EMPTY)
    for size in (1, 3, 1, 500, 2):
        await store.append(LOG, append_of(*("text" for _ in range(size))))
    assert len(await everything(store, max_bytes=max_bytes)) == 507


async def test_a_read_ends_where_it_is_told(store: Store) -> None:
    """`until` is the last record given, in the middle of a chunk too."""
    await store.create(LOG, EMPTY)
    await store.append(LOG, append_of("a", "b", "c", "d"))
    chunks = await store.read(LOG, Seq(1), until=Seq(3), max_bytes=10**9)
    assert b"".join(chunk.body for chunk in chunks) == b"2:b\n3:c\n"


async def test_an_append_larger_than_any_chunk_is_stored_whole(store: Store) -> None:
    """1 MB in one append comes back in pieces that stay near what was asked for."""
    await store.create(LOG, EMPTY)
    await store.append(LOG, append_of(*("x" * 100 for _ in range(10_000))))
    assert len(await everything(store, max_bytes=64 * 1024)) == 10_000


async def test_many_small_appends_stay_as_they_are_when_the_store_tidies_up(store: Store) -> None:
    """A store may gather small appends. Caught: gathering that loses or repeats the border."""
    await store.create(LOG, EMPTY)
    expected: list[bytes] = []
    for n in range(1, 400):
        text = "t" * (n * 37 % 1500)
        await store.append(LOG, append_of(text))
        expected.append(f"{n}:{text}\n".encode())
    assert await everything(store) == expected
    assert await everything(store, max_bytes=1) == expected


async def test_document_and_labels_change_with_the_append_that_brings_them(store: Store) -> None:
    """And stay as they are with one that does not."""
    await store.create(LOG, EMPTY)
    change = Append(at_us=1, document=b"new", labels={"project": "b"})
    state = await store.append(LOG, change)
    assert (state.document, state.labels, state.tail) == (b"new", {"project": "b"}, 0)
    state = await store.append(LOG, append_of("x"))
    assert (state.document, state.labels) == (b"new", {"project": "b"})


async def test_a_change_from_an_older_revision_is_refused(store: Store) -> None:
    """Compare-and-set. Caught: comparing the tail, which a change of the document leaves alone."""
    await store.create(LOG, EMPTY)
    before = await store.state(LOG)
    await store.append(LOG, Append(at_us=1, document=b"first"))
    with pytest.raises(Outdated):
        await store.append(LOG, Append(at_us=1, document=b"second", revision=before.revision))
    assert (await store.state(LOG)).document == b"first"


async def test_a_repeated_append_of_a_producer_stores_nothing(store: Store) -> None:
    """Duplicate tells what is stored. Caught: `<` for `<=` on the producer's sequence."""
    await store.create(LOG, EMPTY)
    mark = Producer("p", 0, 0)
    await store.append(LOG, append_of("a", producer=mark))
    with pytest.raises(Duplicate) as repeated:
        await store.append(LOG, append_of("a", producer=mark))
    assert (repeated.value.state.tail, repeated.value.producer.seq) == (1, 0)
    assert await everything(store) == [b"1:a\n"]


async def test_a_producer_that_skips_or_is_fenced_is_refused(store: Store) -> None:
    """A gap names what is expected; a new epoch shuts the older one out."""
    await store.create(LOG, EMPTY)
    await store.append(LOG, append_of("a", producer=Producer("p", 0, 0)))
    with pytest.raises(ProducerGap) as gap:
        await store.append(LOG, append_of("c", producer=Producer("p", 0, 2)))
    assert (gap.value.expected, gap.value.received) == (1, 2)
    await store.append(LOG, append_of("b", producer=Producer("p", 1, 0)))
    with pytest.raises(ProducerFenced):
        await store.append(LOG, append_of("x", producer=Producer("p", 0, 1)))
    assert (await store.state(LOG)).tail == 2


async def test_one_refused_append_leaves_those_beside_it_alone(store: Store) -> None:
    """Appends that are committed together fail one by one."""
    await store.create(LOG, EMPTY)
    results = await asyncio.gather(
        store.append(LOG, append_of("a")),
        store.append(LOG, append_of("gap", producer=Producer("p", 0, 5))),
        store.append(LogId("deployment/none"), append_of("x")),
        store.append(LOG, append_of("b")),
        return_exceptions=True,
    )
    assert isinstance(results[1], ProducerGap)
    assert isinstance(results[2], NoSuchLog)
    assert await everything(store) == [b"1:a\n", b"2:b\n"]


async def test_logs_are_listed_in_falling_order_by_prefix_and_labels(store: Store) -> None:
    """Page by page, nothing twice and nothing left out."""
    for n in range(20):
        labels = {"project": "even" if n % 2 == 0 else "odd", "half": str(n // 10)}
        await store.create(LogId(f"deployment/{n:02}"), replace(EMPTY, labels=labels))
    await store.create(LogId("feed"), EMPTY)

    async def ids(labels: dict[str, str], before: str | None, limit: int) -> Sequence[str]:
        at = None if before is None else LogId(before)
        found = await store.logs("deployment/", labels, before=at, limit=limit)
        return [log.removeprefix("deployment/") for log, _ in found]

    assert await ids({}, None, 3) == ["19", "18", "17"]
    assert await ids({}, "deployment/17", 2) == ["16", "15"]
    assert await ids({"project": "even"}, None, 3) == ["18", "16", "14"]
    assert await ids({"project": "even", "half": "0"}, "deployment/08", 9) == [
        "06",
        "04",
        "02",
        "00",
    ]
    assert await ids({"project": "none"}, None, 9) == []
    assert len(await ids({}, None, 100)) == 20


async def test_every_change_is_announced_in_order_with_its_records(store: Store) -> None:
    """Announcements alone rebuild the log. Caught: announcing the state without the chunk."""
    heard: list[Announcement] = []
    store.subscribe(heard.append)
    await store.create(LOG, EMPTY)
    await asyncio.gather(*(store.append(LOG, append_of("x", "y")) for _ in range(50)))
    await store.append(LOG, replace(append_of("end"), close=True))
    await store.delete(LOG)
    bodies = [chunk.body for announced in heard for chunk in announced.chunks]
    assert b"".join(bodies).count(b"\n") == 101
    numbers = [int(line.split(b":")[0]) for line in b"".join(bodies).splitlines()]
    assert numbers == list(range(1, 102))
    states = [announced.state for announced in heard if announced.state is not None]
    assert states[-1].closed
    assert heard[-1] == Announcement(LOG, None)


async def test_what_is_announced_can_be_read_at_once(store: Store) -> None:
    """Visible means durable and there. Caught: announcing before the commit."""
    await store.create(LOG, EMPTY)
    reads: list[asyncio.Task[Sequence[Chunk]]] = []
    announced: list[Chunk] = []

    def read_back(announcement: Announcement) -> None:
        for chunk in announcement.chunks:
            announced.append(chunk)
            read = store.read(LOG, Seq(chunk.first - 1), until=chunk.last, max_bytes=10**9)
            reads.append(asyncio.ensure_future(read))

    store.subscribe(read_back)
    for n in range(50):
        await store.append(LOG, append_of(f"text {n}"))
    for chunk, found in zip(announced, await asyncio.gather(*reads), strict=True):
        assert b"".join(piece.body for piece in found) == chunk.body


async def test_an_announcement_comes_before_the_result_of_its_call(store: Store) -> None:
    """Who has been told of a record by this server finds it at this server's tail."""
    heard: list[Announcement] = []
    store.subscribe(heard.append)
    await store.create(LOG, EMPTY)
    state = await store.append(LOG, append_of("x"))
    assert heard[-1].state == state


async def test_a_cancelled_append_breaks_nothing(store: Store) -> None:
    """It may happen or not; what follows is dense."""
    await store.create(LOG, EMPTY)
    appends = [asyncio.ensure_future(store.append(LOG, append_of("x"))) for _ in range(20)]
    await asyncio.sleep(0)
    for append in appends[::2]:
        append.cancel()
    await asyncio.gather(*appends, return_exceptions=True)
    state = await store.append(LOG, append_of("last"))
    found = await everything(store)
    assert len(found) == state.tail
    assert found[-1] == f"{state.tail}:last\n".encode()


def trim(after: int, until: int) -> Append:
    return Append(at_us=1, trim=Gap(Seq(after), Seq(until), 1))


async def kept(store: Store, max_bytes: int) -> list[tuple[int, bytes]]:
    """All records that are still there, with their numbers, read piece by piece."""
    found: list[tuple[int, bytes]] = []
    while True:
        after = Seq(found[-1][0] if found else 0)
        chunks = await store.read(LOG, after, until=ALL, max_bytes=max_bytes)
        if not chunks:
            return found
        for chunk in chunks:
            found += zip(range(chunk.first, chunk.last + 1), chunk.records(), strict=True)


@pytest.mark.parametrize("max_bytes", [1, 10**9])
@pytest.mark.parametrize("gaps", [[(0, 1)], [(0, 399)], [(3, 4)], [(7, 20), (7, 250)], [(0, 0)]])
async def test_what_is_trimmed_is_gone_and_all_else_is_as_it_was(
    store: Store, gaps: list[tuple[int, int]], max_bytes: int
) -> None:
    """Wherever the borders lie. Caught: a row across a border that goes as a whole, or stays."""
    await store.create(LOG, EMPTY)
    expected: dict[int, bytes] = {}
    for n in range(1, 400):
        text = "t" * (n * 37 % 1500)
        await store.append(LOG, append_of(text))
        expected[n] = f"{n}:{text}\n".encode()
    for after, until in gaps if gaps != [(0, 0)] else []:
        state = await store.append(LOG, trim(after, until))
        assert (state.tail, state.gap) == (399, Gap(Seq(after), Seq(until), 1))
        for n in range(after + 1, until + 1):
            expected.pop(n, None)
    await store.append(LOG, append_of("more", "and more"))
    expected |= {400: b"400:more\n", 401: b"401:and more\n"}
    assert await kept(store, max_bytes) == list(expected.items())


async def test_trimming_among_appends_of_the_same_moment(store: Store) -> None:
    """What was appended with it is there. Caught: rows of the same transaction that are trimmed
    before they are written, or gathered across the gap."""
    await store.create(LOG, EMPTY)
    await asyncio.gather(
        *(store.append(LOG, append_of("x" * 1000)) for _ in range(20)),
        store.append(LOG, trim(5, 18)),
        *(store.append(LOG, append_of("x" * 1000)) for _ in range(200)),
    )
    assert [n for n, _ in await kept(store, 10**9)] == [*range(1, 6), *range(19, 221)]


async def test_what_is_gathered_does_not_lie_across_a_gap(store: Store) -> None:
    """Small appends before and after it, one by one, until the store tidies up. Caught: rows that
    are joined although something between them is gone."""
    await store.create(LOG, EMPTY)
    for n in range(1, 220):
        await store.append(LOG, append_of("x" * 1000))
        if n == 20:
            await store.append(LOG, trim(5, 18))
    found = await kept(store, 10**9)
    assert [n for n, _ in found] == [*range(1, 6), *range(19, 220)]
    assert all(record.startswith(b"%d:" % n) for n, record in found)


async def test_a_gap_only_grows(store: Store) -> None:
    """What is gone does not come back, and a log has one gap. Caught: a second beginning."""
    await store.create(LOG, EMPTY)
    await store.append(LOG, append_of(*"abcdefgh"))
    await store.append(LOG, trim(2, 4))
    for after, until in ((2, 4), (2, 3), (1, 6), (3, 6)):
        with pytest.raises(Outdated):
            await store.append(LOG, trim(after, until))
    for after, until in ((2, 9), (4, 4)):
        with pytest.raises(BadInput):
            await store.append(LOG, trim(after, until))
    await store.append(LOG, trim(2, 8))
    assert await kept(store, 1) == [(1, b"1:a\n"), (2, b"2:b\n")]


async def test_a_finished_log_is_not_trimmed(store: Store) -> None:
    """Forks are made of finished logs, and need what is in them."""
    await store.create(LOG, EMPTY)
    await store.append(LOG, replace(append_of("a", "b"), close=True))
    with pytest.raises(LogClosed):
        await store.append(LOG, trim(0, 1))


async def test_a_log_of_bytes_is_trimmed_at_its_beginning_only(store: Store) -> None:
    """Nothing can stand in it for what is left out."""
    await store.create(LOG, replace(EMPTY, content_type="text/plain"))
    await store.append(LOG, append_of("a", "b", "c"))
    with pytest.raises(Conflict):
        await store.append(LOG, trim(1, 2))
    await store.append(LOG, trim(0, 2))
    assert await kept(store, 1) == [(3, b"3:c\n")]
