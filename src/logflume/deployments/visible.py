r"""A line's text as people see it: without the escape sequences that colour it and move about.

What goes: control sequences (`ESC [ … m` and its like), strings (titles, links, `ESC ] … BEL`) with
all that is in them, and every other escape. A log hides nothing, so one that does not end within
its record is none: only its introducer goes, and the text after it stays. The page and `ansi=strip`
follow the same grammar.

Everything else stays: carriage returns with what they overwrite, tabs, backspaces. Pure, and linear
in the text whatever it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_GRAMMAR = r"""
    \x1b(?:
        \[ [0-?]*+ [ -/]*+ [@-~]  # control sequences (ECMA-48, 5.4)
      | [\]PX^_] [^\x07{}\x18\x1a\x1b]*+ (?:\x07|\x1b\\)  # strings
      | (?:[ -/]*+ [0-~])?  # all others
    )
"""
_SEQUENCE = re.compile(_GRAMMAR.format(""), re.VERBOSE)
_IN_ONE_LINE = re.compile(_GRAMMAR.format(r"\n"), re.VERBOSE)


def visible(text: str) -> str:
    """`text` without its escape sequences."""
    return _SEQUENCE.sub("", text) if "\x1b" in text else text


def hidden(text: str) -> list[tuple[int, int]]:
    """From where to where the escape sequences of `text` reach."""
    return [found.span() for found in _SEQUENCE.finditer(text)] if "\x1b" in text else []


def visible_lines(texts: Iterable[str]) -> str:
    """Texts without newlines, each without its escape sequences, and newlines between them."""
    lines = "\n".join(texts)
    return _IN_ONE_LINE.sub("", lines) if "\x1b" in lines else lines


def visible_parts(before: str, text: str) -> tuple[str, str]:
    """What is seen of `before` and of `text`, which goes on with it: a sequence may reach from one
    into the other."""
    whole = before + text
    if "\x1b" not in whole:
        return before, text
    border = len(before)
    for sequence in _SEQUENCE.finditer(whole):
        if sequence.start() >= len(before):
            break
        border -= min(sequence.end(), len(before)) - sequence.start()
    shown = visible(whole)
    return shown[:border], shown[border:]


__all__ = ["hidden", "visible", "visible_lines", "visible_parts"]
