"""Finds many texts at once, in time that depends on the text looked through and not on them.

An Aho-Corasick automaton, because it is linear whatever the text is: an alternation of the same
texts as a regular expression takes fifty times as long, and longest for text that nearly matches.

It names every match, so texts that lie in one another could make many of few bytes: `aaaa`, `aaaaa`
and so on. A text that others cover wherever it stands is left out, for it changes nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from ahocorasick_rs import BytesAhoCorasick, Implementation

HEAD_BYTES = 4
"""How much of a text tells where it may begin. No text is shorter."""

DFA_BYTES = 16 * 1024
"""Of all texts, which some fifty secrets have. A DFA of them is twice as fast, and takes 7 MB and
10 ms to make; one of a private key and all its lines would take 70 MB."""

_LINE_ENDS = b"\r\n"

Span = tuple[int, int]


class Automaton:
    """These texts, all together. They do not change."""

    def __init__(self, texts: Iterable[bytes]) -> None:
        self._texts = _needed(sorted(set(texts)))
        self._longest = max(map(len, self._texts), default=1)
        is_small = sum(map(len, self._texts)) <= DFA_BYTES
        kind = Implementation.DFA if is_small else Implementation.ContiguousNFA
        self._all = BytesAhoCorasick(self._texts, implementation=kind)
        self._heads = BytesAhoCorasick(sorted({text[:HEAD_BYTES] for text in self._texts}))
        starts = (text[:length] for text in self._texts for length in range(1, HEAD_BYTES))
        self._starts = frozenset(starts)

    def spans(self, data: bytes) -> list[Span]:
        """What of `data` belongs to any of the texts, from left to right; spans never touch."""
        found = self._all.find_matches_as_indexes(data, overlapping=True)
        return merged([(start, end) for _, start, end in found]) if found else []

    def unfinished(self, data: bytes) -> int:
        """Where the longest end of `data` begins that is the beginning of a text, but not all of
        it; the length of `data` if none is."""
        tail = data[len(data) - self._longest + 1 :] if len(data) >= self._longest else data
        moved = len(data) - len(tail)
        for _, start, _ in self._heads.find_matches_as_indexes(tail, overlapping=True):
            if self._begins_one(tail[start:]):
                return moved + start
        for start in range(max(0, len(tail) - HEAD_BYTES + 1), len(tail)):
            if tail[start:] in self._starts:
                return moved + start
        return len(data)

    def _begins_one(self, piece: bytes) -> bool:
        place = bisect_left(self._texts, piece)
        if self._texts[place : place + 1] == [piece]:
            place += 1
        return place < len(self._texts) and self._texts[place].startswith(piece)


def _needed(texts: list[bytes]) -> list[bytes]:
    """The texts without those that others, which lie in them, cover. The ends of lines need not be
    covered: they are never masked."""
    if len(texts) < 2:
        return texts
    find = BytesAhoCorasick(texts, implementation=Implementation.ContiguousNFA)
    needed = []
    for text in texts:
        found = find.find_matches_as_indexes(text, overlapping=True)
        inside = [(start, end) for _, start, end in found if end - start < len(text)]
        if not inside or not _cover(inside, text):
            needed.append(text)
    return needed


def _cover(spans: list[Span], text: bytes) -> bool:
    place = 0
    for start, end in [*merged(spans), (len(text), len(text))]:
        if text[place:start].strip(_LINE_ENDS):
            return False
        place = end
    return True


def merged(spans: Sequence[Span]) -> list[Span]:
    """The same places, as few spans as they can be."""
    whole: list[Span] = []
    for start, end in sorted(spans):
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((start, end))
    return whole


__all__ = ["Automaton", "Span", "merged"]
