"""Where the bytes of a body that goes on are written: to the connection itself, or through ASGI.

A server that gives its connection away (`lent.py`) leaves nothing between the follower and the
transport: no request, no task. A client that takes nothing, or is not there any more, does not keep
it for long, and keeps nobody waiting meanwhile.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext

from logflume.access.callers import Caller
from logflume.cursor import Cursor
from logflume.errors import LogError
from logflume.http.context import Context, Send
from logflume.http.crowd import Crowds
from logflume.http.descriptors import descriptor_of
from logflume.http.follower import Follower
from logflume.http.live_framing import LiveFraming
from logflume.http.outlet import AsgiOutlet

STALLED_SECONDS = 30
"""A client that takes nothing for so long is cut off; it may come back to where it was."""

UNREACHABLE_SECONDS = 30
"""How long a client's kernel may acknowledge nothing, not even a sign of life."""

PROBE_SECONDS = (15, 5)
"""Where the framing has no sign of life, the kernels have one: after so much silence, and then
again and again."""

LAST_CHUNK = b"0\r\n\r\n"


class LiveConnection(asyncio.Protocol):
    """A connection that is nothing but one follower's body. `begin` once it has been taken over."""

    __slots__ = (
        "_follower",
        "_framing",
        "_log",
        "_seats",
        "_stalled",
        "_transport",
        "_watchers",
        "caller",
        "descriptor",
        "writable",
        "write",
    )

    def __init__(
        self, context: Context, cursor: Cursor, framing: LiveFraming, caller: Caller
    ) -> None:
        self.caller = caller
        self._follower = Follower(context.crowds, cursor, framing, self)
        self._framing = framing
        self._log = cursor.tail.log  # the same string for all who follow it
        self._seats = context.seats
        self._watchers = context.watchers
        self._stalled: asyncio.TimerHandle | None = None
        self.writable = True

    def begin(self, transport: asyncio.Transport, head: bytes) -> None:
        """Answer, and follow."""
        self._transport = transport
        _expect_life(transport, is_silent=not self._framing.heartbeat)
        self._watchers.add(self)
        self.descriptor = descriptor_of(transport)
        self.write = transport.write
        self.write(head + self._framing.coded(self._framing.opening()))
        self._follower.begin()
        if not self.caller.valid:  # since the request was examined
            self.dismiss()

    @property
    def pattern(self) -> str:
        """See `watchers.Watching`."""
        return self._framing.pattern

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
        self._end(self._framing.parting(error))

    def stopped(self, _: Follower) -> None:
        """See `follower.Outlet`."""
        self._end(self._framing.parting(None))

    def look(self, payload: bytes) -> None:
        """See `watchers.Watching`. Its crowd's heartbeats are what it needs, or the kernel's."""

    def cut_off(self) -> None:
        """See `watchers.Watching`."""
        self._transport.abort()

    def dismiss(self) -> None:
        """See `watchers.Waiting`. It ends as it would if the server did."""
        if self.writable:
            self._follower.stop()
        else:
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
        self._seats.leave(self._log)
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

    def _end(self, last: bytes | None) -> None:
        """Say the last of the body, and that it is; or, for want of words, neither."""
        if last is not None:
            end = LAST_CHUNK if self._framing.is_chunked else b""
            self.write(self._framing.coded(last) + end)
        self._transport.close()


class LiveResponse(AsgiOutlet):
    """The same as an ordinary streaming response."""

    def __init__(self, crowds: Crowds, cursor: Cursor, framing: LiveFraming, send: Send) -> None:
        self._follower = Follower(crowds, cursor, framing, self)
        self._framing = framing
        self._send = send
        self._is_broken = False
        super().__init__(self._emit_body, self._follower.resume)

    async def run(self) -> None:
        """Follow until the log ends or the server stops."""
        try:
            self.write(self._framing.opening())  # though it be empty: some servers wait for it
            self._follower.begin()
            await self.pump()
            if not self._is_broken:  # or the server, left without an end, closes the connection
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
        self._part(self._framing.parting(error))

    def stopped(self, _: Follower) -> None:
        """See `follower.Outlet`."""
        self._part(self._framing.parting(None))

    def _part(self, last: bytes | None) -> None:
        self._is_broken = last is None
        if last is not None:
            self.write(last)
        self.end()

    async def _emit_body(self, data: bytes) -> None:
        await self._send({"type": "http.response.body", "body": data, "more_body": True})


def _expect_life(transport: asyncio.Transport, *, is_silent: bool) -> None:
    """Have the kernel end the connection when a sign of life is not acknowledged: it would try for
    a quarter of an hour to reach a client whose network was cut, and never if there is nothing to
    send."""
    connection = transport.get_extra_info("socket")
    if connection is None or not hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux has it
        return
    milliseconds = int(UNREACHABLE_SECONDS * 1000)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
    if is_silent:
        first, then = PROBE_SECONDS
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, first)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, then)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


__all__ = ["LiveConnection", "LiveResponse"]
