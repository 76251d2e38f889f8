"""A text that must go, and where it stands in others: pure, and linear in what is looked through.

It is looked for in a text as it is stored and as people see it, since colours and links are no
reason to miss it. What is cut out leaves a mark at its beginning; escape sequences between its
characters stay, or colours would run on. A place that has the mark already is left alone.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from logflume.deployments.visible import hidden

MARK = "[redacted]"
"""Stands where something was taken out."""


class Span(NamedTuple):
    """The characters from `start` to before `end`."""

    start: int
    end: int


class Found(NamedTuple):
    """One or more occurrences that overlap: where they lie as stored, and what of it goes."""

    span: Span
    cuts: Sequence[Span]


class Secret:
    """What to take out. `text` is not empty."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._step = _period(text)

    def among(self, stored: str) -> list[Found]:
        """Where it stands, in order."""
        found = [Found(span, [span]) for span in self._in(stored)]
        sequences = [Span(*places) for places in hidden(stored)]
        if sequences:
            found += self._seen(stored, sequences)
        return found and _merged(sorted(found))

    def out_of(self, stored: str) -> tuple[str, int]:
        """The text without it, and how often it was marked."""
        found = self.among(stored)
        cuts = [cut for one in found for cut in one.cuts]
        return without(stored, cuts, [one.span.start for one in found])

    def _in(self, text: str) -> Iterator[Span]:
        found = _all(self.text, self._step, text)
        if MARK in text:
            marks = list(_all(MARK, len(MARK), text))
            found = (span for span in found if not _has_one(span, marks))
        return _joined(found)

    def _seen(self, stored: str, sequences: Sequence[Span]) -> list[Found]:
        """Where it stands in what is seen of the text, told as places in what is stored."""
        parts = _between(sequences, len(stored))
        seen = "".join([stored[part.start : part.end] for part in parts])
        found = []
        for span in self._in(seen):
            cuts = list(_stored(span, parts))
            found.append(Found(Span(cuts[0].start, cuts[-1].end), cuts))
        return found


def without(text: str, cuts: Sequence[Span], marks: Sequence[int]) -> tuple[str, int]:
    """`text` without the cuts, of which those where a mark is due get one; and how many did."""
    out: list[str] = []
    marks = sorted(marks)
    at = marked = 0
    for cut in _joined(sorted(cuts)):
        out.append(text[at : cut.start])
        due = bisect_left(marks, cut.start)
        if due < len(marks) and marks[due] < cut.end:
            out.append(MARK)
            marked += 1
        at = cut.end
    return "".join([*out, text[at:]]), marked


def _all(text: str, step: int, among: str) -> Iterator[Span]:
    """Every occurrence, those that overlap too: the next one after each is `step` on at least."""
    at = among.find(text)
    while at >= 0:
        end = at + len(text)
        # Repetitions of its period, "aaaa" of an "aa", are counted without looking again.
        while among.startswith(text[-step:], end):
            end += step
        yield Span(at, end)
        at = among.find(text, end - len(text) + step)


def _has_one(span: Span, marks: Sequence[Span]) -> bool:
    """Whether it shares a character with a mark. Marks lie in order and apart."""
    after = bisect_right(marks, span.start, key=lambda mark: mark.end)
    return after < len(marks) and marks[after].start < span.end


def _period(text: str) -> int:
    """By how much the text must be moved at least to agree with itself (Knuth, Morris, Pratt)."""
    borders = [0] * len(text)
    length = 0
    for place in range(1, len(text)):
        while length and text[place] != text[length]:
            length = borders[length - 1]
        length += text[place] == text[length]
        borders[place] = length
    return len(text) - (borders[-1] if borders else 0)


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Spans in order, those that overlap or touch as one."""
    last: Span | None = None
    for span in spans:
        if last is not None and span.start <= last.end:
            last = Span(last.start, max(last.end, span.end))
            continue
        if last is not None:
            yield last
        last = span
    if last is not None:
        yield last


def _merged(found: Sequence[Found]) -> list[Found]:
    """The same, those that overlap as one."""
    merged = [found[0]]
    for one in found[1:]:
        last = merged[-1]
        if one.span.start >= last.span.end:
            merged.append(one)
            continue
        span = Span(last.span.start, max(last.span.end, one.span.end))
        merged[-1] = Found(span, list(_joined(sorted([*last.cuts, *one.cuts]))))
    return merged


def _between(sequences: Sequence[Span], length: int) -> list[Span]:
    """What is seen: all that lies between the sequences."""
    starts = [0, *(sequence.end for sequence in sequences)]
    ends = [*(sequence.start for sequence in sequences), length]
    return [Span(start, end) for start, end in zip(starts, ends, strict=True) if start < end]


def _stored(span: Span, parts: Sequence[Span]) -> Iterator[Span]:
    """The parts, or what of them, that this span of what is seen is made of."""
    before = 0
    for part in parts:
        start, end = max(span.start - before, 0), min(span.end - before, part.end - part.start)
        if start < end:
            yield Span(part.start + start, part.start + end)
        before += part.end - part.start
        if before >= span.end:
            return


__all__ = ["MARK", "Found", "Secret", "Span", "without"]
