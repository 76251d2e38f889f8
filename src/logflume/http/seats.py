"""How many may watch: one log, and all together.

A watcher is an open live reader: a stream, a log that a WebSocket follows, a long poll while it
waits. Each takes a seat and leaves it. Whoever finds none is told so, and when to come back.
"""

from __future__ import annotations

import random

from logflume.errors import TooManyWatchers
from logflume.records import LogId

MAX_WATCHERS = 50_000
"""In all: some 100 MB, and a burst of one line to each takes half a second."""

MAX_WATCHERS_OF_A_LOG = 20_000
"""A burst to all of them takes a fifth of a second; of another log's watchers none is kept waiting
for longer."""

RETRY_SECONDS = (5, 15)
"""When to come back: not all at once."""


class Seats:
    """Use it on the event loop only."""

    def __init__(
        self, max_watchers: int = MAX_WATCHERS, max_watchers_of_a_log: int = MAX_WATCHERS_OF_A_LOG
    ) -> None:
        self._max = max_watchers
        self.taken = 0
        self._max_of_a_log = max_watchers_of_a_log
        self._of: dict[LogId, int] = {}

    def take(self, log: LogId) -> None:
        """Take a seat; `leave` gives it back. Raises TooManyWatchers."""
        taken = self._of.get(log, 0)
        if taken >= self._max_of_a_log:
            raise _full("this log")
        if self.taken >= self._max:
            raise _full("this server")
        self.taken += 1
        self._of[log] = taken + 1

    def leave(self, log: LogId) -> None:
        """Give a seat back."""
        self.taken -= 1
        taken = self._of.pop(log) - 1
        if taken:
            self._of[log] = taken


def _full(where: str) -> TooManyWatchers:
    retry_seconds = random.randint(*RETRY_SECONDS)  # noqa: S311 -- spreads load
    detail = f"{where} has as many watchers as it may; come back in {retry_seconds} seconds"
    return TooManyWatchers(f"{detail}, or read without live", retry_seconds)


__all__ = ["MAX_WATCHERS", "MAX_WATCHERS_OF_A_LOG", "Seats"]
