"""A disk that remembers: what was written when, what was synced, and what a power cut leaves of it.

As long as a `Recorder` is entered, SQLite in this process writes through it. It notes each write,
truncation, deletion and sync; `torn` makes the disk as it may be after a cut at any moment: what
was synced is there, and of the rest each sector is as it was at some moment since, any of them.
So unsynced writes are dropped, torn and reordered, as page caches and disks do it. The files'
lengths likewise. Sectors themselves are whole, and what lies beside a write stays, as SQLite has it
(sqlite.org/psow.html).

The store's mark is memory, which nobody syncs: of it there is any version since the start.
"""

from __future__ import annotations

import os
import random
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

import apsw

from logflume.store.sqlite_mark import MARK

BASE = "unix"
SECTORS = (512, 4096)
MARK_BYTES = 64
"""At least as many as the mark has."""

Kind = Literal["write", "truncate", "delete", "sync", "told"]


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened to a file, or that a client was told of (`what`)."""

    kind: Kind
    file: str = ""
    offset: int = 0
    body: bytes = b""
    what: Any = None
    mark: bytes = b""


class Recorder:
    """Enter it before the store is opened, and leave it after it was closed."""

    kept: list[Recorder] = []  # noqa: RUF012 -- for good: SQLite may still hold a pointer to one

    def __init__(self, folder: Path) -> None:
        self.happened: list[Happened] = []
        self.before = {file.name: file.read_bytes() for file in folder.glob("*.db*")}
        """What is on the disk already."""
        self._folder = folder
        self._mark: int | None = None

    def __enter__(self) -> Self:
        self.kept.append(self)
        self._vfs = _Vfs(self, f"recorder{len(self.kept)}")
        return self

    def __exit__(self, *_: object) -> None:
        self._vfs.unregister()  # the one that was the default before is it again
        if self._mark is not None:
            os.close(self._mark)

    def tell(self, what: object) -> None:
        """A client knows of `what` from now on."""
        self.note("told", what=what)

    def note(
        self, kind: Kind, file: str = "", offset: int = 0, body: bytes = b"", what: object = None
    ) -> None:
        self.happened.append(Happened(kind, Path(file).name, offset, body, what, self._mark_now()))

    def _mark_now(self) -> bytes:
        try:
            if self._mark is None:
                self._mark = os.open(self._folder / MARK, os.O_RDONLY)
        except FileNotFoundError:
            return b""
        return os.pread(self._mark, MARK_BYTES, 0)


class _Vfs(apsw.VFS):
    def __init__(self, recorder: Recorder, name: str) -> None:
        super().__init__(name, BASE, makedefault=True)
        self._recorder = recorder

    def xOpen(self, name: Any, flags: list[int]) -> _File:  # noqa: N802
        return _File(self._recorder, name, flags)

    def xDelete(self, name: str, syncdir: bool) -> None:  # noqa: N802
        super().xDelete(name, syncdir)
        self._recorder.note("delete", name)
        if syncdir:
            self._recorder.note("sync", name)


class _File(apsw.VFSFile):
    def __init__(self, recorder: Recorder, name: Any, flags: list[int]) -> None:
        if flags[0] & apsw.SQLITE_OPEN_READONLY:  # apsw minds that such a file cannot be locked
            flags[0] ^= apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_READWRITE
        self._recorder = recorder
        self._name = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        super().__init__(BASE, name, flags)

    def xWrite(self, body: bytes, offset: int) -> None:  # noqa: N802
        super().xWrite(body, offset)
        self._recorder.note("write", self._name, offset, bytes(body))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        super().xTruncate(size)
        self._recorder.note("truncate", self._name, size)

    def xSync(self, _flags: int) -> None:  # noqa: N802
        self._recorder.note("sync", self._name)  # by now the disk could have it; ours is in memory


@dataclass
class _Image:
    """A file: what is certain to be on the disk, and what has happened to it since."""

    durable: bytearray | None = None
    since: list[Happened] = field(default_factory=list)

    def sync(self) -> None:
        for one in self.since:
            self.durable = _applied(self.durable, one)
        self.since.clear()

    def torn(self, chance: random.Random) -> bytearray | None:
        """What a cut may leave."""
        if not self.since:
            return self.durable
        deleted = any(one.kind == "delete" for one in self.since)
        fate = (
            "all"
            if deleted and chance.random() < 0.5
            else chance.choices(("none", "all", "some"), (2, 1, 7))[0]
        )
        if fate == "none" or (deleted and fate == "some"):
            return self.durable
        if fate == "all":
            image = None if self.durable is None else bytearray(self.durable)
            for one in self.since:
                image = _applied(image, one)
            return image
        return self._some(chance)

    def _some(self, chance: random.Random) -> bytearray:
        durable = self.durable or bytearray()
        sizes, image, sector = [len(durable)], bytearray(durable), chance.choice(SECTORS)
        pieces: dict[int, list[tuple[int, bytes]]] = defaultdict(list)
        for one in self.since:
            if one.kind == "truncate":
                sizes.append(one.offset)
            else:
                sizes.append(max(sizes[-1], one.offset + len(one.body)))
                for start, piece in _by_sector(one, sector):
                    pieces[start // sector].append((start, piece))
        for those in pieces.values():
            for start, piece in those[: chance.randint(0, len(those))]:
                image = _written(image, start, piece)
        size = chance.choice(sizes)
        return image[:size] + bytes(max(0, size - len(image)))


def _by_sector(one: Happened, sector: int) -> list[tuple[int, bytes]]:
    pieces, at = [], one.offset
    end = one.offset + len(one.body)
    while at < end:
        until = min(end, (at // sector + 1) * sector)
        pieces.append((at, one.body[at - one.offset : until - one.offset]))
        at = until
    return pieces


def _applied(image: bytearray | None, one: Happened) -> bytearray | None:
    if one.kind == "delete":
        return None
    image = bytearray() if image is None else image
    if one.kind == "truncate":
        return image[: one.offset] + bytes(max(0, one.offset - len(image)))
    return _written(image, one.offset, one.body)


def _written(image: bytearray, offset: int, body: bytes) -> bytearray:
    if len(image) < offset:
        image = image + bytes(offset - len(image))
    image[offset : offset + len(body)] = body
    return image


class Disk:
    """The disk as it was at each moment in turn, from the first on."""

    def __init__(self, recorder: Recorder) -> None:
        self._happened = recorder.happened
        self._at = 0
        self._files: dict[str, _Image] = defaultdict(_Image)
        for name, body in recorder.before.items():
            self._files[name] = _Image(bytearray(body))

    def move(self, until: int) -> None:
        """Go on until so many things have happened."""
        for one in self._happened[self._at : until]:
            if one.kind == "sync":
                self._sync(one.file)
            elif one.kind != "told":
                self._files[one.file].since.append(one)
        self._at = until

    def _sync(self, name: str) -> None:
        """With a journal's first sync SQLite syncs the folder, and with it what was deleted."""
        if self._files[name].durable is None and name.endswith(("-journal", "-wal")):
            for image in self._files.values():
                if any(one.kind == "delete" for one in image.since):
                    image.sync()
        self._files[name].sync()

    def cut(self, folder: Path, chance: random.Random) -> None:
        """Write into `folder` what may be left of the disk."""
        for name, image in self._files.items():
            left = image.torn(chance)
            if left is not None:
                (folder / name).write_bytes(left)
        marks = [one.mark for one in self._happened[: self._at] if one.mark]
        if marks:
            mark = marks[-1] if chance.random() < 0.5 else chance.choice(marks)
            (folder / MARK).write_bytes(mark)


__all__ = ["Disk", "Recorder"]
