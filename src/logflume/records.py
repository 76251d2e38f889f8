"""The words of a log as values: its id, places in it, what is stored of it.

Rules of this file: no I/O, no clock, nothing awaits, nothing is mutated. A record is the bytes
of one entry; records travel in chunks, their bytes joined as they will be served, so that no
record is ever encoded or copied twice. Numbers are dense: record n+1 follows record n.

This file does not know what is in a record; `deployments/lines.py` does, for deployments.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import NewType

import msgspec

from logflume.errors import BadInput

LogId = NewType("LogId", str)
"""What names a log in the store, such as `deployment/dep_…` or `feed`."""

Seq = NewType("Seq", int)
"""A record's number, from 1; as a place in a log, the number of the record before it, from 0."""

FORKING = "forking"
"""The label of a fork until it is known that its source is still in use."""

USES_NOTED = 16
"""How many uses of a log that expires when idle are noted in one idle time, at most: noting one is
a write, which not every read should cost."""

_OFFSET = re.compile(r"([0-9]{16})_([0-9]{16})")


class Offset(msgspec.Struct, frozen=True, order=True):
    """A place between two records, of one epoch of a log. Its text sorts as it does."""

    epoch: int
    seq: Seq

    def __str__(self) -> str:
        return f"{self.epoch:016d}_{self.seq:016d}"

    @classmethod
    def parse(cls, text: str) -> Offset:
        """The offset that `text` stands for, or BadInput. `int()` alone would take ` 5` and `٣`."""
        match = _OFFSET.fullmatch(text)
        if match is None:
            raise BadInput("the offset is malformed; give one that Logflume gave you, -1 or now")
        return cls(int(match[1]), Seq(int(match[2])))


class Chunk(msgspec.Struct, frozen=True):
    """Consecutive records, their bytes joined; record `first + i` ends at `ends[i]` of `body`.

    One that stands for records that are no longer kept is alone in its chunk (`omitted`).
    """

    first: Seq
    ends: array[int]
    body: bytes
    omitted: int = 0
    """How many records the one in it stands for; 0 for chunks of records as they were appended."""

    @classmethod
    def of(cls, first: Seq, records: Sequence[bytes]) -> Chunk:
        return cls(first, array("I", accumulate(map(len, records))), b"".join(records))

    @classmethod
    def merge(cls, chunks: Sequence[Chunk]) -> Chunk:
        """One chunk of all the records of consecutive `chunks`."""
        if len(chunks) == 1:
            return chunks[0]
        ends = array("I")
        for chunk in chunks:
            start = ends[-1] if ends else 0
            ends.extend(array("I", [start + end for end in chunk.ends]) if start else chunk.ends)
        return cls(chunks[0].first, ends, b"".join([chunk.body for chunk in chunks]))

    @property
    def last(self) -> Seq:
        return Seq(self.first + (self.omitted or len(self.ends)) - 1)

    def __len__(self) -> int:
        return len(self.ends)

    def records(self) -> Iterable[bytes]:
        start = 0
        for end in self.ends:
            yield self.body[start:end]
            start = end

    def between(self, after: Seq, until: Seq) -> Chunk:
        """The records numbered `after + 1` to `until`, as far as this chunk holds them."""
        if self.omitted:
            return self  # whoever made it knew what was asked for (`lineage.stored`)
        skip = min(len(self.ends), max(0, after + 1 - self.first))
        keep = max(skip, min(len(self.ends), until + 1 - self.first))
        if skip == 0 and keep == len(self.ends):
            return self
        start = self.ends[skip - 1] if skip else 0
        ends = array("I", [end - start for end in self.ends[skip:keep]])
        return Chunk(
            Seq(self.first + skip), ends, self.body[start : start + (ends[-1] if ends else 0)]
        )

    def replaced(self, records: Mapping[Seq, bytes]) -> Chunk:
        """The same with those of `records` that it has in their places."""
        if not any(number in records for number in range(self.first, self.last + 1)):
            return self
        held = enumerate(self.records(), self.first)
        return Chunk.of(self.first, [records.get(Seq(n), record) for n, record in held])

    def pieces(self, max_bytes: int) -> Iterable[Chunk]:
        """The same records in chunks of about `max_bytes`, at least one record in each."""
        if self.omitted:
            yield self
            return
        done = self.first - 1
        while done < self.last:
            start = self.ends[done - self.first] if done >= self.first else 0
            fits = bisect_right(self.ends, start + max_bytes) + self.first - 1
            until = Seq(max(fits, done + 1))
            yield self.between(Seq(done), until)
            done = until


class Producer(msgspec.Struct, frozen=True):
    """Where a producer stands: what makes its retry never a duplicate."""

    id: str
    epoch: int
    seq: int
    seen_us: int = 0
    """When it last appended, microseconds since 1970; long-silent producers are forgotten."""


class Ancestor(msgspec.Struct, frozen=True):
    """A log whose records, after those of the ancestor before it and up to `until`, a fork has."""

    log: LogId
    epoch: int
    until: Seq


class Lifetime(msgspec.Struct, frozen=True):
    """How long a log lives: until a moment, or as long as it is used."""

    expires_us: int | None = None
    """Microseconds since 1970."""
    idle_seconds: int | None = None
    """Seconds without a read or an append."""


