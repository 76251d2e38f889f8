"""The clock by which logs expire: the system's, but not where that jumps.

A clock that is set wrong, by a broken time server or by hand, would end the lifetimes of all logs
at once, and what is deleted stays deleted. So time goes on here as the monotonic clock says, and
follows a jump only once it has stood for a while, in which somebody may notice and mend it.

What time a record was received is told by the system's clock, right or wrong: it can be explained
later. This file does not know what expires.
"""

from __future__ import annotations

from collections.abc import Callable

STEP_US = 60 * 1_000_000
"""What clocks are put right by without anybody noticing is far less; lifetimes are no shorter."""

TRUSTED_AFTER_US = 3600 * 1_000_000
"""How long a jump must stand until it is believed. A lifetime that is over ends this much later."""


class LifetimeClock:
    """Microseconds since 1970. `wall` is the system's clock, `monotonic` one that never jumps."""

    def __init__(self, wall: Callable[[], int], monotonic: Callable[[], int]) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._ahead_us = wall() - monotonic()
        """Of what is believed, before the monotonic clock."""
        self._doubted_us: int | None = None
        """By how much the system's clock is ahead of that now, if it has jumped."""
        self._doubted_since_us = 0

    def __call__(self) -> int:
        now_us = self._monotonic()
        ahead_us = self._wall() - now_us
        if abs(ahead_us - self._ahead_us) <= STEP_US:
            self._believe(ahead_us)
        elif self._doubted_us is None or abs(ahead_us - self._doubted_us) > STEP_US:
            self._doubted_us, self._doubted_since_us = ahead_us, now_us
        elif now_us - self._doubted_since_us >= TRUSTED_AFTER_US:
            self._believe(ahead_us)
        return now_us + self._ahead_us

    def _believe(self, ahead_us: int) -> None:
        self._ahead_us, self._doubted_us = ahead_us, None


__all__ = ["STEP_US", "TRUSTED_AFTER_US", "LifetimeClock"]
