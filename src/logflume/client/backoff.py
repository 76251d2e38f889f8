"""How long to wait before asking again: longer each time, and never all clients at once.

Only numbers: whoever asks does the waiting, and may be woken.
"""

from __future__ import annotations

import random

FIRST_SECONDS = 0.1
"""A server that restarts is often back at once."""

LONGEST_SECONDS = 5.0
"""Long enough to spare a server that struggles, short enough to notice that it is back."""

_chance = random.SystemRandom()
"""The system's: one that is seeded would be the application's own, or the same in every fork."""


class Backoff:
    """Waiting times for one conversation: doubled from try to try, half of each left to chance."""

    def __init__(self, longest_seconds: float = LONGEST_SECONDS) -> None:
        self._longest = longest_seconds
        self.failures = 0

    def succeeded(self) -> None:
        """The next failure is a first one again."""
        self.failures = 0

    def failed(self, at_least_seconds: float = 0) -> float:
        """How many seconds to wait now; not less than the server asked for, up to the longest."""
        wanted = FIRST_SECONDS * (1 << min(self.failures, 10))
        self.failures += 1
        seconds: float = min(max(wanted, at_least_seconds), self._longest)
        return seconds * _chance.uniform(0.5, 1)


__all__ = ["Backoff"]
