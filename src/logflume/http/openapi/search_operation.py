"""The operation that searches a deployment's log."""

from __future__ import annotations

from typing import Any

import msgspec

from logflume.deployments.incoming import STREAMS
from logflume.deployments.patterns import MAX_PATTERN_CHARS
from logflume.deployments.search import KINDS
from logflume.http.openapi import examples
from logflume.http.openapi.operation import (
    BY_ID,
    COUNT,
    STORE,
    Operation,
    answer,
    json_content,
    one_of,
    query,
)
from logflume.http.openapi.schemas import Json
from logflume.http.search_request import DEFAULT_RECORDS, MAX_LEVEL_CHARS, MAX_LEVELS, MAX_RECORDS

_PATTERN: Json = {"type": "string", "minLength": 1, "maxLength": MAX_PATTERN_CHARS}
_LEVEL: Json = {"type": "string", "minLength": 1, "maxLength": MAX_LEVEL_CHARS}

_found = [record for record in examples.HISTORY if "Compiling" in record.get("text", "")]
_EXAMPLE: Any = {
    "numbers": [record["n"] for record in _found],
    "records": msgspec.to_builtins(_found),
    "searched": {"first": 1, "last": len(examples.HISTORY)},
    "next": None,
}

_SEARCHING = """At least one of `q`, `regex`, `level`, `stream` and `kind`; a record matches if it \
is all that they say. Text is looked for as people see it, without escape sequences, and without \
case unless `case=true`.

One answer covers a part of the log: what 60 ms are enough for, up to 10,000 matches and 4 MiB of \
records. Go on with `offset` and the answer's `next` until that is null. `Stream-Next-Offset` says \
where to go on once the log has grown.

Of a line that lies in several records, each is judged with what came before: a match counts for \
the record in which it ends."""


def _several(schema: Json, most: int | None = None) -> Json:
    return {"type": "array", "items": schema, **({} if most is None else {"maxItems": most})}


SEARCH = Operation(
    "GET /v1/deployments/{id}/log/search",
    "searchLog",
    "Logs",
    "Search a deployment's log",
    {
        200: answer(
            "What matches in this part of the log.",
            json_content("SearchAnswer", _EXAMPLE),
            *("Cache-Control", "Stream-Next-Offset", "Stream-Up-To-Date", "Stream-Closed"),
        )
    },
    ("bad-request", "no-such-log", "log-gone", "wrong-epoch", "trimmed", "ahead-of-tail", *STORE),
    _SEARCHING,
    parameters=(
        *BY_ID,
        query("q", "A text that stands anywhere in the line.", _PATTERN),
        query(
            "regex", "A regular expression (RE2's syntax) instead. Not together with `q`.", _PATTERN
        ),
        query("case", "Whether upper and lower case differ.", one_of(("true", "false"))),
        query(
            "level",
            "Of this level. `error` stands for `fatal`, `critical` and their like, too, `warning` "
            "for `warn`; both also find lines without a level whose text says so. Repeated, or "
            "with commas between: any of them.",
            _several(_LEVEL, MAX_LEVELS),
        ),
        query("stream", "Of this stream; several as above.", _several(one_of(STREAMS))),
        query(
            "kind",
            "Of this kind, `line` being those that have none; several as above.",
            _several(one_of(KINDS)),
        ),
        query(
            "offset",
            "Search what follows it; `-1`, the start, if neither this nor `from` is given.",
            {"type": "string", "pattern": "^(-1|now|[0-9]{16}_[0-9]{16})$"},
        ),
        query("from", "Search from the record of this number on. Not with `offset`.", COUNT),
        query(
            "limit",
            f"How many of the records come along. More than {MAX_RECORDS} is {MAX_RECORDS}.",
            {"type": "integer", "minimum": 0, "default": DEFAULT_RECORDS},
        ),
    ),
)

__all__ = ["SEARCH"]
