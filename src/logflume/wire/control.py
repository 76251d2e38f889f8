"""Where a live reader stands, as Durable Streams says it: the same object for every pattern.

A cursor here is Durable Streams' own word: a number that changes every 20 seconds and is part of a
live request's address, so that a cache may answer many readers with one request and yet never
answers them with the same for ever.
"""

from __future__ import annotations

CURSOR_EPOCH_SECONDS = 1_728_432_000
"""2024-10-09T00:00Z, where Durable Streams begins to count cursors."""

CURSOR_SECONDS = 20
"""How long requests share a cursor, so that a cache may collapse them."""

MAX_JITTER_CURSORS = 180
"""An hour: how far a reader who is ahead of the clock may be sent on."""


def stream_cursor(now_us: int, at_least: int = 0) -> str:
    """The cursor of this moment, or a later one for a reader who must not get it again."""
    return str(max(_count(now_us), at_least))


def least_cursor(now_us: int, known: str | None, chance: float) -> int:
    """What a reader who came with `known` may get at least: never a cursor that it has had already.

    `known` is digits; `chance`, from 0 to 1, spreads those who are ahead of the clock.
    """
    if known is None or int(known) < _count(now_us):
        return 0
    return int(known) + 1 + int(chance * (MAX_JITTER_CURSORS - 1))


def control_json(offset: str, *, cursor: str, up_to_date: bool, closed: bool) -> bytes:
    """Where to read on, whether that is the tail, whether it is the end."""
    told_cursor = "" if closed else f',"streamCursor":"{cursor}"'
    tail = ',"upToDate":true' if up_to_date else ""
    end = ',"streamClosed":true' if closed else ""
    return f'{{"streamNextOffset":"{offset}"{told_cursor}{tail}{end}}}'.encode()


def _count(now_us: int) -> int:
    return (now_us // 1_000_000 - CURSOR_EPOCH_SECONDS) // CURSOR_SECONDS


__all__ = ["control_json", "least_cursor", "stream_cursor"]
