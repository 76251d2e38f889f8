"""A note, outside of the database, of the last commit: that it is missing must not go unseen.

After a crash SQLite takes from the write-ahead log what is whole, and ends at the first frame that
is not. A damaged byte, or a file that was cut short or is gone, looks like that, too: commits that
were acknowledged vanish without a word. So after each commit, before it is acknowledged, one thing
that it did is noted here: which log it changed, by its key, and to which revision. Whoever opens
the database looks whether it is at least as far.

Invariant: the note is never ahead of what is synced, so it raises no false alarm. It is not synced
itself: after a power cut it may be an older one, or none, and then says less. So it may where the
disk is full: what is committed is safe without it, and must be acknowledged.
"""

from __future__ import annotations

import errno
import os
import struct
from pathlib import Path
from zlib import crc32

import apsw

from logflume.errors import StoreCorrupt, StoreUnavailable
from logflume.store.sqlite_file import WAL
from logflume.store.sqlite_rows import id_of_row, state_of_row

MARK = "logflume.mark"

DELETED = -1
"""In place of the revision of a log that the commit deleted."""

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
"""Even for bytes that the file has: some file systems never write to the same place again."""

_NOTE = struct.Struct("<qqI")
"""Key, revision, and the CRC-32 of both."""


class Mark:
    """The note in one data folder. Raises StoreUnavailable when it cannot be made."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / MARK
        try:
            opened = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
            self._file = os.fdopen(opened, "r+b", buffering=0)
        except OSError as error:
            raise StoreUnavailable(f"cannot write {self._path}: {error.strerror}") from error

    def note(self, key: int, revision: int) -> None:
        """The commit is synced that brought the log of this key to this revision. Raises
        StoreUnavailable when the disk fails. It is no memory that is the file's: a disk that is
        full, or fails, would end the server at once."""
        try:
            os.pwrite(self._file.fileno(), _note(key, revision), 0)
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise StoreUnavailable(f"cannot write {self._path}: {error.strerror}") from error

    def check(self, connection: apsw.Connection) -> None:
        """Raise StoreCorrupt if the database lacks what is noted. What is not a whole note was
        never written, or cut off while it was."""
        noted = os.pread(self._file.fileno(), _NOTE.size, 0).ljust(_NOTE.size, b"\0")
        key, revision, _ = _NOTE.unpack(noted)
        if key and noted == _note(key, revision) and _lacks(connection, key, revision):
            # What is damaged stays as it is, for whoever looks.
            connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            self._file.close()
            raise StoreCorrupt(
                "the database lacks changes that were acknowledged: its write-ahead log is damaged"
                " or was taken away; restore a backup, or remove"
                f" {MARK} to go on with what is left"
            )

    def close(self) -> None:
        """Let go of it. Once no write-ahead log is left, all is in the database, which may be put
        away or replaced; then there is nothing to note."""
        self._file.close()
        if not self._path.with_name(WAL).exists():
            self._path.unlink(missing_ok=True)


def _note(key: int, revision: int) -> bytes:
    return _NOTE.pack(key, revision, crc32(b"%d %d" % (key, revision)))


def _lacks(connection: apsw.Connection, key: int, revision: int) -> bool:
    row = connection.execute(
        "SELECT CAST(id AS BLOB), state, crc FROM logs WHERE key = ?", (key,)
    ).fetchone()
    if row is not None:
        log, state, crc = row
        return revision == DELETED or state_of_row(id_of_row(log), state, crc).revision < revision
    made = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'logs'").fetchone()
    return made is None or made[0] < key  # else it was deleted since


__all__ = ["DELETED", "MARK", "Mark"]
