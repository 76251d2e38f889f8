"""The embedded store: one SQLite file, for one server.

This file joins two kinds of threads to the event loop: the writer (`sqlite_writer`), to which every
change goes, and a few readers, each with a connection that cannot write. A read takes a chunk's
worth and lets go: no read transaction is open while its caller streams, because a long reader
would keep the write-ahead log from being reset.

Announcements reach the loop in the order of commits, but a read may be quicker with the newest
one. A deletion has a transaction's end to itself, so who reads a log that was deleted and made
again has heard of the deletion first.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BufferedReader
from pathlib import Path
from typing import IO, TypeVar

import apsw
from msgspec.structs import replace

from logflume.errors import NoSuchLog, StoreCorrupt, StoreError, StoreUnavailable
from logflume.records import Append, Chunk, LogId, Rewrite, Seq, State
from logflume.store import Announcement, Figures, Listener
from logflume.store.sqlite_file import (
    DATABASE,
    WAL,
    disk_bytes,
    free_bytes,
    lock_folder,
    open_reader,
    open_writer,
    refuse_wal_reset_bug,
    translated,
)
from logflume.store.sqlite_mark import Mark
from logflume.store.sqlite_rows import chunk_of_row, id_of_row, state_of_row
from logflume.store.sqlite_snapshot import remove_left_over
from logflume.store.sqlite_transaction import Transaction
from logflume.store.sqlite_writer import Copied, Job, Outcome, Writer

T = TypeVar("T")

READER_THREADS = 4
"""Reads are short; more threads would only take turns at the interpreter's lock."""


class SqliteStore:
    """A store in a folder. See `logflume.store.Store`; make one with `open`."""

    @classmethod
    async def open(cls, folder: Path, *, on_failure: Callable[[StoreError], None]) -> SqliteStore:
        """Open the store in `folder`, made if need be, on the running event loop.

        `on_failure` is called on the loop when the database fails in a way that cannot be gone on
        from; from then on every change raises StoreUnavailable. Raises StoreUnavailable when the
        folder cannot be written or another server has it, or SQLite is not safe; StoreCorrupt when
        what was acknowledged is not all there.
        """
        refuse_wal_reset_bug(apsw.sqlite_lib_version())
        lock = lock_folder(folder)
        try:
            remove_left_over(folder)
            connection = open_writer(folder)
            mark = Mark(folder)
            with translated():
                mark.check(connection)
        except BaseException:
            lock.close()
            raise
        return cls(folder, lock, connection, mark, on_failure)

    def __init__(
        self,
        folder: Path,
        lock: IO[str],
        connection: apsw.Connection,
        mark: Mark,
        on_failure: Callable[[StoreError], None],
    ) -> None:
        self._folder = folder
        self._lock = lock
        self._mark = mark
        self._loop = asyncio.get_running_loop()
        self._listeners: list[Listener] = []
        self._closed = False
        self._local = threading.local()
        self._reading: list[apsw.Connection] = []
        """The readers' connections, to close them."""
        self._readers = ThreadPoolExecutor(READER_THREADS, "logflume-reader")
        # A disk that is stuck may have all readers, and must not get more threads with each scrape.
        self._measurer = ThreadPoolExecutor(1, "logflume-measurer")
        self._writer = Writer(
            connection,
            mark,
            lambda *commit: self._on_loop(self._committed, *commit),
            lambda error: self._on_loop(on_failure, error),
            lambda copied: self._on_loop(_hand_over, copied),
        )
        self._writer.start()

    async def create(self, log: LogId, state: State, first: Append | None = None) -> State:
        return await self._write(lambda transaction: transaction.create(log, state, first))

    def append(self, log: LogId, append: Append) -> Awaitable[State]:
        return self._write(lambda transaction: transaction.append(log, append))

    async def rewrite(self, changes: Sequence[Rewrite]) -> Sequence[State]:
        return await self._write(lambda transaction: transaction.rewrite(changes), last=True)

    async def delete(self, log: LogId, *, epoch: int | None = None) -> None:
        await self._write(lambda transaction: transaction.delete(log, epoch), last=True)

    async def state(self, log: LogId) -> State:
        return await self._read(lambda connection: _state(connection, log))

    async def read(self, log: LogId, after: Seq, *, until: Seq, max_bytes: int) -> Sequence[Chunk]:
        return await self._read(
            lambda connection: _records(connection, log, after, until, max_bytes)
        )

    async def logs(
        self, prefix: str, labels: Mapping[str, str], *, before: LogId | None, limit: int
    ) -> Sequence[tuple[LogId, State]]:
        below = before if before is not None else prefix + "\U0010ffff"
        return await self._read(
            lambda connection: _listed(connection, prefix, dict(labels), below, limit)
        )

    @property
    def disk_bytes(self) -> int:
        """How large the disk is on which it lies."""
        return disk_bytes(self._folder)

    async def free_bytes(self) -> tuple[int, int]:
        """How many bytes are free on the disk, and how many in the database. Raises StoreError."""
        return await self._read(lambda connection: free_bytes(self._folder, connection))

    def subscribe(self, listener: Listener) -> None:
        self._listeners.append(listener)

    async def ready(self) -> None:
        await self._write(lambda transaction: transaction.touch())

    async def figures(self) -> Figures:
        return await self._loop.run_in_executor(
            self._measurer, _measured, self._folder, self._writer.figures
        )

    async def snapshot(self) -> BufferedReader:
        done: asyncio.Future[BufferedReader] = self._loop.create_future()
        try:
            await self._write(lambda _: self._writer.begin_snapshot(self._folder, done))
        except BaseException:
            done.cancel()  # its transaction may have failed when it had begun
            raise
        return await done

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        await asyncio.to_thread(self._readers.shutdown)
        for connection in self._reading:
            connection.close()
        self._measurer.shutdown(wait=False)
        # The last to close: SQLite then writes the WAL back, and one file is left.
        self._writer.stop()
        await asyncio.to_thread(self._writer.join)
        self._listeners.clear()
        self._mark.close()
        self._lock.close()

    def _write(self, work: Callable[[Transaction], T], *, last: bool = False) -> asyncio.Future[T]:
        if self._closed:
            raise StoreUnavailable("the store is closed")
        future: asyncio.Future[T] = self._loop.create_future()
        self._writer.submit(Job(work, future, last))
        return future

    async def _read(self, read: Callable[[apsw.Connection], T]) -> T:
        def run() -> T:
            with translated():
                return read(self._reader())

        if self._closed:
            raise StoreUnavailable("the store is closed")
        return await self._loop.run_in_executor(self._readers, run)

    def _reader(self) -> apsw.Connection:
        connection: apsw.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = open_reader(self._folder)
            self._reading.append(connection)
        return connection

    def _on_loop(self, call: Callable[..., None], *arguments: object) -> None:
        self._loop.call_soon_threadsafe(call, *arguments)

    def _committed(self, outcomes: list[Outcome], announcements: list[Announcement]) -> None:
        for announcement in announcements:
            for listener in self._listeners:
                listener(announcement)
        for job, result, error in outcomes:
            if job.future.done():  # whoever asked has gone away
                continue
            if error is None:
                job.future.set_result(result)
            else:
                job.future.set_exception(error)


