"""What it costs a watcher that its connection is cut: lines that come twice, or not at all, and how
long until it has again everything there is.

The cut is a reset in the middle of an answer, wherever that is, while the log grows on. What comes
back is the watcher's own doing, at the pace of the Logflume client: a tenth of a second at first.
A browser's `EventSource` waits as long as the server tells it, half a second to two and a half.
"""

from __future__ import annotations

import asyncio
import statistics
from bisect import bisect_right
from collections.abc import Iterator

from logflume.compare.crowd import PATIENCE_SECONDS, Crowd, crowd
from logflume.compare.figures import Cuts
from logflume.compare.plan import Plan
from logflume.compare.publisher import Publisher, new_log
from logflume.compare.relay import CuttingRelay
from logflume.compare.server import OwnServer
from logflume.compare.watcher import Watcher

ROUNDS = 3
"""Each cuts every watcher once."""

LINES_A_SECOND = 50.0
"""The log's pace here, whatever the plan says: a cut is waiting for the next line."""

LINES_BETWEEN = 5
"""Stored between a cut that was overcome and the next one: watchers are at the tail by then."""


async def cut_live(
    pattern: str,
    plan: Plan,
    server: OwnServer,
    watchers: int,
    *,
    relay: CuttingRelay | None = None,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Cuts:
    """Of a pattern that follows. What is missing `patience_seconds` after the last line is lost."""
    enough = asyncio.Event()
    async with (
        new_log(server.port, plan.texts) as log,
        relay or CuttingRelay(server.port) as between,
        crowd(pattern, between.port, log.path, watchers) as everyone,
    ):
        growing = asyncio.create_task(_grow(log, enough))
        try:
            for number in range(1, ROUNDS + 1):
                await _cut_all(everyone, log, between, number)
            enough.set()
            await growing
        finally:
            growing.cancel()
        await everyone.have(log.lines, patience_seconds)
        return _counted(everyone, log)


async def cut_once(plan: Plan, server: OwnServer, watchers: int) -> Cuts:
    """Of request/response: the answer itself is cut, and asked for again."""
    async with new_log(server.port, plan.texts) as log:
        await log.publish_at_once(plan.lines)
        async with (
            CuttingRelay(server.port, first=watchers) as between,
            crowd("history", between.port, log.path, watchers) as everyone,
        ):
            await everyone.have(log.lines)
            return _counted(everyone, log)


async def _grow(log: Publisher, enough: asyncio.Event) -> None:
    while not enough.is_set():
        await log.publish(LINES_BETWEEN, LINES_A_SECOND)
        await asyncio.sleep(1 / LINES_A_SECOND)


async def _cut_all(everyone: Crowd, log: Publisher, between: CuttingRelay, number: int) -> None:
    """Cut every watcher, and wait until all have caught up and the log has grown some more."""
    between.arm()
    await everyone.until(
        lambda: between.is_done and all(len(one.cut_at) >= number for one in everyone.watchers)
    )
    due = log.lines
    await everyone.until(lambda: all(_newest(one) >= due for one in everyone.watchers))
    due = log.lines + LINES_BETWEEN
    await everyone.until(lambda: log.lines >= due)


def _newest(watcher: Watcher) -> int:
    return watcher.taken[-1][0] if watcher.taken else 0


def _counted(everyone: Crowd, log: Publisher) -> Cuts:
    distinct = everyone.distinct()
    times = [seconds for watcher in everyone.watchers for seconds in _times(watcher, log)]
    return Cuts(
        cuts=sum(len(watcher.cut_at) for watcher in everyone.watchers),
        repeated=everyone.taken() - distinct,
        lost=log.lines * len(everyone.watchers) - distinct,
        caught_up_seconds=statistics.median(times) if times else None,
        slowest_seconds=max(times, default=None),
    )


def _times(watcher: Watcher, log: Publisher) -> Iterator[float]:
    """Of each cut, how long until this watcher had every line that was stored by then."""
    for cut_at in watcher.cut_at:
        for n, at in watcher.taken:
            if at > cut_at and n >= bisect_right(log.stored_at, at):
                yield at - cut_at
                break


__all__ = ["cut_live", "cut_once"]
