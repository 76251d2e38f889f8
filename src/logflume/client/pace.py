"""How long short polling waits before it asks again. Only numbers: whoever asks does the waiting.

What has just grown is likely to grow on, so after news it asks quickly, then less and less often,
until it asks as rarely as the server advises.
"""

from __future__ import annotations

import random

QUICK_SECONDS = 0.1
"""After news. People take it for at once, and it costs the server no more than ten requests a
second, each answered without reading a record."""

UNADVISED_SECONDS = 1.0
"""The least that the server advises, and what is taken if a proxy swallows its advice."""

_chance = random.SystemRandom()
"""The system's: one that is seeded would be the application's own, or the same in every fork."""


class Pace:
    """The waiting times of one reader."""

    def __init__(self) -> None:
        self._next = QUICK_SECONDS

    def news(self) -> None:
        """The log has grown."""
        self._next = QUICK_SECONDS

    def idle(self, advised_seconds: float) -> float:
        """It has not: how long to wait, and not all readers equally long."""
        longest = advised_seconds or UNADVISED_SECONDS
        seconds = min(self._next, longest)
        self._next = min(self._next * 2, longest)
        return seconds * _chance.uniform(1, 1.25)


__all__ = ["Pace"]
