"""What a request to search asks for, each parameter checked strictly."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from logflume.deployments import levels
from logflume.deployments.incoming import STREAMS
from logflume.deployments.patterns import MAX_PATTERN_CHARS, Literal, Pattern, Regex
from logflume.deployments.search import KINDS, Wanted
from logflume.errors import BadInput
from logflume.http.parameters import Query, choice, single

MAX_RECORDS = 1000
DEFAULT_RECORDS = 100
"""Records that come along: enough for a list of hits, or for an answer without a second call."""

MAX_LEVELS = 16
"""Different ones in one request; more are none that anybody meant."""

MAX_LEVEL_CHARS = 32
"""As long as a level of a record may be."""

_COUNT = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Looked:
    """What is looked for, and how many of the records are to come along."""

    wanted: Wanted
    limit: int


def looked_for(query: Query) -> Looked:
    """What the query asks for. Raises BadInput."""
    wanted = Wanted(
        _pattern_of(query),
        _levels_of(query),
        chosen(query, "stream", STREAMS),
        chosen(query, "kind", KINDS),
    )
    if wanted == Wanted():
        raise BadInput("say what to look for: q, regex, level, stream or kind")
    return Looked(wanted, _limit_of(query))


def _pattern_of(query: Query) -> Pattern | None:
    text, regex = single(query, "q"), single(query, "regex")
    case = choice(query, "case", ("true", "false")) == "true"
    if text is not None and regex is not None:
        raise BadInput("q and regex do not go together")
    for name, value in (("q", text), ("regex", regex)):
        if value is not None and not 0 < len(value) <= MAX_PATTERN_CHARS:
            raise BadInput(f"{name} must have 1 to {MAX_PATTERN_CHARS} characters")
    if text is not None:
        return Literal(text, case=case)
    return None if regex is None else Regex(regex, case=case)


def _levels_of(query: Query) -> frozenset[str]:
    given = frozenset(levels.family(level) for level in several(query, "level"))
    if len(given) > MAX_LEVELS or not all(0 < len(level) <= MAX_LEVEL_CHARS for level in given):
        raise BadInput(f"level must be a level, such as error, or up to {MAX_LEVELS} of them")
    return given


def chosen(query: Query, name: str, choices: Collection[str]) -> frozenset[str]:
    given = frozenset(several(query, name))
    if not given <= frozenset(choices):
        raise BadInput(f"{name} must be one of {', '.join(choices)}, or several of them")
    return given


def several(query: Query, name: str) -> list[str]:
    """The values of a parameter that may be repeated, or have several between commas."""
    return [item.strip() for value in query.get(name, ()) for item in value.split(",")]


def _limit_of(query: Query) -> int:
    value = single(query, "limit")
    if value is None:
        return DEFAULT_RECORDS
    if not _COUNT.fullmatch(value):
        raise BadInput("limit must be a whole number from 0")
    return min(int(value), MAX_RECORDS)


__all__ = ["DEFAULT_RECORDS", "MAX_RECORDS", "Looked", "looked_for"]
