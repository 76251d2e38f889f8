"""The one thread that writes: group commit.

It takes everything that queued up while the last commit ran, applies it in one transaction,
commits (which syncs the write-ahead log), and only then says so to whoever asked and to whoever
watches. So an acknowledged record is on disk, and so is every record that anybody sees.

A log's records of one transaction become one chunk. Single lines would still make a row each, so
rows are gathered: once the loose ones at a log's end hold enough, the transaction that sees it
replaces them by one. Every record is rewritten once at most.

An error that leaves the file's state unknown (a failed sync may have dropped pages that a retry
would call written) ends the writer for good; whoever runs it is told by `on_failure`.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from array import array
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

import apsw

from logflume import rules
from logflume.errors import (
    CallerError,
    LogError,
    LogExists,
    NoSuchLog,
    StoreBusy,
    StoreError,
    StoreFull,
    StoreUnavailable,
)
from logflume.records import Append, Chunk, LogId, Seq, State
from logflume.store import Announcement
from logflume.store.sqlite_file import CHECKPOINT_PAGES, translated
from logflume.wire import decode_state, encode_state

_log = logging.getLogger(__name__)

CHUNK_BYTES = 64 * 1024
"""Rows of this size are left alone: larger ones would not be read faster."""

MAX_CHUNK_BYTES = 256 * 1024
"""No row is larger, unless one record is: it bounds what a reader of one record has to read."""

MAX_KNOWN_LOGS = 10_000
"""States kept at hand, about 1 KB each; a log written to after that is looked up again."""

MAX_JOBS = 4096
"""Jobs in one transaction, so that a flood cannot put off a commit for ever."""

PURGE_AGAIN_SECONDS = 1.0
"""When purging is tried again after it failed, on a full disk above all."""

PURGE_ROWS = 32
"""Rows of deleted logs removed with each transaction: 2 to 8 MB, so that nobody waits long."""


@dataclass(slots=True, eq=False)
class Job:
    """Something to do in a transaction, and the future (of the event loop) to tell it to."""

    work: Callable[[Transaction], State | None]
    future: asyncio.Future[State | None]
    last: bool = False
    """Whether it ends its transaction. A deletion does: it is announced before a log of the same
    name can be seen, which a read may do before that one's own announcement."""


Outcome = tuple[Job, State | None, LogError | None]
"""How a job went: its result, or why it was refused."""


@dataclass(slots=True)
class _Known:
    """What the writer knows of a log besides the database, true as of the running transaction."""

    key: int
    state: State
    loose_from: Seq
    """Number of the first record in the run of small rows at the log's end."""
    loose_bytes: int = 0
    new: list[Chunk] = field(default_factory=list)


