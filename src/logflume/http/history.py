"""Request/response: the log so far as a JSON array, NDJSON or plain text.

The end of what is answered is fixed when the request arrives, so the headers can say where to read
on. Records go out as the store has them, a batch at a time, however long the log is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from logflume.cursor import Cursor
from logflume.deployments.line_records import text_of
from logflume.http.context import Receive, Send
from logflume.http.place import Span
from logflume.http.respond import start
from logflume.http.watch import while_connected
from logflume.records import Seq, State
from logflume.wire import json_items

READ_BYTES = 1024 * 1024
"""Records read from the store at a time. Larger reads are not faster, only heavier."""

FORMS = {
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "text": "text/plain; charset=utf-8",
}


async def send_history(
    form: str, cursor: Cursor, span: Span, receive: Receive, send: Send, *, head: bool
) -> None:
    """Answer with the records of `span`. Raises StoreError."""
    await start(send, 200, _headers(cursor.state, span, form))
    if head:
        await send({"type": "http.response.body"})
        return
    cursor.seq = span.after
    await while_connected(receive, _send_all(send, _ENCODINGS[form](cursor, span.until)))


def _headers(state: State, span: Span, form: str) -> dict[str, str]:
    headers = {
        "Content-Type": FORMS[form],
        "Cache-Control": "no-store",
        "Vary": "Accept",
        "Stream-Start-Offset": str(state.offset(span.after)),
        "Stream-Next-Offset": str(state.offset(span.until)),
    }
    if span.until >= state.tail:
        headers["Stream-Up-To-Date"] = "true"
        if state.closed:
            headers["Stream-Closed"] = "true"
    return headers


async def _ndjson(cursor: Cursor, until: Seq) -> AsyncIterator[bytes]:
    while cursor.seq < until:
        batch = await cursor.read(until=until, max_bytes=READ_BYTES)
        yield b"".join([chunk.body for chunk in batch.chunks])


async def _json(cursor: Cursor, until: Seq) -> AsyncIterator[bytes]:
    before = b"["
    async for body in _ndjson(cursor, until):
        yield before + json_items(body)
        before = b","
    yield b"]" if before == b"," else b"[]"


async def _text(cursor: Cursor, until: Seq) -> AsyncIterator[bytes]:
    async for body in _ndjson(cursor, until):
        yield text_of(body)


_ENCODINGS = {"json": _json, "ndjson": _ndjson, "text": _text}


async def _send_all(send: Send, pieces: AsyncIterator[bytes]) -> None:
    async for piece in pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body"})


__all__ = ["FORMS", "send_history"]