class Gap(msgspec.Struct, frozen=True):
    """Records `after + 1` to `until`, which are no longer kept. `trim` makes it, and makes it
    longer; it never has a beginning of its own again."""

    after: Seq
    until: Seq
    at_us: int
    """When the last of them was received, or went: microseconds since 1970."""
    begins_bytes: int = 0
    """How many bytes were appended up to `after`."""
    ends_bytes: int = 0
    """The same up to `until`: both, so that the bytes of the rest are known."""

    def meets(self, after: Seq, until: Seq) -> bool:
        """Whether any of the records `after + 1` to `until` is not kept."""
        return after < self.until and until > self.after


class State(msgspec.Struct, frozen=True):
    """All that a log is besides its records; stored and replaced together with them."""

    epoch: int
    content_type: str
    tail: Seq = Seq(0)
    size_bytes: int = 0
    closed: bool = False
    revision: int = 0
    """Counts the appends, so that a change made from an older state can be refused."""
    producers: Mapping[str, Producer] = {}
    document: bytes = b""
    """What the log is about, opaque here: for a deployment's log, the deployment."""
    labels: Mapping[str, str] = {}
    """What `Store.logs` may filter by."""
    ancestors: tuple[Ancestor, ...] = ()
    """Where a fork's first records are, from the oldest on; records after them are its own."""
    deleted: bool = False
    """Nobody may use it any more; forks still read its records."""
    writer_seq: str | None = None
    """The last `Stream-Seq`: an order that writers keep among themselves."""
    lifetime: Lifetime | None = None
    used_us: int = 0
    """When it was last used, microseconds since 1970; kept up only for who expires when idle."""
    grown_us: int = 0
    """When records were last added, microseconds since 1970."""
    rewrites: int = 0
    """How often records that it has, inherited ones too, were replaced: what was read of it before
    is not what it says now."""
    gap: Gap | None = None
    """What is no longer kept of its records."""

    @property
    def start(self) -> Seq:
        """The place before the first record that there is: 0, unless the log's beginning is gone.
        A gap further on does not count: a record stands in it, and says so."""
        return self.gap.until if self.gap is not None and self.gap.after == 0 else Seq(0)

    @property
    def kept_bytes(self) -> int:
        """Bytes of the records that are kept; a fork's inherited ones count, too."""
        gap = self.gap
        return self.size_bytes - (gap.ends_bytes - gap.begins_bytes if gap else 0)

    def offset(self, seq: Seq) -> Offset:
        """The place after record `seq`. One that a fork shares with an ancestor is the ancestor's
        offset: what was read there is read on here."""
        for ancestor in self.ancestors:
            if seq <= ancestor.until:
                return Offset(ancestor.epoch, seq)
        return Offset(self.epoch, seq)

    @property
    def tail_offset(self) -> Offset:
        return self.offset(self.tail)

    def expired(self, now_us: int) -> bool:
        """Whether its time is over. The idle time is counted generously: not every use is noted."""
        lifetime = self.lifetime
        if lifetime is None:
            return False
        if lifetime.expires_us is not None and now_us >= lifetime.expires_us:
            return True
        idle_us = (lifetime.idle_seconds or 0) * 1_000_000
        if lifetime.idle_seconds is None:
            return False
        return now_us - self.used_us >= idle_us + idle_us // USES_NOTED


Encoder = Callable[[Seq], Chunk]
"""Encodes an append's records, the first of which gets this number. Pure: a store whose
compare-and-set was lost calls it again."""


def nothing(first: Seq) -> Chunk:
    """The encoder of an append without records: one that only closes or changes the document."""
    return Chunk(first, array("I"), b"")


class Append(msgspec.Struct, frozen=True):
    """What is to become of a log in one step: records, marks, document, end. All or nothing."""

    at_us: int
    """When it was received, microseconds since 1970."""
    encode: Encoder = nothing
    producer: Producer | None = None
    revision: int | None = None
    """Accept only if this is the state's revision: compare-and-set."""
    close: bool = False
    document: bytes | None = None
    labels: Mapping[str, str] | None = None
    content_type: str | None = None
    """Accept only if the log is of this type."""
    writer_seq: str | None = None
    """Accept only if this is greater than the writers' last."""
    delete: bool = False
    """Take the log out of use; its forks go on reading its records."""
    uses: bool = False
    """Note that the log is used, as reading it does."""
    epoch: int | None = None
    """Accept only if the log is of this epoch, not one that was made again under its name."""
    max_log_bytes: int | None = None
    """Accept records only if the log is not larger with them."""
    trim: Gap | None = None
    """Keep these records no longer. Nothing else may be in such an append."""

    @property
    def describes_only(self) -> bool:
        """Whether it leaves the records alone, as even a closed log allows."""
        describes = self.document is not None or self.labels is not None
        return (describes or self.delete or self.uses) and self.encode is nothing and not self.close


class Rewrite(msgspec.Struct, frozen=True):
    """Records of a log that others are to take the places of, and what becomes of it with that."""

    log: LogId
    at_us: int
    """When it was asked for, microseconds since 1970."""
    records: Mapping[Seq, bytes] = {}
    """By number; only those that this log itself has stored, not what it inherits."""
    more_bytes: int = 0
    """What the log grows by, what it inherits included; below 0 if it shrinks."""
    revision: int | None = None
    """Rewrite only if this is the state's revision: compare-and-set."""
    document: bytes | None = None
    encode: Encoder = nothing
    """Records to append in the same step."""


__all__ = [
    "FORKING",
    "USES_NOTED",
    "Ancestor",
    "Append",
    "Chunk",
    "Encoder",
    "Gap",
    "Lifetime",
    "LogId",
    "Offset",
    "Producer",
    "Rewrite",
    "Seq",
    "State",
    "nothing",
]
