"""What a server has done since it began, in plain numbers.

Hot paths add to them, and nothing else: what a scrape wants to know (`metrics.py`) is made of them
when it asks. Nothing here is counted by an id, a project or an address: there may be any number.
"""

from __future__ import annotations

import asyncio

from logflume.generic.names import PREFIX as STREAMS
from logflume.histogram import Histogram
from logflume.store import Announcement

PATTERNS = ("history", "long-poll", "sse", "follow", "websocket")
"""The ways to read a log, as `live` names them."""

KINDS = {"deployment/": "deployment", STREAMS: "stream"}
"""Whose records are counted, by how the log's id begins; others are the server's own."""

LAG_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Bounds for how late the event loop is."""

LOOK_SECONDS = 0.25
"""How often it is looked how late the event loop is: often enough to meet what holds it up."""


class Counts:
    """Those of one server. Use it on the event loop only."""

    def __init__(self) -> None:
        self.append_requests = dict.fromkeys(KINDS.values(), 0)
        """Those that were refused, too."""
        self.records = dict.fromkeys(KINDS.values(), 0)
        """Stored, and so are their bytes."""
        self.record_bytes = dict.fromkeys(KINDS.values(), 0)
        self.delivered = dict.fromkeys(PATTERNS, 0)
        """Records that were written to somebody: each as often as it was."""
        self.waiting_polls = 0
        self.loop_lag = Histogram(LAG_SECONDS)
        self._is_watching = False

    def hear(self, announcement: Announcement) -> None:
        """Count what a store announces."""
        kind = KINDS.get(announcement.log.partition("/")[0] + "/")
        if kind is not None:
            for chunk in announcement.chunks:
                self.records[kind] += len(chunk)
                self.record_bytes[kind] += len(chunk.body)

    def watch_loop(self) -> None:
        """Note from now on how late the running event loop is."""
        if not self._is_watching:
            self._is_watching = True
            self._look_later()

    def _look_later(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + LOOK_SECONDS
        loop.call_at(due, self._look, due)

    def _look(self, due: float) -> None:
        self.loop_lag.note(max(0.0, asyncio.get_running_loop().time() - due))
        self._look_later()


__all__ = ["KINDS", "PATTERNS", "Counts"]
