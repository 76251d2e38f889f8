"""The operations of logs: append, read, follow; and the feed, which is read the same way."""

from __future__ import annotations

from logflume.deployments.incoming import STREAMS
from logflume.deployments.markers import OPTIONAL
from logflume.http.openapi import examples
from logflume.http.openapi.operation import (
    APPEND,
    BY_ID,
    COMPRESSED,
    JSON,
    PRODUCER,
    STORE,
    TEXT,
    Operation,
    answer,
    content,
    header,
    one_of,
    query,
)
from logflume.http.openapi.reading import (
    ASKING_AGAIN,
    FOLLOWING,
    READ_PROBLEMS,
    read_answers,
    reading,
)
from logflume.http.openapi.schemas import array_of, ref

_LINES = {
    JSON: content(
        array_of("LineRecord", "GroupRecord", "StatusRecord", "EndRecord"), examples.HISTORY
    ),
    "application/x-ndjson": content(TEXT, examples.NDJSON),
    "text/plain": content(TEXT, examples.PLAIN),
}

_FEED = {
    JSON: content(array_of("FeedRecord"), examples.FEED),
    "application/x-ndjson": content(TEXT, examples.FEED_NDJSON),
}

_READING = f"""Without parameters: the log so far, from its start, as a JSON array. `Accept` or \
`format` picks another form.

{ASKING_AGAIN}

{FOLLOWING}"""

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
            *("bad-request", "producer-fenced", "no-such-log", "log-gone", "log-closed"),
            *("conflict", "producer-gap", "too-large", "unsupported-type", "bad-record", *APPEND),
        ),
        "A text body that is sent in chunks, or longer than 1 MiB, is a stream: its lines are "
        "stored and seen as they arrive. Every other body is a batch, stored whole or not at "
        "all: at most 20 MiB after decompression and 1,000,000 lines. A body without a content "
        "type is text, and so is what curl sends unasked.\n\nWith the three `Producer-*` headers, "
        "which go together, a retry never repeats anything. At most 256 producers a log.\n\n"
        "What the project's masks match, and what an `::add-mask::` line asks for, is stored as "
        "`***`.",
        parameters=(
            *BY_ID,
            query(
                "stream",
                "Of the lines that do not say theirs.",
                one_of(STREAMS, default="stdout"),
            ),
            query(
                "markers",
                "Whose markers count, besides GitHub's and GitLab's, which always do.",
                one_of(OPTIONAL),
            ),
            COMPRESSED,
            header(
                "Stream-Closed",
                "Not here: `true` is refused, since the final status closes the log.",
            ),
            *PRODUCER,
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
        read_answers(_LINES, examples.SSE),
        ("no-such-log", "log-gone", *READ_PROBLEMS, *STORE),
        _READING,
        parameters=(*BY_ID, *reading("json", "ndjson", "text")),
    ),
    Operation(
        "GET /v1/deployments/feed",
        "readFeed",
        "Logs",
        "Read or follow the feed: what happened to all deployments",
        read_answers(_FEED, examples.FEED_SSE),
        (*READ_PROBLEMS, *STORE),
        "One record for each deployment created, changed or deleted. " + _READING,
        parameters=reading("json", "ndjson"),
    ),
)

__all__ = ["LOG_OPERATIONS"]
