"""`logflume backup`: a running server's whole store, as a file on this machine.

The file has its name when all of it is there, is what the server sent, and is on the disk. What it
had before under that name stays until then.
"""

from __future__ import annotations

import base64
import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO

import httpx2
import msgspec

from logflume.cli.messages import say
from logflume.cli.settings import Settings
from logflume.client.answers import translated
from logflume.client.blocking.connection import Connection
from logflume.client.errors import Refused, ServerAway

ADDRESS = "/v1/backup"

SNAPSHOT_SECONDS = 3600.0
"""It answers when its copy is made: 1 GB takes seconds, 100 GB on a slow disk half an hour."""

PIECE_BYTES = 1024 * 1024


def backup(path: Path, settings: Settings, *, json: bool) -> int:
    """Write a backup of the server's store to `path`; the exit code. Raises Refused."""
    try:
        with closing(Connection(settings.server, settings.token)) as connection:
            size_bytes, digest = _fetch(connection, path)
    except OSError as error:
        say(f"{error.filename or path} cannot be written: {error.strerror}")
        return 1
    except ServerAway as error:
        say(f"{settings.server}: no backup was made: {error}")
        return 1
    if json:
        told = {"file": str(path), "bytes": size_bytes, "sha256": digest}
        sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
    else:
        sys.stdout.write(f"{path} has {size_bytes} bytes, sha256:{digest}\n")
        say(f"see that it is whole: logflume verify {path}")
    return 0


def _fetch(connection: Connection, path: Path) -> tuple[int, str]:
    """Bytes and digest of what was written."""
    answer = connection.open(ADDRESS, {}, {}, method="POST", answer_seconds=SNAPSHOT_SECONDS)
    with closing(answer):
        wanted = _promised(answer)
        with _whole_file(path) as file:
            running, size_bytes = hashlib.sha256(), 0
            for piece in _pieces(answer):
                file.write(piece)
                running.update(piece)
                size_bytes += len(piece)
            if running.digest() != wanted:
                raise ServerAway("what came is not what the server has sent; try again")
    return size_bytes, running.hexdigest()


def _pieces(answer: httpx2.Response) -> Iterator[bytes]:
    with translated():
        yield from answer.iter_raw(PIECE_BYTES)


def _promised(answer: httpx2.Response) -> bytes:
    """The SHA-256 that the answer has to have (RFC 9530)."""
    told = answer.headers.get("content-digest", "")
    if not (told.startswith("sha-256=:") and told.endswith(":")):
        raise Refused(answer.status_code, "it does not say what its backup is; is it Logflume's?")
    return base64.b64decode(told[len("sha-256=:") : -1])


@contextmanager
def _whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file that has its name once the block has ended well, and is gone otherwise."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    # A backup has all that was ever logged: it is for nobody but who made it.
    fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


__all__ = ["backup"]
