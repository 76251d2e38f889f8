"""What a search must find, the slow and obvious way: every record decoded, every line joined.

It shares only the judgement of levels with what it checks. A regular expression is Python's, so the
patterns that tests make mean the same in both.
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from logflume.deployments.levels import family, told

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


@dataclass(frozen=True)
class Asked:
    """A search as a client would put it."""

    q: str | None = None
    regex: str | None = None
    case: bool = False
    levels: frozenset[str] = frozenset()
    streams: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()


@dataclass
class _Line:
    """What came of a line that goes on."""

    text: str = ""
    level: str | None = None


@dataclass
class Oracle:
    """Goes through a whole log, record by record."""

    asked: Asked
    _open: dict[str, _Line] = field(default_factory=dict)

    def matching(self, records: Iterable[bytes]) -> list[int]:
        """The numbers of the records that match."""
        decoded = [json.loads(record) for record in records]
        return [record["n"] for record in decoded if self._matches(record)]

    def _matches(self, record: dict[str, Any]) -> bool:
        before, line = _Line(), _Line(level=record.get("level"))
        if "text" in record:
            before = self._open.pop(record["stream"], before)
            line.text = before.text + record["text"]
            line.level = record.get("level") or before.level or told(seen(line.text))
            if record.get("partial"):
                self._open[record["stream"]] = line
        return self._passes(record, before, line) and self._has_text(record, before, line)

    def _passes(self, record: dict[str, Any], before: _Line, line: _Line) -> bool:
        asked = self.asked
        if asked.kinds and record.get("kind", "line") not in asked.kinds:
            return False
        if asked.streams and record.get("stream") not in asked.streams:
            return False
        if not asked.levels:
            return True
        is_new = asked.q is not None or asked.regex is not None or line.level != before.level
        return line.level is not None and family(line.level) in asked.levels and is_new

    def _has_text(self, record: dict[str, Any], before: _Line, line: _Line) -> bool:
        text = seen(line.text)
        border = sum(place < len(before.text) for place in shown_places(line.text))
        if self.asked.q is None and self.asked.regex is None:
            return True
        if "text" not in record:
            return False
        if self.asked.q is not None:
            return self._has_q(self.asked.q, text[:border], text)
        found = _matches_of(self._pattern(), text)
        return any(end > border for end in found) or (not before.text and any(True for _ in found))

    def _has_q(self, needle: str, before: str, text: str) -> bool:
        """Whether it ends in the text after `before`, wherever it begins."""

        def folded(text: str) -> str:
            if self.asked.case:
                return text
            return text.translate(_LOWER) if needle.isascii() else text.casefold()

        wanted, border, there = folded(needle), len(folded(before)), folded(text)
        ends = range(max(border + 1, len(wanted)), len(there) + 1)
        return any(there[end - len(wanted) : end] == wanted for end in ends)

    def _pattern(self) -> re.Pattern[str]:
        """As RE2 has it: words and spaces are ASCII's, case is everybody's, `$` is the very end."""
        python = re.sub(r"(\\[bs])", r"(?a:\1)", self.asked.regex or "").replace("$", r"\Z")
        return re.compile(python, 0 if self.asked.case else re.IGNORECASE)


def _matches_of(pattern: re.Pattern[str], text: str) -> list[int]:
    """Where matches end that follow each other; where an empty one is, it goes on behind it."""
    ends, start = [], 0
    while start <= len(text) and (found := pattern.search(text, start)):
        ends.append(found.end())
        start = max(found.end(), start + 1)
    return ends


def seen(text: str) -> str:
    """The text without escape sequences, character by character."""
    return "".join(text[place] for place in shown_places(text))


def shown_places(text: str) -> list[int]:
    """Where the characters are that are seen."""
    places, at = [], 0
    while at < len(text):
        if text[at] == "\x1b":
            at = max(_control(text, at), _string(text, at), _other(text, at), at + 1)
        else:
            places.append(at)
            at += 1
    return places


def _control(text: str, at: int) -> int:
    """Where the control sequence that begins here ends; 0 if none does."""
    if text[at + 1 : at + 2] != "[":
        return 0
    at = _after(text, at + 2, 0x30, 0x3F)
    return _final(text, _after(text, at, 0x20, 0x2F), 0x40)


def _string(text: str, at: int) -> int:
    if text[at + 1 : at + 2] not in tuple("]PX^_"):
        return 0
    for end in range(at + 2, len(text)):
        if text[end] == "\x07":
            return end + 1
        if text[end] == "\x1b":
            return end + 2 if text[end + 1 : end + 2] == "\\" else 0
        if text[end] in "\x18\x1a":
            return 0
    return 0


def _other(text: str, at: int) -> int:
    return _final(text, _after(text, at + 1, 0x20, 0x2F), 0x30)


def _after(text: str, at: int, lowest: int, highest: int) -> int:
    while at < len(text) and lowest <= ord(text[at]) <= highest:
        at += 1
    return at


def _final(text: str, at: int, lowest: int) -> int:
    return at + 1 if at < len(text) and lowest <= ord(text[at]) <= 0x7E else 0


__all__ = ["Asked", "Oracle", "seen", "shown_places"]
