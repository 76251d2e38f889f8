"""The connections that are nothing but a watcher's: told of the server's end, and of their
caller's, and looked at.

A connection that has left its server's request machinery has nobody else to tell it that the server
stops, and no timer of its own: one timer looks after all of them.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol
from weakref import WeakSet

from logflume.access.callers import ANYBODY, Caller
from logflume.http.slices import in_slices

LOOK_SECONDS = 10
"""How often each is looked at. Proxies cut what is silent for 30 to 60 seconds."""

GRACE_SECONDS = 1
"""What is told of the server's end arrives in less. Who takes nothing has no more of it."""

LOOK_BYTES = 4
"""What a client must repeat to show that it heard this look's ping, and did not make it up."""


class Waiting(Protocol):
    """Whatever goes on after its request was examined."""

    @property
    def caller(self) -> Caller:
        """Who asked for it."""

    def dismiss(self) -> None:
        """He may read no more: end it, so that he comes back and is told so."""


class Watching(Waiting, Protocol):
    """A watcher's connection."""

    writable: bool
    """Whether the client takes what it is told: if not, it is behind."""

    @property
    def pattern(self) -> str:
        """Which of `counts.PATTERNS` it is told by."""

    def look(self, payload: bytes) -> None:
        """See to it that the client lives. `payload` is another each time, and the same for all."""

    def cut_off(self) -> None:
        """End it now, whatever it has not taken."""


class Watchers:
    """Use it on the event loop only."""

    def __init__(self) -> None:
        self.look_seconds: float = LOOK_SECONDS
        self.on_gone: Callable[[Watching], None] = _nobody_asks
        """Told of each whose connection has ended."""
        self._all: set[Watching] = set()
        self._parked: WeakSet[Waiting] = WeakSet()
        self._looking = False
        self._gone = asyncio.Event()

    def __len__(self) -> int:
        return len(self._all)

    def by_pattern(self) -> tuple[Counter[str], Counter[str]]:
        """How many there are now of each pattern, and how many of those are behind."""
        behind = Counter(one.pattern for one in self._all if not one.writable)
        return Counter(one.pattern for one in self._all), behind

    def add(self, one: Watching) -> None:
        """Look after it from now on."""
        self._all.add(one)
        self._look_later()

    def park(self, one: Waiting) -> None:
        """Tell it of its caller's end, and of nothing else."""
        if one.caller is not ANYBODY:
            self._parked.add(one)
        if not one.caller.valid:  # since the request was examined
            one.dismiss()

    def end_of(self, caller: Caller) -> None:
        """He may read no more: dismiss all that he watches."""

        def dismiss(one: Waiting) -> None:
            if one.caller is caller:
                one.dismiss()

        in_slices([*self._all, *self._parked], dismiss)

    def discard(self, one: Watching) -> None:
        """Its connection has ended."""
        self._all.discard(one)
        self.on_gone(one)
        if not self._all:
            self._gone.set()

    async def end(self) -> None:
        """Once the server stops, return when all have gone, or could have."""
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE_SECONDS):
                while self._all:
                    self._gone.clear()
                    await self._gone.wait()
        for one in list(self._all):
            one.cut_off()

    def _look_later(self) -> None:
        if self._all and not self._looking:
            self._looking = True
            asyncio.get_running_loop().call_later(self.look_seconds, self._look)

    def _look(self) -> None:
        self._looking = False
        payload = os.urandom(LOOK_BYTES)

        def look_at(one: Watching) -> None:
            if one in self._all:  # still
                one.look(payload)

        in_slices(list(self._all), look_at)
        self._look_later()


def _nobody_asks(_: Watching) -> None:
    """Where connections are not counted."""


__all__ = ["LOOK_SECONDS", "Watchers", "Watching"]
