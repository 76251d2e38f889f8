"""Follow a log: what is there, then what comes, over as many connections as it takes.

A connection that breaks is replaced by one that goes on at the offset after the last batch taken;
that nothing is lost or repeated over all of them is checked by `follow.Seam`.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Generic, Protocol, Self, TypeVar

from logflume.client.aio.calls import AsyncCalls
from logflume.client.aio.transports import AsyncOpen, AsyncTransport
from logflume.client.backoff import Backoff
from logflume.client.errors import ClientError, ConnectionEnded, ServerAway
from logflume.client.follow import Batch, Seam, offset_before
from logflume.client.records import numbers_of

T = TypeVar("T")

SHORT_SECONDS = 1.0
"""A server may end a stream to have it opened anew; one that does so faster than this struggles."""


class AsyncReading(Protocol[T]):
    """A log's batches, from the first to the last."""

    async def read(self) -> Batch[T] | None:
        """The next batch; None after the last one."""
        ...

    async def aclose(self) -> None:
        """Leave the log. May be called again."""
        ...


class AsyncFollower(Generic[T]):
    """Reads a log until it is closed.

    `on_away` is told once that the connection is lost, `on_back` once that it is found again.
    """

    def __init__(
        self,
        calls: AsyncCalls,
        path: str,
        open_transport: AsyncOpen,
        seam: Seam[T],
        on_away: Callable[[ServerAway], None] | None = None,
        on_back: Callable[[], None] | None = None,
    ) -> None:
        self._calls = calls
        self._path = path
        self._open = open_transport
        self._seam = seam
        self._on_away = on_away
        self._on_back = on_back
        self._backoff = Backoff()
        self._transport: AsyncTransport | None = None
        self._opened_at = 0.0
        self._opened_once = False
        self._away = False
        self._closed = False
        self._cut = False  # the last call did not come to its end; nor may its connection

    async def read(self) -> Batch[T] | None:
        """The next batch; None after the one that is `closed`.

        Raises ServerAway only if the first connection cannot be made; Refused if the server will
        not go on; LogBroken if a number is missing or comes twice.

        Cancelling it loses nothing: the next call goes on where the last batch ended, over a new
        connection.
        """
        if self._cut:
            await self.aclose()
        self._cut = True
        batch = await self._read()
        self._cut = False
        return batch

    async def aclose(self) -> None:
        """Leave the log; a later `read` would come back to it. May be called again."""
        transport, self._transport = self._transport, None
        if transport is not None:
            await transport.aclose()

    async def _read(self) -> Batch[T] | None:
        while not self._closed:
            try:
                return await self._next()
            except ServerAway as error:
                await self.aclose()
                if not self._opened_once:
                    raise
                await self._wait(error)
            except ClientError:
                await self.aclose()
                raise
        await self.aclose()
        return None

    async def _next(self) -> Batch[T]:
        if self._transport is None:
            self._transport = await self._open(self._calls, self._path, self._seam.query)
            self._calls.connection.lend(self._transport)
            self._opened()
        batch = self._seam.take(await self._transport.receive())
        self._backoff.succeeded()
        # Nothing is waited for from here on: to be cancelled now would lose the batch.
        self._closed = batch.closed
        return batch

    def _opened(self) -> None:
        self._opened_at = time.monotonic()
        self._opened_once = True
        if self._away:
            self._away = False
            if self._on_back:
                self._on_back()

    async def _wait(self, error: ServerAway) -> None:
        lasted_seconds = time.monotonic() - self._opened_at
        if isinstance(error, ConnectionEnded) and lasted_seconds >= SHORT_SECONDS:
            return
        if not self._away:
            self._away = True
            if self._on_away:
                self._on_away(error)
        await asyncio.sleep(self._backoff.failed(error.retry_seconds))


class AsyncHistory(Generic[T]):
    """Reads a log, page by page, as far as it is by then."""

    def __init__(self, calls: AsyncCalls, path: str, seam: Seam[T]) -> None:
        self._calls = calls
        self._path = path
        self._seam = seam
        self._finished = False

    async def read(self) -> Batch[T] | None:
        """The next page; None after the one that reached the tail. Raises what `Seam` does, and
        ServerAway; it may be called again after that."""
        if self._finished:
            return None
        page = await self._calls.page(self._path, self._seam.query)
        batch = self._seam.take(page.piece())
        self._finished = batch.up_to_date
        return batch

    async def aclose(self) -> None:
        """Nothing is held between two pages."""


class AsyncBatches(Generic[T]):
    """A log's batches, to be iterated over."""

    def __init__(self, reading: AsyncReading[T]) -> None:
        self._reading = reading

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Batch[T]:
        batch = await self._reading.read()
        if batch is None:
            raise StopAsyncIteration
        return batch

    async def aclose(self) -> None:
        """Leave the log. May be called again."""
        await self._reading.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


class AsyncRecords(Generic[T]):
    """A log's records, to be iterated over. Leave it before its end with `aclose` or by `with`."""

    def __init__(self, reading: AsyncReading[T]) -> None:
        self._reading = reading
        self._records: deque[T] = deque()
        self._offset = ""

    @property
    def offset(self) -> str:
        """The place after the last record given: what to start from to go on another time. Empty
        as long as nothing has come."""
        left = numbers_of(self._records)
        return offset_before(self._offset, left) if left else self._offset

    def batches(self) -> AsyncBatches[T]:
        """The same in the batches in which the records come, with their bytes, and with whether
        that was the tail. To be used instead, not as well."""
        return AsyncBatches(self._reading)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        while not self._records:
            batch = await self._reading.read()
            if batch is None:
                raise StopAsyncIteration
            self._offset = batch.offset
            self._records.extend(batch.records)
        return self._records.popleft()

    async def aclose(self) -> None:
        """Leave the log. May be called again."""
        await self._reading.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


__all__ = ["AsyncBatches", "AsyncFollower", "AsyncHistory", "AsyncReading", "AsyncRecords"]
