"""Output that is masked as it comes, in whatever pieces it comes.

Held back is only what may yet turn out to be the beginning of a value: never more than the longest
form of one, less a byte, and never what is masked anyway. Only the bytes that follow, or the end,
release it, not time: a program may pause in the middle of a secret.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence

from logflume.masks.automaton import Span
from logflume.masks.commands import MASK, Commands
from logflume.masks.masks import Masks, covered

_LINE_ENDS = b"\r\n"


class StreamMask:
    """One stream of output; several may share their masks. `::add-mask::` lines add to these."""

    def __init__(self, masks: Masks) -> None:
        self._masks = masks
        self._commands = Commands(masks.add)
        self._rest = b""  # from where a value may have begun
        self._shown = 0  # how much of the rest was given out, as masks and ends of lines
        self._is_open = False  # the last thing that was given out is a mask

    def push(self, piece: bytes) -> bytes:
        """What can be said by now of what has come and was not given out."""
        return self._mask(self._commands.push(piece), at_end=False)

    def finish(self) -> bytes:
        """All the rest: the stream has ended."""
        return self._mask(self._commands.finish(), at_end=True)

    def _mask(self, piece: bytes, *, at_end: bool) -> bytes:
        if not self._masks:
            return piece
        text = self._rest + piece
        automaton = self._masks.automaton
        spans = automaton.spans(text)
        keep = len(text) if at_end else automaton.unfinished(text)
        end = _settled(text, spans, max(keep, self._shown))
        shown = covered(text, spans, self._shown, end)
        if self._is_open and _reach(spans, self._shown):
            shown = shown.removeprefix(MASK)  # it goes on with the mask before it
        if shown:
            self._is_open = bool(_reach(spans, end - 1)) and text[end - 1] not in _LINE_ENDS
        self._rest, self._shown = text[keep:], end - keep
        return shown


def _settled(text: bytes, spans: Sequence[Span], place: int) -> int:
    """How far it is known what becomes of the text, of which what is from `place` on may be part of
    a value that goes on: what is masked already stays so, and the ends of lines are shown."""
    while place < len(text):
        reached = _reach(spans, place)
        if not reached and text[place] not in _LINE_ENDS:
            break
        place = reached or place + 1
    return place


def _reach(spans: Sequence[Span], place: int) -> int:
    """Where the span ends that the byte at `place` is in; 0 if it is in none."""
    before = bisect(spans, place, key=lambda span: span[0])
    end = spans[before - 1][1] if before else 0
    return end if end > place else 0


__all__ = ["StreamMask"]
