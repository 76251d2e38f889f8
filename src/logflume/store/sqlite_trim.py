"""Taking records out of the middle, or the beginning, of a log's rows.

Rows that lie in the gap go; the one or two that lie across a border of it are cut. A caller trims a
few megabytes at a time, so no transaction is held up by it.
"""

from __future__ import annotations

from collections.abc import Sequence

import apsw

from logflume.records import Chunk, Gap, LogId, Seq
from logflume.store.sqlite_rows import chunk_of_row


def trim_rows(connection: apsw.Connection, log: LogId, key: int, gap: Gap) -> Sequence[Chunk]:
    """Remove the records of the log's `gap`; what was cut off with them and stays, to be stored
    again. Raises StoreCorrupt, having removed nothing."""
    kept: list[Chunk] = []
    across = rows_across(connection, log, key, gap)
    connection.execute(
        "DELETE FROM chunks WHERE log = ? AND last > ? AND last <= ?", (key, gap.after, gap.until)
    )
    for chunk in across:
        if chunk.first > gap.until:
            continue  # all of it stays, and it was not touched
        connection.execute("DELETE FROM chunks WHERE log = ? AND last = ?", (key, chunk.last))
        kept += [chunk.between(Seq(0), gap.after), chunk.between(gap.until, chunk.last)]
    return [chunk for chunk in kept if chunk]


def rows_across(connection: apsw.Connection, log: LogId, key: int, gap: Gap) -> Sequence[Chunk]:
    """The rows in which the gap's borders are. Raises StoreCorrupt."""
    rows = {
        row[0]: row for border in (gap.after, gap.until) for row in _row(connection, key, border)
    }
    return [chunk_of_row(log, *row) for row in rows.values()]


def _row(connection: apsw.Connection, key: int, border: Seq) -> apsw.Cursor:
    """The row in which the record after `border` is."""
    return connection.execute(
        "SELECT last, ends, body, crc FROM chunks WHERE log = ? AND last > ? ORDER BY last LIMIT 1",
        (key, border),
    )


__all__ = ["rows_across", "trim_rows"]