def _hand_over(copied: Copied) -> None:
    snapshot, copy, error = copied
    if snapshot.done.done():  # whoever asked has gone away
        if copy is not None:
            copy.close()
    elif copy is not None:
        snapshot.done.set_result(copy)
    elif error is not None:
        snapshot.done.set_exception(error)


def _measured(folder: Path, figures: Figures) -> Figures:
    disk = os.statvfs(folder)
    return replace(
        figures,
        database_bytes=_file_bytes(folder / DATABASE),
        wal_bytes=_file_bytes(folder / WAL),
        free_bytes=disk.f_bavail * disk.f_frsize,
    )


def _file_bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # the WAL's is made with the first write
        return 0


def _state(connection: apsw.Connection, log: LogId) -> State:
    row = connection.execute("SELECT state, crc FROM logs WHERE id = ?", (log,)).fetchone()
    if row is None:
        raise NoSuchLog(log)
    return state_of_row(log, *row)


def _records(
    connection: apsw.Connection, log: LogId, after: Seq, until: Seq, max_bytes: int
) -> list[Chunk]:
    found: list[Chunk] = []
    size = 0
    rows = connection.execute(
        "SELECT last, ends, body, crc FROM chunks"
        " WHERE log = (SELECT key FROM logs WHERE id = ?) AND last > ? ORDER BY last",
        (log, after),
    )
    try:
        for row in rows:
            chunk = chunk_of_row(log, *row)
            if chunk.first > until:
                break
            if found and not _follows(connection, log, found[-1], chunk):
                raise StoreCorrupt(f"record {found[-1].last + 1} of {log} is missing in the store")
            found.append(chunk.between(after, until))
            size += len(found[-1].body)
            if size >= max_bytes or chunk.last >= until:
                break
    finally:  # an error's traceback would keep it
        rows.close()  # ends the read transaction
    if not found:
        _state(connection, log)
    return found


def _follows(connection: apsw.Connection, log: LogId, before: Chunk, chunk: Chunk) -> bool:
    """Whether nothing is missing between the two but what was trimmed."""
    if chunk.first == before.last + 1:
        return True
    gap = _state(connection, log).gap
    return gap is not None and gap.after <= before.last and chunk.first <= gap.until + 1


def _listed(
    connection: apsw.Connection, prefix: str, labels: dict[str, str], below: str, limit: int
) -> list[tuple[LogId, State]]:
    """With labels, the first one's index gives the order and the others only check."""
    first = "label0" if labels else "logs"
    sources, conditions, values = [], [f"{first}.id < ? AND {first}.id >= ?"], [below, prefix]
    for number, (name, value) in enumerate(labels.items()):
        label = f"label{number}"
        sources.append(f"labels AS {label}")
        conditions.append(f"{label}.name = ? AND {label}.value = ? AND {label}.id = {first}.id")
        values += [name, value]
    conditions.append(f"logs.id = {first}.id")
    # CROSS JOIN keeps the order of the sources. No value gets into the text.
    query = (
        "SELECT CAST(logs.id AS BLOB), logs.state, logs.crc"  # noqa: S608
        f" FROM {' CROSS JOIN '.join([*sources, 'logs'])}"
        f" WHERE {' AND '.join(conditions)} ORDER BY {first}.id DESC LIMIT ?"
    )
    # All first: a statement that an error leaves open is a read transaction.
    rows = list(connection.execute(query, (*values, limit)))
    named = ((id_of_row(log), stored) for log, *stored in rows)
    return [(log, state_of_row(log, *stored)) for log, stored in named]


__all__ = ["SqliteStore"]
