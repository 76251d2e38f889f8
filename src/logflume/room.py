"""Whether there is room on the disk for more, so that what must go on can go on.

Below a mark nothing new is taken: no lines, no deployments, no logs. What is left is for reading,
ending, deleting and trimming, for the write-ahead log, and for what comes until the next look. How
much there is, somebody tells once a second; no append looks at the disk.
"""

from __future__ import annotations

from dataclasses import dataclass

from logflume.errors import StoreLow

DISK_SHARE = 4
"""Of the mark, a quarter must be free on the disk itself: room within the database is of no use to
its write-ahead log."""


@dataclass(frozen=True, slots=True)
class Free:
    """Bytes that may be written."""

    disk_bytes: int
    """Free on the disk, for any program."""
    reusable_bytes: int = 0
    """Free within the database, where something was deleted."""


class Room:
    """Use it on the event loop only. Without a mark there is always room."""

    def __init__(self, min_bytes: int = 0) -> None:
        self.min_bytes = min_bytes
        self.low = False

    def note(self, free: Free) -> bool:
        """Take note of what is free; whether that changes what is taken."""
        was_low = self.low
        in_all = free.disk_bytes + free.reusable_bytes
        self.low = in_all < self.min_bytes or free.disk_bytes < self.min_bytes // DISK_SHARE
        return self.low != was_low

    def refuse_if_low(self) -> None:
        """Raises StoreLow."""
        if self.low:
            raise StoreLow(self.min_bytes)


__all__ = ["Free", "Room"]
