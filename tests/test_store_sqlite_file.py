"""The database file of the SQLite store: locked, checked, brought forward, opened again."""

from __future__ import annotations

from pathlib import Path

import apsw
import msgspec
import pytest
from msgspec.structs import replace

from logflume.errors import (
    Duplicate,
    LogExists,
    LogGone,
    StoreCorrupt,
    StoreError,
    StoreUnavailable,
)
from logflume.records import Ancestor, Append, Lifetime, Producer, Seq
from logflume.store import sqlite_file
from logflume.store.sqlite import SqliteStore
from logflume.store.sqlite_file import DATABASE, MIGRATIONS, open_writer, refuse_wal_reset_bug
from logflume.store.sqlite_rows import state_crc
from tests.contract.store import EMPTY, LOG, OTHER, append_of, everything
from tests.older import make_older
from tests.test_wire_state import BEFORE_FORKS


async def opened(folder: Path) -> SqliteStore:
    return await SqliteStore.open(folder, on_failure=lambda _: None)


def rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    connection = apsw.Connection(str(folder / DATABASE), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return list(connection.execute(query))
    finally:
        connection.close()


async def test_everything_is_there_after_closing_and_opening(tmp_path: Path) -> None:
    """Records, state, labels and producers' marks."""
    first = await opened(tmp_path)
    await first.create(LOG, EMPTY)
    state = await first.append(LOG, append_of("a", producer=Producer("p", 3, 0)))
    await first.close()
    second = await opened(tmp_path)
    assert await second.state(LOG) == state
    assert await everything(second) == [b"1:a\n"]
    assert (await second.append(LOG, append_of("b", producer=Producer("p", 3, 1)))).tail == 2
    assert len(await second.logs("deployment/", {"project": "a"}, before=None, limit=9)) == 1
    await second.close()


async def test_a_second_store_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    """By a clear error that names the process; the first goes on, and its end frees the folder."""
    first = await opened(tmp_path)
    with pytest.raises(StoreUnavailable, match=r"another Logflume \(process \d+\)"):
        await opened(tmp_path)
    await first.create(LOG, EMPTY)
    await first.close()
    await (await opened(tmp_path)).close()


async def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    """With the folder's name."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match="file/data"):
        await opened(tmp_path / "file" / "data")


async def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """Rather than written to with too little knowledge."""
    await (await opened(tmp_path)).close()
    connection = apsw.Connection(str(tmp_path / DATABASE))
    connection.pragma("user_version", len(MIGRATIONS) + 1)
    connection.close()
    with pytest.raises(StoreUnavailable, match="newer Logflume"):
        await opened(tmp_path)


async def test_an_older_database_is_brought_forward(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Step by step, with all that is in it; a step that fails leaves it as it was."""
    first = await opened(tmp_path)
    await first.create(LOG, EMPTY)
    await first.append(LOG, append_of("a"))
    await first.close()
    step = "CREATE TABLE added (x INTEGER); INSERT INTO added VALUES (1)"
    monkeypatch.setattr(sqlite_file, "MIGRATIONS", (*MIGRATIONS, f"{step}; NOT SQL"))
    with pytest.raises(StoreUnavailable):
        await opened(tmp_path)
    assert rows(tmp_path, "PRAGMA user_version") == [(len(MIGRATIONS),)]
    assert rows(tmp_path, "SELECT name FROM sqlite_schema WHERE name = 'added'") == []
    monkeypatch.setattr(sqlite_file, "MIGRATIONS", (*MIGRATIONS, step))
    second = await opened(tmp_path)
    assert await everything(second) == [b"1:a\n"]
    await second.close()
    assert rows(tmp_path, "PRAGMA user_version") == [(len(MIGRATIONS) + 1,)]
    assert rows(tmp_path, "SELECT x FROM added") == [(1,)]


async def test_rows_without_checksums_are_given_them(tmp_path: Path) -> None:
    """A database of the first version is read as it was, and goes on.

    Caught: rows that are taken for damaged, or not checked, for ever."""
    make_older(tmp_path / "data", LOG, "p", ["a", "b"])
    store = await opened(tmp_path / "data")
    assert await everything(store) == [b"1:a\n", b"2:b\n"]
    with pytest.raises(Duplicate):
        await store.append(LOG, append_of("b", producer=Producer("p", 0, 1)))
    assert (await store.append(LOG, append_of("c", producer=Producer("p", 0, 2)))).tail == 3
    await store.close()
    assert rows(tmp_path / "data", "SELECT 1 FROM chunks WHERE crc = 0") == []


async def test_a_store_that_was_closed_is_one_file(tmp_path: Path) -> None:
    """Whoever copies the database of a stopped server has all of it.

    Caught: readers that are the last to let go, and cannot write the log back."""
    store = await opened(tmp_path)
    await store.create(LOG, EMPTY, append_of("a"))
    assert await everything(store) == [b"1:a\n"]
    await store.close()
    assert not (tmp_path / f"{DATABASE}-wal").exists()
    assert rows(tmp_path, "SELECT last FROM chunks") == [(1,)]


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """As corrupt, and left as it is."""
    (tmp_path / DATABASE).write_bytes(b"not a database, " * 100)
    with pytest.raises(StoreCorrupt):
        await opened(tmp_path)
    assert (tmp_path / DATABASE).read_bytes() == b"not a database, " * 100


@pytest.mark.parametrize(
    ("version", "refused"),
    [
        ("3.40.1", True),
        ("3.44.5", True),
        ("3.44.6", False),
        ("3.45.1", True),
        ("3.50.6", True),
        ("3.50.7", False),
        ("3.51.2", True),
        ("3.51.3", False),
        ("3.52.0", True),
        ("3.54.1", False),
    ],
)
def test_a_sqlite_with_the_wal_reset_bug_is_refused(version: str, refused: bool) -> None:
    """By version, as sqlite.org lists them."""
    if refused:
        with pytest.raises(StoreUnavailable, match="write-ahead log"):
            refuse_wal_reset_bug(version)
    else:
        refuse_wal_reset_bug(version)


def test_the_writer_syncs_every_commit(tmp_path: Path) -> None:
    """WAL and synchronous=FULL, as SQLite says it runs, not as it was asked to."""
    connection = open_writer(tmp_path)
    assert connection.pragma("journal_mode") == "wal"
    assert connection.pragma("synchronous") == 2
    connection.close()


async def test_forks_lifetimes_and_deletions_are_there_after_closing_and_opening(
    tmp_path: Path,
) -> None:
    """What was made with its first records, what inherits, what is out of use."""
    first = await opened(tmp_path)
    ancestors = (Ancestor(OTHER, 3, Seq(5)),)
    fork = replace(
        EMPTY, tail=Seq(5), ancestors=ancestors, lifetime=Lifetime(idle_seconds=9), used_us=8
    )
    state = await first.create(LOG, fork, replace(append_of("a"), writer_seq="w"))
    await first.create(OTHER, EMPTY, append_of("old"))
    deleted = await first.append(OTHER, Append(2, delete=True, labels={"deleted": "yes"}))
    await first.close()

    second = await opened(tmp_path)
    assert await second.state(LOG) == state
    assert (state.writer_seq, state.lifetime) == ("w", Lifetime(idle_seconds=9))
    [chunk] = await second.read(LOG, Seq(5), until=Seq(6), max_bytes=99)
    assert (chunk.first, chunk.body) == (6, b"6:a\n")
    assert await second.logs("", {"deleted": "yes"}, before=None, limit=9) == [(OTHER, deleted)]
    assert await everything(second, OTHER) == [b"1:old\n"]
    with pytest.raises(LogGone):
        await second.append(OTHER, append_of("late"))
    with pytest.raises(LogExists):
        await second.create(OTHER, EMPTY)
    await second.close()


async def test_a_log_that_an_older_logflume_stored_goes_on(tmp_path: Path) -> None:
    """Its state lacks what came later, and is read, appended to and deleted like any other.

    Caught: a new field of the state without a default."""
    first = await opened(tmp_path)
    await first.create(LOG, EMPTY)
    state = await first.append(LOG, append_of("a", producer=Producer("p", 0, 0)))
    await first.close()
    as_it_was = {name: getattr(state, name) for name in BEFORE_FORKS}
    connection = apsw.Connection(str(tmp_path / DATABASE))
    stored = msgspec.msgpack.encode(as_it_was)
    connection.execute("UPDATE logs SET state = ?, crc = ?", (stored, state_crc(LOG, stored)))
    connection.close()

    second = await opened(tmp_path)
    found = await second.state(LOG)
    assert found == replace(state, used_us=0, grown_us=0)
    assert (await second.append(LOG, append_of("b", producer=Producer("p", 0, 1)))).tail == 2
    assert await everything(second) == [b"1:a\n", b"2:b\n"]
    assert (await second.append(LOG, Append(2, delete=True, labels={}))).deleted
    await second.close()


async def test_a_log_whose_state_is_damaged_is_refused_alone(tmp_path: Path) -> None:
    """To who appends and to who reads; the store goes on, and so do the other logs.

    Caught: a damaged row that ends the store for everybody."""
    failures: list[StoreError] = []
    first = await opened(tmp_path)
    for log in (LOG, OTHER):
        await first.create(log, EMPTY)
    await first.close()
    connection = apsw.Connection(str(tmp_path / DATABASE))
    connection.execute("UPDATE logs SET crc = crc + 1 WHERE id = ?", (LOG,))
    connection.close()
    store = await SqliteStore.open(tmp_path, on_failure=failures.append)
    for _ in range(2):
        with pytest.raises(StoreCorrupt, match="the state of deployment/one is damaged"):
            await store.append(LOG, append_of("a"))
    with pytest.raises(StoreCorrupt):
        await store.state(LOG)
    assert (await store.append(OTHER, append_of("b"))).tail == 1
    assert failures == []
    await store.close()
