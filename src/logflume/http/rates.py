"""How often somebody may append: a bucket for each who asks, which fills as time goes by.

Nobody looks at the clock as long as there is something in the bucket, so an append costs one
subtraction.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from math import ceil

from logflume.access.callers import Caller
from logflume.errors import TooManyAppends

MAX_BUCKETS = 10_000
"""Kept, 200 bytes each. Whoever is forgotten begins with a full one."""


class Bucket:
    """What one caller may still append at once: as much as in a second, at most."""

    __slots__ = ("_filled_at", "_left", "_per_second", "_steady")

    def __init__(self, per_second: int, steady: Callable[[], float]) -> None:
        self._per_second = per_second
        self._left: float = per_second
        self._steady = steady
        self._filled_at = steady()

    def take(self) -> None:
        """Take one append. Raises TooManyAppends."""
        self._left -= 1
        if self._left < 0:
            self._fill()

    def _fill(self) -> None:
        now = self._steady()
        self._left += (now - self._filled_at) * self._per_second
        self._left = min(self._left, self._per_second - 1)
        self._filled_at = now
        if self._left < 0:
            retry_seconds = ceil(-self._left / self._per_second)
            self._left += 1
            raise TooManyAppends(
                f"you append more often than {self._per_second} times a second; wait, or send more"
                " lines at a time",
                retry_seconds,
            )


class Rates:
    """The buckets of all callers; none, where nothing limits them. Use it on the event loop
    only. `steady` gives seconds, and never jumps."""

    def __init__(
        self,
        max_appends_per_second: int | None = None,
        *,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_second = max_appends_per_second
        self._steady = steady
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, caller: Caller) -> Bucket | None:
        """Take one append of the caller's, and his bucket for those that follow. Raises
        TooManyAppends."""
        if self._per_second is None:
            return None
        bucket = self._buckets.get(caller.name)
        if bucket is None:
            bucket = self._buckets[caller.name] = Bucket(self._per_second, self._steady)
            if len(self._buckets) > MAX_BUCKETS:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(caller.name)
        bucket.take()
        return bucket


__all__ = ["Bucket", "Rates"]
