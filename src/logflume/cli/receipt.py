"""How long a request may take to come: one timer for all connections that owe a part of one.

A connection is watched from its beginning, and from the first byte of each request that does not
come at once, to the end of that request. What it has to say for itself it is asked once in a while;
one whose requests come whole costs nothing.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol

from logflume.http.limits import BODY_SECONDS, HEAD_SECONDS
from logflume.http.slices import in_slices

LINGER_SECONDS = 2.0
"""For a client that was refused to read why. What it sends meanwhile is thrown away: closing on it
would make its kernel forget the answer."""

LOOKS = 8
"""How often it is looked, in the shortest of these times: a deadline is kept to an eighth."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """In seconds. `idle` is what a connection may be kept before its first request."""

    idle: float
    head: float = HEAD_SECONDS
    body: float = BODY_SECONDS
    linger: float = LINGER_SECONDS


class Receiving(Protocol):
    """A connection on which a request is coming."""

    def look(self, now: float) -> None:
        """See whether it took too long. `now` is the event loop's time."""


class Receipt:
    """Use it on the event loop only."""

    def __init__(self, deadlines: Deadlines) -> None:
        self.deadlines = deadlines
        self._all: set[Receiving] = set()
        self._is_looking = False
        self._look_seconds = min(deadlines.head, deadlines.body, deadlines.linger) / LOOKS

    def __len__(self) -> int:
        return len(self._all)

    def watch(self, one: Receiving) -> None:
        """Look after it from now on."""
        self._all.add(one)
        self._look_later()

    def discard(self, one: Receiving) -> None:
        """Nothing is owed by it any more."""
        self._all.discard(one)

    def _look_later(self) -> None:
        if self._all and not self._is_looking:
            self._is_looking = True
            asyncio.get_running_loop().call_later(self._look_seconds, self._look)

    def _look(self) -> None:
        self._is_looking = False
        now = asyncio.get_running_loop().time()

        def look_at(one: Receiving) -> None:
            if one in self._all:  # still
                one.look(now)

        in_slices(list(self._all), look_at)
        self._look_later()


__all__ = ["LINGER_SECONDS", "Deadlines", "Receipt", "Receiving"]
