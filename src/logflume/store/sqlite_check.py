"""Whether a database that nobody writes to holds what was stored: its file, its rows, its states.

The one place that reads the tables apart from the store itself. It trusts nothing: what cannot be
read is damage, and told as a line of text; the rest is looked at all the same.

What a log's records say of themselves is not for this file: `StoredLog.records` gives them, those
of a fork with what it inherits, to whoever knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, pairwise
from pathlib import Path
from urllib.parse import quote

import apsw

from logflume.errors import StoreCorrupt, StoreError, StoreUnavailable
from logflume.records import FORKING, Ancestor, Chunk, Gap, LogId, Seq, State
from logflume.store.sqlite_file import DATABASE, MIGRATIONS, refuse_wal_reset_bug, translated
from logflume.store.sqlite_rows import chunk_of_row, id_of_row, state_of_row
from logflume.wire.omitted import omitted

MAX_TOLD = 100
"""Damages of the file itself that SQLite is asked for: more say nothing that these do not."""

_LOGS = "SELECT key, CAST(id AS BLOB), state, crc FROM logs"

END_BYTES = 4
"""Of the number that says where a record ends."""


def open_unused(path: Path) -> apsw.Connection:
    """A database that nobody has open, for reading; nothing is written beside it. Raises
    StoreUnavailable for one that may be in use, or that is none of Logflume's; StoreCorrupt."""
    refuse_wal_reset_bug(apsw.sqlite_lib_version())
    if not path.is_file():
        raise StoreUnavailable(f"{path} is no file")
    wal = path.with_name(f"{path.name}-wal")
    if wal.exists() and wal.stat().st_size:
        raise StoreUnavailable(
            f"{path} is in use, or was not closed: {wal.name} belongs to it. Let the server make a"
            " copy, with `logflume backup`"
        )
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    with _told():
        connection = apsw.Connection(f"file:{quote(str(path))}?mode=ro&immutable=1", flags=flags)
        version = connection.pragma("user_version")
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    if not version or "chunks" not in names:
        raise StoreUnavailable(f"{path} is a database, but none of Logflume's")
    if version > len(MIGRATIONS):
        raise StoreUnavailable(f"{path} is of a newer Logflume; upgrade this one")
    if version < len(MIGRATIONS):
        raise StoreUnavailable(
            f"{path} is of an older Logflume; let a server serve a copy of it once, as {DATABASE}"
        )
    return connection


class StoredLog:
    """A log as the file has it."""

    def __init__(self, connection: apsw.Connection, key: int, log: LogId, state: State) -> None:
        self._connection = connection
        self._key = key
        self.id = log
        self.state = state

    def rows(self) -> Iterator[Chunk]:
        """What is stored of it alone, each row seen to be whole. Raises StoreCorrupt."""
        with _told():
            rows = self._connection.execute(
                "SELECT last, ends, body, crc FROM chunks WHERE log = ? ORDER BY last",
                (self._key,),
            )
            for row in rows:
                yield _whole(self.id, *row)

    def inherited(self) -> Iterator[Chunk]:
        """The records that its ancestors have. Raises as `rows` does."""
        after = Seq(0)
        for ancestor in self.state.ancestors:
            source = find(self._connection, ancestor.log)
            for chunk in source.rows():
                if chunk.last > after and chunk.first <= ancestor.until:
                    yield chunk.between(after, ancestor.until)
            after = max(after, ancestor.until)

    def records(self) -> Iterator[Chunk]:
        """All its records, from the first that is kept on, with the one that stands for those that
        are not. Raises as `rows` does."""
        gap = self.state.gap
        if gap is not None:
            yield from self._around(gap)
            return
        yield from self.inherited()
        yield from self.rows()

    def _around(self, gap: Gap) -> Iterator[Chunk]:
        missing = [omitted(gap.after, gap.until, gap)] if gap.after else []
        for chunk in chain(self.inherited(), self.rows()):
            if before := chunk.between(Seq(0), gap.after):
                yield before
            if after := chunk.between(gap.until, chunk.last):
                yield from missing
                missing = []
                yield after
        yield from missing

    def is_left_over(self) -> bool:
        """Whether it is a fork that was not done when its source was deleted. Nobody was told of
        it, and a server's start removes it. Raises StoreCorrupt."""
        return FORKING in self.state.labels and not all(map(self._has, self.state.ancestors))

    def _has(self, ancestor: Ancestor) -> bool:
        found = _looked_up(self._connection, ancestor.log)
        return (
            found is not None and found.state.epoch == ancestor.epoch and not found.is_left_over()
        )

    def damages(self) -> Iterator[str]:
        """What is wrong with its rows, its state and its lineage."""
        try:
            yield from self._row_damages()
            yield from self._lineage_damages()
            with _told():
                rows = self._connection.execute(
                    "SELECT name, value FROM labels WHERE id = ?", (self.id,)
                )
                labels = dict(rows)
            if labels != dict(self.state.labels):
                yield f"{self.id}: is listed under other labels than it has"
        except StoreError as error:
            yield str(error)

    def _row_damages(self) -> Iterator[str]:
        ancestors = self.state.ancestors
        done, own_bytes = ancestors[-1].until if ancestors else 0, 0
        for chunk in self.rows():
            done = self._after_gap(done)
            if chunk.first != done + 1:
                yield f"{self.id}: record {done + 1} should follow, and {chunk.first} does"
            done, own_bytes = chunk.last, own_bytes + len(chunk.body)
        done = self._after_gap(done)
        if done != self.state.tail:
            yield f"{self.id}: ends after record {done}, and should after {self.state.tail}"
        if self.state.gap is not None and not self._counts_gap():
            return
        # A retry's size counts what it begins with, another fork's does not.
        with_inherited = own_bytes + sum(len(chunk.body) for chunk in self.inherited())
        if self.state.kept_bytes not in (own_bytes, with_inherited):
            yield f"{self.id}: has {own_bytes} bytes, and should have {self.state.kept_bytes}"

    def _after_gap(self, done: int) -> int:
        """The last record before the one that is due, if all up to `done` were seen."""
        gap = self.state.gap
        return gap.until if gap is not None and gap.after <= done < gap.until else done

    def _counts_gap(self) -> bool:
        """Whether the size of what is not kept is known to the byte: not of the feed, nor of what
        a fork inherits."""
        gap = self.state.gap
        return gap is not None and gap.ends_bytes > gap.begins_bytes and not self.state.ancestors

    def _lineage_damages(self) -> Iterator[str]:
        for ancestor in self.state.ancestors:
            source = find(self._connection, ancestor.log).state
            if source.epoch != ancestor.epoch or source.tail < ancestor.until:
                yield f"{self.id}: was forked from another {ancestor.log} than the one that is here"


