"""How much a server lets others do at once, as `logflume serve` is told."""

from __future__ import annotations

import resource
from dataclasses import dataclass

from logflume.http.rates import Rates
from logflume.http.seats import MAX_WATCHERS, MAX_WATCHERS_OF_A_LOG, Seats

SPARE_FILES = 50
"""Each watcher is a connection, and so an open file; these are for the store, and for requests."""


@dataclass(frozen=True, slots=True)
class Admission:
    """The server's settings for who else may come."""

    max_watchers: int | None = None
    """None: 50,000, or as many as the process may have connections."""
    max_watchers_of_a_log: int = MAX_WATCHERS_OF_A_LOG
    max_appends_per_second: int | None = None
    """Of each caller; None: as many as he likes."""

    def seats(self) -> Seats:
        """For watchers."""
        in_all = self.max_watchers
        if in_all is None:
            files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
            in_all = MAX_WATCHERS
            if files != resource.RLIM_INFINITY:
                in_all = max(0, min(in_all, files - SPARE_FILES))
        return Seats(in_all, self.max_watchers_of_a_log)

    def rates(self) -> Rates:
        """For those who append."""
        return Rates(self.max_appends_per_second)


__all__ = ["Admission"]
