"""Where a reading of a log is, and what may come next: the seam between two answers. No I/O.

The invariant: every record once, in order, or an error. Offsets count records, so whatever brings
them, each piece must begin where the one before it ended; and where records say their own numbers,
those must be the same. One that stands for records that are no longer kept says for which. It holds
over connections and transports alike. Epochs say nothing here: a log that was forked from another
has several, and whether an offset is one of this log, and not of an earlier one of its name, the
server sees when it is asked to go on there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

import msgspec

from logflume.client.errors import LogBroken
from logflume.client.records import LogRecord, decode, not_logflume, numbers_of
from logflume.errors import BadInput
from logflume.records import Offset, Seq

T = TypeVar("T")

Query = Mapping[str, str | int]
TransportName = Literal["sse", "websocket", "long-poll", "poll"]

START = "-1"
NOW = "now"
"""The two offsets that every log has: its beginning, and its tail as it is when asked."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What an answer brought: records as JSON, and where that leaves the reader."""

    raw: Sequence[msgspec.Raw]
    offset: str
    up_to_date: bool = False
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Batch(Generic[T]):
    """Records that came together, as bytes and decoded; empty if only the state was told.

    `offset` is the place after them. `up_to_date`: that was the tail; `closed`: the end.
    """

    raw: Sequence[msgspec.Raw]
    records: Sequence[T]
    up_to_date: bool = False
    closed: bool = False
    offset: str = ""


class Seam(Generic[T]):
    """One reading of one log, from `start` on: an `offset`, or a `tail`. Raises ValueError."""

    def __init__(self, start: Query, kind: type[T]) -> None:
        self._query = start
        self._kind = kind
        self._seq: int | None = None
        offset = str(start.get("offset", NOW))
        if offset == START:
            self._seq = 0
        elif offset != NOW:
            try:
                self._seq = Offset.parse(offset).seq
            except BadInput as error:
                raise ValueError(str(error)) from error

    @property
    def query(self) -> Query:
        """Where to read next."""
        return self._query

    def take(self, piece: Piece) -> Batch[T]:
        """The next batch; the reading is after it then. Raises LogBroken, Refused."""
        records = [decode(raw, self._kind) for raw in piece.raw]
        after = parsed(piece.offset)
        before = after.seq - numbers_of(records)
        if self._seq is None:
            self._seq = before
        due = self._seq + 1
        for record in records:
            if not isinstance(record, LogRecord):
                break  # it says no number
            if record.n != due + record.stands_for - 1:
                raise _broken(due, record.first or record.n)
            due = record.n + 1
        if before != self._seq:
            raise _broken(self._seq + 1, before + 1)
        self._seq = after.seq
        self._query = {"offset": piece.offset}
        return Batch(piece.raw, records, piece.up_to_date, piece.closed, piece.offset)


def parsed(offset: str) -> Offset:
    """The offset's parts. Raises Refused for a server that gives others."""
    try:
        return Offset.parse(offset)
    except BadInput as error:
        raise not_logflume(f"{offset!r} is no offset") from error


def offset_before(offset: str, records: int) -> str:
    """The offset of the place so many records before this one."""
    after = parsed(offset)
    return str(Offset(after.epoch, Seq(after.seq - records)))


def _broken(due: int, came: int) -> LogBroken:
    return LogBroken(
        f"record {due} was due and record {came} came; what was read is not the whole log"
    )


__all__ = [
    "NOW",
    "START",
    "Batch",
    "Piece",
    "Query",
    "Seam",
    "TransportName",
    "offset_before",
    "parsed",
]
