"""What reading is like for every log: where to begin, in which form, and how to follow."""

from __future__ import annotations

from logflume.http.openapi.operation import (
    COUNT,
    answer,
    content,
    header,
    one_of,
    query,
)
from logflume.http.openapi.schemas import OFFSET, Json
from logflume.http.read import LIVE

FOLLOWING = """With `live=long-poll`: what follows `offset`, at once if there is something, else \
as soon as there is; after 20 seconds without anything, 204. Ask again with the \
`Stream-Next-Offset` and the `Stream-Cursor` of the answer.

With `live=sse`, or `Accept: text/event-stream`: Server-Sent Events for as long as the log grows. \
Each `data` event is a batch of records; its `id` is the offset after them, and a `control` event \
follows it. `gone` tells that the log was deleted, `problem` that the stream ends early, and why. \
A comment comes at least every 15 seconds.

With `live=follow`: the history from there on as NDJSON or text, in one body that goes on as the \
log grows. It ends with the log. If it was deleted, or the server stops, it breaks off: the body \
in chunks lacks its last one.

With `live=ws`, and a handshake for one: a WebSocket with the same batches, on which further logs \
may be followed. `docs/protocol.md` describes its messages."""

ASKING_AGAIN = """To ask again whether there is more, send the `ETag` of the answer in \
`If-None-Match`: 304 says that nothing is new, and `Retry-After` when it is worth asking next."""

READ_PROBLEMS = (
    *("bad-request", "foreign-origin", "wrong-epoch", "trimmed", "ahead-of-tail"),
    "too-many-watchers",
    "upgrade-required",
)


_ANSI = (
    query(
        "ansi",
        "Leave out the escape sequences of the lines: colours, titles, links. Goes neither with "
        "Server-Sent Events nor with WebSocket.",
        one_of(("strip",)),
    ),
)


def reading(*forms: str) -> tuple[Json, ...]:
    """The parameters of reading a log that is answered in these forms."""
    return (
        query(
            "offset",
            "Read what follows it. `-1` is the start, `now` the tail.",
            {"type": "string", "pattern": "^(-1|now|[0-9]{16}_[0-9]{16})$"},
        ),
        query("tail", "The last so many records. Does not go with `offset`.", COUNT),
        query(
            "from",
            "The record of this number and what follows it. Beyond the tail there is nothing to "
            "read yet, and nothing to follow but the record that comes next. Goes neither with "
            "`offset` nor with `tail`.",
            COUNT,
        ),
        query(
            "before",
            "The `limit` records (default 1000) before this offset, oldest first. Goes with "
            "neither `offset`, `tail` nor `from`.",
            OFFSET,
        ),
        query("limit", "At most so many records. Does not go with `live`.", COUNT),
        query("format", "The form of the answer, whatever `Accept` says.", one_of(forms)),
        query(
            "live",
            "How to follow the log. Needs `offset`, `tail` or `from`, or `Last-Event-ID`.",
            one_of(LIVE),
        ),
        *(_ANSI if "text" in forms else ()),
        query(
            "cursor",
            "The `Stream-Cursor` or `streamCursor` of the live answer before, so that no cache "
            "gives that one again.",
            {"type": "string", "pattern": "^[0-9]{1,18}$"},
        ),
        header(
            "Last-Event-ID",
            "Of a live reader that comes back: the last `id` it saw. Counts more than `offset`.",
            OFFSET,
        ),
        header("If-None-Match", "The `ETag` of the answer that is there already."),
        header(
            "Origin",
            "Of a page: of another host's it must be allowed, or the page cannot read the answer "
            "nor open a WebSocket.",
        ),
        header("X-Forwarded-Host", "Of a WebSocket: the host that the browser asked, by a proxy."),
    )


def read_answers(forms: dict[str, Json], sse: str, *more_headers: str) -> dict[int, Json]:
    """The answers of reading, with the contents by media type and an example of a live one."""
    place = ("Stream-Next-Offset", "Stream-Up-To-Date", "Stream-Closed", "Stream-Cursor", "Vary")
    kept = ("Cache-Control", "ETag", "Retry-After", "Stream-Start-Offset")
    live = ("X-Accel-Buffering", *more_headers)
    return {
        101: answer("The WebSocket is open.", None, "Upgrade"),
        200: answer(
            "The records. Server-Sent Events tell their place in control events, not in headers; "
            "`live=follow` where it begins.",
            {**forms, "text/event-stream": content({"type": "string"}, sse)},
            *(*place, *kept, *live),
        ),
        204: answer(
            "Of long polling: nothing has come, or nothing follows if `Stream-Closed` says so. Of "
            "Server-Sent Events: an `EventSource` came back to the end of a finished log, and "
            "need not come again.",
            None,
            *place,
        ),
        304: answer(
            "Nothing is new since the answer with that `ETag`.",
            None,
            *("Cache-Control", "ETag", "Retry-After"),
            *("Stream-Closed", "Stream-Next-Offset", "Stream-Up-To-Date", "Vary"),
        ),
    }


__all__ = [
    "ASKING_AGAIN",
    "FOLLOWING",
    "READ_PROBLEMS",
    "read_answers",
    "reading",
]
