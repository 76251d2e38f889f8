"""Which records of a log match what is looked for. Pure: chunks in, numbers out.

A record matches if it is what every filter wants and has the text that is looked for. Where a line
lies in several records (partial ones, with records of other streams between), each of them is
judged with what came before of the line: a match counts for the record in which it becomes whole.

Two ways lead to the same numbers. A chunk in which no line goes on has its candidates picked out
of the stored bytes, and only those are decoded; any other chunk is gone through record by record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

import msgspec

from logflume.deployments import levels
from logflume.deployments.candidates import Candidates, Word, with_field, with_words, word_of
from logflume.deployments.patterns import STRIDE_BYTES, Pattern
from logflume.deployments.visible import visible, visible_lines, visible_parts
from logflume.records import Chunk, Seq

LINE = "line"
KINDS = (LINE, "group", "status", "redacted", "end")
"""What a record may be; a line is one that says nothing else."""

CONTEXT_CHARS = 1000
"""Of a line that goes on, kept to find what lies across the border."""

LOOK_BACK = 64
"""Records before the first one that are looked at for lines that go on."""

_PARTIAL = b'"partial":true}\n'
_NEWLINE = b"\\n"


class Wanted(msgspec.Struct, frozen=True):
    """What is looked for: all of it, where it is said."""

    pattern: Pattern | None = None
    levels: Set[str] = frozenset()
    """As `levels.family` names them."""
    streams: Set[str] = frozenset()
    kinds: Set[str] = frozenset()

    def candidates(self) -> Candidates | None:
        """What tells best from the stored bytes which records may match, if that can be told."""
        if self.pattern is not None:
            return self.pattern.candidates
        if self.levels:
            return _of_levels(self.levels)
        if self.kinds and LINE not in self.kinds:
            return Candidates(with_field("kind", [*self.kinds]))
        return Candidates(with_field("stream", [*self.streams])) if self.streams else None


class _Record(msgspec.Struct):
    text: str | None = None
    stream: str = ""
    level: str | None = None
    kind: str = LINE
    partial: bool = False


class _Open(msgspec.Struct):
    """A line that goes on."""

    raw: str
    """The end of it so far."""
    level: str | None


_decoder = msgspec.json.Decoder(_Record)


class Search:
    """Goes through consecutive chunks of a log."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._candidates = wanted.candidates()
        self._open: dict[str, _Open] = {}
        self.stride_bytes = wanted.pattern.stride_bytes if wanted.pattern else STRIDE_BYTES
        """How much of a log may be looked through without a look at the clock."""

    def add(self, chunk: Chunk) -> list[Seq]:
        """The numbers of those records of the chunk, which follows the one before, that match."""
        if chunk.omitted:
            self._open.clear()
            return []
        if self._open or _PARTIAL in chunk.body:
            matching = (place for place, record in _all(chunk) if self._matches(record))
        else:
            matching = (place for place, record in self._likely(chunk) if self._is_whole(record))
        return [Seq(chunk.first + place) for place in matching]

    def recall(self, chunks: Iterable[Chunk]) -> None:
        """Take in what stands before the first chunk: which lines go on there."""
        for chunk in chunks:
            if chunk.omitted:
                self._open.clear()
            elif self._open or _PARTIAL in chunk.body:
                for _, record in _all(chunk):
                    if record.text is not None:
                        self._follow(record)

    def _likely(self, chunk: Chunk) -> Iterable[tuple[int, _Record]]:
        """The records of a chunk of whole lines that may match, with their places."""
        if self._candidates is not None:
            return _some(chunk, self._candidates.among(chunk))
        pattern = self._wanted.pattern
        if pattern is None or _NEWLINE in chunk.body or not chunk.ends:
            return _all(chunk)
        records = _decoder.decode_lines(chunk.body)
        text = visible_lines(record.text or "" for record in records)
        return ((place, records[place]) for place in pattern.lines(text))

    def _is_whole(self, record: _Record) -> bool:
        """Whether the record, of which no line goes on, matches."""
        if not self._passes(record):
            return False
        shown = visible(record.text or "")
        level = record.level
        if level is None and self._wanted.levels:
            level = levels.told(shown)
        return self._has_level(level) and self._has_text(record, "", shown)

    def _matches(self, record: _Record) -> bool:
        """Whether the record, which may go on with a line, matches."""
        if record.text is None:
            return self._is_whole(record)
        line = self._open.get(record.stream, _NEW)
        before, shown = visible_parts(line.raw, record.text)
        level = self._follow(record)
        return (
            self._passes(record)
            and self._has_level(level, line.level)
            and self._has_text(record, before, shown)
        )

    def _follow(self, record: _Record) -> str | None:
        """Know how far the record's line has come; the level of it so far."""
        line = self._open.pop(record.stream, _NEW)
        level, text = record.level or line.level, record.text or ""
        if level is None and self._wanted.levels and len(line.raw) < CONTEXT_CHARS:
            level = levels.told(visible(line.raw + text[:CONTEXT_CHARS]))
        if record.partial:
            self._open[record.stream] = _Open((line.raw + text)[-CONTEXT_CHARS:], level)
        return level

    def _passes(self, record: _Record) -> bool:
        wanted = self._wanted
        if wanted.kinds and record.kind not in wanted.kinds:
            return False
        return not wanted.streams or record.stream in wanted.streams

    def _has_level(self, level: str | None, before: str | None = None) -> bool:
        """Whether it is wanted. A line's level alone counts once, where it is told."""
        wanted = self._wanted
        if not wanted.levels:
            return True
        if level is None or levels.family(level) not in wanted.levels:
            return False
        return wanted.pattern is not None or level != before

    def _has_text(self, record: _Record, before: str, shown: str) -> bool:
        pattern = self._wanted.pattern
        return pattern is None or (record.text is not None and pattern.is_in(before, shown))


_NEW = _Open("", None)


def _all(chunk: Chunk) -> Iterator[tuple[int, _Record]]:
    return enumerate(_decoder.decode_lines(chunk.body))


def _some(chunk: Chunk, places: Iterable[int]) -> Iterator[tuple[int, _Record]]:
    for place in places:
        start = chunk.ends[place - 1] if place else 0
        yield place, _decoder.decode(chunk.body[start : chunk.ends[place]])


def _of_levels(wanted: Set[str]) -> Candidates | None:
    """The records that say one of these levels, in their field or in their text."""
    if not all(level.isascii() for level in wanted):
        return None
    names = {name for level in wanted for name in levels.NAMES.get(level, (level,))}
    words: list[Word] = []
    for level in sorted(wanted):
        words += [word_of(word) for word in levels.KEYWORDS.get(level, ())]
        words += [[atom.encode() for atom in word] for word in levels.KEYED.get(level, ())]
    patterns = [with_field("level", [*names]), *([with_words(words)] if words else [])]
    return Candidates(*patterns, case=False)


__all__ = ["KINDS", "LINE", "LOOK_BACK", "Search", "Wanted"]
