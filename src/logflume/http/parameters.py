"""What a request says besides its body: query parameters and headers, each checked strictly.

Unknown parameters are ignored, as Durable Streams wants; one that is known but repeated is refused
rather than guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from logflume.errors import BadInput
from logflume.http.context import Scope
from logflume.records import Producer

Query = Mapping[str, list[str]]

MAX_PRODUCER_NUMBER = 2**53 - 1
"""Durable Streams' bound: what a JavaScript producer can count to."""

MAX_PRODUCER_ID_CHARS = 128
"""Ids are kept in the state of each log, which must stay small."""

_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_CURSOR = re.compile(r"[0-9]{1,18}")


def query_of(scope: Scope) -> dict[str, list[str]]:
    """The query's parameters, each with all its values. Raises BadInput."""
    query: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(
            scope["query_string"].decode("ascii"), keep_blank_values=True, errors="strict"
        )
    except ValueError:
        raise BadInput("the query of the address is malformed") from None
    for name, value in pairs:
        query.setdefault(name, []).append(value)
    return query


def headers_of(scope: Scope) -> dict[str, str]:
    """The headers, names in lower case; a repeated one's values joined (RFC 9110 §5.3)."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1").strip(" \t")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def single(query: Query, name: str) -> str | None:
    """The parameter's only value. Raises BadInput when it is given twice."""
    values = query.get(name, [])
    if len(values) > 1:
        raise BadInput(f"{name} is given {len(values)} times; give it once")
    return values[0] if values else None


def number(query: Query, name: str) -> int | None:
    """A positive whole number. Raises BadInput."""
    value = single(query, name)
    if value is None:
        return None
    if not _NUMBER.fullmatch(value) or value == "0":
        raise BadInput(f"{name} must be a whole number from 1")
    return int(value)


def cursor_of(query: Query) -> str | None:
    """The Durable Streams cursor that a live reader echoes. Raises BadInput."""
    cursor = single(query, "cursor")
    if cursor is not None and not _CURSOR.fullmatch(cursor):
        raise BadInput("cursor must be the one of the last answer, or be left out")
    return cursor


def choice(query: Query, name: str, choices: tuple[str, ...]) -> str | None:
    """One of `choices`. Raises BadInput."""
    value = single(query, name)
    if value is not None and value not in choices:
        raise BadInput(f"{name} must be one of {', '.join(choices)}")
    return value


def producer_of(headers: Mapping[str, str]) -> Producer | None:
    """The producer's mark, or None where there is none. Raises BadInput for half a one."""
    names = ("producer-id", "producer-epoch", "producer-seq")
    given = [headers[name] for name in names if name in headers]
    if not given:
        return None
    if len(given) < len(names):
        raise BadInput("Producer-Id, Producer-Epoch and Producer-Seq go together")
    if not 0 < len(given[0]) <= MAX_PRODUCER_ID_CHARS:
        raise BadInput(f"Producer-Id must have 1 to {MAX_PRODUCER_ID_CHARS} characters")
    return Producer(given[0], _count(given[1], names[1]), _count(given[2], names[2]))


def _count(value: str, name: str) -> int:
    if not _NUMBER.fullmatch(value) or int(value) > MAX_PRODUCER_NUMBER:
        raise BadInput(f"{name} must be a whole number from 0 to 2^53-1")
    return int(value)


def path_parameter(scope: Scope, name: str) -> str:
    parameters: Mapping[str, Any] = scope["path_params"]
    return str(parameters[name])


__all__ = [
    "Query",
    "choice",
    "cursor_of",
    "headers_of",
    "number",
    "path_parameter",
    "producer_of",
    "query_of",
    "single",
]
