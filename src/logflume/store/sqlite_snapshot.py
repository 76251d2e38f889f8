"""A copy of the database while it is written to, made by the thread that writes.

SQLite's own backup copies some pages at a time, between two transactions. What the same connection
changes meanwhile it changes in the copy too, so the copy is the database of the moment at which the
last page is copied. A connection of another thread would have to begin anew after each commit, or
hold a read transaction to the end, for which the write-ahead log would grow without bound.

The copy is a temporary file in the data folder. It is gone when it is closed, and what a crash
leaves of one goes when the store is opened again.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from io import BufferedReader
from pathlib import Path

import apsw

from logflume.errors import StoreFull
from logflume.store.sqlite_file import DATABASE, translated

COPY = "snapshot.tmp"
"""There is one at a time."""

STEP_PAGES = 16
"""Copied between two transactions: 256 KB, about 0.2 ms, so that nobody waits longer for a commit
than for another one in front of it."""

SPARE_BYTES = 256 * 1024 * 1024
"""What a copy leaves of the disk: it must not be what makes appends fail."""


class Snapshot:
    """A copy that is being made. All but `open_copy` is called in the writer's thread."""

    def __init__(
        self, source: apsw.Connection, folder: Path, done: asyncio.Future[BufferedReader]
    ) -> None:
        self.done = done
        self._source = source
        self._folder = folder
        self._copy: apsw.Connection | None = None
        self._backup: apsw.Backup | None = None

    def step(self) -> BufferedReader | None:
        """Copy some pages; the copy, a database without a write-ahead log, if these were the last.
        Raises StoreError, and OSError, after which it must be abandoned."""
        with translated():
            if self._copy is None or self._backup is None:
                self._copy, self._backup = self._begin()
            self._backup.step(STEP_PAGES)
            if not self._backup.done:
                return None
            self._backup.finish()
            self._copy.pragma("journal_mode", "delete")
            self._copy.close()
        file = (self._folder / COPY).open("rb")
        remove_left_over(self._folder)
        return file

    def abandon(self) -> None:
        """Leave nothing of it."""
        with suppress(apsw.Error):
            if self._backup is not None:
                self._backup.close(force=True)
            if self._copy is not None:
                self._copy.close(force=True)
        remove_left_over(self._folder)

    def _begin(self) -> tuple[apsw.Connection, apsw.Backup]:
        refuse_without_room(self._folder)
        remove_left_over(self._folder)
        copy = apsw.Connection(str(self._folder / COPY))
        copy.pragma("journal_mode", "off")  # what breaks off is thrown away
        copy.pragma("synchronous", 0)
        return copy, copy.backup("main", self._source, "main")


def refuse_without_room(folder: Path) -> None:
    """Raise StoreFull when a copy would leave too little of the disk."""
    disk = os.statvfs(folder)
    free_bytes = disk.f_bavail * disk.f_frsize
    needed_bytes = (folder / DATABASE).stat().st_size + SPARE_BYTES
    if free_bytes < needed_bytes:
        raise StoreFull(
            f"a backup needs {needed_bytes} bytes of the data folder's disk for a while, and"
            f" {free_bytes} are free"
        )


def remove_left_over(folder: Path) -> None:
    """Remove what a crash left of a copy."""
    (folder / COPY).unlink(missing_ok=True)


__all__ = ["Snapshot", "remove_left_over"]
