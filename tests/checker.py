"""What clients know of a log, and whether what they find is true to it.

A witness hears of nothing but what was sent, what was acknowledged and what was seen. It never
looks into a database, and shares no code with the server: what the two agree on is proved. A
producer sends one append after the other, each line once in all, and repeats what was not answered.

`judge` says in words what is wrong with a history; an empty list is a true one.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

Found = tuple[int, bytes]
"""A record as a reader got it: its number and all its bytes."""

TextOf = Callable[[bytes], str | None]
"""The line in a record; None if the record is not a producer's."""


@dataclass
class Witness:
    """What the clients of one log know."""

    sent: dict[str, list[str]] = field(default_factory=dict)
    """Lines of each producer, in its order."""
    acknowledged: dict[str, int] = field(default_factory=dict)
    """How many of them were acknowledged, of each producer."""
    seen: dict[int, bytes] = field(default_factory=dict)
    contradictions: list[str] = field(default_factory=list)
    """Records of which two readers, or one reader twice, saw something different."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sends(self, producer: str, lines: Sequence[str]) -> None:
        """The producer is about to append these lines, for the first time."""
        with self._lock:
            self.sent.setdefault(producer, []).extend(lines)

    def hears(self, producer: str) -> None:
        """All that the producer has sent was acknowledged."""
        with self._lock:
            self.acknowledged[producer] = len(self.sent[producer])

    def sees(self, records: Iterable[Found]) -> None:
        """A reader was given these."""
        with self._lock:
            for n, record in records:
                if self.seen.setdefault(n, record) != record:
                    self.contradictions.append(f"record {n} was seen as two different ones")

    def judge(self, found: Sequence[Found], text_of: TextOf) -> list[str]:
        """What is wrong with the whole history `found`."""
        with self._lock:
            complaints = [*self.contradictions, *_numbering(found), *self._sights(dict(found))]
            texts = [text for _, record in found if (text := text_of(record)) is not None]
            return complaints + self._lines(texts)

    def _sights(self, found: dict[int, bytes]) -> Iterable[str]:
        for n, record in self.seen.items():
            if n not in found:
                yield f"record {n}, which was seen, is gone"
            elif found[n] != record:
                yield f"record {n} was seen as {record!r} and is {found[n]!r} now"

    def _lines(self, texts: Sequence[str]) -> list[str]:
        whose = {line: producer for producer, lines in self.sent.items() for line in lines}
        theirs: dict[str, list[str]] = {producer: [] for producer in self.sent}
        complaints = [f"nobody sent {text!r}" for text in texts if text not in whose]
        for text in texts:
            if text in whose:
                theirs[whose[text]].append(text)
        for producer, lines in theirs.items():
            acknowledged = self.sent[producer][: self.acknowledged.get(producer, 0)]
            complaints += _of_one(producer, self.sent[producer], acknowledged, lines)
        return complaints


def _numbering(found: Sequence[Found]) -> Iterable[str]:
    for expected, (n, _) in enumerate(found, 1):
        if n != expected:
            yield f"record {n} stands where {expected} is due"
            return


def _of_one(
    producer: str, sent: Sequence[str], acknowledged: Sequence[str], found: Sequence[str]
) -> Iterable[str]:
    """What is wrong with the lines of one producer: lost, repeated, skipped or out of order."""
    times = Counter(found)
    lost = [line for line in acknowledged if line not in times]
    if lost:
        yield f"{len(lost)} lines of {producer} were acknowledged and are lost, first {lost[0]!r}"
    repeated = [line for line, count in times.items() if count > 1]
    if repeated:
        yield f"{len(repeated)} lines of {producer} are there twice, first {repeated[0]!r}"
    if not lost and not repeated and list(found) != list(sent[: len(found)]):
        yield f"lines of {producer} are not in the order in which it sent them"


__all__ = ["Found", "TextOf", "Witness"]
