"""The database file: who may open it, with which SQLite, how, and what is in it.

One server a folder: an advisory lock on `logflume.lock` is held as long as the store is open and
let go by the kernel when the process dies, however it dies. All writing and checkpointing goes
through the one connection that `open_writer` returns (sqlite.org/wal.html#walresetbug); readers
get connections that cannot write.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import apsw

from logflume.errors import StoreBusy, StoreCorrupt, StoreFull, StoreUnavailable
from logflume.store.sqlite_rows import chunk_crc, state_crc

DATABASE = "logflume.db"
WAL = f"{DATABASE}-wal"
LOCK = "logflume.lock"

PAGE_BYTES = 16 * 1024
"""A chunk in pages of this size is written in two thirds of the time, and read with a quarter of
the reads, that SQLite's own 4 KiB need; a single line costs the same."""

CHECKPOINT_PAGES = 2000
"""The WAL is written back at 32 MB: rarely enough to cost nothing, and small to recover from."""

BUSY_MILLISECONDS = 200
"""How long the writer waits for readers, or for another program that looks into the file."""

MAX_WAL_BYTES = 64 * 1024 * 1024
"""A WAL that a burst made larger is cut back to this at the next checkpoint."""

MIGRATIONS = (
    """
    CREATE TABLE logs (
        key INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used twice: chunks of a deleted log linger
        id TEXT NOT NULL UNIQUE,
        state BLOB NOT NULL                     -- wire.encode_state
    ) STRICT;
    CREATE TABLE labels (
        name TEXT NOT NULL, value TEXT NOT NULL, id TEXT NOT NULL,
        PRIMARY KEY (name, value, id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE chunks (
        log INTEGER NOT NULL,                   -- logs.key
        last INTEGER NOT NULL,                  -- number of the chunk's last record
        ends BLOB NOT NULL,                     -- where each record ends in body, as uint32 LE
        body BLOB NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX chunks_by_place ON chunks (log, last);
    CREATE TABLE doomed (log INTEGER PRIMARY KEY) STRICT;  -- keys of deleted logs
    """,
    """
    ALTER TABLE logs ADD COLUMN crc INTEGER NOT NULL DEFAULT 0;    -- sqlite_rows.state_crc
    ALTER TABLE chunks ADD COLUMN crc INTEGER NOT NULL DEFAULT 0;  -- sqlite_rows.chunk_crc
    UPDATE logs SET crc = state_crc(id, state);
    UPDATE chunks SET crc = chunk_crc(logs.id, last, ends, body)
        FROM logs WHERE logs.key = chunks.log
    """,
)
"""Each brings a database from the version before it to the next; only ever append to them."""


@contextmanager
def translated() -> Iterator[None]:
    """SQLite's exceptions as ours. After an I/O error nothing can be known of the file; only a
    full disk and another program's lock are something to go on from."""
    try:
        yield
    except apsw.FullError as error:
        raise StoreFull("no room is left for the database") from error
    except apsw.BusyError as error:
        raise StoreBusy("another program holds the database") from error
    except (apsw.CorruptError, apsw.NotADBError) as error:
        raise StoreCorrupt(f"the database is damaged: {error}") from error
    except apsw.Error as error:
        raise StoreUnavailable(f"the database failed: {error}") from error


def refuse_wal_reset_bug(version: str) -> None:
    """Raise StoreUnavailable for a SQLite that can corrupt a WAL database: 3.7.0 to 3.51.2, but
    for the branches that were mended, and 3.52.0, which was withdrawn."""
    number = tuple(int(part) for part in version.split(".")[:3])
    mended = (3, 44, 6) <= number < (3, 45) or (3, 50, 7) <= number < (3, 51)
    if (number < (3, 51, 3) and not mended) or number == (3, 52, 0):
        raise StoreUnavailable(
            f"SQLite {version} can corrupt its write-ahead log; install apsw 3.51.3 or newer"
        )


