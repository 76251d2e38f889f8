"""The way out for what followers write, below a server that only has ASGI's `send`.

A follower writes when the outlet is writable and never waits; `send` waits as long as it must. So
what was written is kept until it has been sent, and until then nothing more is written: there is at
most what one follower reads at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from logflume.http.descriptors import NO_DESCRIPTOR


class AsgiOutlet:
    """Sends what is written by `emit`, and calls `on_writable` when more may be written."""

    descriptor = NO_DESCRIPTOR

    def __init__(
        self, emit: Callable[[bytes], Awaitable[None]], on_writable: Callable[[], None]
    ) -> None:
        self._emit = emit
        self._on_writable = on_writable
        self._written: list[bytes] = []
        self._some = asyncio.Event()
        self._idle = asyncio.Event()
        self._ended = False
        self.writable = True

    def write(self, data: bytes) -> None:
        """Have the bytes sent."""
        self.writable = False
        self._written.append(data)
        self._some.set()

    def end(self) -> None:
        """Nothing follows what was written."""
        self._ended = True
        self._some.set()

    async def flushed(self) -> None:
        """Return when everything that was written is sent."""
        while not self.writable:
            self._idle.clear()
            await self._idle.wait()

    async def pump(self) -> None:
        """Send until the end. Raises what `emit` raises."""
        while True:
            await self._some.wait()
            self._some.clear()
            while self._written:
                written, self._written = self._written, []
                for data in written:
                    await self._emit(data)
            if self._ended:
                return
            self.writable = True
            self._idle.set()
            self._on_writable()


__all__ = ["AsgiOutlet"]
