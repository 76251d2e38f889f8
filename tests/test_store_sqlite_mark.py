"""The note of the last commit: a database that lacks it is refused, and no other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest
from msgspec.structs import replace

from logflume.errors import StoreCorrupt, StoreUnavailable
from logflume.store.sqlite_file import open_writer
from logflume.store.sqlite_mark import DELETED, MARK, Mark
from logflume.store.sqlite_rows import state_crc
from logflume.wire.state import encode_state
from tests.contract.store import EMPTY, LOG, OTHER


@pytest.fixture
def database(tmp_path: Path) -> Iterator[apsw.Connection]:
    """Logs 1 and 2 at revision 5, of which log 2 was deleted."""
    connection = open_writer(tmp_path)
    for log in (LOG, OTHER):
        state = encode_state(replace(EMPTY, revision=5))
        values = (log, state, state_crc(log, state))
        connection.execute("INSERT INTO logs (id, state, crc) VALUES (?, ?, ?)", values)
    connection.execute("DELETE FROM logs WHERE key = 2")
    yield connection
    connection.close()


def noted(folder: Path, key: int, revision: int) -> Mark:
    """As whoever opens the store after a crash finds it."""
    before = Mark(folder)
    before.note(key, revision)
    before.close()
    return Mark(folder)


@pytest.mark.parametrize(("key", "revision"), [(1, 5), (1, 1), (2, 5), (2, DELETED)], ids=str)
def test_a_database_that_is_as_far_is_taken(
    tmp_path: Path, database: apsw.Connection, key: int, revision: int
) -> None:
    """Or further: the note may be older than the database, even of a log that was deleted since."""
    mark = noted(tmp_path, key, revision)
    mark.check(database)
    mark.close()


@pytest.mark.parametrize(("key", "revision"), [(1, 6), (1, DELETED), (3, 0)], ids=str)
def test_a_database_that_is_behind_is_refused(
    tmp_path: Path, database: apsw.Connection, key: int, revision: int
) -> None:
    """It lacks an append, a deletion, a log that was made."""
    mark = noted(tmp_path, key, revision)
    with pytest.raises(StoreCorrupt, match="lacks changes that were acknowledged"):
        mark.check(database)
    mark.close()


def test_half_a_note_says_nothing(tmp_path: Path, database: apsw.Connection) -> None:
    """The process was killed while it wrote it, and nothing else is wrong."""
    noted(tmp_path, 1, 99).close()
    file = tmp_path / MARK
    file.write_bytes(bytes([7]) + file.read_bytes()[1:])
    mark = Mark(tmp_path)
    mark.check(database)
    mark.close()


def test_a_new_folder_has_nothing_noted(tmp_path: Path, database: apsw.Connection) -> None:
    """Nor one whose note was taken away."""
    mark = Mark(tmp_path)
    mark.check(database)
    mark.close()


def instead(mark: Path, file: str, flags: int) -> None:
    """Have the note written to this file from now on, by the descriptor that it has."""
    [descriptor] = [
        int(link.name)
        for link in Path("/proc/self/fd").iterdir()
        if link.exists() and link.resolve() == mark
    ]
    opened = os.open(file, flags)
    os.dup2(opened, descriptor)
    os.close(opened)


def test_a_full_disk_keeps_the_older_note_and_ends_nothing(
    tmp_path: Path, database: apsw.Connection
) -> None:
    """What is committed is acknowledged without it. Caught: memory that is the file's, which a full
    disk takes away, and the whole server with it."""
    mark = noted(tmp_path, 1, 5)
    before = (tmp_path / MARK).read_bytes()
    instead(tmp_path / MARK, "/dev/full", os.O_RDWR)
    mark.note(1, 6)
    assert (tmp_path / MARK).read_bytes() == before
    mark.close()


def test_a_disk_that_fails_is_told_of(tmp_path: Path) -> None:
    """So that the writer ends, as after a failed sync."""
    mark = Mark(tmp_path)
    instead(tmp_path / MARK, "/dev/null", os.O_RDONLY)
    with pytest.raises(StoreUnavailable, match="cannot write"):
        mark.note(1, 5)
    mark.close()
