"""Every line to every watcher: requests, bytes, latency and the server's processor time.

Requests and bytes are counted from each watcher's first request on, so what it takes to open a
stream is in them. Latency and processor time are of the lines after the first few, which find every
part of the server cold.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from logflume.compare.crowd import Crowd, crowd
from logflume.compare.figures import Deliveries, latency_of
from logflume.compare.plan import Plan
from logflume.compare.publisher import Publisher, new_log
from logflume.compare.server import OwnServer

WARM_UP_LINES = 10

Tell = Callable[[float], None]


class Spent:
    """What the server and this process spend from now on."""

    def __init__(self, server: OwnServer) -> None:
        self._server = server
        self._cpu = server.cpu_seconds()
        self._own = time.process_time()
        self._began = time.perf_counter()

    def server_us(self, deliveries: int) -> float | None:
        """The server's processor time for each of these, in microseconds."""
        now = self._server.cpu_seconds()
        if now is None or self._cpu is None or not deliveries:
            return None
        return (now - self._cpu) / deliveries * 1e6

    def busy(self) -> float:
        """The share of a core that this process used."""
        return (time.process_time() - self._own) / (time.perf_counter() - self._began)


async def live(pattern: str, plan: Plan, server: OwnServer, tell: Tell) -> Deliveries:
    """Of a pattern that follows: watchers first, then lines."""
    async with (
        new_log(server.port, plan.texts) as log,
        crowd(pattern, server.port, log.path, plan.watchers) as watchers,
    ):
        await log.publish(WARM_UP_LINES, plan.lines_a_second)
        await watchers.have(log.lines)
        before = watchers.taken()
        spent = Spent(server)
        await log.publish(plan.lines, plan.lines_a_second, tell)
        await watchers.have(log.lines)
        return await _counted(watchers, log, spent, before)


async def once(plan: Plan, server: OwnServer) -> Deliveries:
    """Of request/response: lines first, then watchers, who read what there is."""
    async with new_log(server.port, plan.texts) as log:
        await log.publish_at_once(WARM_UP_LINES + plan.lines)
        async with crowd("history", server.port, log.path, 1) as first:
            await first.have(log.lines)
        spent = Spent(server)
        async with crowd("history", server.port, log.path, plan.watchers) as watchers:
            await watchers.have(log.lines)
            return await _counted(watchers, log, spent, 0)


async def _counted(watchers: Crowd, log: Publisher, spent: Spent, before: int) -> Deliveries:
    """What it came to. `before` is what was taken while nothing was spent yet."""
    cpu, busy = spent.server_us(watchers.distinct() - before), spent.busy()
    record_bytes = await log.record_bytes()
    distinct = watchers.distinct()
    latencies = [
        at - log.sent_at[n - 1]
        for watcher in watchers.watchers
        for n, at in watcher.taken
        if before and n > WARM_UP_LINES
    ]
    return Deliveries(
        deliveries=distinct,
        repeated=watchers.taken() - distinct,
        lost=log.lines * len(watchers.watchers) - distinct,
        requests=watchers.requests,
        sent_bytes=watchers.sent_bytes,
        received_bytes=watchers.received_bytes,
        record_bytes=record_bytes * len(watchers.watchers),
        latency_ms=latency_of(latencies),
        server_cpu_us=cpu,
        watchers_busy=busy,
    )


__all__ = ["live", "once"]
