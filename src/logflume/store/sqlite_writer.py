"""The one thread that writes: group commit.

It takes everything that queued up while the last commit ran, applies it in one transaction,
commits (which syncs the write-ahead log), and only then says so to whoever asked and to whoever
watches. So an acknowledged record is on disk, and so is every record that anybody sees.

An error that leaves the file's state unknown (a failed sync may have dropped pages that a retry
would call written) ends the writer for good; whoever runs it is told by `on_failure`.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import apsw

from logflume.errors import (
    CallerError,
    Conflict,
    LogError,
    StoreBusy,
    StoreCorrupt,
    StoreError,
    StoreFull,
    StoreUnavailable,
)
from logflume.store import Announcement, Figures
from logflume.store.sqlite_file import CHECKPOINT_PAGES, translated
from logflume.store.sqlite_mark import Mark
from logflume.store.sqlite_rewrite import cut_off_wal
from logflume.store.sqlite_snapshot import Snapshot
from logflume.store.sqlite_transaction import Transaction

_log = logging.getLogger(__name__)

MAX_JOBS = 4096
"""Jobs in one transaction, so that a flood cannot put off a commit for ever."""

PURGE_AGAIN_SECONDS = 1.0
"""When purging is tried again after it failed, on a full disk above all."""


@dataclass(slots=True, eq=False)
class Job:
    """Something to do in a transaction, and the future (of the event loop) to tell it to."""

    work: Callable[[Transaction], object]
    future: asyncio.Future[Any]
    last: bool = False
    """Whether it ends its transaction. A deletion does: it is announced before a log of the same
    name can be seen, which a read may do before that one's own announcement. So does a rewrite,
    whose caller waits for more than the commit."""


Outcome = tuple[Job, object, LogError | None]
"""How a job went: its result, or why it was refused."""

Copied = tuple[Snapshot, BufferedReader | None, StoreError | None]
"""How a snapshot went: the copy, or why there is none."""


class Writer(threading.Thread):
    """Runs jobs until `stop`, in order, in as few transactions as keep up with them.

    `on_commit` is called in this thread, once for each transaction, with how its jobs went and
    what is to be announced; `on_copied` when a snapshot is made.
    """

    def __init__(
        self,
        connection: apsw.Connection,
        mark: Mark,
        on_commit: Callable[[list[Outcome], list[Announcement]], None],
        on_failure: Callable[[StoreError], None],
        on_copied: Callable[[Copied], None],
    ) -> None:
        super().__init__(name="logflume-writer", daemon=True)
        self._connection = connection
        self._mark = mark
        self._transaction = Transaction(connection)
        self._on_commit = on_commit
        self._on_failure = on_failure
        self._on_copied = on_copied
        self.figures = Figures()
        self._snapshot: Snapshot | None = None
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
            elif jobs or self._transaction.doomed:
                self._run_transaction(jobs)
            self._copy_on()
        self._give_up_snapshot(StoreUnavailable("the store is closed"))
        self._connection.close()

    def begin_snapshot(self, folder: Path, done: asyncio.Future[BufferedReader]) -> None:
        """Copy the database between the transactions to come; a job calls it, which nothing that
        goes wrong with the copy may roll back. Raises Conflict when there is one under way."""
        if self._snapshot is not None:
            raise Conflict("a backup is being made already; try again when it is done")
        self._snapshot = Snapshot(self._connection, folder, done)

    def _copy_on(self) -> None:
        """Some pages more. Whatever goes wrong with a copy is no concern of the store's."""
        snapshot = self._snapshot
        if snapshot is None:
            return
        try:
            if self._failure is not None:
                raise self._failure
            if snapshot.done.cancelled():
                raise StoreUnavailable("nobody wants the copy any more")
            copy = snapshot.step()
            if copy is not None:
                self._snapshot = None
                self._on_copied((snapshot, copy, None))
        except StoreError as error:
            self._give_up_snapshot(error)
        except OSError as error:
            self._give_up_snapshot(StoreUnavailable(f"the copy cannot be read: {error}"))

    def _give_up_snapshot(self, error: StoreError) -> None:
        if self._snapshot is not None:
            self._snapshot.abandon()
            self._on_copied((self._snapshot, None, error))
            self._snapshot = None

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
        if self._snapshot is not None:
            return 0
        if not self._transaction.doomed or self._failure is not None:
            return None
        return PURGE_AGAIN_SECONDS if self._stumbled else 0

    def _run_transaction(self, jobs: list[Job]) -> None:
        began = time.perf_counter()
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
            self.figures.commit_seconds.note(time.perf_counter() - began)
            self.figures.commit_changes.note(len(jobs))
            if self._transaction.must_cut:
                outcomes = self._cut_off(outcomes)
            self._on_commit(outcomes, self._transaction.take_announcements())
            self._checkpoint()

    def _cut_off(self, outcomes: list[Outcome]) -> list[Outcome]:
        """Have what the last job replaced gone from the write-ahead log, or its caller told that it
        is not. What was committed stays committed."""
        self._transaction.must_cut = False
        error: StoreError
        try:
            with translated():
                cut_off_wal(self._connection)
        except (StoreBusy, StoreFull) as passing:
            error = passing
        except StoreError as lasting:
            self._fail(lasting)
            error = lasting
        else:
            self._wal_pages = 0
            return outcomes
        job, _, refused = outcomes[-1]
        return [*outcomes[:-1], (job, None, refused or error)]

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
        # Closing must not write the WAL back and remove it: a sync may succeed falsely by now.
        self._connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        self._on_failure(error)

    def _commit(self, jobs: list[Job]) -> list[Outcome]:
        self._connection.execute("BEGIN IMMEDIATE")
        outcomes = []
        for job in jobs:
            if job.last:
                self._transaction.flush()  # what it replaces may have come in this transaction
            outcomes.append(self._work(job))
        self._transaction.flush()
        if self._transaction.doomed:
            self._transaction.purge()
        self._connection.execute("COMMIT")
        if self._transaction.last_change is not None:
            self._mark.note(*self._transaction.last_change)
        return outcomes

    def _work(self, job: Job) -> Outcome:
        """A caller's error is that job's alone: `rules` raises before anything has changed. So is
        a log's damaged row, which a job finds before it changes any; what SQLite itself finds
        damaged is everybody's."""
        try:
            return job, job.work(self._transaction), None
        except (CallerError, StoreCorrupt) as error:
            return job, None, error

    def _roll_back(self, jobs: list[Job], error: StoreError) -> None:
        self._stumbled = True
        self._transaction.forget()
        if self._connection.in_transaction:
            with suppress(apsw.Error):  # SQLite may have rolled back by itself
                self._connection.execute("ROLLBACK")
        self._on_commit([(job, None, error) for job in jobs], [])


__all__ = ["Copied", "Job", "Outcome", "Writer"]