def lock_folder(folder: Path) -> IO[str]:
    """The open lock file of `folder`, which is made if need be. Raises StoreUnavailable."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK).open("a+")
    except OSError as error:
        reason = "not a folder" if folder.is_file() else error.strerror
        raise StoreUnavailable(f"cannot write to {folder}: {reason}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        owner = lock.read().strip() or "unknown"
        lock.close()
        raise StoreUnavailable(
            f"another Logflume (process {owner}) has {folder} open; give each server its own folder"
        ) from None
    with suppress(OSError):  # who holds it is only told; a full disk must not keep us out
        os.ftruncate(lock.fileno(), 0)
        os.write(lock.fileno(), b"%d\n" % os.getpid())
    return lock


def open_writer(folder: Path) -> apsw.Connection:
    """The one connection that writes, its settings read back, its schema brought up to date."""
    with translated():
        connection = apsw.Connection(str(folder / DATABASE))
        connection.pragma("page_size", PAGE_BYTES)  # of a new database; another one keeps its own
        _set(connection, "journal_mode", "wal")
        _set(connection, "synchronous", 2)  # FULL: each commit is synced before it is seen
        connection.set_busy_timeout(BUSY_MILLISECONDS)
        _set(connection, "wal_autocheckpoint", 0)  # the writer does it, and hears how it went
        _set(connection, "journal_size_limit", MAX_WAL_BYTES)
        # What is deleted is overwritten. Rows are gathered, and pages merged, which copies records
        # long before anybody knows that one of them must go (`sqlite_rewrite`).
        _set(connection, "secure_delete", 1)
        _migrate(connection)
        _refuse_damaged_logs(connection)
        return connection


def open_reader(folder: Path) -> apsw.Connection:
    """A connection that cannot write, for one thread."""
    with translated():
        connection = apsw.Connection(str(folder / DATABASE), flags=apsw.SQLITE_OPEN_READONLY)
        connection.set_busy_timeout(5000)
        return connection


def free_bytes(folder: Path, connection: apsw.Connection) -> tuple[int, int]:
    """How many bytes are free on the disk, and how many in the database, whose file never shrinks.
    Raises StoreUnavailable."""
    try:
        disk = os.statvfs(folder)
    except OSError as error:
        raise StoreUnavailable(f"cannot look at {folder}: {error.strerror}") from error
    pages = connection.pragma("freelist_count")
    return disk.f_bavail * disk.f_frsize, pages * connection.pragma("page_size")


def disk_bytes(folder: Path) -> int:
    """How large the disk is that has the folder."""
    disk = os.statvfs(folder)
    return disk.f_blocks * disk.f_frsize


def _set(connection: apsw.Connection, name: str, value: str | int) -> None:
    """Set a pragma and read it back: SQLite ignores what it cannot do."""
    connection.pragma(name, value)
    found = connection.pragma(name)
    if found != value:
        raise StoreUnavailable(f"SQLite did not take {name}={value}, it is at {found}")


def _migrate(connection: apsw.Connection) -> None:
    version = connection.pragma("user_version")
    if version > len(MIGRATIONS):
        raise StoreUnavailable(
            f"the data folder is of a newer Logflume (schema {version}, this one knows"
            f" {len(MIGRATIONS)}); upgrade Logflume"
        )
    connection.create_scalar_function("state_crc", state_crc, 2)  # type: ignore[arg-type]
    connection.create_scalar_function("chunk_crc", chunk_crc, 4)  # type: ignore[arg-type]
    for number, statements in enumerate(MIGRATIONS[version:], version + 1):
        connection.execute(f"BEGIN IMMEDIATE; {statements}; PRAGMA user_version={number}; COMMIT")


def _refuse_damaged_logs(connection: apsw.Connection) -> None:
    """Raise StoreCorrupt if a log is not found by its id: checksums are in rows, and a row that the
    index has lost would look like a log that never was. Takes 4 microseconds a log."""
    found = connection.pragma("integrity_check", "logs")
    if found != "ok":
        raise StoreCorrupt(f"the database is damaged: {found}; restore a backup")


__all__ = [
    "CHECKPOINT_PAGES",
    "DATABASE",
    "WAL",
    "disk_bytes",
    "free_bytes",
    "lock_folder",
    "open_reader",
    "open_writer",
    "refuse_wal_reset_bug",
    "translated",
]
