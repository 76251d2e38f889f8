"""Where an SSE follower's bytes go: to the connection itself, or through ASGI.

A server that gives its connection away (`lent.py`) leaves nothing between the follower and the
transport: no request, no task. The stream ends with the connection.
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext

from logflume.cursor import Cursor
from logflume.errors import LogError, NoSuchLog
from logflume.http.context import Context, Send
from logflume.http.crowd import Crowds, Framing
from logflume.http.descriptors import descriptor_of
from logflume.http.follower import Follower
from logflume.http.outlet import AsgiOutlet
from logflume.http.problems import problem_of
from logflume.wire.sse import SSE_GONE, chunked, sse_problem, sse_retry

RETRY_MILLISECONDS = (500, 2500)
"""When a reader who lost the server comes back: soon, but not all at once."""

STALLED_SECONDS = 30
"""A client that takes nothing for so long is cut off; it may come back to where it was."""

UNREACHABLE_SECONDS = 30
"""How long a client's kernel may acknowledge nothing, not even a heartbeat."""

LAST_CHUNK = b"0\r\n\r\n"


class SseConnection(asyncio.Protocol):
    """A connection that is nothing but one follower's stream. `begin` once it has been taken over.

    `is_chunked` says that the client speaks HTTP/1.1, where a body's end is told.
    """

    __slots__ = (
        "_follower",
        "_is_chunked",
        "_stalled",
        "_transport",
        "_watchers",
        "descriptor",
        "writable",
        "write",
    )

    def __init__(
        self, context: Context, cursor: Cursor, framing: Framing, *, is_chunked: bool
    ) -> None:
        self._follower = Follower(context.crowds, cursor, framing, self)
        self._watchers = context.watchers
        self._is_chunked = is_chunked
        self._stalled: asyncio.TimerHandle | None = None
        self.writable = True

    def begin(self, transport: asyncio.Transport, head: bytes) -> None:
        """Answer, and follow."""
        self._transport = transport
        _expect_life(transport)
        self._watchers.add(self)
        self.descriptor = descriptor_of(transport)
        self.write = transport.write
        self.write(head + self._body(retry()))
        self._follower.begin()

    @property
    def reading(self) -> AbstractAsyncContextManager[object]:
        """See `follower.Outlet`."""
        return nullcontext()

    @property
    def crowd_write(self) -> Callable[[bytes], None]:
        """See `follower.Outlet`."""
        return self.write

    def finished(self, _: Follower) -> None:
        """See `follower.Outlet`."""
        self._end(b"")

    def failed(self, _: Follower, error: LogError) -> None:
        """See `follower.Outlet`."""
        self._end(last_words(error))

    def stopped(self, _: Follower) -> None:
        """See `follower.Outlet`."""
        self._end(retry())

    def look(self, payload: bytes) -> None:
        """See `watchers.Watching`. Its crowd's heartbeats are what it needs."""

    def cut_off(self) -> None:
        """See `watchers.Watching`."""
        self._transport.abort()

    def pause_writing(self) -> None:
        self.writable = False
        self._watch()
        self._follower.pause()

    def resume_writing(self) -> None:
        self.writable = True
        if self._stalled is not None:
            self._stalled.cancel()
        self._follower.resume()

    def eof_received(self) -> None:
        # The transport closes now and takes nothing more, but its socket would: with no follower,
        # nothing can come to the client after what the transport left out.
        self._follower.leave()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio's name
        self._follower.leave()
        del self._follower  # the two would keep each other alive
        self._watchers.discard(self)
        if self._stalled is not None:
            self._stalled.cancel()

    def _watch(self) -> None:
        unsent_bytes = self._transport.get_write_buffer_size()
        loop = asyncio.get_running_loop()
        self._stalled = loop.call_later(STALLED_SECONDS, self._cut_off, unsent_bytes)

    def _cut_off(self, unsent_bytes: int) -> None:
        if self._transport.get_write_buffer_size() < unsent_bytes:
            self._watch()
        else:
            self._transport.abort()

    def _end(self, last: bytes) -> None:
        self.write(self._body(last) + (LAST_CHUNK if self._is_chunked else b""))
        self._transport.close()

    def _body(self, data: bytes) -> bytes:
        return chunked(data) if self._is_chunked and data else data


class SseResponse(AsgiOutlet):
    """The same as an ordinary streaming response."""

    def __init__(self, crowds: Crowds, cursor: Cursor, framing: Framing, send: Send) -> None:
        self._follower = Follower(crowds, cursor, framing, self)
        self._send = send
        super().__init__(self._emit_body, self._follower.resume)

    async def run(self) -> None:
        """Follow until the log ends or the server stops."""
        try:
            self.write(retry())
            self._follower.begin()
            await self.pump()
            await self._send({"type": "http.response.body"})
        finally:
            self._follower.leave()

    def write(self, data: bytes) -> None:
        super().write(data)
        self._follower.pause()

    @property
    def reading(self) -> AbstractAsyncContextManager[object]:
        """See `follower.Outlet`."""
        return nullcontext()

    @property
    def crowd_write(self) -> Callable[[bytes], None]:
        """See `follower.Outlet`."""
        return self.write

    def finished(self, _: Follower) -> None:
        """See `follower.Outlet`."""
        self.end()

    def failed(self, _: Follower, error: LogError) -> None:
        """See `follower.Outlet`."""
        self.write(last_words(error))
        self.end()

    def stopped(self, _: Follower) -> None:
        """See `follower.Outlet`."""
        self.write(retry())
        self.end()

    async def _emit_body(self, data: bytes) -> None:
        await self._send({"type": "http.response.body", "body": data, "more_body": True})


def _expect_life(transport: asyncio.Transport) -> None:
    """Have the kernel end the connection when a heartbeat is not acknowledged: it would try for a
    quarter of an hour to reach a client whose network was cut."""
    connection = transport.get_extra_info("socket")
    if connection is not None and hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        milliseconds = int(UNREACHABLE_SECONDS * 1000)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)


def retry() -> bytes:
    """Asks whoever loses the stream to come back soon, each at another moment."""
    return sse_retry(random.randint(*RETRY_MILLISECONDS))  # noqa: S311 -- spreads load, no secret


def last_words(error: LogError) -> bytes:
    """Tells that the stream ends early, and why."""
    if isinstance(error, NoSuchLog):
        return SSE_GONE
    return sse_problem(problem_of(error).document())


__all__ = ["SseConnection", "SseResponse"]
