"""The rows of the SQLite store, and the checksum that each of them carries.

SQLite has none of its own: a byte that a disk has changed comes back as if it had been written. So
each row holds a CRC-32 of what is in it and of the log that it belongs to, made when it is written
and compared whenever it is read; a row that an index leads to by mistake is found out, too.

Invariant: what these functions return is what was stored. This file knows no SQL.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from zlib import crc32

from logflume.errors import StoreCorrupt
from logflume.records import Chunk, LogId, Seq, State
from logflume.wire.state import decode_state


def chunk_crc(log: LogId, last: int, ends: bytes, body: bytes) -> int:
    """The checksum of a chunk's row. The length of `ends` is in it, so that no byte can go over
    from the one to the other."""
    return crc32(body, crc32(ends, crc32(f"{log}\0{last}\0{len(ends)}".encode())))


def state_crc(log: LogId, state: bytes) -> int:
    """The checksum of a log's own row."""
    return crc32(state, crc32(log.encode()))


def chunk_of_row(log: LogId, last: int, ends: bytes, body: bytes, crc: int) -> Chunk:
    """The chunk of `log` that was stored as this row. Raises StoreCorrupt."""
    if not _sound(chunk_crc, crc, log, last, ends, body):
        raise StoreCorrupt(f"records of {log} up to {last} are damaged in the store")
    places = array("I", ends)
    return Chunk(Seq(last - len(places) + 1), places, body)


def id_of_row(log: bytes) -> LogId:
    """The id that is stored as these bytes; damaged ones give one of which no checksum is right."""
    return LogId(log.decode(errors="replace"))


def state_of_row(log: LogId, state: bytes, crc: int) -> State:
    """The state of `log` that was stored as this row. Raises StoreCorrupt."""
    if not _sound(state_crc, crc, log, state):
        raise StoreCorrupt(f"the state of {log} is damaged in the store")
    return decode_state(state)


def _sound(made: Callable[..., int], crc: int, *values: object) -> bool:
    """Damage may even turn bytes into a number, or into nothing."""
    try:
        return made(*values) == crc
    except TypeError:
        return False


__all__ = ["chunk_crc", "chunk_of_row", "id_of_row", "state_crc", "state_of_row"]
