# Made by scripts/generate-client from client/aio/following.py: change that one, then run it.
"""Follow a log: what is there, then what comes, over as many connections as it takes.

A connection that breaks is replaced by one that goes on at the offset after the last batch taken;
that nothing is lost or repeated over all of them is checked by `follow.Seam`.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Generic, Protocol, Self, TypeVar

from logflume.client.backoff import Backoff
from logflume.client.blocking.calls import Calls
from logflume.client.blocking.transports import Open, Transport
from logflume.client.errors import ClientError, ConnectionEnded, ServerAway
from logflume.client.follow import Batch, Seam, offset_before
from logflume.client.records import numbers_of

T = TypeVar("T")

SHORT_SECONDS = 1.0
"""A server may end a stream to have it opened anew; one that does so faster than this struggles."""


class Reading(Protocol[T]):
    """A log's batches, from the first to the last."""

    def read(self) -> Batch[T] | None:
        """The next batch; None after the last one."""
        ...

    def close(self) -> None:
        """Leave the log. May be called again."""
        ...


class Follower(Generic[T]):
    """Reads a log until it is closed.

    `on_away` is told once that the connection is lost, `on_back` once that it is found again.
    """

    def __init__(
        self,
        calls: Calls,
        path: str,
        open_transport: Open,
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
        self._transport: Transport | None = None
        self._opened_at = 0.0
        self._opened_once = False
        self._away = False
        self._closed = False
        self._cut = False  # the last call did not come to its end; nor may its connection

    def read(self) -> Batch[T] | None:
        """The next batch; None after the one that is `closed`.

        Raises ServerAway only if the first connection cannot be made; Refused if the server will
        not go on; LogBroken if a number is missing or comes twice.
        """
        if self._cut:
            self.close()
        self._cut = True
        batch = self._read()
        self._cut = False
        return batch

    def close(self) -> None:
        """Leave the log; a later `read` would come back to it. May be called again."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()

    def _read(self) -> Batch[T] | None:
        while not self._closed:
            try:
                return self._next()
            except ServerAway as error:
                self.close()
                if not self._opened_once:
                    raise
                self._wait(error)
            except ClientError:
                self.close()
                raise
        self.close()
        return None

    def _next(self) -> Batch[T]:
        if self._transport is None:
            self._transport = self._open(self._calls, self._path, self._seam.query)
            self._calls.connection.lend(self._transport)
            self._opened()
        batch = self._seam.take(self._transport.receive())
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

    def _wait(self, error: ServerAway) -> None:
        lasted_seconds = time.monotonic() - self._opened_at
        if isinstance(error, ConnectionEnded) and lasted_seconds >= SHORT_SECONDS:
            return
        if not self._away:
            self._away = True
            if self._on_away:
                self._on_away(error)
        time.sleep(self._backoff.failed(error.retry_seconds))


class History(Generic[T]):
    """Reads a log, page by page, as far as it is by then."""

    def __init__(self, calls: Calls, path: str, seam: Seam[T]) -> None:
        self._calls = calls
        self._path = path
        self._seam = seam
        self._finished = False

    def read(self) -> Batch[T] | None:
        """The next page; None after the one that reached the tail. Raises what `Seam` does, and
        ServerAway; it may be called again after that."""
        if self._finished:
            return None
        page = self._calls.page(self._path, self._seam.query)
        batch = self._seam.take(page.piece())
        self._finished = batch.up_to_date
        return batch

    def close(self) -> None:
        """Nothing is held between two pages."""


class Batches(Generic[T]):
    """A log's batches, to be iterated over."""

    def __init__(self, reading: Reading[T]) -> None:
        self._reading = reading

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Batch[T]:
        batch = self._reading.read()
        if batch is None:
            raise StopIteration
        return batch

    def close(self) -> None:
        """Leave the log. May be called again."""
        self._reading.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Records(Generic[T]):
    """A log's records, to be iterated over. Leave it before its end with `close` or by `with`."""

    def __init__(self, reading: Reading[T]) -> None:
        self._reading = reading
        self._records: deque[T] = deque()
        self._offset = ""

    @property
    def offset(self) -> str:
        """The place after the last record given: what to start from to go on another time. Empty
        as long as nothing has come."""
        left = numbers_of(self._records)
        return offset_before(self._offset, left) if left else self._offset

    def batches(self) -> Batches[T]:
        """The same in the batches in which the records come, with their bytes, and with whether
        that was the tail. To be used instead, not as well."""
        return Batches(self._reading)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        while not self._records:
            batch = self._reading.read()
            if batch is None:
                raise StopIteration
            self._offset = batch.offset
            self._records.extend(batch.records)
        return self._records.popleft()

    def close(self) -> None:
        """Leave the log. May be called again."""
        self._reading.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


__all__ = ["Batches", "Follower", "History", "Reading", "Records"]
