"""Taking records out of the middle, or the beginning, of a log's rows.

Rows that lie in the gap go; the one or two that lie across a border of it are cut. A caller trims a
few megabytes at a time, so no transaction is held up by it.
"""

from __future__ import annotations

from collections.abc import Callable

import apsw

from logflume.records import Chunk, Gap, LogId, Seq
from logflume.store.sqlite_rows import chunk_of_row

InsertRow = Callable[[Chunk], None]


def trim_rows(
    connection: apsw.Connection, key: int, log: LogId, gap: Gap, insert: InsertRow
) -> None:
    """Remove the records of the log's `gap`; `insert` stores what is left of a row. Raises
    StoreCorrupt."""
    across: dict[Seq, Chunk] = {}
    for border in (gap.after, gap.until):
        for row in connection.execute(
            "SELECT last, ends, body, crc FROM chunks WHERE log = ? AND last > ?"
            " ORDER BY last LIMIT 1",
            (key, border),
        ):
            chunk = chunk_of_row(log, *row)
            across[chunk.last] = chunk
    connection.execute(
        "DELETE FROM chunks WHERE log = ? AND last > ? AND last <= ?", (key, gap.after, gap.until)
    )
    for chunk in across.values():
        if chunk.first > gap.until:
            continue  # all of it stays, and it was not touched
        connection.execute("DELETE FROM chunks WHERE log = ? AND last = ?", (key, chunk.last))
        for kept in (chunk.between(Seq(0), gap.after), chunk.between(gap.until, chunk.last)):
            if kept:
                insert(kept)


__all__ = ["trim_rows"]
