"""Asks again for as long as the server is away, up to a bound. Only for what may be repeated."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from logflume.client.backoff import Backoff
from logflume.client.errors import ServerAway

T = TypeVar("T")


class AsyncPatience:
    """How long to wait for a server that is away, and how: `pause` waits between two tries."""

    def __init__(
        self, seconds: float, pause: Callable[[float], Awaitable[object]] = asyncio.sleep
    ) -> None:
        self._seconds = seconds
        self._pause = pause

    async def ask(self, call: Callable[[], Awaitable[T]]) -> T:
        """The answer to `call`, however often it takes. Raises Refused, and ServerAway when the
        server has been away for longer than there is patience."""
        backoff = Backoff()
        since = time.monotonic()
        while True:
            try:
                return await call()
            except ServerAway as error:
                left = since + self._seconds - time.monotonic()
                if left <= 0:
                    raise
                seconds = backoff.failed(error.retry_seconds)
            await self._pause(min(seconds, left))


__all__ = ["AsyncPatience"]
