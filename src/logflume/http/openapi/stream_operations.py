"""The operations of generic logs: Durable Streams, method by method."""

from __future__ import annotations

from logflume.generic.names import MAX_NAME_CHARS
from logflume.http.openapi import stream_examples as examples
from logflume.http.openapi.operation import (
    APPEND,
    COMPRESSED,
    GROW,
    JSON,
    PRODUCER,
    STORE,
    TEXT,
    WRITE,
    Operation,
    answer,
    content,
    header,
    one_of,
)
from logflume.http.openapi.reading import (
    ASKING_AGAIN,
    FOLLOWING,
    READ_PROBLEMS,
    read_answers,
    reading,
)
from logflume.http.openapi.schemas import OFFSET, Json
from logflume.http.stream_headers import MAX_SECONDS, MAX_WRITER_SEQ_CHARS

ADDRESS = "/v1/stream/{name}"
ABSENT = ("bad-request", "no-such-log", "log-gone")

_part = "[A-Za-z0-9_~-][A-Za-z0-9._~-]*"
NAME: Json = {
    "type": "string",
    "pattern": f"^{_part}(/{_part})*$",
    "maxLength": MAX_NAME_CHARS,
}

_BY_NAME: Json = {
    "name": "name",
    "in": "path",
    "required": True,
    "description": "Yours to choose; its slashes need not be escaped.",
    "schema": NAME,
    "example": examples.NAME,
}

_SECONDS: Json = {"type": "integer", "minimum": 0, "maximum": MAX_SECONDS}
_ITEMS: Json = {"type": "array", "items": {}}

_BODY = {
    JSON: content(_ITEMS, examples.MESSAGES),
    "*/*": content(TEXT, examples.TEXT),
}
_FORMS = {
    JSON: content(_ITEMS, examples.HISTORY),
    "application/x-ndjson": content(TEXT, examples.LINES),
    "*/*": content({**TEXT, "description": "Of any other type: as it came."}, examples.PLAIN),
}

_CLOSED = header("Stream-Closed", "`true` closes the log; nothing can follow.", one_of(("true",)))

_MAKING = (
    _BY_NAME,
    COMPRESSED,
    _CLOSED,
    header("Stream-TTL", "Delete it once it is not used for so many seconds.", _SECONDS),
    header(
        "Stream-Expires-At",
        "Delete it at this moment. Does not go with `Stream-TTL`.",
        {"type": "string", "format": "date-time"},
    ),
    header(
        "Stream-Forked-From",
        "The path of the log whose records it begins with.",
        {"type": "string", "pattern": "^/v1/stream/"},
    ),
    header("Stream-Fork-Offset", "Up to where; left out, the tail.", OFFSET),
    header(
        "Stream-Fork-Sub-Offset",
        "So many messages of a JSON log after that offset, or bytes of the record after it.",
        _SECONDS,
    ),
)

_PUT = Operation(
    f"PUT {ADDRESS}",
    "createStream",
    "Generic logs",
    "Make a log, empty or not, or fork one",
    {
        201: answer("It is made.", None, "Location", "Stream-Next-Offset", "Stream-Closed"),
        200: answer(
            "It was there, as it is asked for. What it holds is not compared.",
            None,
            *("Stream-Next-Offset", "Stream-Closed"),
        ),
    },
    ("bad-request", "no-such-log", "conflict", "too-large", "unsupported-type", *GROW),
    "`Content-Type` is the log's for good: `application/octet-stream` if there is none, of a fork "
    "the source's. The body is the log's beginning: of `application/json` an array of messages, "
    "or one; of any other type one record, byte for byte. At most 20 MiB.\n\n"
    "Asking again for the same changes nothing; asking for another type, lifetime, fork or "
    "closing of a log that is there is a `conflict`. So is forking a log of another type, or one "
    "that was deleted.\n\n"
    "Reading and appending are use, HEAD is not. An idle time is counted up to a sixteenth "
    "longer.",
    parameters=_MAKING,
    body=_BODY,
    needs_body=False,
)