@contextmanager
def _told() -> Iterator[None]:
    """What SQLite raises as ours, and what a text raises that is none: a flipped bit is enough."""
    with translated():
        try:
            yield
        except UnicodeDecodeError as error:
            raise StoreCorrupt("the database is damaged: a text in it is none") from error


def stored_logs(connection: apsw.Connection) -> Iterator[StoredLog]:
    """Every log whose state can be read. Raises StoreCorrupt when the table cannot be."""
    with _told():
        for key, id_bytes, *stored in connection.execute(f"{_LOGS} ORDER BY id"):
            log = id_of_row(id_bytes)
            try:
                yield StoredLog(connection, key, log, state_of_row(log, *stored))
            except StoreCorrupt:
                continue  # `file_damages` tells it


def find(connection: apsw.Connection, log: LogId) -> StoredLog:
    """The log of this id. Raises StoreCorrupt when it is not there."""
    found = _looked_up(connection, log)
    if found is None:
        raise StoreCorrupt(f"{log} is missing, and records of others lie in it")
    return found


def _looked_up(connection: apsw.Connection, log: LogId) -> StoredLog | None:
    row = connection.execute(f"{_LOGS} WHERE id = ?", (log,)).fetchone()
    if row is None:
        return None
    key, _, *stored = row
    return StoredLog(connection, key, log, state_of_row(log, *stored))


def file_damages(connection: apsw.Connection) -> Iterator[str]:
    """What is wrong with the file and its tables, whatever is in them."""
    try:
        with _told():
            for (told,) in connection.execute(f"PRAGMA integrity_check({MAX_TOLD})"):
                if told != "ok":
                    yield f"the database is damaged: {told}"
            for key, id_bytes, *stored in connection.execute(_LOGS):
                log = id_of_row(id_bytes)
                try:
                    state_of_row(log, *stored)
                except StoreCorrupt as error:
                    yield f"{log} (key {key}): {error}"
            lost = connection.execute(
                "SELECT DISTINCT log FROM chunks WHERE log NOT IN (SELECT key FROM logs)"
                " AND log NOT IN (SELECT log FROM doomed)"
            )
            yield from (f"there are records of a log that is missing, key {key}" for (key,) in lost)
    except StoreError as error:
        yield str(error)


def _whole(log: LogId, last: object, ends: object, body: object, crc: int) -> Chunk:
    """A row as a chunk. Raises StoreCorrupt when it cannot be one."""
    if not (isinstance(last, int) and isinstance(ends, bytes) and isinstance(body, bytes)):
        raise StoreCorrupt(f"{log}: a row of its records is not of the right types")
    if not ends or len(ends) % END_BYTES:
        raise StoreCorrupt(f"{log}: the row up to record {last} does not say where each ends")
    chunk = chunk_of_row(log, last, ends, body, crc)
    places = chunk.ends
    if places[-1] != len(body) or any(a > b for a, b in pairwise(places)):
        raise StoreCorrupt(f"{log}: the records up to {last} do not fill their row")
    return chunk


__all__ = ["StoredLog", "file_damages", "open_unused", "stored_logs"]
