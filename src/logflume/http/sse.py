"""Server-Sent Events: a cursor read again and again, framed for Durable Streams and EventSource.

A batch is framed once, for all who read it. Every data event is followed by its control event in
the same write, so no connection is cut between a batch and the offset after it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from logflume.cursor import Cursor
from logflume.errors import LogError, NoSuchLog, TooManyWatchers
from logflume.http.context import Context, Receive, Scope, Send
from logflume.http.live_body import UNBUFFERED, send_live
from logflume.http.live_framing import LiveFraming
from logflume.http.problems import problem_of
from logflume.http.respond import respond
from logflume.tail import Batch
from logflume.wire.control import least_cursor, stream_cursor
from logflume.wire.forms import Kind, kind_of
from logflume.wire.sse import (
    SSE_GONE,
    SSE_HEARTBEAT,
    Part,
    sse_control,
    sse_data,
    sse_place,
    sse_problem,
    sse_retry,
)

RETRY_MILLISECONDS = (500, 2500)
"""When a reader who lost the server comes back: soon, but not all at once."""


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
    least = least_cursor(context.clock(), known_cursor, random.random())  # noqa: S311 -- no secret
    framing = SseFraming(kind, least)
    try:
        await send_live(context, cursor, framing, _headers(kind), scope, receive, send)
    except TooManyWatchers as refused:
        await respond(send, 200, {**_headers(kind), **UNBUFFERED}, _refusal(refused))


def _refusal(refused: TooManyWatchers) -> bytes:
    """Says why nothing comes, and when to come back. An EventSource that is answered with another
    status gives up for good, and hears neither."""
    retry = sse_retry(refused.retry_seconds * 1000)
    return retry + sse_problem(problem_of(refused).document())


def _headers(kind: Kind) -> dict[str, str]:
    encoding = {"Stream-SSE-Data-Encoding": "base64"} if kind == "binary" else {}
    return {"Content-Type": "text/event-stream", **encoding}


@dataclass(frozen=True, slots=True)
class SseFraming(LiveFraming):
    """Frames a batch for SSE. Equal ones share what they frame: all that came without a cursor."""

    kind: Kind
    least_cursor: int = 0

    @property
    def pattern(self) -> str:
        """See `crowd.Framing`."""
        return "sse"

    @property
    def heartbeat(self) -> bytes:
        """See `crowd.Framing`."""
        return self.coded(SSE_HEARTBEAT)

    def parts(self, batch: Batch, now_us: int) -> Sequence[Part]:
        """A data event and its control event; of an empty batch the latter only."""
        control = sse_control(
            batch.token,
            cursor=stream_cursor(now_us, self.least_cursor),
            up_to_date=batch.up_to_date,
            closed=batch.closed,
        )
        if batch.chunks:
            return [*sse_data(batch.token, batch.chunks, self.kind), control]
        return [sse_place(batch.token), control]

    def opening(self) -> bytes:
        """Asks whoever loses the stream to come back soon, each at another moment."""
        return sse_retry(random.randint(*RETRY_MILLISECONDS))  # noqa: S311 -- spreads load

    def parting(self, error: LogError | None) -> bytes:
        """Tells why the stream ends early; or, if only the server does, when to come back."""
        match error:
            case None:
                return self.opening()
            case NoSuchLog():
                return SSE_GONE
            case _:
                return sse_problem(problem_of(error).document())


__all__ = ["SseFraming", "follow_sse"]
