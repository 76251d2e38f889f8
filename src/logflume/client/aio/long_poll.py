"""Live reading by long polling: each answer brings what is new, and is followed by a question.

What is there already is read page by page; only at the tail does a request wait. A server that
stops answers those that wait, and would go on doing so as often as it is asked.
"""

from __future__ import annotations

import time
from typing import Self

from logflume.client.aio.calls import AsyncCalls
from logflume.client.answers import Page
from logflume.client.errors import ConnectionEnded
from logflume.client.follow import Piece, Query

LEAST_WAIT_SECONDS = 1.0
"""A server that has nothing says so after 20 seconds. One that says so faster does not wait."""


class AsyncLongPoll:
    """Requests that are held open until there is something."""

    def __init__(self, calls: AsyncCalls, path: str, first: Page) -> None:
        self._calls = calls
        self._path = path
        self._page = first
        self._given = False

    @classmethod
    async def open(cls, calls: AsyncCalls, path: str, query: Query) -> Self:
        """Begin to read at a place. Raises ServerAway, Refused."""
        return cls(calls, path, await calls.page(path, query))

    async def receive(self) -> Piece:
        """What comes next. Raises ConnectionEnded, ServerAway, Refused."""
        while self._given:
            page = await self._next()
            self._given = not page.body and not page.closed
            self._page = page
        self._given = True
        return self._page.piece()

    async def _next(self) -> Page:
        query: Query = {"offset": self._page.next_offset}
        if not self._page.up_to_date:
            return await self._calls.page(self._path, query)
        cursor = {"cursor": self._page.cursor} if self._page.cursor else {}
        asked_at = time.monotonic()
        page = await self._calls.poll(self._path, {**query, **cursor})
        if not page.body and not page.closed and time.monotonic() < asked_at + LEAST_WAIT_SECONDS:
            raise ConnectionEnded("it answers without waiting")
        return page

    async def aclose(self) -> None:
        """Nothing is held between two requests."""


__all__ = ["AsyncLongPoll"]
