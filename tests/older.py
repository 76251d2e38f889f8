"""Databases that this Logflume did not write: rows without checksums, and with forged ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import apsw
import pytest
from msgspec.structs import replace

from logflume.records import LogId, Producer, Seq
from logflume.store import sqlite_file
from logflume.store.sqlite_file import MIGRATIONS, open_writer
from logflume.store.sqlite_rows import chunk_crc, state_crc
from logflume.wire.state import encode_state
from tests.contract.store import EMPTY, lines


def make_older(folder: Path, log: LogId, producer: str, texts: Sequence[str]) -> None:
    """`log` with one chunk for each of `texts`, all of them appended by `producer`."""
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite_file, "MIGRATIONS", MIGRATIONS[:1])
        connection = open_writer(folder)
    chunks = [lines(text)(Seq(n)) for n, text in enumerate(texts, 1)]
    state = replace(
        EMPTY,
        tail=Seq(len(texts)),
        size_bytes=sum(len(chunk.body) for chunk in chunks),
        revision=len(texts),
        producers={producer: Producer(producer, 0, len(texts) - 1)},
    )
    connection.execute("INSERT INTO logs (id, state) VALUES (?, ?)", (log, encode_state(state)))
    for chunk in chunks:
        connection.execute(
            "INSERT INTO chunks (log, last, ends, body) VALUES (1, ?, ?, ?)",
            (chunk.last, chunk.ends.tobytes(), chunk.body),
        )
    connection.close()


def seal(connection: apsw.Connection) -> None:
    """Give every row the checksum of what is in it, as if Logflume had stored it."""
    connection.create_scalar_function("state_crc", state_crc, 2)  # type: ignore[arg-type]
    connection.create_scalar_function("chunk_crc", chunk_crc, 4)  # type: ignore[arg-type]
    connection.execute("UPDATE logs SET crc = state_crc(id, state)")
    connection.execute(
        "UPDATE chunks SET crc = chunk_crc(logs.id, last, ends, body)"
        " FROM logs WHERE logs.key = chunks.log"
    )


__all__ = ["make_older", "seal"]
