"""Several watchers of one log, of one pattern: begun together, waited for, counted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from logflume.client.errors import ServerAway
from logflume.compare.polling import HistoryWatcher, LongPollWatcher, PollWatcher
from logflume.compare.streaming import SseWatcher, WebSocketWatcher
from logflume.compare.watcher import Watcher

WATCHERS: Mapping[str, type[Watcher]] = {
    "history": HistoryWatcher,
    "poll": PollWatcher,
    "long-poll": LongPollWatcher,
    "sse": SseWatcher,
    "websocket": WebSocketWatcher,
}
"""Who reads by which pattern."""

PATIENCE_SECONDS = 10.0
"""What has not come after this long is lost. Short polling comes back within 1.25 seconds, a
watcher that was cut within a few tenths."""

GROUP = 25
"""Watchers who begin at the same time: a thousand at once would be a measure of its own."""

LOOK_SECONDS = 0.005
"""Between two looks whether all is there. No figure but the server's idle time depends on it."""


class Crowd:
    """The watchers, and what they took together."""

    def __init__(self, watchers: list[Watcher]) -> None:
        self.watchers = watchers

    @property
    def requests(self) -> int:
        return sum(watcher.requests for watcher in self.watchers)

    @property
    def sent_bytes(self) -> int:
        return sum(watcher.sent_bytes for watcher in self.watchers)

    @property
    def received_bytes(self) -> int:
        return sum(watcher.received_bytes for watcher in self.watchers)

    def taken(self) -> int:
        """Records that came, repeated ones as often as they did."""
        return sum(len(watcher.taken) for watcher in self.watchers)

    def distinct(self) -> int:
        """Records that came at least once, of each watcher."""
        return sum(len({n for n, _ in watcher.taken}) for watcher in self.watchers)

    async def have(self, lines: int, patience_seconds: float = PATIENCE_SECONDS) -> bool:
        """Wait until every watcher has so many lines; whether they have. Raises what kept one of
        them from reading on."""
        wanted = lines * len(self.watchers)
        return await self.until(
            lambda: self.taken() >= wanted and self.distinct() >= wanted, patience_seconds
        )

    async def until(
        self, condition: Callable[[], bool], patience_seconds: float = PATIENCE_SECONDS
    ) -> bool:
        """Wait for it; whether it came true. Raises what kept a watcher from reading on."""
        deadline = time.perf_counter() + patience_seconds
        while not condition():
            for watcher in self.watchers:
                if watcher.trouble is not None:
                    raise watcher.trouble
            if time.perf_counter() > deadline:
                return False
            await asyncio.sleep(LOOK_SECONDS)
        return True


@asynccontextmanager
async def crowd(
    pattern: str, port: int, path: str, watchers: int, *, begun: bool = True
) -> AsyncIterator[Crowd]:
    """So many watchers, who have asked for the log, and if `begun` got an answer. They leave at
    the end of the block. Raises OSError, ServerAway, Refused."""
    everyone = [WATCHERS[pattern](port, path) for _ in range(watchers)]
    try:
        for first in range(0, watchers, GROUP):
            group = everyone[first : first + GROUP]
            async with asyncio.timeout(PATIENCE_SECONDS):
                await asyncio.gather(*(one.begin() if begun else one.connect() for one in group))
    except TimeoutError:
        raise ServerAway("a watcher got no answer in time") from None
    else:
        yield Crowd(everyone)
    finally:
        for watcher in everyone:
            watcher.leave()


__all__ = ["PATIENCE_SECONDS", "Crowd", "crowd"]
