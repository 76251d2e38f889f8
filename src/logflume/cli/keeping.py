"""What a server keeps, as `logflume serve` is told: how long, how much, with how much room left.

Here the store's free room is looked at, and what is due is deleted, as long as the server runs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from logflume.deployments.projects import DEFAULTS, ProjectSettings
from logflume.deployments.retention import Retention
from logflume.errors import StoreError
from logflume.room import Free, Room

FreeRoom = Callable[[], Awaitable[Free]]
"""Tells what is free now. Raises StoreError."""

MEBIBYTE = 1024 * 1024

MIN_FREE_BYTES = 256 * MEBIBYTE
"""The write-ahead log (up to 64 MiB), a second's worth of lines at full speed (some 100 MB), and
what closing, deleting and trimming need."""

MIN_FREE_SHARE = 10
"""On a small disk the mark is this part of it, or nothing could ever be stored there."""

LOOK_SECONDS = 1.0
"""How often the disk is looked at: in a second nobody writes as much as is kept free."""

RETENTION_SECONDS = 600
"""How late retention may be: each sweep may look at all deployments."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Keeping:
    """The server's settings for what is kept; projects may have their own."""

    min_free_mib: int | None = None
    """None: 256, or a tenth of a small disk."""
    keep_days: int = 0
    keep_bytes: int = 0
    max_log_bytes: int | None = DEFAULTS.max_log_bytes

    @property
    def defaults(self) -> ProjectSettings:
        """For projects that have set nothing."""
        return ProjectSettings(self.keep_days, self.keep_bytes, self.max_log_bytes)

    def room(self, disk_bytes: int | None) -> Room:
        """The room on a disk of this size; without one, in memory, there is no mark."""
        if disk_bytes is None:
            return Room()
        if self.min_free_mib is not None:
            return Room(self.min_free_mib * MEBIBYTE)
        return Room(min(MIN_FREE_BYTES, disk_bytes // MIN_FREE_SHARE))


async def watch_room(room: Room, free: FreeRoom, look_seconds: float = LOOK_SECONDS) -> None:
    """Look at the free room again and again, until cancelled."""
    while True:
        try:
            now = await free()
        except StoreError as error:
            _log.warning("how much room is left is unknown: %s", error)
        else:
            if room.note(now):
                _say_room(room, now)
        await asyncio.sleep(look_seconds)


async def keep_retaining(retention: Retention) -> None:
    """Delete what is due, again and again, until cancelled."""
    while True:
        try:
            await retention.sweep()
        except StoreError as error:
            _log.warning("what is due could not be deleted, and is tried again: %s", error)
        await asyncio.sleep(RETENTION_SECONDS)


def _say_room(room: Room, free: Free) -> None:
    mib = (free.disk_bytes + free.reusable_bytes) // MEBIBYTE
    if room.low:
        _log.error(
            "only %d MiB are left for logs, less than %d: appends are refused until there is more;"
            " free some of the disk, or delete deployments",
            mib,
            room.min_bytes // MEBIBYTE,
        )
    else:
        _log.warning("%d MiB are left for logs: appends are taken", mib)


__all__ = ["FreeRoom", "Keeping", "keep_retaining", "watch_room"]
