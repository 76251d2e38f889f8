"""What a SQLite store leaves when it is closed: one file, or all that a failure has not touched."""

from __future__ import annotations

import asyncio
from pathlib import Path

from logflume.errors import StoreUnavailable
from logflume.store.sqlite import SqliteStore
from logflume.store.sqlite_file import DATABASE, LOCK, WAL
from logflume.store.sqlite_snapshot import COPY
from tests.contract.store import EMPTY, LOG, append_of, everything


async def opened(folder: Path) -> SqliteStore:
    return await SqliteStore.open(folder, on_failure=lambda _: None)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def written(folder: Path) -> SqliteStore:
    """A store with a record, that was written to and read."""
    store = await opened(folder)
    await store.create(LOG, EMPTY)
    await store.append(LOG, append_of("one"))
    assert await everything(store) == [b"1:one\n"]
    return store


async def test_a_store_that_is_closed_is_one_file(tmp_path: Path) -> None:
    """Its write-ahead log is written back. Caught: a reader that is still open."""
    store = await written(tmp_path)
    await store.close()
    assert names(tmp_path) == {DATABASE, LOCK}
    again = await opened(tmp_path)
    assert await everything(again) == [b"1:one\n"]
    await again.close()


async def test_a_store_that_has_failed_leaves_its_write_ahead_log(tmp_path: Path) -> None:
    """What it holds is on the disk, and nobody knows what a further write would do. Caught: it is
    written back and thrown away."""
    store = await written(tmp_path)
    store._writer._fail(StoreUnavailable("disk I/O error"))
    await store.close()
    assert (tmp_path / WAL).stat().st_size > 0
    again = await opened(tmp_path)
    assert await everything(again) == [b"1:one\n"]
    await again.close()


async def test_a_copy_that_nobody_wants_is_given_up(tmp_path: Path) -> None:
    """When whoever asked for it goes away, and when the store is closed."""
    store = await written(tmp_path)
    for _ in range(200):
        await store.append(LOG, append_of("x" * 200_000))
    copying = asyncio.ensure_future(store.snapshot())
    await store.ready()  # by now it has been begun
    copying.cancel()
    await asyncio.gather(copying, return_exceptions=True)
    await store.ready()
    await store.ready()
    assert not (tmp_path / COPY).exists()
    with await store.snapshot() as copy:
        assert copy.read(6) == b"SQLite"
    copying = asyncio.ensure_future(store.snapshot())
    await asyncio.sleep(0)
    await store.close()
    [how] = await asyncio.gather(copying, return_exceptions=True)
    assert isinstance(how, StoreUnavailable) or not isinstance(how, BaseException)
    assert not (tmp_path / COPY).exists()
