"""The body of a request, whole and decompressed, within bounds.

The bound counts decompressed bytes and is checked while decompressing, so that a small bomb
never becomes a large one. Nothing of a body that is cut off or corrupt is handed on.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import zstandard
from starlette.requests import Request
from starlette.responses import Response

from logflume.errors import BadInput, TooLarge
from logflume.http.context import Receive
from logflume.http.problems import UnsupportedType

MAX_BATCH_BYTES = 20 * 1024 * 1024
"""One batch is held in memory and stored in one step; more belongs in a stream, or several."""

MAX_MEMBERS = 10_000
"""In a compressed body. Each costs the same however little is in it, and 20 MiB hold a million."""


class ClientDisconnected(Exception):
    """The client went away before the end of its body."""


async def on_disconnect(_: Request, __: Exception) -> Response:
    """Nobody is left to read it, but something must be answered."""
    return Response(status_code=400)


async def read_body(receive: Receive, max_bytes: int = MAX_BATCH_BYTES) -> bytes:
    """The whole body. Raises TooLarge, ClientDisconnected."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
        part = message.get("body", b"")
        parts.append(part)
        size += len(part)
        if size > max_bytes:
            raise TooLarge("the body", max_bytes)
        if not message.get("more_body", False):
            return b"".join(parts)


def decompressed(body: bytes, encoding: str, max_bytes: int = MAX_BATCH_BYTES) -> bytes:
    """The body that `encoding` (a Content-Encoding) was applied to.

    Raises UnsupportedType, TooLarge, and BadInput when it is cut off, corrupt or followed by junk.
    """
    if encoding in ("", "identity"):
        return body
    coding = _CODINGS.get(encoding)
    if coding is None:
        raise UnsupportedType(
            f"Content-Encoding {encoding!r} is not taken; send gzip, zstd or plain"
        )
    try:
        return _members(body, coding, max_bytes)
    except (zlib.error, zstandard.ZstdError) as error:
        raise BadInput(f"the {encoding} body is corrupt: {error}; nothing was stored") from None


async def whole_body(headers: Mapping[str, str], receive: Receive) -> bytes:
    """The body of a request with these headers, decompressed. Raises as the two above do."""
    body = await read_body(receive)
    encoding = headers.get("content-encoding", "").strip().lower()
    return await asyncio.to_thread(decompressed, body, encoding) if encoding else body


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class _Coding:
    make: Callable[[], _Decompressor]
    piece_bytes: int
    """Fed to the decompressor at a time: it bounds what comes out at once to some 16 MB."""


def _members(body: bytes, coding: _Coding, max_bytes: int) -> bytes:
    """All members of the body: gzip and zstd both allow several, one after the other."""
    parts: list[bytes] = []
    size = place = members = 0
    while place < len(body):
        members += 1
        if members > MAX_MEMBERS:
            raise BadInput(f"the compressed body has more than {MAX_MEMBERS} members")
        member = coding.make()
        while not member.eof:
            if place >= len(body):
                raise BadInput("the compressed body is cut off; nothing was stored")
            piece = body[place : place + coding.piece_bytes]
            part = member.decompress(piece)
            place += len(piece)
            parts.append(part)
            size += len(part)
            if size > max_bytes:
                raise TooLarge("the decompressed body", max_bytes)
        place -= len(member.unused_data)
    return b"".join(parts)


_GZIP = _Coding(lambda: zlib.decompressobj(zlib.MAX_WBITS | 16), 16 * 1024)  # 1,032 times at most
_ZSTD = _Coding(  # 4 bytes may stand for a block of 128 KB; the window is RFC 9659's for HTTP
    lambda: zstandard.ZstdDecompressor(max_window_size=8 * 1024 * 1024).decompressobj(), 512
)
_CODINGS = {"gzip": _GZIP, "x-gzip": _GZIP, "zstd": _ZSTD}

__all__ = [
    "MAX_BATCH_BYTES",
    "ClientDisconnected",
    "decompressed",
    "on_disconnect",
    "read_body",
    "whole_body",
]
