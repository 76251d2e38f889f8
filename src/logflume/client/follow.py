"""Follow a log: what is there, then what comes, over as many connections as it takes.

The invariant: every record once, in order, or an error. A connection that breaks is replaced by
one that goes on at the offset after the last batch taken, and numbers are checked to be dense
over all of them, so that nothing can be lost or repeated in silence.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from logflume.client.backoff import Backoff
from logflume.client.errors import LogBroken, Refused, ServerAway
from logflume.client.http import Client, Query
from logflume.client.records import LogRecord, decode
from logflume.client.sse import Event, SseParser

SHORT_SECONDS = 1.0
"""A server may end a stream to have it opened anew; one that does so faster than this struggles."""


class Control(msgspec.Struct, rename="camel"):
    """What follows each batch: where to read on, and whether that is the tail or the end."""

    stream_next_offset: str
    up_to_date: bool = False
    stream_closed: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that came together, as bytes and decoded; empty if only the state was told."""

    raw: list[msgspec.Raw]
    records: list[LogRecord]
    up_to_date: bool = False
    closed: bool = False


class Follower:
    """Reads one log from `start` on, an `offset` or a `tail`, until it is closed.

    `on_away` is told once that the connection is lost, `on_back` once that it is found again.
    """

    def __init__(
        self,
        client: Client,
        deployment_id: str,
        start: Query,
        *,
        on_away: Callable[[ServerAway], None] = lambda _error: None,
        on_back: Callable[[], None] = lambda: None,
    ) -> None:
        self._client = client
        self._id = deployment_id
        self._query = start
        self._on_away = on_away
        self._on_back = on_back
        self._backoff = Backoff()
        self._next_number = 1 if start.get("offset") == "-1" else None
        self._away = False
        self._connected_once = False

    def batches(self) -> Iterator[Batch]:
        """The log, batch by batch, up to the one that is `closed`.

        Raises ServerAway only if the first connection cannot be made; Refused if the server will
        not go on; LogBroken if a number is missing or comes twice.
        """
        while True:
            opened = time.monotonic()
            try:
                for batch in self._connection():
                    yield batch
                    if batch.closed:
                        return
                lasted = time.monotonic() - opened
                error = ServerAway("the connection was closed")
            except ServerAway as lost:
                if not self._connected_once:
                    raise
                lasted, error = 0, lost
            if lasted < SHORT_SECONDS:
                self._wait(error)

    def _wait(self, error: ServerAway) -> None:
        if not self._away:
            self._away = True
            self._on_away(error)
        time.sleep(self._backoff.failed(error.retry_seconds))

    def _connection(self) -> Iterator[Batch]:
        """What one connection brings."""
        parser = SseParser()
        with self._client.events(self._id, self._query) as pieces:
            self._connected()
            for piece in pieces:
                for event in parser.push(piece):
                    self._backoff.succeeded()
                    if batch := self._batch(event):
                        yield batch

    def _connected(self) -> None:
        self._connected_once = True
        if self._away:
            self._away = False
            self._on_back()

    def _batch(self, event: Event) -> Batch | None:
        if event.name == "data":
            raw = decode(event.data, list[msgspec.Raw])
            records = decode(event.data, list[LogRecord])
            self._check(records)
            if event.id:
                self._query = {"offset": event.id}
            return Batch(raw, records)
        if event.name == "control":
            control = decode(event.data, Control)
            self._query = {"offset": control.stream_next_offset}
            return Batch([], [], control.up_to_date, control.stream_closed)
        if event.name == "gone":
            raise Refused(404, "the log was deleted while it was followed")
        return None

    def _check(self, records: list[LogRecord]) -> None:
        for record in records:
            if self._next_number is not None and record.n != self._next_number:
                raise LogBroken(
                    f"record {self._next_number} was due and record {record.n} came; "
                    "what was read is not the whole log"
                )
            self._next_number = record.n + 1


__all__ = ["Batch", "Follower"]
