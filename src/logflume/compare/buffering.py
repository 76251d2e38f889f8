"""Whether the lines come in time through a proxy that holds answers back until they are whole."""

from __future__ import annotations

from logflume.compare.crowd import crowd
from logflume.compare.figures import Behind
from logflume.compare.plan import Plan
from logflume.compare.publisher import new_log
from logflume.compare.relay import BufferingRelay
from logflume.compare.server import OwnServer

LINES = 20
"""Some KB in all, far from what such a proxy can hold."""

LINES_A_SECOND = 50.0

IN_TIME_SECONDS = 2.0
"""After the last line. Whoever polls looks in within 1.25 seconds; whoever has not got a line by
then is waiting for the end of the log."""


async def behind_a_buffer(pattern: str, plan: Plan, server: OwnServer, watchers: int) -> Behind:
    """So many watchers read through such a proxy, and then the log is closed."""
    async with new_log(server.port, plan.texts) as log, BufferingRelay(server.port) as between:
        if pattern == "history":
            await log.publish_at_once(LINES)
        # An answer that is held back may not even begin.
        async with crowd(pattern, between.port, log.path, watchers, begun=False) as everyone:
            if pattern != "history":
                await log.publish(LINES, LINES_A_SECOND)
            await everyone.have(LINES, IN_TIME_SECONDS)
            in_time = everyone.distinct()
            await log.finish()
            if in_time < LINES * watchers:
                await everyone.have(LINES)
            # The record that closes the log is none of the lines.
            arrived = sum(
                len({n for n, _ in watcher.taken if n <= LINES}) for watcher in everyone.watchers
            )
    return Behind(LINES * watchers, in_time, arrived)


__all__ = ["behind_a_buffer"]
