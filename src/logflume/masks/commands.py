r"""`::add-mask::VALUE` lines, as GitHub's runner takes them: the value is a secret from there on.

Where such a command begins its line, white space aside, its value is told to who asked for it. The
value itself becomes `***`, and so does whatever follows the command's name elsewhere in a line: a
shell that prints what it runs (`set -x`) shows the command before it is one.

`::stop-commands::` is not obeyed: to go on masking harms less than to stop.
"""

from __future__ import annotations

import re
from collections.abc import Callable

MASK = b"***"
"""What stands for a secret. As on GitHub; its length tells nothing."""

MAX_VALUE_BYTES = 64 * 1024
"""Of a value that is kept: as long as the longest line in one record. No secret is as long."""

SIGN_BYTES = 200
"""Of a command up to its value, with properties, of which GitHub's has none."""


class Commands:
    """Looks for commands in one stream of output; tells their values to `add`."""

    def __init__(self, add: Callable[[bytes], None]) -> None:
        self._add = add
        self._begun = b""  # the end of what was given out, if it may be the beginning of a command
        self._is_blank = True  # nothing but white space stands before that in its line
        self._value: bytearray | None = None  # of the command that the line is, as far as it came
        self._counts = False  # that command begins its line

    def push(self, piece: bytes) -> bytes:
        """The piece, with masks for the values of commands."""
        shown = []
        while piece:
            if self._value is None:
                part, piece = self._to_value(piece)
            else:
                part, piece = self._through(self._value, piece)
            shown.append(part)
        return shown[0] if len(shown) == 1 else b"".join(shown)

    def finish(self) -> bytes:
        """What ends with the stream: a value without its newline."""
        value, self._value = self._value, None
        return b"" if value is None else self._told(value)

    def _to_value(self, piece: bytes) -> tuple[bytes, bytes]:
        """Up to where a value begins, and what comes after that."""
        text = self._begun + piece
        found = sign_in(text)
        start = found.start() if found else _unfinished(text)
        line = text.rfind(b"\n", 0, start) + 1
        self._is_blank = (line > 0 or self._is_blank) and not text[line:start].strip()
        if found is None:
            self._begun = text[start:]
            return piece, b""
        self._counts, self._value = self._is_blank, bytearray()
        value_start = found.end() - len(self._begun)
        self._begun = b""
        return piece[:value_start], piece[value_start:]

    def _through(self, value: bytearray, piece: bytes) -> tuple[bytes, bytes]:
        """The mask of a value that ends in the piece, and what comes after its line."""
        end = piece.find(b"\n")
        part = piece if end < 0 else piece[:end]
        value += part[: max(0, MAX_VALUE_BYTES - len(value))]
        if end < 0:
            return b"", b""
        self._value, self._is_blank = None, True
        ending = b"\r\n" if value.endswith(b"\r") else b"\n"
        return self._told(value) + ending, piece[end + 1 :]

    def _told(self, value: bytearray) -> bytes:
        if not value.strip():
            return b""
        if self._counts:
            self._add(unescaped(bytes(value).removesuffix(b"\r")))
        return MASK


def sign_in(text: bytes) -> re.Match[bytes] | None:
    """The first command in the text, up to its value."""
    found = _SIGN.search(text)
    printed = _PRINTED_SIGN.search(text) if b"#" in text else None
    return min((one for one in (found, printed) if one), key=re.Match.start, default=None)


def unescaped(value: bytes) -> bytes:
    """The value as it was before it was put into a command."""
    return _ESCAPED.sub(lambda code: _MEANT[code[0].upper()], value)


def _unfinished(text: bytes) -> int:
    """Where a command begins whose name goes on after the text; the text's length if none does."""
    for found in _BEGINNING.finditer(text, max(0, len(text) - SIGN_BYTES)):
        begun = text[found.start() :].lower()
        if any(name.startswith(begun) for name in _NAMES) or _PROPERTIES.fullmatch(begun):
            return found.start()
    return len(text)


_SIGN = re.compile(rb"::add-mask(?: [^\r\n:]*)?::", re.IGNORECASE)
_PRINTED_SIGN = re.compile(rb"##\[add-mask\]", re.IGNORECASE)
_BEGINNING = re.compile(rb"[:#]")
_NAMES = (b"::add-mask::", b"##[add-mask]")
_PROPERTIES = re.compile(rb"::add-mask [^\r\n:]*:?")
_ESCAPED = re.compile(rb"%(?:0D|0A|25)", re.IGNORECASE)
_MEANT = {b"%0D": b"\r", b"%0A": b"\n", b"%25": b"%"}

__all__ = ["MASK", "Commands", "sign_in", "unescaped"]
