"""A damaged row of one log, under all that a store does with rows: that log alone suffers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path

import apsw
import pytest

from logflume.errors import StoreCorrupt, StoreError
from logflume.records import Append, Chunk, Gap, LogId, Rewrite, Seq, State
from logflume.store.sqlite import SqliteStore
from logflume.store.sqlite_file import DATABASE
from tests.contract.store import EMPTY, LOG, OTHER, append_of, everything

LOOSE = "x" * 40_000
"""Two of these are gathered into one row."""

WHOLE = "x" * 70_000
"""A row by itself from the beginning."""


def damage(folder: Path, last: int, log: LogId = LOG) -> None:
    """Change a byte of the row that ends with this record, while the store is open."""
    connection = apsw.Connection(str(folder / DATABASE))
    connection.set_busy_timeout(5000)
    connection.execute(
        "UPDATE chunks SET body = CAST('?' || substr(body, 2) AS BLOB)"
        " WHERE last = ? AND log = (SELECT key FROM logs WHERE id = ?)",
        (last, log),
    )
    assert connection.changes() == 1
    connection.close()


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[SqliteStore]:
    """A store with two logs, which is seen not to have ended and to take records at last."""
    failures: list[StoreError] = []
    store = await SqliteStore.open(folder, on_failure=failures.append)
    for log in (LOG, OTHER):
        await store.create(log, EMPTY)
    yield store
    before = (await store.state(OTHER)).tail
    assert (await store.append(OTHER, append_of("others go on"))).tail == before + 1
    assert failures == []
    await store.close()


async def in_one_transaction(store: SqliteStore, *changes: Awaitable[object]) -> list[object]:
    """How the changes go, which wait in the queue together until the writer is let go."""
    begun, go = threading.Event(), threading.Event()

    def hold(first: Seq) -> Chunk:
        begun.set()
        go.wait()
        return append_of("held").encode(first)

    held = asyncio.ensure_future(store.append(OTHER, Append(1, hold)))
    await asyncio.to_thread(begun.wait)
    waiting = [asyncio.ensure_future(change) for change in changes]
    await asyncio.sleep(0)  # each is in the queue
    go.set()
    await held
    return await asyncio.gather(*waiting, return_exceptions=True)


async def test_an_append_that_would_gather_a_damaged_row_is_refused_alone(tmp_path: Path) -> None:
    """Not those to other logs in the same transaction; what is acknowledged is there, here too."""
    async with opened(tmp_path) as store:
        await store.append(LOG, append_of(LOOSE))
        damage(tmp_path, 1)
        small, large, other = await in_one_transaction(
            store,
            store.append(LOG, append_of("small")),
            store.append(LOG, append_of(LOOSE)),
            store.append(OTHER, append_of("other")),
        )
        assert isinstance(large, StoreCorrupt)
        assert isinstance(small, State)
        assert isinstance(other, State)
        assert (await store.state(LOG)).tail == small.tail == 2
        [chunk] = await store.read(LOG, Seq(1), until=Seq(2), max_bytes=9)
        assert chunk.body == b"2:small\n"


async def test_a_rewrite_acknowledges_no_append_that_is_not_stored(tmp_path: Path) -> None:
    """One that shares its transaction, to a log with a damaged row: it is refused, the records are
    replaced and wiped, and that is so after opening again."""
    async with opened(tmp_path) as store:
        await store.append(OTHER, append_of("old"))
        await store.append(LOG, append_of(LOOSE))
        damage(tmp_path, 1)
        append, rewrite = await in_one_transaction(
            store,
            store.append(LOG, append_of(LOOSE)),
            store.rewrite([Rewrite(OTHER, 5, {Seq(1): b"1:new\n"})]),
        )
        assert isinstance(append, StoreCorrupt)
        assert not isinstance(rewrite, BaseException), rewrite
    again = await SqliteStore.open(tmp_path, on_failure=lambda _: None)
    assert (await again.state(LOG)).tail == 1
    assert await everything(again, OTHER) == [b"1:new\n", b"2:held\n", b"3:others go on\n"]
    await again.close()


async def test_a_rewrite_over_a_damaged_row_changes_nothing(tmp_path: Path) -> None:
    """Neither the whole rows before it nor another log that it names first."""
    async with opened(tmp_path) as store:
        await store.append(OTHER, append_of("old"))
        for _ in range(3):
            await store.append(LOG, append_of(WHOLE))
        before = [await store.state(log) for log in (LOG, OTHER)]
        damage(tmp_path, 2)
        changes = [
            Rewrite(OTHER, 5, {Seq(1): b"1:new\n"}),
            Rewrite(LOG, 5, {Seq(1): b"1:new\n", Seq(2): b"2:new\n"}),
        ]
        with pytest.raises(StoreCorrupt, match="records of deployment/one up to 2"):
            await store.rewrite(changes)
        assert [await store.state(log) for log in (LOG, OTHER)] == before
        assert await everything(store, OTHER) == [b"1:old\n"]
        for number in (1, 3):
            chunks = await store.read(LOG, Seq(number - 1), until=Seq(number), max_bytes=1)
            assert chunks[0].body == f"{number}:{WHOLE}\n".encode()


@pytest.mark.parametrize("damaged", [2, 6], ids=["where it begins", "where it ends"])
async def test_a_trim_at_a_damaged_row_is_refused_alone(tmp_path: Path, damaged: int) -> None:
    """Again and again, and nothing of the log is removed by it."""
    async with opened(tmp_path) as store:
        for _ in range(3):
            await store.append(LOG, append_of(WHOLE, WHOLE))
        before = await store.state(LOG)
        damage(tmp_path, damaged)
        trim = Append(1, trim=Gap(Seq(1), Seq(5), 1))
        for _ in range(2):
            trimmed, other = await in_one_transaction(
                store, store.append(LOG, trim), store.append(OTHER, append_of("other"))
            )
            assert isinstance(trimmed, StoreCorrupt)
            assert isinstance(other, State)
        assert await store.state(LOG) == before
        chunks = await store.read(LOG, Seq(2), until=Seq(4), max_bytes=10**6)
        assert [len(chunk) for chunk in chunks] == [2]


async def test_whoever_keeps_an_error_keeps_no_read_transaction(tmp_path: Path) -> None:
    """Of records or of a list: what was replaced can be wiped all the same. Caught: a statement
    that lives as long as the traceback of what it has found."""
    async with opened(tmp_path) as store:
        for _ in range(3):
            await store.append(LOG, append_of(WHOLE))
        damage(tmp_path, 1)
        with pytest.raises(StoreCorrupt) as of_records:
            await store.read(LOG, Seq(0), until=Seq(3), max_bytes=10**6)
        await store.rewrite([])
        last = LogId("deployment/zzz")
        await store.create(last, EMPTY)
        connection = apsw.Connection(str(tmp_path / DATABASE))
        connection.execute("UPDATE logs SET crc = crc + 1 WHERE id = ?", (last,))
        connection.close()
        with pytest.raises(StoreCorrupt) as of_list:
            await store.logs("deployment/", {}, before=None, limit=9)
        await store.rewrite([])
        assert of_records.value is not of_list.value
