"""The SQLite store keeps the store contract, and what is its own: rows, the writer, failures."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import apsw
import pytest

from logflume.errors import (
    NoSuchLog,
    StoreBusy,
    StoreError,
    StoreFull,
    StoreUnavailable,
)
from logflume.records import Append, Chunk, LogId, Seq
from logflume.store import Store
from logflume.store.sqlite import SqliteStore
from logflume.store.sqlite_file import DATABASE
from tests.contract.store import *  # noqa: F403
from tests.contract.store import EMPTY, LOG, append_of, everything
from tests.contract.store_lifecycle import *  # noqa: F403
from tests.contract.store_rewrite import *  # noqa: F403


async def opened(folder: Path) -> SqliteStore:
    return await SqliteStore.open(folder, on_failure=lambda _: None)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    made = await opened(tmp_path)
    yield made
    await made.close()


def rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    connection = apsw.Connection(str(folder / DATABASE), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return list(connection.execute(query))
    finally:
        connection.close()


async def test_single_lines_end_up_in_few_rows(tmp_path: Path, store: Store) -> None:
    """A row is 64 KB or so, not a line. Caught: never gathering what was appended bit by bit."""
    await store.create(LOG, EMPTY)
    for n in range(2000):
        await store.append(LOG, append_of(f"{n:0100}"))
    [(count,)] = rows(tmp_path, "SELECT count(*) FROM chunks")
    assert isinstance(count, int)
    assert count < 700  # 3 full rows and what is still loose
    [(full,)] = rows(tmp_path, "SELECT count(*) FROM chunks WHERE length(body) > 60000")
    assert full == 3
    assert len(await everything(store)) == 2000


async def test_rows_of_a_deleted_log_are_purged_also_after_a_restart(tmp_path: Path) -> None:
    """Bit by bit, by itself."""
    first = await opened(tmp_path)
    await first.create(LOG, EMPTY)
    for _ in range(100):
        await first.append(LOG, append_of("x" * 70_000))
    await first.delete(LOG)
    await first.close()
    second = await opened(tmp_path)
    deadline = time.monotonic() + 10
    while rows(tmp_path, "SELECT 1 FROM chunks UNION SELECT 1 FROM doomed"):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
    await second.close()


async def test_a_reader_holds_no_transaction_between_reads(tmp_path: Path, store: Store) -> None:
    """So the write-ahead log can be reset. Caught: a statement left open after a partial read."""
    await store.create(LOG, EMPTY)
    await store.append(LOG, append_of(*("x" * 1000 for _ in range(1000))))
    assert await store.read(LOG, Seq(0), until=Seq(1000), max_bytes=1)
    connection = apsw.Connection(str(tmp_path / DATABASE))
    blocked, pages, written = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()[0]
    assert (blocked, pages, written) == (0, 0, 0)
    connection.close()


async def test_an_encoder_that_fails_fails_its_transaction_only(store: Store) -> None:
    """A bug is told as not stored, and the store goes on."""

    def broken(first: Seq) -> Chunk:
        raise RuntimeError("planted")

    await store.create(LOG, EMPTY)
    with pytest.raises(StoreUnavailable, match="planted"):
        await store.append(LOG, Append(1, broken))
    assert (await store.append(LOG, append_of("a"))).tail == 1


async def test_a_full_disk_refuses_appends_and_takes_them_again(tmp_path: Path) -> None:
    """StoreFull; reading goes on; with room again, so does appending."""
    full = await opened(tmp_path)
    await full.create(LOG, EMPTY)
    await full.append(LOG, append_of("before"))
    connection = full._writer._connection
    pages = connection.pragma("page_count")
    connection.pragma("max_page_count", pages + 4)
    with pytest.raises(StoreFull):
        await full.append(LOG, append_of("x" * 100_000))
    assert await everything(full) == [b"1:before\n"]
    connection.pragma("max_page_count", pages + 1000)
    await full.append(LOG, append_of("after"))
    assert await everything(full) == [b"1:before\n", b"2:after\n"]
    await full.close()


async def test_a_failing_disk_ends_the_store_for_good(tmp_path: Path) -> None:
    """After an I/O error nothing is acknowledged any more, and whoever runs it is told once.

    Caught: trying again after a failed sync, which may falsely succeed.
    """
    failures: list[StoreError] = []
    store = await SqliteStore.open(tmp_path, on_failure=failures.append)
    await store.create(LOG, EMPTY)

    def failing(*_: object) -> Chunk:
        raise apsw.IOError("planted")

    with pytest.raises(StoreUnavailable):
        await store.append(LOG, Append(1, failing))
    with pytest.raises(StoreUnavailable):
        await store.append(LOG, append_of("after"))
    assert len(failures) == 1
    assert await everything(store) == []
    await store.close()


async def test_a_closed_store_refuses_changes(tmp_path: Path) -> None:
    """Rather than waiting for a thread that has ended."""
    store = await opened(tmp_path)
    await store.close()
    with pytest.raises(StoreUnavailable):
        await store.create(LogId("x"), EMPTY)


async def test_what_was_submitted_before_closing_is_stored(tmp_path: Path) -> None:
    """Closing waits for the writer."""
    store = await opened(tmp_path)
    await store.create(LOG, EMPTY)
    appends = [asyncio.ensure_future(store.append(LOG, append_of("x"))) for _ in range(100)]
    await asyncio.sleep(0)
    await store.close()
    assert {(await append).tail for append in appends} == set(range(1, 101))
    again = await opened(tmp_path)
    assert (await again.state(LOG)).tail == 100
    with pytest.raises(NoSuchLog):
        await again.state(LogId("other"))
    await again.close()


async def test_another_programs_lock_refuses_changes_and_ends_nothing(tmp_path: Path) -> None:
    """StoreBusy while it is held; afterwards all goes on. Caught: a failure for good."""
    failures: list[StoreError] = []
    store = await SqliteStore.open(tmp_path, on_failure=failures.append)
    await store.create(LOG, EMPTY)
    other = apsw.Connection(str(tmp_path / DATABASE))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy):
        await store.append(LOG, append_of("a"))
    other.execute("ROLLBACK")
    other.close()
    assert (await store.append(LOG, append_of("b"))).tail == 1
    assert not failures
    await store.close()


async def test_the_write_ahead_log_stays_small_while_others_read(tmp_path: Path) -> None:
    """Caught: SQLite's own checkpoint, which waits for a moment without readers."""
    store = await opened(tmp_path)
    await store.create(LOG, EMPTY)
    line = "x" * 60_000
    tail = (await store.append(LOG, append_of(*[line] * 50))).tail
    done = asyncio.Event()

    async def read() -> None:
        while not done.is_set():
            await store.read(LOG, Seq(0), until=tail, max_bytes=10**7)

    readers = [asyncio.ensure_future(read()) for _ in range(8)]
    largest = 0
    for _ in range(60):
        await store.append(LOG, append_of(*[line] * 20))
        largest = max(largest, (tmp_path / f"{DATABASE}-wal").stat().st_size)
    done.set()
    await asyncio.gather(*readers)
    await store.close()
    assert largest < 48 * 1024 * 1024


async def test_a_purge_that_fails_is_not_tried_again_at_once(tmp_path: Path) -> None:
    """The writer sleeps meanwhile. Caught: a thread that spins on a full disk."""
    store = await opened(tmp_path)
    await store.create(LOG, EMPTY)
    await store.append(LOG, append_of("x"))
    tries = 0

    def full() -> None:
        nonlocal tries
        tries += 1
        raise StoreFull("planted")

    store._writer._transaction.purge = full  # type: ignore[method-assign]
    with pytest.raises(StoreFull):
        await store.delete(LOG)
    await asyncio.sleep(0.2)  # there is nothing to wait for: this is about what does not happen
    assert 1 <= tries <= 2
    await store.close()
