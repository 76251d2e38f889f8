"""The way out to one WebSocket: a frame after the other, each when the last one has been taken.

Whoever has the turn may write; the turn is given on when the transport takes more. So whoever reads
records only in its turn has at most one batch under way, however many logs a socket follows and
however slow its client is.

A server of ours takes frames as they are, the same bytes for all. Any other (ASGI, WebSocket) is
given the message and frames it itself.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from logflume.http.context import Scope, Send
from logflume.wire.websocket import message_of

EXTENSION = "logflume.frames"
"""The key in `scope["extensions"]` (ASGI, Extensions) under which a server takes frames."""


class Frames(Protocol):
    """A server that takes frames. Both methods raise OSError when the client is gone."""

    def write_frame(self, frame: bytes) -> bool:
        """Write the frame; whether another may be written at once."""

    async def drained(self) -> None:
        """Return when another may be written."""


class Outlet:
    """What an endpoint says to its client. `turn` keeps those who write apart, first come first."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._send = send
        self._frames: Frames | None = scope.get("extensions", {}).get(EXTENSION)
        self.turn = asyncio.Lock()

    async def write(self, frame: bytes) -> None:
        """Write a frame, and return when another may be written. Only for whoever has the turn.

        Raises OSError. When cancelled, the frame went out whole or not at all.
        """
        if self._frames is None:
            await self._send({"type": "websocket.send", "text": message_of(frame)})
        elif not self._frames.write_frame(frame):
            await self._frames.drained()

    async def tell(self, frame: bytes) -> None:
        """The same in a turn of its own."""
        async with self.turn:
            await self.write(frame)

    async def close(self, code: int, reason: str) -> None:
        """Say that nothing follows, and why. Only for whoever has the turn."""
        await self._send({"type": "websocket.close", "code": code, "reason": reason})


__all__ = ["EXTENSION", "Frames", "Outlet"]
