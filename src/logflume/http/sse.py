"""Server-Sent Events: a cursor read again and again, framed for Durable Streams and EventSource.

A batch is framed once, for all who read it. Every data event is followed by its control event in
the same write, so no connection is cut between a batch and the offset after it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache

from logflume.cursor import Cursor
from logflume.http.context import Context, Receive, Scope, Send
from logflume.http.lent import connection_of
from logflume.http.respond import raw_head, respond, start
from logflume.http.sse_stream import SseConnection, SseResponse
from logflume.http.watch import while_connected
from logflume.tail import Batch
from logflume.wire.control import least_cursor, stream_cursor
from logflume.wire.forms import Kind, kind_of
from logflume.wire.sse import SSE_HEARTBEAT, chunked, sse_control, sse_data, sse_place

HEADERS = {
    "Content-Type": "text/event-stream",
    # no-transform keeps proxies from compressing, and so from holding back, what is sent.
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",
}


async def follow_sse(
    context: Context,
    cursor: Cursor,
    known_cursor: str | None,
    scope: Scope,
    receive: Receive,
    send: Send,
) -> None:
    """Stream from the cursor's place on, until the log ends, the client goes or the server stops.

    An EventSource that comes back and has all of a closed log gets 204: anything else, and it would
    come back for ever.
    """
    returning = any(name == b"last-event-id" for name, _ in scope["headers"])
    if returning and cursor.state.closed and cursor.seq >= cursor.state.tail:
        await respond(send, 204, {"Cache-Control": "no-store"})
        return
    kind = kind_of(cursor.state.content_type)
    if scope["method"] == "HEAD":
        await start(send, 200, _headers(kind))
        await send({"type": "http.response.body"})
        return
    now_us = context.clock()
    least = least_cursor(now_us, known_cursor, random.random())  # noqa: S311 -- no secret
    if not _take_over(context, cursor, kind, least, scope, now_us):
        await start(send, 200, _headers(kind))
        stream = SseResponse(context.crowds, cursor, SseFraming(kind, least), send)
        await while_connected(receive, stream.run())


def _take_over(
    context: Context, cursor: Cursor, kind: Kind, least: int, scope: Scope, now_us: int
) -> bool:
    """Stream on the connection itself, if the server gives it away."""
    connection = connection_of(scope)
    if connection is None:
        return False
    is_chunked = scope["http_version"] == "1.1" and not _closes(scope)
    framing = _shared(kind, least, is_chunked)
    stream = SseConnection(context, cursor, framing, is_chunked=is_chunked)
    transport = connection.give_away(stream)
    if transport is None:
        return False
    stream.begin(transport, _head(kind, now_us // 1_000_000, is_chunked=is_chunked))
    return True


def _closes(scope: Scope) -> bool:
    """Whether the client says that this is the connection's last request: its end is the stream's,
    and there is no need for chunks."""
    return any(
        name == b"connection" and b"close" in value.lower() for name, value in scope["headers"]
    )


def _headers(kind: Kind) -> dict[str, str]:
    encoding = {"Stream-SSE-Data-Encoding": "base64"} if kind == "binary" else {}
    return {**HEADERS, **encoding}


@lru_cache(maxsize=8)
def _head(kind: Kind, _: int, *, is_chunked: bool) -> bytes:
    """The head of every stream that begins in this second: thousands may, after a restart."""
    coding = {"Transfer-Encoding": "chunked"} if is_chunked else {}
    return raw_head(200, {**_headers(kind), **coding, "Connection": "close"})


@dataclass(frozen=True, slots=True)
class SseFraming:
    """Frames a batch for SSE. Equal ones share what they frame: all that came without a cursor."""

    kind: Kind
    least_cursor: int = 0
    is_chunked: bool = False

    @property
    def heartbeat(self) -> bytes:
        """See `crowd.Framing`."""
        return chunked(SSE_HEARTBEAT) if self.is_chunked else SSE_HEARTBEAT

    def __call__(self, batch: Batch, now_us: int) -> bytes:
        """A data event and its control event; of an empty batch the latter only."""
        control = sse_control(
            batch.token,
            cursor=stream_cursor(now_us, self.least_cursor),
            up_to_date=batch.up_to_date,
            closed=batch.closed,
        )
        if batch.chunks:
            events = [*sse_data(batch.token, batch.chunks, self.kind), control]
        else:
            events = [sse_place(batch.token), control]
        return chunked(*events) if self.is_chunked else b"".join(events)


_shared = lru_cache(maxsize=1024)(SseFraming)
"""One for all that are equal, not one for each watcher."""

__all__ = ["SseFraming", "follow_sse"]