class Transaction:
    """What jobs do to the database. Rows are written by `flush`, all of a log's together."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._known: OrderedDict[LogId, _Known] = OrderedDict()
        self._touched: dict[LogId, _Known] = {}
        self._announcements: list[Announcement] = []
        self.doomed = True
        """Whether there may be rows of deleted logs to purge."""

    def create(self, log: LogId, state: State) -> None:
        """Raises LogExists."""
        try:
            raise LogExists(self._find(log).state)
        except NoSuchLog:
            pass
        self._connection.execute(
            "INSERT INTO logs (id, state) VALUES (?, ?)", (log, encode_state(state))
        )
        self._label(log, {}, dict(state.labels))
        key = self._connection.last_insert_rowid()
        self._known[log] = _Known(key, state, Seq(state.tail + 1))
        self._announcements.append(Announcement(log, state))

    def append(self, log: LogId, append: Append) -> State:
        """Raises NoSuchLog and what `rules.apply` raises, having changed nothing."""
        known = self._find(log)
        state, chunk = rules.apply(known.state, append)
        if append.labels is not None:
            self._label(log, dict(known.state.labels), dict(state.labels))
        known.state = state
        if chunk:
            known.new.append(chunk)
        self._touched[log] = known
        return state

    def delete(self, log: LogId) -> None:
        """Take the log out at once; `purge` removes its rows bit by bit. Raises NoSuchLog."""
        known = self._find(log)
        self._connection.execute("DELETE FROM logs WHERE key = ?", (known.key,))
        self._connection.execute("INSERT INTO doomed (log) VALUES (?)", (known.key,))
        self._label(log, dict(known.state.labels), {})
        self._touched.pop(log, None)
        del self._known[log]
        self._announcements.append(Announcement(log, None))
        self.doomed = True

    def purge(self) -> None:
        """Remove some rows of deleted logs."""
        for (key,) in self._connection.execute("SELECT log FROM doomed LIMIT 1"):
            self._connection.execute(
                "DELETE FROM chunks WHERE rowid IN"
                " (SELECT rowid FROM chunks WHERE log = ? LIMIT ?)",
                (key, PURGE_ROWS),
            )
            if self._connection.changes() < PURGE_ROWS:
                self._connection.execute("DELETE FROM doomed WHERE log = ?", (key,))
            return
        self.doomed = False

    def flush(self) -> None:
        """Write what the jobs left to write."""
        for log, known in self._touched.items():
            self._write(log, known)
        self._touched.clear()

    def take_announcements(self) -> list[Announcement]:
        taken, self._announcements = self._announcements, []
        while len(self._known) > MAX_KNOWN_LOGS:
            self._known.popitem(last=False)
        return taken

    def forget(self) -> None:
        """After a rollback nothing that was known is true."""
        self._known.clear()
        self._touched.clear()
        self._announcements.clear()

    def _find(self, log: LogId) -> _Known:
        known = self._known.get(log)
        if known is None:
            row = self._connection.execute(
                "SELECT key, state FROM logs WHERE id = ?", (log,)
            ).fetchone()
            if row is None:
                raise NoSuchLog(log)
            state = decode_state(row[1])
            known = self._known[log] = _Known(row[0], state, Seq(state.tail + 1))
        self._known.move_to_end(log)
        return known

    def _write(self, log: LogId, known: _Known) -> None:
        chunks, known.new = known.new, []
        self._connection.execute(
            "UPDATE logs SET state = ? WHERE key = ?", (encode_state(known.state), known.key)
        )
        if chunks:
            chunk = Chunk.merge(chunks)
            self._insert(known, chunk)
        self._announcements.append(Announcement(log, known.state, chunks and [chunk]))

    def _insert(self, known: _Known, chunk: Chunk) -> None:
        if known.loose_bytes + len(chunk.body) < CHUNK_BYTES:
            known.loose_bytes += len(chunk.body)
            self._insert_row(known.key, chunk)
            return
        if known.loose_bytes:
            chunk = Chunk.merge([*self._take_loose(known), chunk])
        for piece in chunk.pieces(MAX_CHUNK_BYTES):
            self._insert_row(known.key, piece)
        known.loose_from, known.loose_bytes = Seq(chunk.last + 1), 0

    def _insert_row(self, key: int, chunk: Chunk) -> None:
        self._connection.execute(
            "INSERT INTO chunks (log, last, ends, body) VALUES (?, ?, ?, ?)",
            (key, chunk.last, chunk.ends.tobytes(), chunk.body),
        )

    def _take_loose(self, known: _Known) -> list[Chunk]:
        where = (known.key, known.loose_from)
        rows = self._connection.execute(
            "SELECT last, ends, body FROM chunks WHERE log = ? AND last >= ? ORDER BY last", where
        )
        loose = [chunk_of_row(*row) for row in rows]
        self._connection.execute("DELETE FROM chunks WHERE log = ? AND last >= ?", where)
        return loose

    def _label(self, log: LogId, old: dict[str, str], new: dict[str, str]) -> None:
        for name, value in old.items() - new.items():
            self._connection.execute(
                "DELETE FROM labels WHERE name = ? AND value = ? AND id = ?", (name, value, log)
            )
        for name, value in new.items() - old.items():
            self._connection.execute(
                "INSERT INTO labels (name, value, id) VALUES (?, ?, ?)", (name, value, log)
            )


def chunk_of_row(last: int, ends: bytes, body: bytes) -> Chunk:
    places = array("I", ends)
    return Chunk(Seq(last - len(places) + 1), places, body)


class Writer(threading.Thread):
    """Runs jobs until `stop`, in order, in as few transactions as keep up with them.

    `on_commit` is called in this thread, once for each transaction, with how its jobs went and
    what is to be announced.
    """

    def __init__(
        self,
        connection: apsw.Connection,
        on_commit: Callable[[list[Outcome], list[Announcement]], None],
        on_failure: Callable[[StoreError], None],
    ) -> None:
        super().__init__(name="logflume-writer", daemon=True)
        self._connection = connection
        self._transaction = Transaction(connection)
        self._on_commit = on_commit
        self._on_failure = on_failure
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._failure: StoreError | None = None
        self._stumbled = False
        """Whether the last transaction was rolled back."""
        self._wal_pages = 0
        self._checkpoint_at = CHECKPOINT_PAGES
        connection.set_wal_hook(self._note_wal_pages)

    def submit(self, job: Job) -> None:
        self._queue.put(job)

    def stop(self) -> None:
        """Finish what was submitted, then end. `join` waits for it."""
        self._queue.put(None)

    def run(self) -> None:
        stopping = False
        while not stopping:
            jobs, stopping = self._take()
            if self._failure is not None:
                self._on_commit([(job, None, self._failure) for job in jobs], [])
            else:
                self._run_transaction(jobs)
        self._connection.close()

    def _take(self) -> tuple[list[Job], bool]:
        """What has queued up, or nothing while there are deleted rows to purge; and whether to
        stop after it."""
        jobs: list[Job] = []
        try:
            job = self._queue.get(timeout=self._patience())
            while job is not None and not job.last and len(jobs) < MAX_JOBS:
                jobs.append(job)
                job = self._queue.get(block=False)
            if job is not None:
                jobs.append(job)
        except Empty:
            return jobs, False
        return jobs, job is None

    def _patience(self) -> float | None:
        """Seconds until there is something to do although nobody asks for anything."""
        if not self._transaction.doomed or self._failure is not None:
            return None
        return PURGE_AGAIN_SECONDS if self._stumbled else 0

    def _run_transaction(self, jobs: list[Job]) -> None:
        try:
            with translated():
                outcomes = self._commit(jobs)
        except StoreError as error:
            self._roll_back(jobs, error)
            if not isinstance(error, (StoreBusy, StoreFull)):
                self._fail(error)
        except Exception as error:  # noqa: BLE001 -- told to every caller, as not stored
            _log.exception("a job of the writer failed; its whole transaction was rolled back")
            self._roll_back(jobs, StoreUnavailable(f"not stored: {error!r}"))
        else:
            self._stumbled = False
            self._on_commit(outcomes, self._transaction.take_announcements())
            self._checkpoint()

    def _checkpoint(self) -> None:
        """Write the WAL back and begin it anew once it is long: SQLite's own way waits for a moment
        without readers, which may never come, and says nothing of a failed sync."""
        if self._wal_pages < self._checkpoint_at:
            return
        try:
            with translated(), suppress(apsw.BusyError, apsw.FullError):
                self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)
                self._wal_pages = 0
        except StoreError as error:
            self._fail(error)
        self._checkpoint_at = self._wal_pages + CHECKPOINT_PAGES

    def _note_wal_pages(self, _: apsw.Connection, __: str, pages: int) -> int:
        self._wal_pages = pages
        return apsw.SQLITE_OK

    def _fail(self, error: StoreError) -> None:
        self._failure = error
        self._on_failure(error)

    def _commit(self, jobs: list[Job]) -> list[Outcome]:
        self._connection.execute("BEGIN IMMEDIATE")
        outcomes = [self._work(job) for job in jobs]
        self._transaction.flush()
        if self._transaction.doomed:
            self._transaction.purge()
        self._connection.execute("COMMIT")
        return outcomes

    def _work(self, job: Job) -> Outcome:
        """A caller's error is that job's alone: `rules` raises before anything has changed."""
        try:
            return job, job.work(self._transaction), None
        except CallerError as error:
            return job, None, error

    def _roll_back(self, jobs: list[Job], error: StoreError) -> None:
        self._stumbled = True
        self._transaction.forget()
        if self._connection.in_transaction:
            with suppress(apsw.Error):  # SQLite may have rolled back by itself
                self._connection.execute("ROLLBACK")
        self._on_commit([(job, None, error) for job in jobs], [])


__all__ = ["Job", "Outcome", "Transaction", "Writer", "chunk_of_row"]
