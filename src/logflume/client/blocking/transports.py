# Made by scripts/generate-client from client/aio/transports.py: change that one, then run it.
"""What brings a log's pieces as they come: one thing to whoever reads, four ways to do it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from logflume.client.blocking.calls import Calls
from logflume.client.blocking.long_poll import LongPoll
from logflume.client.blocking.poll import Poll
from logflume.client.blocking.sse import Sse
from logflume.client.follow import Piece, Query, TransportName


class Transport(Protocol):
    """One connection, or the chain of requests that stands for one."""

    def receive(self) -> Piece:
        """What comes next. Raises ConnectionEnded, ServerAway, Refused."""
        ...

    def close(self) -> None:
        """Let it go. May be called again."""
        ...


Open = Callable[[Calls, str, Query], Transport]
"""Begins to read the log of a path at a place. Raises ServerAway, Refused."""


def opening(transport: TransportName) -> Open:
    """How this transport begins. Raises ValueError for one that there is not."""
    if transport == "websocket":
        # Loaded only where it is used: most have no need of it.
        from logflume.client.blocking.websocket import WebSocket

        return WebSocket.open
    if transport not in _OPEN:
        raise ValueError(f"a transport is sse, websocket, long-poll or poll, not {transport!r}")
    return _OPEN[transport]


_OPEN: dict[str, Open] = {
    "sse": Sse.open,
    "long-poll": LongPoll.open,
    "poll": Poll.open,
}

__all__ = ["Open", "Transport", "opening"]
