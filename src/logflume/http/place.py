"""Which records a request asks for: `offset`, `tail`, `before`, `limit`, `Last-Event-ID`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from logflume.cursor import Cursor
from logflume.errors import BadInput
from logflume.http.parameters import Query, number, single
from logflume.records import Offset, Seq

DEFAULT_PAGE = 1000
"""Records of a page back when no limit is given: a few screens."""


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

    Raises BadInput, WrongEpoch, AheadOfTail.
    """
    limit = number(query, "limit")
    before = single(query, "before")
    if before is not None:
        _refuse_together(query, "before", "offset", "tail")
        until = await _seq_at(before, cursor)
        return Span(Seq(max(0, until - (limit or DEFAULT_PAGE))), until)
    after = await _start_of(query, cursor) or Seq(0)
    tail = cursor.state.tail
    until = tail if limit is None else Seq(min(tail, after + limit))
    return Span(after, until, is_now=single(query, "offset") == "now", moves="tail" in query)


async def live_start_of(query: Query, headers: Mapping[str, str], cursor: Cursor) -> Seq:
    """Where a live reader begins. An EventSource that comes back asks the address it began with,
    so what it has seen last, `Last-Event-ID`, counts more.

    Raises BadInput, WrongEpoch, AheadOfTail.
    """
    for name in ("before", "limit"):
        if name in query:
            raise BadInput(f"{name} does not go with live reading")
    start = await _start_of(query, cursor)
    if "last-event-id" in headers:
        await cursor.move(Offset.parse(headers["last-event-id"]))
        return cursor.seq
    if start is None:
        raise BadInput("say where live reading begins: offset=-1, offset=now, or tail=100")
    return start


async def _start_of(query: Query, cursor: Cursor) -> Seq | None:
    _refuse_together(query, "offset", "tail")
    last = number(query, "tail")
    if last is not None:
        return Seq(max(0, cursor.state.tail - last))
    offset = single(query, "offset")
    return None if offset is None else await _seq_at(offset, cursor)


async def _seq_at(text: str, cursor: Cursor) -> Seq:
    if text == "-1":
        return Seq(0)
    if text == "now":
        return cursor.state.tail
    await cursor.move(Offset.parse(text))
    return cursor.seq


def _refuse_together(query: Query, *names: str) -> None:
    given = [name for name in names if name in query]
    if len(given) > 1:
        raise BadInput(f"{' and '.join(given)} do not go together")


__all__ = ["Span", "live_start_of", "span_of"]
