r"""Which control sequences of a log reach the terminal of whoever watches it: colours only.

A log holds what any program wrote, and a terminal obeys: it answers queries as if they were
typed (`CSI 6n`), sets the clipboard (OSC 52) or its title. So only SGR (`CSI … m`) passes, and of
the control characters only tab, carriage return and backspace.

The invariant: every ESC and every C1 character is taken out, or is the start of an SGR that is
there whole. What follows a sequence cut short is shown as text, which is harmless without it.

Linear in the text whatever it holds: a string such as OSC ends at the next ESC, and one that goes
on in the next record is remembered as a state, not as text.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""
      \x1b\[ (?P<sgr>[0-9:;]*) m
    | (?: \x1b[\]PX^_] | [\x90\x98\x9d-\x9f]) (?P<string>[^\x07\x18\x1a\x1b\x9c]*)
      (?P<end>[\x07\x18\x1a\x9c])?
    | (?: \x1b\[ | \x9b) (?P<csi>[0-?]* [ -/]*) (?P<final>[@-~])?
    | \x1b (?P<escape>[ -/]*) (?P<last>[0-~])?
    | [\x00-\x07\x0a-\x0c\x0e-\x1f\x7f-\x9f]
    """,
    re.VERBOSE,
)
_STRING = re.compile(r"[^\x07\x18\x1a\x1b\x9c]*[\x07\x18\x1a\x9c]?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

LONGEST_SEQUENCE = 256
"""One that has not ended after so many characters is none that a terminal needs."""


def plain(text: str) -> str:
    """Text for one line of a terminal: each control character becomes a space."""
    return _CONTROL.sub(" ", text)


class TerminalFilter:
    """Makes the records of one stream fit for a terminal. Sequences may span partial records."""

    def __init__(self, *, colours: bool = True) -> None:
        self._colours = colours
        self._cut = ""  # the start of a sequence whose end has not come
        self._in_string = False  # the same for OSC and its like, whose text is of no use

    def feed(self, text: str, *, partial: bool = False) -> str:
        """What of `text` may be shown. A sequence goes on in the next record only if `partial`."""
        text = self._cut + text
        self._cut = ""
        if self._in_string:
            text = self._after_string(text)
        shown = _TOKEN.sub(self._replace, text)
        if not partial:
            self._cut, self._in_string = "", False
        return shown

    def _after_string(self, text: str) -> str:
        match = _STRING.match(text)
        end = match.end() if match else 0
        self._in_string = end == len(text) and not text.endswith(("\x07", "\x18", "\x1a", "\x9c"))
        return text[end:]

    def _replace(self, token: re.Match[str]) -> str:
        if token["sgr"] is not None:
            return token[0] if self._colours else ""
        if token.end() == len(token.string):
            self._remember(token)
        return ""

    def _remember(self, token: re.Match[str]) -> None:
        """The text ends with `token`: keep what decides how the next text is to be read."""
        if token["string"] is not None:
            self._in_string = not token["end"]
        elif token["csi"] is not None or token["escape"] is not None:
            whole = token["final"] or token["last"] or len(token[0]) > LONGEST_SEQUENCE
            self._cut = "" if whole else token[0]
