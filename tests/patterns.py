"""The five patterns as five ways to take the next batch of a log, each from an offset.

The records are the raw bytes between the brackets and commas, so that what two patterns give can be
compared byte for byte. Nothing here is Logflume's own client: what it gets right must be the
server's merit.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import httpx2
import msgspec
import websockets.asyncio.client as websockets


@dataclass(frozen=True, slots=True)
class Piece:
    """What came together: records, the offset after them, whether the log ends there."""

    records: list[bytes]
    offset: str
    closed: bool


class Source:
    """One log on one server."""

    def __init__(self, client: httpx2.AsyncClient, path: str) -> None:
        self.client = client
        self.path = path

    async def request(self, offset: str) -> Piece:
        """Request/response: what is there, asked for at random moments."""
        await asyncio.sleep(0.01)
        answer = await self.client.get(self.path, params={"offset": offset})
        return _piece(answer)

    async def poll(self, offset: str) -> Piece:
        """Short polling: again and again, until it is something else than before."""
        first = await self.client.get(self.path, params={"offset": offset})
        if _items(first.content):
            return _piece(first)
        headers = {"If-None-Match": first.headers["ETag"]}
        while True:
            answer = await self.client.get(self.path, params={"offset": offset}, headers=headers)
            if answer.status_code != 304:
                return _piece(answer)
            assert answer.content == b""
            await asyncio.sleep(0.005)

    async def long_poll(self, offset: str) -> Piece:
        params = {"offset": offset, "live": "long-poll"}
        answer = await self.client.get(self.path, params=params)
        return _piece(answer)

    async def sse(self, offset: str) -> Piece:
        async with aclosing(self.sse_pieces(offset)) as pieces:
            return await anext(pieces)

    async def websocket(self, offset: str) -> Piece:
        async with aclosing(self.websocket_pieces(offset)) as pieces:
            return await anext(pieces)

    async def sse_pieces(self, offset: str) -> AsyncGenerator[Piece, None]:
        """All that comes over one connection, that has records or is the end."""
        params = {"offset": offset, "live": "sse"}
        async with self.client.stream("GET", self.path, params=params) as answer:
            assert answer.status_code == 200
            records: list[bytes] = []
            name = b""
            async for line in _lines(answer):
                field, _, value = line.partition(b":")
                if field == b"event":
                    name = value.strip()
                elif field == b"data" and name == b"data":
                    records = _items(value)
                elif field == b"data" and name == b"control":
                    control = msgspec.json.decode(value)
                    closed = control.get("streamClosed", False)
                    if records or closed:
                        yield Piece(records, control["streamNextOffset"], closed)
                    records = []

    async def websocket_pieces(self, offset: str) -> AsyncGenerator[Piece, None]:
        """The same over a WebSocket."""
        base = str(self.client.base_url).rstrip("/").replace("http", "ws", 1)
        address = f"{base}{self.path}?live=ws&offset={offset}"
        async with websockets.connect(
            address, compression=None, max_size=None, open_timeout=None
        ) as socket:
            async for text in socket:
                message = msgspec.json.decode(text, type=_Message)
                assert message.type == "batch"
                closed = message.control.get("streamClosed", False)
                if message.data or closed:
                    records = [bytes(item) for item in message.data]
                    yield Piece(records, message.control["streamNextOffset"], closed)

    async def body(self) -> list[bytes]:
        """All records in one body that goes on until the log ends."""
        params = {"offset": "-1", "live": "follow"}
        async with self.client.stream("GET", self.path, params=params) as answer:
            assert answer.status_code == 200
            return [line async for line in _lines(answer)]

    @property
    def patterns(self) -> dict[str, Callable[[str], Awaitable[Piece]]]:
        """Each pattern's way to take the next batch."""
        return {
            "request/response": self.request,
            "short polling": self.poll,
            "long polling": self.long_poll,
            "SSE": self.sse,
            "WebSocket": self.websocket,
        }


class _Message(msgspec.Struct):
    type: str
    control: dict[str, Any] = {}
    data: list[msgspec.Raw] = []


async def _lines(answer: httpx2.Response) -> AsyncGenerator[bytes, None]:
    """The body's lines. The library's own would also end them at U+2028, which is text."""
    rest = b""
    async for body in answer.aiter_bytes():
        *lines, rest = (rest + body).split(b"\n")
        for line in lines:
            yield line


def _items(body: bytes) -> list[bytes]:
    return [bytes(item) for item in msgspec.json.decode(body, type=list[msgspec.Raw])]


def _piece(answer: httpx2.Response) -> Piece:
    assert answer.status_code in (200, 204), answer.text
    closed = answer.headers.get("Stream-Closed") == "true"
    records = _items(answer.content) if answer.content else []
    return Piece(records, answer.headers["Stream-Next-Offset"], closed)


__all__ = ["Piece", "Source"]
