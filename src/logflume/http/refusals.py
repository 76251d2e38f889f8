"""What was refused, or failed: counted by the name of its problem, and told in the server's log.

Not every one is told: a client that is refused over and over, or a disk that is full, would fill
the log. Neither a query nor a header is, for both may hold a token; nor a body.
"""

from __future__ import annotations

import logging
import time
from collections import Counter

TOLD_PER_SECOND = 20
"""More in one second differ little from these; that there were more is told with the next one."""

SERVER_FAULT = 500
"""From this status on it is the server's failure."""

_log = logging.getLogger(__name__)


class Refusals:
    """Those of one server."""

    def __init__(self) -> None:
        self.by_name: Counter[str] = Counter()
        self._second = 0
        self._told = 0
        self._untold = 0

    def note(self, method: str, path: str, status: int, name: str, detail: str) -> None:
        """Count one, and tell it unless too many are told by now."""
        self.by_name[name] += 1
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._told = second, 0
        if self._told >= TOLD_PER_SECOND:
            self._untold += 1
            return
        self._told += 1
        level = logging.ERROR if status >= SERVER_FAULT else logging.INFO
        if not _log.isEnabledFor(level):
            return
        more = f" (and {self._untold} more that were not told)" if self._untold else ""
        self._untold = 0
        _log.log(level, "%s %s: %d %s: %s%s", method, path, status, name, detail, more)


__all__ = ["Refusals"]
