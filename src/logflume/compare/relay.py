"""Small relays between watchers and the server: one that cuts connections, one that holds back.

Each passes bytes on as they are; what it does to an answer on its way is all that they differ in.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Self

import httptools

from logflume.compare.server import HOST

READ_BYTES = 64 * 1024

HELD_BYTES = 64 * 1024
"""What proxies hold of an answer before they must pass some of it on: nginx has eight buffers of a
page or two, others one of this size."""

RESET = struct.pack("ii", 1, 0)
"""SO_LINGER on, for no time: closing sends a reset."""


class Relay:
    """Passes connections on to the server at `target`, for the block in which it is entered."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._passing: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None  # noqa: S101 -- for the type alone
        return int(self._server.sockets[0].getsockname()[1])

    async def answers(self, link: Link) -> None:
        """Pass on what the server says, to its end."""
        async for piece in link.pieces():
            await link.pass_on(piece)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._begin, HOST, 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None  # noqa: S101 -- for the type alone
        self._server.close()
        for task in self._passing:
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._pass(reader, writer))
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far: asyncio.StreamWriter | None = None
        ways: list[asyncio.Task[None]] = []
        try:
            far_reader, far = await asyncio.open_connection(HOST, self._target)
            there = Link(reader, far)
            back = Link(far_reader, writer)
            ways = [asyncio.create_task(_all(there)), asyncio.create_task(self._back(back))]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        except OSError:
            return  # the server is gone, and who watches it says so
        finally:
            for way in ways:
                way.cancel()
            writer.close()  # what is written still goes out
            if far is not None:
                far.transport.abort()

    async def _back(self, link: Link) -> None:
        with suppress(OSError):
            await self.answers(link)


class Link:
    """One direction of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def pieces(self) -> AsyncIterator[bytes]:
        """What comes, as it comes."""
        while data := await self._reader.read(READ_BYTES):
            yield data

    async def pass_on(self, piece: bytes) -> None:
        """Send it on."""
        self._writer.write(piece)
        await self._writer.drain()

    def reset(self) -> None:
        """Cut the connection to whoever is sent to, as networks do."""
        raw: socket.socket | None = self._writer.get_extra_info("socket")
        if raw is not None and not self._writer.transport.is_closing():
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self._writer.transport.abort()


async def _all(link: Link) -> None:
    with suppress(OSError):
        async for piece in link.pieces():
            await link.pass_on(piece)


class CuttingRelay(Relay):
    """Cuts the connections that it is told to, in the middle of the next piece of an answer."""

    def __init__(self, target: int, first: int = 0) -> None:
        super().__init__(target)
        self._open: set[Link] = set()
        self._doomed: set[Link] = set()
        self._first = first
        """So many of the first connections are to be cut, too."""

    @property
    def is_done(self) -> bool:
        """Whether every connection that was to be cut has been, or has ended before."""
        return not self._doomed and not self._first

    def arm(self) -> None:
        """Cut all connections that are open now."""
        self._doomed = set(self._open)

    async def answers(self, link: Link) -> None:
        self._open.add(link)
        if self._first:
            self._first -= 1
            self._doomed.add(link)
        try:
            async for piece in link.pieces():
                if link in self._doomed:
                    await link.pass_on(piece[: len(piece) // 2])
                    link.reset()
                    return
                await link.pass_on(piece)
        finally:
            self._open.discard(link)
            self._doomed.discard(link)


class BufferingRelay(Relay):
    """Holds an answer back until it is whole, or so much of it has come that it must let go.

    A connection that has become a WebSocket's is a tunnel: no proxy can hold that back, for it does
    not know where an answer ends. It does not obey `X-Accel-Buffering: no`, as nginx does.
    """

    async def answers(self, link: Link) -> None:
        held = _Held()
        async for piece in link.pieces():
            if ready := held.add(piece):
                await link.pass_on(ready)
        await link.pass_on(held.all())


class _Held:
    """Bytes of answers that have not been passed on."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._bytes = b""
        self._is_whole = False
        self._is_tunnel = False

    def add(self, piece: bytes) -> bytes:
        """Add it; what may be passed on now."""
        self._bytes += piece
        if not self._is_tunnel:
            try:
                self._parser.feed_data(piece)
            except httptools.HttpParserUpgrade:
                self._is_tunnel = True
        if self._is_whole or self._is_tunnel or len(self._bytes) >= HELD_BYTES:
            return self.all()
        return b""

    def all(self) -> bytes:
        """Whatever there is."""
        held, self._bytes = self._bytes, b""
        return held

    def on_message_begin(self) -> None:
        self._is_whole = False

    def on_message_complete(self) -> None:
        self._is_whole = True


__all__ = ["HELD_BYTES", "BufferingRelay", "CuttingRelay", "Link", "Relay"]