_POST = Operation(
    f"POST {ADDRESS}",
    "appendToStream",
    "Generic logs",
    "Append to a log, close it, or both in one step",
    {
        204: answer(
            "It is on disk; or it was, and this was a repeat.",
            None,
            *("Stream-Next-Offset", "Stream-Closed", "Producer-Epoch", "Producer-Seq"),
        ),
        200: answer(
            "A producer's append is on disk, for the first time.",
            None,
            *("Stream-Next-Offset", "Stream-Closed", "Producer-Epoch", "Producer-Seq"),
        ),
    },
    (
        *("bad-request", "producer-fenced", "no-such-log", "log-gone", "log-closed", "conflict"),
        *("producer-gap", "too-large", "unsupported-type", *APPEND),
    ),
    "`Content-Type` is the log's. An array is that many messages; an empty one is refused, as is "
    "an empty body that does not close. At most 20 MiB, stored whole or not at all.\n\n"
    "With the three `Producer-*` headers a retry never repeats anything. `Stream-Seq` keeps "
    "writers in an order of their own.",
    parameters=(
        _BY_NAME,
        COMPRESSED,
        _CLOSED,
        header(
            "Stream-Seq",
            "Any text that is greater than the last one, byte by byte.",
            {"type": "string", "maxLength": MAX_WRITER_SEQ_CHARS},
        ),
        *PRODUCER,
    ),
    body=_BODY,
    needs_body=False,
)

_GET = Operation(
    f"GET {ADDRESS}",
    "readStream",
    "Generic logs",
    "Read or follow a log",
    read_answers(_FORMS, examples.SSE, "Stream-SSE-Data-Encoding"),
    (*ABSENT, *READ_PROBLEMS, *WRITE),
    "Without parameters: the log so far, from its start. JSON as an array, or as NDJSON where "
    "`Accept` or `format` says so; any other type as it is, which `format` calls `raw`. `limit`, "
    "`tail` and `before` count messages of a JSON log, appends of any other.\n\n"
    f"{ASKING_AGAIN}\n\n{FOLLOWING}\n\nThe data of an event is an array of messages, the text, or "
    "Base64 where `Stream-SSE-Data-Encoding` says so.",
    parameters=(_BY_NAME, *reading("json", "ndjson", "raw")),
)

_HEAD = Operation(
    f"HEAD {ADDRESS}",
    "showStream",
    "Generic logs",
    "Where a log stands",
    {
        200: answer(
            "As told; nothing of it may be kept.",
            None,
            *("ETag", "Stream-Next-Offset", "Stream-Closed", "Stream-TTL", "Stream-Expires-At"),
        )
    },
    (*ABSENT, *STORE),
    "Not a use of the log: its idle time goes on.",
    parameters=(_BY_NAME,),
)

_DELETE = Operation(
    f"DELETE {ADDRESS}",
    "deleteStream",
    "Generic logs",
    "Delete a log",
    {204: answer("It is gone. Whoever follows it is told; its forks remain.")},
    (*ABSENT, *WRITE),
    "While there are forks of it, its name is taken: 410 for every request but PUT, which is a "
    "`conflict`. With the last of them its records go, and the name is free.",
    parameters=(_BY_NAME,),
)

_OPTIONS = Operation(
    f"OPTIONS {ADDRESS}",
    "streamOptions",
    "Generic logs",
    "What may be asked of a log",
    {
        204: answer(
            "Methods and request headers. No page of another site is allowed in.",
            None,
            *("Allow", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers"),
        )
    },
    (),
    parameters=(_BY_NAME,),
)

STREAM_OPERATIONS = (_PUT, _POST, _GET, _HEAD, _DELETE, _OPTIONS)

__all__ = ["NAME", "STREAM_OPERATIONS"]
