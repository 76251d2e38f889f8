"""Taking a secret out of a log's records: which of them change, and what they say then. Pure.

A line may be cut into records (`partial`), and a secret may have several lines, so records of one
stream are looked at together: as many as the secret may reach over. What is found is cut out of all
of them or of none. Every text of a record is looked through, also what a marker's record says of
its group; what a record says in a fixed form (its number, times, kind, the end's digest) is not.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

import msgspec

from logflume.deployments.secret import Found, Secret, Span, without
from logflume.deployments.visible import visible, visible_lines
from logflume.records import Chunk, Seq

REDACTED = "redacted"
"""The field of a record that counts the places at which something was taken out of it."""

MAX_RECORDS = 1000
"""Changed at once: they, and the rows of the store that hold them, are in memory meanwhile."""

BEFORE_CHARS = 4096
"""Seen of a stream, besides as much as the secret is long, and kept for what reaches from there
into the next record: more than any escape sequence that a border may cut."""

BEFORE_RECORDS = 1024
"""Kept of a stream at most: a secret may reach over no more."""

LOOK_AROUND = 64
"""Records before and after one that is named, and as many as the secret has lines, in which what
touches that one may begin and end."""

_FIXED = frozenset({"n", "time", "sent", "kind", "stream", "status", "digest", "redacted_at"})
"""Fields that hold no text of a producer's."""

_PARTIAL = b'"partial":true'
_ESCAPE = b"\\u001b"


@dataclass(slots=True)
class _Part:
    """A record's text in its stream's window, where it begins at `start`."""

    seq: Seq
    record: dict[str, Any]
    size_bytes: int
    text: str
    start: int
    begins: bool
    """Whether a line begins with it."""
    seen: int
    """Characters of it that people see."""


@dataclass(frozen=True, slots=True)
class NewRecord:
    """What a record is to be."""

    body: bytes
    marks: int
    """Put into it now."""
    is_first: bool
    """Whether it had none before."""
    more_bytes: int
    """By how much it is longer; below 0 if it is shorter."""


@dataclass(slots=True)
class _Changed:
    """What is to become of a record, of `size_bytes` now."""

    record: dict[str, Any]
    size_bytes: int
    cuts: list[Span] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    other: dict[str, Any] = field(default_factory=dict)
    other_marks: int = 0

    def done(self) -> NewRecord:
        record, marks = {**self.record, **self.other}, self.other_marks
        if self.cuts:
            record["text"], more = without(record["text"], self.cuts, self.marks)
            marks += more
        body = encoded(record, marks)
        return NewRecord(body, marks, REDACTED not in self.record, len(body) - self.size_bytes)


