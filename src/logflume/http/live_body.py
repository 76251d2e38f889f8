"""An answer's body that goes on as its log grows.

What it is made of is its framing's to say. The answer is its connection's last, and ends with it;
below a server that does not give its connections away it is an ordinary streaming response.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache

from logflume.cursor import Cursor
from logflume.http.callers import caller_of
from logflume.http.context import Context, Receive, Scope, Send
from logflume.http.cross_origin import grant_of
from logflume.http.lent import connection_of
from logflume.http.live_framing import LiveFraming
from logflume.http.live_outlets import LiveConnection, LiveResponse
from logflume.http.respond import Grant, raw_head, start
from logflume.http.watch import while_let_in

UNBUFFERED = {
    # no-transform keeps proxies from compressing, and so from holding back, what is sent.
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",
}
"""Headers of every such answer."""

_shared: Callable[[LiveFraming], LiveFraming] = lru_cache(maxsize=1024)(lambda framing: framing)
"""One for all that are equal, not one for each watcher."""


async def send_live(
    context: Context,
    cursor: Cursor,
    framing: LiveFraming,
    headers: Mapping[str, str],
    scope: Scope,
    receive: Receive,
    send: Send,
) -> None:
    """Answer with what follows the cursor's place, until the log ends, the client goes or the
    server stops. HEAD is told the headers. Raises TooManyWatchers, having said nothing."""
    told = {**headers, **UNBUFFERED}
    if scope["method"] == "HEAD":
        await start(send, 200, told)
        await send({"type": "http.response.body"})
        return
    log = cursor.tail.log
    context.seats.take(log)
    if _take_over(context, cursor, framing, told, scope):
        return  # the connection leaves the seat when it ends
    try:
        await start(send, 200, told)
        following = LiveResponse(context.crowds, cursor, framing, send).run()
        await while_let_in(context.watchers, caller_of(scope), receive, following)
    finally:
        context.seats.leave(log)


def _take_over(
    context: Context,
    cursor: Cursor,
    framing: LiveFraming,
    headers: Mapping[str, str],
    scope: Scope,
) -> bool:
    """Go on on the connection itself, if the server gives it away."""
    connection = connection_of(scope)
    if connection is None:
        return False
    is_chunked = scope["http_version"] == "1.1" and not _closes(scope)
    body = LiveConnection(
        context, cursor, _shared(replace(framing, is_chunked=is_chunked)), caller_of(scope)
    )
    transport = connection.give_away(body)
    if transport is None:
        return False
    coding = {"Transfer-Encoding": "chunked"} if is_chunked else {}
    told = {**headers, **coding, "Connection": "close"}
    now_seconds = context.clock() // 1_000_000
    body.begin(transport, _head(tuple(told.items()), grant_of(scope), now_seconds))
    return True


def _closes(scope: Scope) -> bool:
    """Whether the client says that this is the connection's last request: its end is the body's,
    and there is no need for chunks."""
    return any(
        name == b"connection" and b"close" in value.lower() for name, value in scope["headers"]
    )


@lru_cache(maxsize=64)
def _head(headers: tuple[tuple[str, str], ...], grant: Grant, _: int) -> bytes:
    """The head of all that begin alike in this second: thousands may, after a restart."""
    return raw_head(200, dict(headers), grant)


__all__ = ["UNBUFFERED", "send_live"]
