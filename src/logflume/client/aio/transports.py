"""What brings a log's pieces as they come: one thing to whoever reads, four ways to do it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from logflume.client.aio.calls import AsyncCalls
from logflume.client.aio.long_poll import AsyncLongPoll
from logflume.client.aio.poll import AsyncPoll
from logflume.client.aio.sse import AsyncSse
from logflume.client.follow import Piece, Query, TransportName


class AsyncTransport(Protocol):
    """One connection, or the chain of requests that stands for one."""

    async def receive(self) -> Piece:
        """What comes next. Raises ConnectionEnded, ServerAway, Refused."""
        ...

    async def aclose(self) -> None:
        """Let it go. May be called again."""
        ...


AsyncOpen = Callable[[AsyncCalls, str, Query], Awaitable[AsyncTransport]]
"""Begins to read the log of a path at a place. Raises ServerAway, Refused."""


def opening(transport: TransportName) -> AsyncOpen:
    """How this transport begins. Raises ValueError for one that there is not."""
    if transport == "websocket":
        # Loaded only where it is used: most have no need of it.
        from logflume.client.aio.websocket import AsyncWebSocket

        return AsyncWebSocket.open
    if transport not in _OPEN:
        raise ValueError(f"a transport is sse, websocket, long-poll or poll, not {transport!r}")
    return _OPEN[transport]


_OPEN: dict[str, AsyncOpen] = {
    "sse": AsyncSse.open,
    "long-poll": AsyncLongPoll.open,
    "poll": AsyncPoll.open,
}

__all__ = ["AsyncOpen", "AsyncTransport", "opening"]
