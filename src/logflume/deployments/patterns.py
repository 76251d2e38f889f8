"""What is looked for in a line's text: a text as it is, or a regular expression.

A pattern is asked with what came before of the same line, if the line lies in several records: it
counts only if it ends in the new part, so that each match is found once, where it becomes whole.
Texts come as `visible` shows them. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Protocol

from logflume.deployments.candidates import Candidates, with_words, word_of
from logflume.deployments.linear import BadPattern, linear
from logflume.errors import BadInput

MAX_PATTERN_CHARS = 1000
"""As long as a long line of a log. Longer ones are lists of words, to be asked one by one."""

STRIDE_BYTES = 64 * 1024
"""Of a log, looked through without a look at the clock: half a millisecond of work."""

MAX_EFFORT = 32_000_000
"""Steps of a regular expression times bytes of a log, without a look at the clock: 80 ms at worst,
which is with other threads running."""


class Pattern(Protocol):
    """A text or a regular expression."""

    candidates: Candidates | None
    """What tells from the stored bytes which records may have it, if that can be told."""
    stride_bytes: int
    """How much of a log may be looked through for it without a look at the clock."""

    def is_in(self, before: str, text: str) -> bool:
        """Whether `before` and `text` together have a match that ends in `text`."""

    def lines(self, text: str) -> Iterator[int]:
        """Which of the lines of `text`, from 0, may have it."""


class Literal:
    """A text that stands somewhere in the line."""

    stride_bytes = STRIDE_BYTES

    def __init__(self, text: str, *, case: bool) -> None:
        self._fold = _folding(text, case=case)
        self._text = self._fold(text)
        self.candidates: Candidates | None = None
        if case or text.isascii():
            self.candidates = Candidates(with_words([word_of(text)]), case=case)

    def is_in(self, before: str, text: str) -> bool:
        head = self._fold(before)
        start = max(0, len(head) - len(self._text) + 1)
        return self._text in head[start:] + self._fold(text)

    def lines(self, text: str) -> Iterator[int]:
        return _lines(self._fold(text), self._found)

    def _found(self, data: bytes, start: int) -> int | None:
        place = data.find(self._text, start)
        return None if place < 0 else place


class Regex:
    """A regular expression in RE2's syntax. Raises BadInput when it is none."""

    candidates: Candidates | None = None

    def __init__(self, pattern: str, *, case: bool) -> None:
        try:
            self._regex = linear(pattern, case=case)
            self._by_line = None
            if not _ONLY_ALONE.search(pattern):
                self._by_line = linear(f"(?m){pattern}", case=case, within_lines=True)
        except BadPattern as error:
            raise BadInput(_explained(pattern, str(error))) from None
        self.stride_bytes = min(STRIDE_BYTES, MAX_EFFORT // self._regex.steps)

    def is_in(self, before: str, text: str) -> bool:
        head, data = before.encode(), text.encode()
        if not head:
            return self._regex.search(data) is not None
        data, start = head + data, 0
        # From match to match, and from an empty one to the next character.
        while start <= len(data) and (found := self._regex.search(data, start)) is not None:
            if found[1] > len(head):
                return True
            start = max(found[1], start + 1)
        return False

    def lines(self, text: str) -> Iterator[int]:
        if self._by_line is None:
            return iter(range(text.count("\n") + 1))
        return _lines(text.encode(), self._found)

    def _found(self, data: bytes, start: int) -> int | None:
        found = self._by_line.search(data, start) if self._by_line else None
        return None if found is None else found[0]


_ONLY_ALONE = re.compile(r"\\[AzQ]|\(\?\w*-")
"""What may mean something else in a text of many lines: its ends, text that is quoted, and flags
that are taken back."""


def _folding(text: str, *, case: bool) -> Callable[[str], bytes]:
    """What makes texts comparable. Without case, an ASCII text is found where its letters stand,
    and any other by Unicode's rules, where `ß` is `ss`."""
    if case:
        return str.encode
    if text.isascii():
        return lambda text: text.encode().lower()
    return lambda text: text.casefold().encode()


def _lines(data: bytes, find: Callable[[bytes, int], int | None]) -> Iterator[int]:
    """The numbers of the lines in which something is found, from a place on."""
    start = number = 0
    while start <= len(data) and (place := find(data, start)) is not None:
        number += data.count(b"\n", start, place)
        yield number
        start = data.find(b"\n", place) + 1
        if start == 0:
            return
        number += 1


def _explained(pattern: str, message: str) -> str:
    """What is wrong with a pattern, and where, from RE2's words: `missing ): a(b`."""
    if message.startswith("pattern too large"):
        return "regex: the pattern is too large; repeat less in it, or use fewer classes"
    what, _, part = message.partition(": ")
    where = f' in "{part}"' if part else ""
    if part != pattern and pattern.count(part) == 1:
        where += f", at character {pattern.find(part) + 1}"
    if what in ("invalid perl operator", "invalid escape sequence"):
        where += "; the syntax is RE2's, which has no look-around and no back-references"
    return f"regex: {what}{where}"


__all__ = ["MAX_PATTERN_CHARS", "STRIDE_BYTES", "Literal", "Pattern", "Regex"]
