"""What a search of a log asks for, and what one answer to it says. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from logflume.client.follow import Query
from logflume.client.records import decode, not_logflume
from logflume.client.requests import MOST_PER_PAGE


class SearchAnswer(msgspec.Struct):
    """What one part of the log has of it."""

    numbers: list[int]
    records: list[msgspec.Raw]
    next: str | None

    def follow(self) -> Query | None:
        """Where to go on: behind the last record, if not all came along; None if that was all."""
        if len(self.records) < len(self.numbers):
            return {"from": self.numbers[len(self.records)]}
        return None if self.next is None else {"offset": self.next}


def search_answer(body: bytes) -> SearchAnswer:
    """The answer. Raises Refused for one that would not let the search get on."""
    answer = decode(body, SearchAnswer)
    if bool(answer.numbers) != bool(answer.records):
        raise not_logflume("records are missing")
    return answer


def search_query(
    text: str | None,
    regex: str | None,
    *,
    case: bool,
    level: str | Sequence[str],
    stream: str | Sequence[str],
    kind: str | Sequence[str],
) -> Query:
    """The query of a search; what is not said is not in it."""
    texts = {"q": text, "regex": regex, "case": "true" if case else None}
    several = {"level": level, "stream": stream, "kind": kind}
    lists = {name: one if isinstance(one, str) else ",".join(one) for name, one in several.items()}
    said = {name: value for name, value in texts.items() if value is not None}
    return {**said, **{name: value for name, value in lists.items() if value}}


def page_query(query: Query, place: Query, left: int | None) -> Query:
    """The query of one answer, which is to bring at most `left` records."""
    kept = {name: value for name, value in query.items() if name not in ("offset", "from")}
    limit = MOST_PER_PAGE if left is None else min(left, MOST_PER_PAGE)
    return {**kept, **place, "limit": limit}


__all__ = ["SearchAnswer", "page_query", "search_answer", "search_query"]
