"""The audit log: what was done that a reader of a log should be able to ask about later.

It is a log like any other, so it is read, followed and kept like one. A note is durable before what
it tells of is answered. It holds names, ids and numbers, and never a secret or a line of a log.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import msgspec

from logflume.access.callers import Caller
from logflume.errors import LogExists
from logflume.records import Append, Chunk, LogId, Seq, State
from logflume.store import Store
from logflume.wire.forms import rfc3339

AUDIT = LogId("audit")
CONTENT_TYPE = "application/json"

Fact = str | int | bool | None | list[int] | list[str]


class Audit:
    """The audit log of a store. `clock` gives microseconds since 1970."""

    def __init__(self, store: Store, *, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def start(self) -> None:
        """Make the log if need be. Raises StoreError."""
        with suppress(LogExists):
            await self._store.create(AUDIT, State(self._clock(), CONTENT_TYPE))

    async def note(self, what: str, by: Caller, **about: Fact) -> None:
        """Note that `by` did `what` (`token-created`, `redacted`, …). Raises StoreError."""
        now_us = self._clock()

        def encode(first: Seq) -> Chunk:
            record = {"n": first, "time": rfc3339(now_us), "kind": what, "by": by.name, **about}
            return Chunk.of(first, [msgspec.json.encode(record) + b"\n"])

        await self._store.append(AUDIT, Append(now_us, encode))


__all__ = ["AUDIT", "Audit"]
