"""Live reading by short polling: the history asked for again and again.

A question about a place that has nothing new names the answer it has, so that the server need not
look at records (304). How long to wait in between is `pace`'s.
"""

from __future__ import annotations

import asyncio
from typing import Self

from logflume.client.aio.calls import AsyncCalls
from logflume.client.answers import Page
from logflume.client.follow import Piece, Query
from logflume.client.pace import Pace


class AsyncPoll:
    """Requests that are answered at once."""

    def __init__(self, calls: AsyncCalls, path: str, first: Page) -> None:
        self._calls = calls
        self._path = path
        self._page = first
        self._etag = "" if first.body else first.etag
        self._given = False
        self._pace = Pace()

    @classmethod
    async def open(cls, calls: AsyncCalls, path: str, query: Query) -> Self:
        """Begin to read at a place. Raises ServerAway, Refused."""
        return cls(calls, path, await calls.page(path, query))

    async def receive(self) -> Piece:
        """What comes next. Raises ServerAway, Refused."""
        while self._given:
            if self._page.up_to_date:
                await asyncio.sleep(self._pace.idle(self._page.retry_seconds))
            query: Query = {"offset": self._page.next_offset}
            page = await self._calls.page(self._path, query, self._etag)
            if page.unchanged:
                continue
            self._page = page
            # It is of this place only if it brought nothing; after news, the place is another.
            self._etag = "" if page.body else page.etag
            self._given = not page.body and not page.closed
            if page.body:
                self._pace.news()
        self._given = True
        return self._page.piece()

    async def aclose(self) -> None:
        """Nothing is held between two requests."""


__all__ = ["AsyncPoll"]
