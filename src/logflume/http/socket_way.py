"""The way out to one WebSocket's client: frames as they are, or messages through ASGI.

A server of ours takes frames as they are, the same bytes for all. Any other (ASGI, WebSocket) is
given the message and frames it itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from logflume.http.context import Scope, Send
from logflume.http.outlet import AsgiOutlet
from logflume.wire.websocket import message_of

EXTENSION = "logflume.frames"
"""The key in `scope["extensions"]` (ASGI, Extensions) under which a server takes frames."""


class Frames(Protocol):
    """A server that takes frames."""

    @property
    def is_writable(self) -> bool:
        """Whether the client takes what is written."""

    @property
    def is_over(self) -> bool:
        """Whether the socket ends or has ended: nothing may be written any more."""

    def write_frame(self, frame: bytes) -> None:
        """Write the frame; never blocks. Not when the socket is over."""

    def watch(self, on_pause: Callable[[], None], on_writable: Callable[[], None]) -> None:
        """Have it told when the client takes no more, and when it does again or never will."""


class FrameWay:
    """Frames as they are."""

    def __init__(
        self, frames: Frames, on_pause: Callable[[], None], on_writable: Callable[[], None]
    ) -> None:
        self._frames = frames
        self.write = frames.write_frame
        frames.watch(on_pause, on_writable)

    @property
    def writable(self) -> bool:
        """See `subscriptions.Way`."""
        return self._frames.is_writable

    @property
    def is_over(self) -> bool:
        """Whether the socket ends or has ended."""
        return self._frames.is_over

    async def pump(self) -> None:
        """Nothing waits here."""

    async def flushed(self) -> None:
        """What was written goes out before what follows."""


class MessageWay(AsgiOutlet):
    """Messages, which the server frames."""

    def __init__(
        self, send: Send, on_pause: Callable[[], None], on_writable: Callable[[], None]
    ) -> None:
        super().__init__(self._emit_message, on_writable)
        self._on_pause = on_pause
        self._send = send
        self.is_over = False

    async def pump(self) -> None:
        try:
            await super().pump()
        finally:  # its server says by an error that the client has gone
            self.is_over = True
            self._on_writable()

    def write(self, data: bytes) -> None:
        super().write(data)
        self._on_pause()

    async def _emit_message(self, frame: bytes) -> None:
        await self._send({"type": "websocket.send", "text": message_of(frame)})


def way_of(
    scope: Scope, send: Send, on_pause: Callable[[], None], on_writable: Callable[[], None]
) -> FrameWay | MessageWay:
    """The best way that the server has."""
    frames: Frames | None = scope.get("extensions", {}).get(EXTENSION)
    if frames is None:
        return MessageWay(send, on_pause, on_writable)
    return FrameWay(frames, on_pause, on_writable)


__all__ = ["EXTENSION", "FrameWay", "Frames", "MessageWay", "way_of"]
