"""Request/response: the log so far as JSON, NDJSON, plain text or the bytes that it is of.

The end of what is answered is fixed when the request arrives, so the headers can say where to read
on. Records go out as the store has them, a batch at a time, however long the log is. A client that
has the answer already, as short polling does, is told so without looking at records.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from logflume.cursor import Cursor
from logflume.errors import StoreBusy
from logflume.http.caching import cache_control, etag_of, is_known, is_private, retry_after
from logflume.http.context import Send
from logflume.http.forms import Form
from logflume.http.place import Span
from logflume.http.respond import respond, start
from logflume.records import Seq, State
from logflume.tail import Batch

READ_BYTES = 256 * 1024
"""Records read from the store at first, and for a client that takes its time: it keeps them in
memory until it has taken them."""

MAX_READ_BYTES = 2 * 1024 * 1024
"""Read at a time for a client that takes all that it gets: each read costs 70 µs, as much as 100 KB
of it."""

QUICK_SECONDS = 0.05
"""Who takes a read's records within this time is given twice as much with the next one."""


async def send_history(
    form: Form,
    cursor: Cursor,
    span: Span,
    request: Mapping[str, str],
    now_us: int,
    while_wanted: Callable[[Coroutine[Any, Any, None]], Awaitable[None]],
    send: Send,
    *,
    head: bool,
) -> int:
    """Answer with the records of `span`, and how many were sent; `while_wanted` breaks it off when
    nobody takes it any more. Raises StoreError."""
    rewrites = cursor.state.rewrites
    headers = _headers(form, cursor, span, request, now_us)
    if "ETag" in headers and is_known(request, headers["ETag"]):
        await respond(send, 304, {name: headers[name] for name in _WITH_304 if name in headers})
        return 0
    length = _length(form, cursor.state, span)
    if length is not None:
        headers["Content-Length"] = str(length)
    if head:
        await start(send, 200, headers)
        await send({"type": "http.response.body"})
        return 0
    cursor.seq = span.after
    batch = await cursor.read(until=span.until, max_bytes=READ_BYTES)
    if cursor.state.rewrites != rewrites:  # what the headers say is no longer true
        return await send_history(
            form, cursor, span, request, now_us, while_wanted, send, head=head
        )
    if batch.until >= span.until:
        await respond(send, 200, headers, form.whole(batch.chunks))
        return batch.until - span.after
    await start(send, 200, headers)
    await while_wanted(_send_all(send, form, cursor, span.until, batch))
    return cursor.seq - span.after


_WITH_304 = (
    "ETag",
    "Cache-Control",
    "Vary",
    "Retry-After",
    "Stream-Next-Offset",
    "Stream-Up-To-Date",
    "Stream-Closed",
)


def _headers(
    form: Form, cursor: Cursor, span: Span, request: Mapping[str, str], now_us: int
) -> dict[str, str]:
    state = cursor.state
    first, last = state.offset(span.after), state.offset(span.until)
    at_tail = span.until >= state.tail
    closed = at_tail and state.closed
    headers = {
        "Content-Type": form.content_type or state.content_type,
        "Vary": "Accept",
        "Stream-Start-Offset": str(first),
        "Stream-Next-Offset": str(last),
        **({"Stream-Up-To-Date": "true"} if at_tail else {}),
        **({"Stream-Closed": "true"} if closed else {}),
    }
    if at_tail and not closed:
        headers["Retry-After"] = retry_after(state, now_us)
    if span.is_now:
        return {**headers, "Cache-Control": "no-store"}
    # A log that grows may be trimmed, and then the same request has another answer.
    lasting = state.closed or not (at_tail or span.moves or state.gap)
    headers["ETag"] = etag_of(form.name, state, span.after, span.until)
    headers["Cache-Control"] = cache_control(private=is_private(request), lasting=lasting)
    return headers


def _length(form: Form, state: State, span: Span) -> int | None:
    """The answer's length, where it is known before the records are read: of a whole log. What a
    fork has of its ancestors is not counted in its size, and what was trimmed is."""
    if span.after or span.until != state.tail or not state.tail or state.ancestors or state.gap:
        return None
    return form.length(state.size_bytes)


async def _send_all(send: Send, form: Form, cursor: Cursor, until: Seq, batch: Batch) -> None:
    """The piece that is the last one must end the answer, so each waits for the next one. Raises
    StoreBusy when records were replaced meanwhile: half of an answer from before that and half from
    after it would look like a damaged log. It is cut off, and asked for again."""
    loop = asyncio.get_running_loop()
    rewrites = cursor.state.rewrites
    ready, max_bytes = form.before, READ_BYTES
    while True:
        began = loop.time()
        for piece in form.pieces(batch.chunks):
            if ready:
                await send({"type": "http.response.body", "body": ready, "more_body": True})
            if form.decodes:
                await asyncio.sleep(0)  # everything else has its turn
            ready = piece
        if batch.until >= until:
            break
        is_quick = loop.time() - began < QUICK_SECONDS
        max_bytes = min(2 * max_bytes, MAX_READ_BYTES) if is_quick else READ_BYTES
        batch = await cursor.read(until=until, max_bytes=max_bytes)
        if cursor.state.rewrites != rewrites:
            raise StoreBusy("records were replaced while they were read; read again")
    await send({"type": "http.response.body", "body": form.last(ready)})


__all__ = ["send_history"]
