r"""Which records of a chunk may match, told from their stored bytes: the others are not decoded.

The bytes are JSON as `line_records` writes it, so a text has one spelling: `\"`, `\\`, `\n` and the
like, `\u001b` for an escape, and everything from U+0080 on as it is. A word may be coloured in its
middle, so escape sequences are allowed for between any two of its characters.

Invariant: a record that matches is always among the candidates. That a candidate matches is for
whoever decodes it to find out.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

import msgspec

from logflume.deployments.linear import linear
from logflume.records import Chunk

MAX_WORD_CHARS = 16
"""Characters of a longer word that are looked for: hardly any other word begins with them, and each
makes the expression larger."""

_CHARACTER = rb'(?:[^"\\]|\\.)'
"""A byte of a character in a JSON string, or an escaped one."""

_ESCAPES = (
    rb"(?:\\u001b(?:"
    rb'\[(?:[ !#-?]|\\")*(?:[@-\[\]-~]|\\\\)?'
    rb"|[\]PX^_]" + _CHARACTER + rb"*?"
    rb'|(?:[ !#-/]|\\")*(?:[0-\[\]-~]|\\\\)?'
    rb"))*"
)
"""The escape sequences that `visible` takes out, as they are stored, or a little more."""

Word = Sequence[bytes]
"""Regular expressions for one character after the other, as they are stored."""


class Candidates:
    """Finds them by a regular expression that matches within one record."""

    def __init__(self, *patterns: bytes, case: bool = True) -> None:
        self._regex = linear(b"|".join(patterns), case=case, within_lines=True)

    def among(self, chunk: Chunk) -> Iterator[int]:
        """Their places in the chunk, from 0, in order."""
        at = 0
        while (found := self._regex.search(chunk.body, at)) is not None:
            place = bisect_right(chunk.ends, found[0])
            yield place
            at = chunk.ends[place]


def with_words(words: Sequence[Word]) -> bytes:
    """Matches the records whose text has one of these words."""
    spelled = b"|".join(_ESCAPES.join(word[:MAX_WORD_CHARS]) for word in words)
    return rb'"text":"' + _CHARACTER + rb"*?(?:" + spelled + rb")"


def with_field(name: str, values: Sequence[str]) -> bytes:
    """Matches the records whose field of this name, a string, has one of these values."""
    stored = b"|".join(re.escape(msgspec.json.encode(value)) for value in sorted(values))
    return b'"%b":(?:%b)' % (name.encode(), stored)


def word_of(text: str) -> Word:
    """The word that is this text."""
    return [re.escape(msgspec.json.encode(character)[1:-1]) for character in text]


__all__ = ["Candidates", "Word", "with_field", "with_words", "word_of"]
