"""What runs beside its user: a task for the asynchronous client, a thread for the blocking one.

Written in pairs, since here the two worlds differ; everything that uses it is written once. What
runs must see to its own errors: nobody else does.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any


class AsyncBackground:
    """A task. It is the loop's, so it ends with it."""

    def __init__(self, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._run = run
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, unless it has begun."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def join(self) -> None:
        """Wait for its end, if it has begun. Cancelling the wait leaves it running."""
        if self._task is not None:
            await asyncio.wait([self._task])


class Background:
    """A thread. It keeps no process alive."""

    def __init__(self, run: Callable[[], None]) -> None:
        self._thread = threading.Thread(target=run, name="logflume-writer", daemon=True)
        self._started = False

    def start(self) -> None:
        """Begin, unless it has begun. Whoever calls from several threads guards it."""
        if not self._started:
            self._started = True
            self._thread.start()

    def join(self) -> None:
        """Wait for its end, if it has begun."""
        if self._started:
            self._thread.join()


__all__ = ["AsyncBackground", "Background"]
