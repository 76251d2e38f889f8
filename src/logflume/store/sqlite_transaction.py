"""What changes do to the tables, within one transaction of the writer.

A log's records of one transaction become one chunk. Single lines would still make a row each, so
rows are gathered: once the loose ones at a log's end hold enough, the transaction that sees it
replaces them by one. Every record is rewritten once at most.

What is known of a log is kept from transaction to transaction: nobody else writes. After a
rollback it is forgotten.

Invariant: a job reads what it will replace, and finds it damaged, before it has changed anything.
So it is refused alone, and `flush`, which is everybody's, reads nothing of a log first.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import apsw

from logflume import rules
from logflume.errors import LogExists, NoSuchLog
from logflume.records import Append, Chunk, Gap, LogId, Rewrite, Seq, State
from logflume.store import Announcement
from logflume.store.sqlite_mark import DELETED
from logflume.store.sqlite_rewrite import replace_in, rows_with
from logflume.store.sqlite_rows import chunk_crc, chunk_of_row, state_crc, state_of_row
from logflume.store.sqlite_trim import rows_across, trim_rows
from logflume.wire.state import encode_state

CHUNK_BYTES = 64 * 1024
"""Rows of this size are left alone: larger ones would not be read faster."""

MAX_CHUNK_BYTES = 256 * 1024
"""No row is larger, unless one record is: it bounds what a reader of one record has to read."""

MAX_KNOWN_LOGS = 10_000
"""States kept at hand, about 1 KB each; a log written to after that is looked up again."""

PURGE_ROWS = 32
"""Rows of deleted logs removed with each transaction: 2 to 8 MB, so that nobody waits long."""


@dataclass(slots=True)
class _Known:
    """What the writer knows of a log besides the database, true as of the running transaction."""

    log: LogId
    key: int
    state: State
    loose_from: Seq
    """Number of the first record in the run of small rows at the log's end."""
    loose_bytes: int = 0
    new: list[Chunk] = field(default_factory=list)
    loose: list[Chunk] | None = None
    """The small rows, once they are to be gathered with what is new."""
    trim: Gap | None = None
    """What is to go once the new records are written."""


