"""Server-Sent Events: a cursor read again and again, framed for Durable Streams and EventSource.

A batch is framed once, for all who read it. Every data event is followed by its control event in
the same write, so no connection is cut between a batch and the offset after it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from logflume.cursor import Cursor
from logflume.errors import NoSuchLog, StoreError
from logflume.http.context import Context, Receive, Send
from logflume.http.problems import problem_of
from logflume.http.respond import respond, start
from logflume.http.watch import while_connected
from logflume.tail import Batch
from logflume.wire.control import least_cursor, stream_cursor
from logflume.wire.forms import Kind, kind_of
from logflume.wire.sse import (
    SSE_GONE,
    SSE_HEARTBEAT,
    sse_control,
    sse_data,
    sse_place,
    sse_problem,
    sse_retry,
)

HEARTBEAT_SECONDS = 10
"""Proxies cut what is silent for 30 to 60 seconds; 15 is promised."""

RETRY_MILLISECONDS = (500, 2500)
"""When a reader who lost the server comes back: soon, but not all at once."""

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
    receive: Receive,
    send: Send,
    *,
    returning: bool,
    head: bool,
) -> None:
    """Stream from the cursor's place on, until the log ends, the client goes or the server stops.

    A `returning` EventSource that has all of a closed log gets 204: anything else, and it would
    come back for ever.
    """
    if returning and cursor.state.closed and cursor.seq >= cursor.state.tail:
        await respond(send, 204, {"Cache-Control": "no-store"})
        return
    kind = kind_of(cursor.state.content_type)
    encoding = {"Stream-SSE-Data-Encoding": "base64"} if kind == "binary" else {}
    await start(send, 200, {**HEADERS, **encoding})
    if head:
        await send({"type": "http.response.body"})
        return
    chance = random.random()  # noqa: S311 -- spreads load, no secret
    frame = SseFrame(kind, least_cursor(context.clock(), known_cursor, chance))
    await while_connected(receive, _Stream(context, cursor, frame, send).run())


@dataclass(frozen=True, slots=True)
class SseFrame:
    """Frames a batch for SSE. Equal ones share what they frame: all that came without a cursor."""

    kind: Kind
    least_cursor: int = 0

    def __call__(self, batch: Batch, now_us: int) -> bytes:
        """A data event and its control event; of an empty batch the latter only."""
        control = sse_control(
            batch.offset,
            cursor=stream_cursor(now_us, self.least_cursor),
            up_to_date=batch.up_to_date,
            closed=batch.closed,
        )
        if not batch.chunks:
            return sse_place(batch.offset) + control
        return sse_data(batch.offset, batch.chunks, self.kind) + control


class _Stream:
    def __init__(self, context: Context, cursor: Cursor, frame: SseFrame, send: Send) -> None:
        self._context = context
        self._cursor = cursor
        self._frame = frame
        self._send = send

    async def run(self) -> None:
        try:
            await self._events()
        except NoSuchLog:
            await self._write(SSE_GONE, more=False)
        except StoreError as error:
            await self._write(sse_problem(problem_of(error).document()), more=False)

    async def _events(self) -> None:
        batch = await self._cursor.read()
        await self._write(_retry() + self._framed(batch))
        while not batch.closed and not self._context.tails.stopping:
            wait_seconds = HEARTBEAT_SECONDS if batch.up_to_date else 0
            batch = await self._cursor.read(wait_seconds=wait_seconds)
            idle = not batch.chunks and not batch.closed
            await self._write(SSE_HEARTBEAT if idle else self._framed(batch))
        await self._write(b"" if batch.closed else _retry(), more=False)

    def _framed(self, batch: Batch) -> bytes:
        return batch.framed(self._frame, self._context.clock())

    async def _write(self, body: bytes, *, more: bool = True) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": more})


def _retry() -> bytes:
    return sse_retry(random.randint(*RETRY_MILLISECONDS))  # noqa: S311 -- spreads load, no secret


__all__ = ["SseFrame", "follow_sse"]
