# Made by scripts/generate-client from client/aio/poll.py: change that one, then run it.
"""Live reading by short polling: the history asked for again and again.

A question about a place that has nothing new names the answer it has, so that the server need not
look at records (304). How long to wait in between is `pace`'s.
"""

from __future__ import annotations

import time
from typing import Self

from logflume.client.answers import Page
from logflume.client.blocking.calls import Calls
from logflume.client.follow import Piece, Query
from logflume.client.pace import Pace


class Poll:
    """Requests that are answered at once."""

    def __init__(self, calls: Calls, path: str, first: Page) -> None:
        self._calls = calls
        self._path = path
        self._page = first
        self._etag = "" if first.body else first.etag
        self._given = False
        self._pace = Pace()

    @classmethod
    def open(cls, calls: Calls, path: str, query: Query) -> Self:
        """Begin to read at a place. Raises ServerAway, Refused."""
        return cls(calls, path, calls.page(path, query))

    def receive(self) -> Piece:
        """What comes next. Raises ServerAway, Refused."""
        while self._given:
            if self._page.up_to_date:
                time.sleep(self._pace.idle(self._page.retry_seconds))
            query: Query = {"offset": self._page.next_offset}
            page = self._calls.page(self._path, query, self._etag)
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

    def close(self) -> None:
        """Nothing is held between two requests."""


__all__ = ["Poll"]
