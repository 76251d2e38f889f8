"""`logflume serve` in a world that the test bends: its clock jumps, its disk fails or is full.

`BentServer` runs this file as a process; both share a page of a file, in which the test writes how
things are. The program is the real one, from its arguments on. What time it is, is bent for all of
Python; timers are not, as they go by the monotonic clock. The disk is bent below SQLite, by a VFS.
"""

from __future__ import annotations

import mmap
import struct
import sys
import time
from pathlib import Path
from typing import Any

import apsw

from tests.disk import BASE
from tests.servers import ServerProcess

_BENT = struct.Struct("<qB")
"""Nanoseconds by which the clock is ahead, and what the disk does."""

SOUND, FAILS_TO_SYNC, FULL = range(3)


class BentServer(ServerProcess):
    """Its world stays as it is bent over restarts."""

    def __init__(self, data: Path) -> None:
        self._file = data.parent / "bent"
        self._file.write_bytes(bytes(mmap.PAGESIZE))
        self._ahead_seconds, self._disk = 0.0, SOUND
        super().__init__(data)

    def command(self) -> list[str]:
        return [sys.executable, "-m", __name__, str(self._file), *super().command()[3:]]

    def set_clock(self, ahead_seconds: float) -> None:
        self._ahead_seconds = ahead_seconds
        self._bend()

    def set_disk(self, disk: int) -> None:
        self._disk = disk
        self._bend()

    def _bend(self) -> None:
        with self._file.open("r+b") as file:
            file.write(_BENT.pack(int(self._ahead_seconds * 1e9), self._disk))


class _Vfs(apsw.VFS):
    def __init__(self, page: mmap.mmap) -> None:
        super().__init__("bent", BASE, makedefault=True)
        self._page = page

    def xOpen(self, name: Any, flags: list[int]) -> _File:  # noqa: N802
        return _File(self._page, name, flags)


class _File(apsw.VFSFile):
    def __init__(self, page: mmap.mmap, name: Any, flags: list[int]) -> None:
        if flags[0] & apsw.SQLITE_OPEN_READONLY:  # apsw minds that such a file cannot be locked
            flags[0] ^= apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_READWRITE
        self._page = page
        super().__init__(BASE, name, flags)

    def xSync(self, flags: int) -> None:  # noqa: N802
        if self._disk() == FAILS_TO_SYNC:
            error = apsw.IOError("planted")
            error.extendedresult = apsw.SQLITE_IOERR_FSYNC  # type: ignore[attr-defined]
            raise error
        super().xSync(flags)

    def xWrite(self, body: bytes, offset: int) -> None:  # noqa: N802
        if self._disk() == FULL and offset + len(body) > self.xFileSize():
            raise apsw.FullError("planted")
        super().xWrite(body, offset)

    def _disk(self) -> int:
        return int(_BENT.unpack_from(self._page)[1])


def main() -> None:
    path = sys.argv.pop(1)
    with Path(path).open("r+b") as file:
        page = mmap.mmap(file.fileno(), mmap.PAGESIZE)
    now_ns = time.time_ns
    time.time_ns = lambda: now_ns() + _BENT.unpack_from(page)[0]
    time.time = lambda: time.time_ns() / 1e9
    vfs = _Vfs(page)

    from logflume.cli import main as logflume

    logflume()
    vfs.unregister()


if __name__ == "__main__":
    main()
