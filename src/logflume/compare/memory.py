"""What the server's memory grows by for each watcher who waits at the end of a quiet log.

Many watchers, for the kernel counts memory by pages; on a server that has just started, for later
ones get the memory that earlier ones gave back.
"""

from __future__ import annotations

import asyncio

from logflume.compare.crowd import crowd
from logflume.compare.plan import Plan
from logflume.compare.publisher import new_log
from logflume.compare.server import OwnServer

MEMORY_WATCHERS = 1000
"""At 2 KB each, two megabytes: far more than a server's memory moves by itself. What is left of
their requests, until it is collected, is part of it; of fewer watchers it would be most of it."""

LEAST_WATCHERS = 100
"""With fewer, the answer would be noise."""

WARM_UP_WATCHERS = 20
"""Who bring the server to load what it needs for the first of them."""

LOOKS, LOOK_SECONDS = 20, 0.05
"""How often to look whether the memory still grows, at most, and how long to wait in between."""


async def memory_a_watcher(
    pattern: str, plan: Plan, server: OwnServer, watchers: int
) -> float | None:
    """In bytes; None if this system does not tell."""
    async with new_log(server.port, plan.texts) as log:
        await log.publish_at_once(1)
        async with crowd(pattern, server.port, log.path, WARM_UP_WATCHERS) as first:
            await first.have(log.lines)
        before = await _settled(server)
        async with crowd(pattern, server.port, log.path, watchers) as everyone:
            await everyone.have(log.lines)
            after = await _settled(server)
    return None if before is None or after is None else (after - before) / watchers


async def _settled(server: OwnServer) -> int | None:
    """The server's memory once it has not changed between two looks."""
    before = None
    for _ in range(LOOKS):
        await asyncio.sleep(LOOK_SECONDS)
        now = server.memory_bytes()
        if now is None or now == before:
            return now
        before = now
    return before


__all__ = ["LEAST_WATCHERS", "MEMORY_WATCHERS", "memory_a_watcher"]