class Redaction:
    """Goes through consecutive chunks of a log, from any place on."""

    def __init__(self, secret: Secret, wanted: Set[int] | None = None) -> None:
        self._secret = secret
        self._wanted = wanted
        self._encoded = msgspec.json.encode(secret.text)[1:-1]
        self._several = "\n" in secret.text
        self._windows: dict[str, deque[_Part]] = {}
        self._changed: dict[Seq, _Changed] = {}

    @property
    def full(self) -> bool:
        """Whether no more records are to be looked for."""
        return len(self._changed) >= MAX_RECORDS

    @property
    def margin(self) -> int:
        """Records around one that is named that must be looked at, too."""
        return LOOK_AROUND + self._secret.text.count("\n")

    def skip(self) -> None:
        """What follows does not follow what was added."""
        self._windows.clear()

    def add(self, chunk: Chunk) -> None:
        """Look through the chunk's records, as far as `full` lets."""
        if self._may_change(chunk):
            for seq, body in enumerate(chunk.records(), chunk.first):
                if self.full:
                    return
                self._look(Seq(seq), body)

    def done(self) -> Mapping[Seq, NewRecord]:
        """The records that change, by number."""
        return {seq: changed.done() for seq, changed in sorted(self._changed.items())}

    def _may_change(self, chunk: Chunk) -> bool:
        if self._several or self._windows or _PARTIAL in chunk.body or self._encoded in chunk.body:
            return True
        if _ESCAPE not in chunk.body:
            return False
        texts = msgspec.json.decode(b"[%b]" % chunk.body[:-1].replace(b"\n", b","))
        return self._secret.text in visible_lines(record.get("text") or "" for record in texts)

    def _look(self, seq: Seq, body: bytes) -> None:
        record = msgspec.json.decode(body)
        if record.get("kind") == "end":
            return
        if self._wanted is None or seq in self._wanted:
            self._look_aside(seq, record, len(body))
        if isinstance(record.get("text"), str):
            self._look_at_text(seq, record, len(body))

    def _look_aside(self, seq: Seq, record: dict[str, Any], size_bytes: int) -> None:
        """At all but its text."""
        for name, value in record.items():
            if name not in _FIXED and name != "text":
                new, marks = taken_out(self._secret, value)
                if marks:
                    changed = self._changed.setdefault(seq, _Changed(record, size_bytes))
                    changed.other[name] = new
                    changed.other_marks += marks

    def _look_at_text(self, seq: Seq, record: dict[str, Any], size_bytes: int) -> None:
        stream = record.get("stream", "")
        window = self._windows.setdefault(stream, deque())
        begins = not window or not window[-1].record.get("partial", False)
        text: str = record["text"]
        if self._several and not record.get("partial"):
            text = text.rstrip("\r")  # as a terminal ends its lines
        start = 0
        if window:
            start = window[-1].start + len(window[-1].text) + begins
        window.append(_Part(seq, record, size_bytes, text, start, begins, len(visible(text))))
        for found in self._secret.among(_joined(window)):
            if found.span.end > start:
                self._cut(window, found)
        self._shorten(stream, window)

    def _cut(self, window: Iterable[_Part], found: Found) -> None:
        """Cut it out of every record that has a part of it."""
        touched = [
            (part, cuts)
            for part in window
            if (cuts := list(_within(found.cuts, part.start, part.start + len(part.text))))
        ]
        if self._wanted is not None and not any(part.seq in self._wanted for part, _ in touched):
            return
        for place, (part, cuts) in enumerate(touched):
            changed = self._changed.setdefault(part.seq, _Changed(part.record, part.size_bytes))
            changed.cuts += cuts
            if place == 0 or part.begins:
                changed.marks.append(cuts[0].start)

    def _shorten(self, stream: str, window: deque[_Part]) -> None:
        """Let go of what nothing that follows can reach back to."""
        if not self._several and not window[-1].record.get("partial"):
            del self._windows[stream]
            return
        needed = len(self._secret.text) + BEFORE_CHARS
        kept = sum(part.seen for part in window)
        while len(window) > 1:
            kept -= window[0].seen
            if kept < needed and len(window) < BEFORE_RECORDS:
                break
            window.popleft()
        before = window[0].start
        for part in window:
            part.start -= before


def taken_out(secret: Secret, value: Any) -> tuple[Any, int]:
    """A JSON value with the secret taken out of every text in it, names included; and how many
    marks were put."""
    if isinstance(value, str):
        return secret.out_of(value)
    if isinstance(value, list):
        items = [taken_out(secret, item) for item in value]
        return [item for item, _ in items], sum(marks for _, marks in items)
    if isinstance(value, dict):
        names = [secret.out_of(name) for name in value]
        values = [taken_out(secret, item) for item in value.values()]
        new = {name: item for (name, _), (item, _) in zip(names, values, strict=True)}
        return new, sum(marks for _, marks in [*names, *values])
    return value, 0


def encoded(record: Mapping[str, Any], marks: int) -> bytes:
    """The record with the field that says in how many places something was taken out of it. It
    stands before the text, since those who look at stored bytes expect `partial` at the end."""
    places = record.get(REDACTED, 0) + max(1, marks)  # without a mark it goes on with a line's
    fields: dict[str, Any] = {}
    for name, value in record.items():
        if name == "text":
            fields[REDACTED] = places
        fields[name] = value
    return msgspec.json.encode({**fields, REDACTED: places}) + b"\n"


def _joined(window: Iterable[_Part]) -> str:
    first, *others = window
    texts = [f"\n{part.text}" if part.begins else part.text for part in others]
    return "".join([first.text, *texts])


def _within(cuts: Iterable[Span], start: int, end: int) -> Iterable[Span]:
    """What of the cuts lies between two places, told from the first of them."""
    for cut in cuts:
        first, last = max(cut.start, start), min(cut.end, end)
        if first < last:
            yield Span(first - start, last - start)


__all__ = ["MAX_RECORDS", "NewRecord", "Redaction", "encoded", "taken_out"]
