# Made by scripts/generate-client from client/aio/long_poll.py: change that one, then run it.
"""Live reading by long polling: each answer brings what is new, and is followed by a question.

What is there already is read page by page; only at the tail does a request wait. A server that
stops answers those that wait, and would go on doing so as often as it is asked.
"""

from __future__ import annotations

import time
from typing import Self

from logflume.client.answers import Page
from logflume.client.blocking.calls import Calls
from logflume.client.errors import ConnectionEnded
from logflume.client.follow import Piece, Query

LEAST_WAIT_SECONDS = 1.0
"""A server that has nothing says so after 20 seconds. One that says so faster does not wait."""


class LongPoll:
    """Requests that are held open until there is something."""

    def __init__(self, calls: Calls, path: str, first: Page) -> None:
        self._calls = calls
        self._path = path
        self._page = first
        self._given = False

    @classmethod
    def open(cls, calls: Calls, path: str, query: Query) -> Self:
        """Begin to read at a place. Raises ServerAway, Refused."""
        return cls(calls, path, calls.page(path, query))

    def receive(self) -> Piece:
        """What comes next. Raises ConnectionEnded, ServerAway, Refused."""
        while self._given:
            page = self._next()
            self._given = not page.body and not page.closed
            self._page = page
        self._given = True
        return self._page.piece()

    def _next(self) -> Page:
        query: Query = {"offset": self._page.next_offset}
        if not self._page.up_to_date:
            return self._calls.page(self._path, query)
        cursor = {"cursor": self._page.cursor} if self._page.cursor else {}
        asked_at = time.monotonic()
        page = self._calls.poll(self._path, {**query, **cursor})
        if not page.body and not page.closed and time.monotonic() < asked_at + LEAST_WAIT_SECONDS:
            raise ConnectionEnded("it answers without waiting")
        return page

    def close(self) -> None:
        """Nothing is held between two requests."""


__all__ = ["LongPoll"]
