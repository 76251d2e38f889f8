"""Which records a request asks for: `offset`, `tail`, `from`, `before`, `limit`, `Last-Event-ID`.

An offset is a place that somebody was given; a number is one that anybody can count to. So history
from a number that no record has yet is empty, and ends at the tail. Who follows the log from there
is refused instead: the next record would not be the one that was asked for. So is who asks for a
place whose records are no longer kept; the start and the last records are wherever they are now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from logflume.cursor import Cursor
from logflume.errors import AheadOfTail, BadInput
from logflume.http.parameters import Query, number, single
from logflume.records import Offset, Seq

DEFAULT_PAGE = 1000
"""Records of a page back when no limit is given: a few screens."""

STARTS = ("offset", "tail", "from")
"""Ways to say where to begin; one of them."""


@dataclass(frozen=True, slots=True)
class Span:
    """Records `after + 1` to `until`. `is_now` if only the tail's place was asked for, `moves` if
    the same request means other records once the log has grown."""

    after: Seq
    until: Seq
    is_now: bool = False
    moves: bool = False


async def span_of(query: Query, cursor: Cursor) -> Span:
    """The records of the log so far that are asked for; all of them if nothing is said.

    Raises BadInput, WrongEpoch, AheadOfTail, Trimmed.
    """
    limit = number(query, "limit")
    before = single(query, "before")
    if before is not None:
        _refuse_together(query, "before", *STARTS)
        until = await _seq_at(before, cursor)
        start = cursor.state.start
        return Span(Seq(max(start, until - (limit or DEFAULT_PAGE))), max(start, until))
    after = await _reached_start_of(query, cursor)
    tail = cursor.state.tail
    until = tail if limit is None else Seq(min(tail, after + limit))
    gap = cursor.state.gap
    if gap is not None and gap.after < until < gap.until and "from" not in query:
        until = gap.until  # one record stands there, however many it stands for
    return Span(after, until, is_now=single(query, "offset") == "now", moves="tail" in query)


async def live_start_of(query: Query, headers: Mapping[str, str], cursor: Cursor) -> Seq:
    """Where a live reader begins. An EventSource that comes back asks the address it began with,
    so what it has seen last, `Last-Event-ID`, counts more.

    Raises BadInput, WrongEpoch, AheadOfTail, Trimmed.
    """
    for name in ("before", "limit"):
        if name in query:
            raise BadInput(f"{name} does not go with live reading")
    start = await _start_of(query, cursor)
    if "last-event-id" in headers:
        await cursor.move(Offset.parse(headers["last-event-id"]))
        return cursor.seq
    if start is None:
        raise BadInput("say where live reading begins: offset=-1, offset=now, tail=100 or from=1")
    return start


async def _reached_start_of(query: Query, cursor: Cursor) -> Seq:
    """The same for what there is by now: the tail, if the first record is yet to come."""
    try:
        found = await _start_of(query, cursor)
    except AheadOfTail as ahead:
        if "from" not in query:
            raise
        return ahead.state.tail
    return cursor.state.start if found is None else found


async def _start_of(query: Query, cursor: Cursor) -> Seq | None:
    _refuse_together(query, *STARTS)
    last = number(query, "tail")
    if last is not None:
        return Seq(max(cursor.state.start, cursor.state.tail - last))
    first = number(query, "from")
    if first is not None:
        await cursor.move(cursor.state.offset(Seq(first - 1)))
        return cursor.seq
    offset = single(query, "offset")
    return None if offset is None else await _seq_at(offset, cursor)


async def _seq_at(text: str, cursor: Cursor) -> Seq:
    if text == "-1":
        return cursor.state.start
    if text == "now":
        return cursor.state.tail
    await cursor.move(Offset.parse(text))
    return cursor.seq


def _refuse_together(query: Query, *names: str) -> None:
    given = [name for name in names if name in query]
    if len(given) > 1:
        raise BadInput(f"{' and '.join(given)} do not go together")


__all__ = ["Span", "live_start_of", "span_of"]
