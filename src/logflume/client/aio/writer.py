"""Writes lines to a deployment's log: kept in memory, sent in batches beside whoever writes.

The invariant: what was written is stored once and in order, or an error says how much is not. One
append is under way at a time; what is written meanwhile goes with the next one.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Self

from logflume.client.aio.producer import AsyncProducer
from logflume.client.background import AsyncBackground
from logflume.client.errors import Refused, ServerAway
from logflume.client.outbox import BATCH_BYTES, Outbox, Parcel, encode_lines
from logflume.masks.masks import Masks

PATIENCE_SECONDS = 60.0
"""Long enough for a restart or a short outage; after that, somebody must decide."""

PAUSE_SECONDS = 0.02
"""Between small appends: people do not see it, and many short lines cost few requests."""


class AsyncWriter:
    """The end of a log that is written. Leave it with `aclose` or by `with`, or lines are lost."""

    def __init__(self, producer: AsyncProducer, masks: Masks) -> None:
        self._producer = producer
        self._masks = masks
        self._outbox = Outbox()
        self._changed = asyncio.Condition()
        self._background = AsyncBackground(self._send)
        self._closing = False
        self._failure: Exception | None = None

    @property
    def unsent(self) -> int:
        """How many lines are not known to be stored."""
        return self._outbox.unsent

    async def write(
        self, text: str, *, stream: str = "stdout", level: str = "", sent: datetime | None = None
    ) -> None:
        """Add a line; a text of several lines becomes as many records. Returns before it is sent,
        but waits while too much is waiting already.

        Raises what sending has failed with, for good; ValueError for what is no line.
        """
        rows = encode_lines(self._masks.masked(text), stream, level, sent)
        async with self._changed:
            await self._changed.wait_for(lambda: self._failure or not self._outbox.is_full)
            self._raise_failure()
            if self._closing:
                raise ValueError("the writer is closed")
            self._outbox.add(rows)
            self._background.start()
            self._changed.notify_all()

    async def flush(self) -> None:
        """Wait until all that was written is stored. Raises Refused, ServerAway.

        Cancelling it loses nothing.
        """
        async with self._changed:
            await self._changed.wait_for(lambda: self._failure or not self._outbox.unsent)
            self._raise_failure()

    async def aclose(self) -> None:
        """Send the rest and end. Raises Refused, ServerAway. May be called again."""
        async with self._changed:
            self._closing = True
            self._changed.notify_all()
        await self._background.join()
        self._raise_failure()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, _: object, error: BaseException | None, __: object) -> None:
        try:
            await self.aclose()
        except (Refused, ServerAway) as failure:
            if error is None:
                raise
            error.add_note(f"The log is not complete: {failure}")

    async def _send(self) -> None:
        try:
            while parcel := await self._next():
                await self._producer.append(parcel.body)
                async with self._changed:
                    self._outbox.stored()
                    self._changed.notify_all()
                if len(parcel.body) < BATCH_BYTES and not self._closing:
                    await asyncio.sleep(PAUSE_SECONDS)
        except Exception as error:  # noqa: BLE001 - it is raised to whoever writes
            async with self._changed:
                self._failure = self._told(error)
                self._changed.notify_all()

    async def _next(self) -> Parcel | None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._outbox.unsent or self._closing)
            return self._outbox.take()

    def _told(self, error: Exception) -> Exception:
        told = f"lines that are not stored: {self.unsent}"
        if isinstance(error, ServerAway):
            return ServerAway(f"{error}; {told}")
        error.add_note(told)
        return error

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure


__all__ = ["PATIENCE_SECONDS", "AsyncWriter"]