class Transaction:
    """What jobs do to the database. Rows are written by `flush`, all of a log's together."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._known: OrderedDict[LogId, _Known] = OrderedDict()
        self._touched: dict[LogId, _Known] = {}
        self._announcements: list[Announcement] = []
        self.doomed = True
        """Whether there may be rows of deleted logs to purge."""
        self.must_cut = False
        """Whether records were replaced whose old bytes may be in the write-ahead log."""
        self.last_change: tuple[int, int] | None = None
        """The key of the log that was changed last and its revision, for `sqlite_mark`."""

    def create(self, log: LogId, state: State, first: Append | None) -> State:
        """Raises LogExists and what `rules.apply` raises, having changed nothing."""
        try:
            raise LogExists(self._find(log).state)
        except NoSuchLog:
            pass
        state, chunk = rules.begin(state, first)
        encoded = encode_state(state)
        self._connection.execute(
            "INSERT INTO logs (id, state, crc) VALUES (?, ?, ?)",
            (log, encoded, state_crc(log, encoded)),
        )
        self._label(log, {}, dict(state.labels))
        key = self._connection.last_insert_rowid()
        known = self._known[log] = _Known(log, key, state, chunk.first)
        self.last_change = (key, state.revision)
        if chunk:
            self._insert(known, chunk)
        self._announcements.append(Announcement(log, state, [chunk] if chunk else []))
        return state

    def append(self, log: LogId, append: Append) -> State:
        """Raises NoSuchLog, StoreCorrupt and what `rules.apply` raises, having changed nothing."""
        known = self._find(log)
        state, chunk = rules.apply(known.state, append)
        self._look_ahead(known, chunk, append.trim)
        if append.labels is not None:
            self._label(log, dict(known.state.labels), dict(state.labels))
        known.state = state
        if chunk:
            known.new.append(chunk)
        known.trim = append.trim or known.trim
        self._touched[log] = known
        return state

    def _look_ahead(self, known: _Known, chunk: Chunk, trim: Gap | None) -> None:
        """Read the rows that writing these will replace. Raises StoreCorrupt."""
        if trim is not None:
            rows_across(self._connection, known.log, known.key, trim)
        if known.loose_bytes and known.loose is None:
            new_bytes = sum(len(earlier.body) for earlier in known.new) + len(chunk.body)
            if known.loose_bytes + new_bytes >= CHUNK_BYTES:
                known.loose = self._loose_rows(known)

    def delete(self, log: LogId, epoch: int | None) -> None:
        """Take the log out at once; `purge` removes its rows bit by bit. Raises NoSuchLog."""
        known = self._find(log)
        if epoch not in (None, known.state.epoch):
            raise NoSuchLog(log)
        self._connection.execute("DELETE FROM logs WHERE key = ?", (known.key,))
        self._connection.execute("INSERT INTO doomed (log) VALUES (?)", (known.key,))
        self._label(log, dict(known.state.labels), {})
        del self._known[log]
        self._announcements.append(Announcement(log, None))
        self.doomed = True
        self.last_change = (known.key, DELETED)

    def touch(self) -> None:
        """Write what stands there already: a page goes to the disk, and nothing grows."""
        version = self._connection.pragma("user_version")
        self._connection.execute(f"PRAGMA user_version = {version:d}")

    def rewrite(self, changes: Sequence[Rewrite]) -> list[State]:
        """Raises NoSuchLog, Conflict, StoreCorrupt and what `rules.rewrite` raises, having changed
        nothing."""
        self.must_cut = True
        pairs = [(self._find(change.log), change) for change in changes]
        steps = [rules.rewrite(log.state, change) for log, change in pairs]
        rows = [
            rows_with(self._connection, log.key, change.log, change.records)
            for log, change in pairs
        ]
        for (log, change), step, old in zip(pairs, steps, rows, strict=True):
            self._replace(change, log, step, old)
        return [state for state, _ in steps]

    def _replace(
        self, change: Rewrite, log: _Known, step: tuple[State, Chunk], rows: list[int]
    ) -> None:
        for chunk in replace_in(self._connection, rows, change):
            for piece in chunk.pieces(MAX_CHUNK_BYTES):
                self._insert_row(log, piece)
        log.state, grown = step
        log.new = [grown] if grown else []
        # How long its loose rows are now is not known: they stay as they are.
        log.loose_from, log.loose_bytes = Seq(log.state.tail + 1 - len(grown)), 0
        self._write(log)

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
        for known in self._touched.values():
            self._write(known)
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
        self.must_cut = False
        self.last_change = None

    def _find(self, log: LogId) -> _Known:
        known = self._known.get(log)
        if known is None:
            row = self._connection.execute(
                "SELECT key, state, crc FROM logs WHERE id = ?", (log,)
            ).fetchone()
            if row is None:
                raise NoSuchLog(log)
            key, *stored = row
            state = state_of_row(log, *stored)
            known = self._known[log] = _Known(log, key, state, Seq(state.tail + 1))
        self._known.move_to_end(log)
        return known

    def _write(self, known: _Known) -> None:
        chunks, known.new = known.new, []
        encoded = encode_state(known.state)
        self._connection.execute(
            "UPDATE logs SET state = ?, crc = ? WHERE key = ?",
            (encoded, state_crc(known.log, encoded), known.key),
        )
        if chunks:
            chunk = Chunk.merge(chunks)
            self._insert(known, chunk)
        if known.trim is not None:
            for piece in trim_rows(self._connection, known.log, known.key, known.trim):
                self._insert_row(known, piece)
            # What is gathered must not lie across the gap.
            known.loose_from = max(known.loose_from, Seq(known.trim.until + 1))
            known.trim = None
        self._announcements.append(Announcement(known.log, known.state, chunks and [chunk]))
        self.last_change = (known.key, known.state.revision)

    def _insert(self, known: _Known, chunk: Chunk) -> None:
        if known.loose_bytes + len(chunk.body) < CHUNK_BYTES:
            known.loose_bytes += len(chunk.body)
            self._insert_row(known, chunk)
            return
        if known.loose is not None:
            self._connection.execute(
                "DELETE FROM chunks WHERE log = ? AND last >= ?", (known.key, known.loose_from)
            )
            chunk, known.loose = Chunk.merge([*known.loose, chunk]), None
        for piece in chunk.pieces(MAX_CHUNK_BYTES):
            self._insert_row(known, piece)
        known.loose_from, known.loose_bytes = Seq(chunk.last + 1), 0

    def _insert_row(self, known: _Known, chunk: Chunk) -> None:
        row = (chunk.last, chunk.ends.tobytes(), chunk.body)
        self._connection.execute(
            "INSERT INTO chunks (log, last, ends, body, crc) VALUES (?, ?, ?, ?, ?)",
            (known.key, *row, chunk_crc(known.log, *row)),
        )

    def _loose_rows(self, known: _Known) -> list[Chunk]:
        rows = self._connection.execute(
            "SELECT last, ends, body, crc FROM chunks WHERE log = ? AND last >= ? ORDER BY last",
            (known.key, known.loose_from),
        )
        # All first: a statement that an error leaves open would hold the write-ahead log.
        return [chunk_of_row(known.log, *row) for row in list(rows)]

    def _label(self, log: LogId, old: dict[str, str], new: dict[str, str]) -> None:
        for name, value in old.items() - new.items():
            self._connection.execute(
                "DELETE FROM labels WHERE name = ? AND value = ? AND id = ?", (name, value, log)
            )
        for name, value in new.items() - old.items():
            self._connection.execute(
                "INSERT INTO labels (name, value, id) VALUES (?, ?, ?)", (name, value, log)
            )


__all__ = ["Transaction"]
