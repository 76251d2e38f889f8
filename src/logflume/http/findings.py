"""What one answer to a search holds: numbers, the first of the records, and how far it goes.

Invariant: every record from the first one looked at up to `last` that matches is in `numbers`, and
no other; `records` are those of the first numbers.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec

from logflume.deployments.search import Search
from logflume.records import Chunk, Seq

MAX_NUMBERS = 10_000
"""Numbers in one answer, some 80 KB. Whoever wants more goes on."""

MAX_RECORDS_BYTES = 4 * 1024 * 1024
"""Records in one answer, or one more: a thousand usual lines are 200 KB, the longest 400 MB."""

TURN_SECONDS = 0.001
"""After so much work the thread gives way: left alone, the interpreter would let the event loop
wait for 5 ms each time it wants to run."""

PAUSE_SECONDS = 0.00005
"""Long enough for the event loop's thread to wake up."""


class Findings:
    """Filled by `look`, from the record after `last` on."""

    def __init__(self, last: Seq, limit: int) -> None:
        self.last = last
        self.full = False
        self.numbers: list[Seq] = []
        self.records: list[bytes] = []
        self._limit = limit
        self._records_bytes = 0
        self._worked_seconds = 0.0

    def look(self, search: Search, chunks: Sequence[Chunk], work_seconds: float) -> None:
        """Look through the chunks, until full or until all looks together took so long. What
        counts is the thread's own time: a busy machine does not make answers shorter."""
        began = time.thread_time() - self._worked_seconds
        given_way = self._worked_seconds
        for piece in (piece for chunk in chunks for piece in chunk.pieces(search.stride_bytes)):
            self._add(piece, search.add(piece))
            self._worked_seconds = time.thread_time() - began
            self.full = self.full or self._worked_seconds >= work_seconds
            if self.full:
                return
            if self._worked_seconds - given_way >= TURN_SECONDS:
                given_way = self._worked_seconds
                time.sleep(PAUSE_SECONDS)

    def answer(self, first: Seq, follow: str | None) -> bytes:
        """The body: `first` is where it began, `follow` where to go on."""
        answer = {
            "numbers": self.numbers,
            "records": [msgspec.Raw(record) for record in self.records],
            "searched": {"first": first, "last": self.last},
            "next": follow,
        }
        return msgspec.json.encode(answer) + b"\n"

    def _add(self, piece: Chunk, found: Sequence[Seq]) -> None:
        self.last = piece.last
        for number in found:
            self.numbers.append(number)
            if len(self.records) < self._limit:
                self._take(piece, number)
            if len(self.numbers) >= MAX_NUMBERS or self._records_bytes > MAX_RECORDS_BYTES:
                self.last, self.full = number, True
                return

    def _take(self, piece: Chunk, number: Seq) -> None:
        record = piece.between(Seq(number - 1), number).body.removesuffix(b"\n")
        self.records.append(record)
        self._records_bytes += len(record)


__all__ = ["MAX_NUMBERS", "Findings"]
