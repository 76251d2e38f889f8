r"""Bytes of output in, lines of text out: what becomes a record, on the server and in the CLI.

Rules of this file:

- Only `\n` ends a line, and one `\r` before it goes with it. Every other control character is
  the line's own: a lone `\r` (progress bars), VT, FF, U+2028. So never `str.splitlines`.
- No byte is refused. What is not UTF-8 becomes U+FFFD; a character never ends up in two records.
- A line longer than `MAX_LINE_BYTES` becomes several records, all but the last partial. Where it
  is cut follows from the line alone, not from how its bytes arrived.
- No clock: whoever calls `push` decides when a line has waited long enough for its newline.

Whole blocks are decoded and split at once, which is what makes it fast; a newline is never part
of a longer UTF-8 sequence, so decoding first gives the same text as splitting first.
"""

from __future__ import annotations

import re
from codecs import utf_8_decode
from itertools import repeat

MAX_LINE_BYTES = 64 * 1024
"""A line's bytes in one record: small enough for any reader's buffers, long enough to be rare."""

_INVISIBLE = re.compile(rb"(?:\x1b\[[0-?]*[ -/]*[@-~])+")

Line = tuple[str, bool]
"""A record's text, and whether it is partial: the line goes on in the next record. A plain tuple,
because a named one takes longer to make than a line takes to split."""


class LineSplitter:
    """Turns the bytes of one stream into lines. Holds at most `MAX_LINE_BYTES` + 1 bytes."""

    def __init__(self) -> None:
        self._rest = bytearray()  # of the line whose newline has not come
        self._open = False  # a part of that line was given out already
        self._kept = 0  # how much of the rest the last flush could not give out

    @property
    def pending(self) -> bool:
        """Whether there is text without its newline that `flush_pending` has not looked at."""
        return len(self._rest) > self._kept

    def push(self, data: bytes) -> list[Line]:
        """The lines that `data` completes, and the pieces of one that is too long to wait for."""
        end = data.rfind(b"\n")
        if end < 0:
            self._rest += data
            return self._long_pieces()
        block = bytes(self._rest) + data[:end] if self._rest else data[:end]
        self._rest[:] = data[end + 1 :]
        self._open, self._kept = False, 0
        return _lines(block) + self._long_pieces() if self._rest else _lines(block)

    def flush_pending(self) -> list[Line]:
        r"""The line that waits for its newline, as it is so far: one partial record, or none.

        Keeps back what the next bytes may still change, a last `\r` or a character's first bytes,
        and what nobody would see: control sequences alone, such as one that shows the cursor.
        """
        if _INVISIBLE.fullmatch(self._rest):
            self._kept = len(self._rest)
            return []
        text, used = utf_8_decode(self._rest[: self._known()], "replace", False)
        del self._rest[:used]
        self._kept = len(self._rest)
        self._open = self._open or bool(text)
        return [(text, True)] if text else []

    def finish(self) -> list[Line]:
        """The last line, if it has no newline; an empty record if it was given out already."""
        lines = pieces(bytes(self._rest)) if self._rest or self._open else []
        self._rest.clear()
        self._open, self._kept = False, 0
        return lines

    def _known(self) -> int:
        r"""How much of the rest is certainly the line's: a last `\r` may go with its `\n`."""
        return len(self._rest) - self._rest.endswith(b"\r")

    def _long_pieces(self) -> list[Line]:
        lines: list[Line] = []
        done, known = 0, self._known()
        while known - done > MAX_LINE_BYTES:
            text, used = _piece(self._rest, done)
            lines.append((text, True))
            done += used
        if done:
            del self._rest[:done]
            self._open, self._kept = True, 0
        return lines


def _lines(block: bytes) -> list[Line]:
    """The complete lines of `block`, which lacks its last newline."""
    if len(block) > MAX_LINE_BYTES:
        lines = block.split(b"\n")
        if len(max(lines, key=len)) > MAX_LINE_BYTES:
            return [piece for line in lines for piece in pieces(line.removesuffix(b"\r"))]
    text = block.decode("utf-8", "replace")
    if "\r" in text:
        # The last line of the block lacks its newline, but not its carriage return.
        text = text.removesuffix("\r").replace("\r\n", "\n")
    return list(zip(text.split("\n"), repeat(False)))


def lines_of(text: bytes) -> list[Line]:
    """The lines of a whole text; the last one may lack its newline."""
    if text.endswith(b"\n"):
        return _lines(text[:-1])
    splitter = LineSplitter()
    return splitter.push(text) + splitter.finish()


def pieces(line: bytes) -> list[Line]:
    """One whole line, as one record or as many as its length needs."""
    lines: list[Line] = []
    done = 0
    while len(line) - done > MAX_LINE_BYTES:
        text, used = _piece(line, done)
        lines.append((text, True))
        done += used
    lines.append((line[done:].decode("utf-8", "replace"), False))
    return lines


def _piece(line: bytes | bytearray, start: int) -> tuple[str, int]:
    """The next record's text of a long line and its bytes: up to a character that would be cut."""
    return utf_8_decode(line[start : start + MAX_LINE_BYTES], "replace", False)


__all__ = ["MAX_LINE_BYTES", "Line", "LineSplitter", "lines_of", "pieces"]
