"""A deployment's output on disk, from when it is written until the server has it.

A folder a deployment, named by its id:

    deployment.json   for which server, as which producer, and the body that creates it
    log.ndjson        its records, exactly as they are sent; grows while the command runs
    journal.json      the last append: its number and which bytes of the log it carries
    result.json       how it ended; written when nothing will be added
    refused.txt       why the server will not take it; `logflume sync` tries again all the same
    lock              held by the process that writes or sends

The invariant: an append is in the journal before it is sent, and gives way to the next one only
after it was acknowledged. So whoever takes a spool over repeats the last append, the very same
bytes under the same number, and goes on after it; the server drops what it has already.

One thread writes, another may read and send. Nothing here waits for a disk to sync: the spool is
for a server that is away and a process that dies, not for a machine that does.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Self, TypeVar

import msgspec

T = TypeVar("T")

OPEN = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC

JOURNAL_BYTES = 128
"""An append's three numbers as JSON, with room to spare."""

ROOM_BYTES = 256
"""What stays free when there is no more room: for the record that says so."""

BLOCK_BYTES = 64 * 1024
"""How much of a log is looked through at once for the end of its last record."""


class Order(msgspec.Struct, frozen=True):
    """What a spool is for."""

    id: str
    server: str
    producer: str
    create: dict[str, object]
    markers: str = ""
    """Whose markers count besides those that always do."""


class Append(msgspec.Struct, frozen=True):
    """The bytes `start` to `end` of the log, sent as the producer's append `seq`."""

    seq: int
    start: int
    end: int


class Result(msgspec.Struct, frozen=True):
    """How a deployment ended. A status of `running` leaves it open."""

    status: str
    exit_code: int | None = None


class SpoolFull(Exception):
    """Records could not be written: `lost` of them, and all that is written is whole."""

    def __init__(self, why: str, lost: int) -> None:
        super().__init__(why)
        self.lost = lost


class SpoolTaken(Exception):
    """Another process has the spool, or it is gone already."""


class Spool:
    """A spool folder that this process holds the lock of."""

    def __init__(self, folder: Path, lock: int) -> None:
        self.folder = folder
        self._lock = lock
        self.order = self._read("deployment.json", Order)
        self._log = os.open(folder / "log.ndjson", OPEN, 0o600)
        self._journal = os.open(folder / "journal.json", OPEN, 0o600)
        self.size = os.fstat(self._log).st_size
        self.result = self._read_if_there("result.json", Result)
        """How the deployment ended; None while records may still come."""

    @classmethod
    def create(cls, root: Path, order: Order) -> Self:
        """A new spool below `root`, which is made if need be. Raises OSError.

        It appears under its name only when it is locked, so that nobody takes it for a left-over.
        """
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = root / f".{order.id}.new"
        fresh.mkdir(mode=0o700)
        lock = _locked(fresh / "lock")
        (fresh / "journal.json").write_bytes(b" " * JOURNAL_BYTES)
        (fresh / "deployment.json").write_bytes(msgspec.json.encode(order))
        return cls(fresh.rename(root / order.id), lock)

    @classmethod
    def take(cls, folder: Path) -> Self:
        """A left-over spool. Raises SpoolTaken if it is in use, OSError if it cannot be read."""
        try:
            spool = cls(folder, _locked(folder / "lock"))
        except (FileNotFoundError, BlockingIOError) as error:
            raise SpoolTaken(folder.name) from error
        spool.cut_torn_record()
        return spool

    @property
    def id(self) -> str:
        return self.order.id

    @property
    def page(self) -> str:
        return f"{self.order.server}/d/{self.id}"

    def append(self, records: bytes) -> None:
        """Add whole records, as many as there is room for. Raises SpoolFull if some are lost."""
        written = 0
        try:
            while written < len(records):
                written += os.pwrite(self._log, records[written:], self.size + written)
        except OSError as error:
            whole = records.rfind(b"\n", 0, max(0, written - ROOM_BYTES)) + 1
            self.size += whole
            os.ftruncate(self._log, self.size)
            raise SpoolFull(error.strerror or str(error), records.count(b"\n", whole)) from error
        self.size += len(records)

    def finish(self, result: Result) -> None:
        """Nothing will be added any more. Raises OSError."""
        self.result = result
        self._write("result.json", result)

    def read(self, start: int, end: int) -> bytes:
        """These bytes of the log, as far as they are there."""
        return os.pread(self._log, max(0, min(end, self.size) - start), start)

    def next_append(self, last: Append | None, max_bytes: int) -> Append | None:
        """The append after `last`: about `max_bytes` of whole records; None if there is none."""
        start, seq = (last.end, last.seq + 1) if last else (0, 0)
        size = self.size
        if start >= size:
            return None
        if size - start <= max_bytes:
            return Append(seq, start, size)
        piece = self.read(start, start + max_bytes)
        length = piece.rfind(b"\n") + 1
        while not length:
            piece += self.read(start + len(piece), start + len(piece) + max_bytes)
            length = piece.find(b"\n") + 1
        return Append(seq, start, start + length)

    def journal(self) -> Append | None:
        """The last append that may have been sent, or None."""
        row = os.pread(self._journal, JOURNAL_BYTES, 0).strip()
        try:
            return msgspec.json.decode(row, type=Append) if row else None
        except msgspec.MsgspecError as error:
            raise OSError(f"{self.folder / 'journal.json'} is damaged: {error}") from error

    def note(self, append: Append) -> None:
        """Put an append into the journal; it may be sent now. Raises OSError.

        In place and always as long, so that it needs no room on a disk that is full, and in one
        write, which a process that dies has done or not.
        """
        os.pwrite(self._journal, msgspec.json.encode(append).ljust(JOURNAL_BYTES), 0)

    def refuse(self, why: str) -> None:
        """Leave a note why the server does not take this log, as far as the disk lets us."""
        with suppress(OSError):
            (self.folder / "refused.txt").write_text(why + "\n", encoding="utf-8")

    @property
    def refused(self) -> bool:
        """Whether a server would not take it."""
        return (self.folder / "refused.txt").exists()

    def cut_torn_record(self) -> None:
        """Drop what a process that died in the middle of a write has left after the last record."""
        end = 0
        for start in range(self.size - self.size % BLOCK_BYTES, -1, -BLOCK_BYTES):
            if last := self.read(start, start + BLOCK_BYTES).rfind(b"\n") + 1:
                end = start + last
                break
        self.size = end
        os.ftruncate(self._log, end)

    def remove(self) -> None:
        """The server has all of it. Frees the lock with the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.close()

    def close(self) -> None:
        """Let go of the spool, for whoever comes next. May be called again."""
        for fd in (self._log, self._journal, self._lock):
            if fd >= 0:
                os.close(fd)
        self._log = self._journal = self._lock = -1

    def _write(self, name: str, content: msgspec.Struct) -> None:
        """Replace a file whole, so that a process that dies leaves the old one or the new one."""
        fresh = self.folder / f"{name}.new"
        fresh.write_bytes(msgspec.json.encode(content))
        fresh.replace(self.folder / name)

    def _read_if_there(self, name: str, kind: type[T]) -> T | None:
        return self._read(name, kind) if (self.folder / name).exists() else None

    def _read(self, name: str, kind: type[T]) -> T:
        try:
            return msgspec.json.decode((self.folder / name).read_bytes(), type=kind)
        except msgspec.MsgspecError as error:
            raise OSError(f"{self.folder / name} is damaged: {error}") from error


def _locked(path: Path) -> int:
    """The file, locked for as long as it is open. Raises BlockingIOError if another has it."""
    lock = os.open(path, OPEN, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise
    return lock
