"""Where the sections of a deployment's log begin, as the tools that write it mark them.

GitHub's `::group::` begins a section and ends the one before; GitLab's `section_start` may stand
within another. Looked for in the stored bytes, so that a log of a gigabyte is gone through in
seconds. Pure.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from logflume.records import Chunk, Seq

_MARKER = re.compile(
    rb'"text":"(?:(?: |\\t)*(?P<group>::group::)'
    rb"|(?:\\u001b\[0K)?section_(?P<what>start|end):[0-9]+:)"
)
_PARTIAL = b'"partial":true}\n'


class Sections:
    """Reads a log once, from its start, and knows where its last section begins."""

    def __init__(self) -> None:
        self._depth = 0
        self._within_line = False
        self._bytes = 0
        self.last: Seq | None = None
        """The record that begins the last section that is not within another."""
        self.bytes_before = 0
        """Bytes of all records before that one."""

    def add(self, chunk: Chunk) -> None:
        """Take in the next records."""
        for marker in _MARKER.finditer(chunk.body):
            number = bisect_right(chunk.ends, marker.start())
            if self._goes_on(chunk, number):
                continue
            if marker["what"] == b"end":
                self._depth = max(0, self._depth - 1)
                continue
            if marker["group"] or self._depth == 0:
                self.last = Seq(chunk.first + number)
                self.bytes_before = self._bytes + (chunk.ends[number - 1] if number else 0)
            if marker["what"]:
                self._depth += 1
        self._bytes += len(chunk.body)
        self._within_line = self._goes_on(chunk, len(chunk))

    def _goes_on(self, chunk: Chunk, number: int) -> bool:
        """Whether the record after so many of the chunk goes on with the line of the one before."""
        if number == 0:
            return self._within_line
        return chunk.body.endswith(_PARTIAL, 0, chunk.ends[number - 1])


__all__ = ["Sections"]
