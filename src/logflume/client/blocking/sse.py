# Made by scripts/generate-client from client/aio/sse.py: change that one, then run it.
"""Live reading by Server-Sent Events: one answer that goes on for as long as the log does."""

from __future__ import annotations

from collections import deque
from typing import Self

import httpx2

from logflume.client.answers import translated
from logflume.client.blocking.calls import Calls
from logflume.client.errors import ConnectionEnded
from logflume.client.follow import Piece, Query
from logflume.client.frames import piece_of_event
from logflume.client.sse import Event, SseParser


class Sse:
    """A log's event stream."""

    def __init__(self, answer: httpx2.Response) -> None:
        self._answer = answer
        self._body = answer.iter_bytes()
        self._parser = SseParser()
        self._events: deque[Event] = deque()

    @classmethod
    def open(cls, calls: Calls, path: str, query: Query) -> Self:
        """Begin to read at a place. Raises ServerAway, Refused."""
        return cls(calls.events(path, query))

    def receive(self) -> Piece:
        """What comes next. Raises ConnectionEnded, ServerAway, Refused."""
        while True:
            while self._events:
                piece = piece_of_event(self._events.popleft())
                if piece:
                    return piece
            with translated():
                body = next(self._body, None)
            if body is None:
                raise ConnectionEnded("the connection was closed")
            self._events.extend(self._parser.push(body))

    def close(self) -> None:
        """Leave the log. May be called again."""
        self._answer.close()


__all__ = ["Sse"]
