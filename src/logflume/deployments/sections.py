"""Where the sections of a deployment's log begin, as the tools that write it mark them.

GitHub's and Buildkite's groups follow one another; GitLab's sections may stand within one another.
What is a marker, `markers` knows; the records say it themselves, but for those of logs that were
written before records did, whose lines are looked at again. Looked for in the stored bytes, so that
a log of a gigabyte is gone through in seconds. Pure.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from itertools import chain

import msgspec

from logflume.deployments.markers import Marker, marker_of, signs
from logflume.records import Chunk, Seq

MOST_NESTED = 100
"""Sections within one another whose names are remembered: a log that only ever begins some must not
make each end a long search."""

_GROUP = re.compile(rb'"kind":"group"')
_PARTIAL = b'"partial":true}\n'


class _Record(msgspec.Struct):
    """What a record says of groups, or its text."""

    kind: str | None = None
    open: bool | None = None
    section: str | None = None
    ends: tuple[str, ...] = ()
    text: str = ""
    partial: bool = False


_decode = msgspec.json.Decoder(_Record).decode


class Sections:
    """Reads a log once, from its start, and knows where its last section begins."""

    def __init__(self) -> None:
        self._open: list[str] = []  # GitLab's, from the outermost to the innermost
        self._within_line = False
        self._bytes = 0
        self.last: Seq | None = None
        """The record that begins the last section that is not within another."""
        self.bytes_before = 0
        """Bytes of all records before that one."""

    def add(self, chunk: Chunk) -> None:
        """Take in the next records."""
        for number in _places(chunk):
            start = chunk.ends[number - 1] if number else 0
            said = self._said(chunk, number, start)
            if said is not None and self._begins(said):
                self.last = Seq(chunk.first + number)
                self.bytes_before = self._bytes + start
        self._bytes += len(chunk.body)
        self._within_line = self._goes_on(chunk, len(chunk))

    def _said(self, chunk: Chunk, number: int, start: int) -> _Record | Marker | None:
        """What the record after so many of the chunk says of groups."""
        record = _decode(chunk.body[start : chunk.ends[number]])
        if record.kind == "group":
            return record
        if record.kind is not None or self._goes_on(chunk, number):
            return None
        return marker_of(record.text, partial=record.partial)

    def _begins(self, said: _Record | Marker) -> bool:
        """Whether a section begins here that is not within another."""
        for name in said.ends:
            self._end(name)
        if said.open is False:
            self._end(said.section)
        if not said.open:
            return False
        is_outer = said.section is None or not self._open
        if said.section is not None and len(self._open) < MOST_NESTED:
            self._open.append(said.section)
        return is_outer

    def _end(self, name: str | None) -> None:
        """A section ends, and those within it. One that is not open was never begun."""
        if name in self._open:
            while self._open.pop() != name:
                pass

    def _goes_on(self, chunk: Chunk, number: int) -> bool:
        """Whether the record after so many of the chunk goes on with the line of the one before."""
        if number == 0:
            return self._within_line
        return chunk.body.endswith(_PARTIAL, 0, chunk.ends[number - 1])


def _places(chunk: Chunk) -> Iterable[int]:
    """The records that may be markers, by how many of the chunk stand before them."""
    marked = (found.start() for found in _GROUP.finditer(chunk.body))
    found = {bisect_right(chunk.ends, at) for at in chain(marked, signs(chunk.body))}
    return sorted(found)


__all__ = ["Sections"]
