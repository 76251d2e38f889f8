"""Replacing stored records so that the old bytes are gone from the disk.

A row that holds such a record is deleted and its records, the new ones among them, are stored as
other rows. What SQLite frees it overwrites, always (`sqlite_file.open_writer`): rows are gathered
and pages merged, and what a copied row leaves behind could not be found later. The pages as they
were before stay in the write-ahead log, until all of it is written back and cut off, which the
writer does before it answers.
"""

from __future__ import annotations

from collections.abc import Iterable

import apsw

from logflume.errors import Conflict, StoreBusy
from logflume.records import Chunk, LogId, Rewrite, Seq
from logflume.store.sqlite_rows import chunk_of_row


def rows_with(
    connection: apsw.Connection, key: int, log: LogId, numbers: Iterable[Seq]
) -> list[int]:
    """The rows that hold these records, each seen to be whole. Raises Conflict when one is not
    there any more; StoreCorrupt."""
    rows: list[int] = []
    last = Seq(0)
    for number in sorted(numbers):
        if number <= last:
            continue
        found = connection.execute(
            "SELECT rowid, last, ends, body, crc FROM chunks"
            " WHERE log = ? AND last >= ? ORDER BY last LIMIT 1",
            (key, number),
        )
        there = [(row, chunk_of_row(log, *stored)) for row, *stored in list(found)]
        if not there or number < there[0][1].first:
            raise Conflict(f"record {number} of {log} is not stored any more; ask again")
        [(row, chunk)] = there
        rows.append(row)
        last = chunk.last
    return rows


def replace_in(
    connection: apsw.Connection, rows: Iterable[int], change: Rewrite
) -> Iterable[Chunk]:
    """Delete the rows, which `rows_with` has found whole, and give their chunks as they are to be
    stored instead."""
    for row in rows:
        [found] = connection.execute(
            "SELECT last, ends, body, crc FROM chunks WHERE rowid = ?", (row,)
        )
        connection.execute("DELETE FROM chunks WHERE rowid = ?", (row,))
        yield chunk_of_row(change.log, *found).replaced(change.records)


def cut_off_wal(connection: apsw.Connection) -> None:
    """Write all of the write-ahead log back and cut it off: then the old pages are gone. Raises
    StoreBusy when another program reads from it."""
    try:
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    except apsw.BusyError as error:
        raise StoreBusy(
            "the records are replaced, but another program holds the database, and with it the old"
            " ones; ask again when it is done"
        ) from error


__all__ = ["cut_off_wal", "replace_in", "rows_with"]
