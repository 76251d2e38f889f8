"""The operations of logs: append, read, follow; and the feed, which is read the same way."""

from __future__ import annotations

from typing import Any

from logflume.deployments.line_records import STREAMS
from logflume.http.openapi import examples
from logflume.http.openapi.operation import (
    BY_ID,
    COUNT,
    JSON,
    STORE,
    TEXT,
    WRITE,
    Operation,
    answer,
    content,
    header,
    one_of,
    query,
)
from logflume.http.openapi.schemas import OFFSET, Json, array_of, ref

_PRODUCER_NUMBER: Json = {"type": "integer", "minimum": 0, "maximum": 2**53 - 1}

_PLACE = (
    query(
        "offset",
        "Read what follows it. `-1` is the start, `now` the tail.",
        {"type": "string", "pattern": "^(-1|now|[0-9]{16}_[0-9]{16})$"},
    ),
    query("tail", "The last so many records. Does not go with `offset`.", COUNT),
    query(
        "before",
        "The `limit` records (default 1000) before this offset, oldest first. Goes neither "
        "with `offset` nor with `tail`.",
        OFFSET,
    ),
    query("limit", "At most so many records. Does not go with `live`.", COUNT),
    query(
        "format",
        "The form of the answer, whatever `Accept` says.",
        one_of(("json", "ndjson", "text")),
    ),
    query(
        "live",
        "Go on for ever, as Server-Sent Events. Needs `offset` or `tail`, or `Last-Event-ID`; "
        "counts more than `format`.",
        one_of(("sse",)),
    ),
    header(
        "Last-Event-ID",
        "Of a live reader that comes back: the last `id` it saw. Counts more than `offset`.",
        OFFSET,
    ),
)

_READING = """Without parameters: the log so far, from its start, as a JSON array. `Accept` or \
`format` picks another form.

With `live=sse`, or `Accept: text/event-stream`: Server-Sent Events for as long as the log grows. \
Each `data` event is an array of records; its `id` is the offset after them, and a `control` event \
follows it. `gone` tells that the log was deleted, `problem` that the stream ends early, and why. \
A comment comes at least every 15 seconds."""

_READ_PROBLEMS = ("bad-request", "wrong-epoch", "ahead-of-tail", *STORE)


def _read_answers(schema: Json, history: Any, ndjson: str, text: str, sse: str) -> dict[int, Json]:
    forms = {
        JSON: content(schema, history),
        "application/x-ndjson": content(TEXT, ndjson),
        "text/plain": content(TEXT, text),
        "text/event-stream": content(TEXT, sse),
    }
    names = ("Stream-Start-Offset", "Stream-Next-Offset", "Stream-Up-To-Date", "Stream-Closed")
    told = "The records. A live answer has none of these headers: its control events tell it."
    returning = "An `EventSource` came back to the end of a finished log: it need not come again."
    return {200: answer(told, forms, *names), 204: answer(returning)}


LOG_OPERATIONS = (
    Operation(
        "POST /v1/deployments/{id}/log",
        "appendToLog",
        "Logs",
        "Append lines",
        {
            204: answer(
                "The lines are on disk; or they were, and this was a repeat.",
                None,
                *("Stream-Next-Offset", "Stream-Closed", "Producer-Epoch", "Producer-Seq"),
            ),
            200: answer(
                "The lines of a producer are on disk, for the first time.",
                None,
                *("Stream-Next-Offset", "Producer-Epoch", "Producer-Seq"),
            ),
        },
        (
            *("bad-request", "producer-fenced", "no-such-log", "log-closed", "conflict"),
            *("producer-gap", "too-large", "unsupported-type", "bad-record", *WRITE),
        ),
        "A text body that is sent in chunks, or longer than 1 MiB, is a stream: its lines are "
        "stored and seen as they arrive. Every other body is a batch, stored whole or not at "
        "all: at most 20 MiB after decompression and 1,000,000 lines. A body without a content "
        "type is text, and so is what curl sends unasked.\n\nWith the three `Producer-*` headers, "
        "which go together, a retry never repeats anything. At most 256 producers a log.",
        parameters=(
            *BY_ID,
            query(
                "stream",
                "Of the lines that do not say theirs.",
                one_of(STREAMS, default="stdout"),
            ),
            header(
                "Content-Encoding",
                "How the body is compressed.",
                one_of(("gzip", "x-gzip", "zstd", "identity")),
            ),
            header(
                "Producer-Id",
                "Any name you choose.",
                {"type": "string", "minLength": 1, "maxLength": 128},
            ),
            header(
                "Producer-Epoch",
                "Starts at 0; a higher one shuts older ones out.",
                _PRODUCER_NUMBER,
            ),
            header("Producer-Seq", "0, 1, 2 … a request, anew in each epoch.", _PRODUCER_NUMBER),
        ),
        body={
            "text/plain": content(TEXT, examples.TEXT),
            "application/octet-stream": {},
            "application/x-www-form-urlencoded": {},
            "application/x-ndjson": content(
                {**TEXT, "description": "An `IncomingLine` a line."},
                examples.INCOMING_NDJSON,
            ),
            JSON: content(
                {"oneOf": [array_of("IncomingLine"), ref("IncomingLine")]}, examples.INCOMING
            ),
        },
        needs_body=False,
    ),
    Operation(
        "GET /v1/deployments/{id}/log",
        "readLog",
        "Logs",
        "Read or follow a deployment's log",
        _read_answers(
            array_of("LineRecord", "StatusRecord", "EndRecord"),
            *(examples.HISTORY, examples.NDJSON, examples.PLAIN, examples.SSE),
        ),
        ("no-such-log", *_READ_PROBLEMS),
        _READING,
        parameters=(*BY_ID, *_PLACE),
    ),
    Operation(
        "GET /v1/deployments/feed",
        "readFeed",
        "Logs",
        "Read or follow the feed: what happened to all deployments",
        _read_answers(
            array_of("FeedRecord"),
            *(examples.FEED, examples.FEED_NDJSON, "", examples.FEED_SSE),
        ),
        _READ_PROBLEMS,
        "One record for each deployment created, changed or deleted. " + _READING,
        parameters=_PLACE,
    ),
)

__all__ = ["LOG_OPERATIONS"]
