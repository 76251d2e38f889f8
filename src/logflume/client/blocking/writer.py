# Made by scripts/generate-client from client/aio/writer.py: change that one, then run it.
"""Writes lines to a deployment's log: kept in memory, sent in batches beside whoever writes.

The invariant: what was written is stored once and in order, or an error says how much is not. One
append is under way at a time; what is written meanwhile goes with the next one.
"""

from __future__ import annotations

import threading
import time
from datetime import datetime
from typing import Self

from logflume.client.background import Background
from logflume.client.blocking.producer import Producer
from logflume.client.errors import Refused, ServerAway
from logflume.client.outbox import BATCH_BYTES, Outbox, Parcel, encode_lines
from logflume.masks.masks import Masks

PATIENCE_SECONDS = 60.0
"""Long enough for a restart or a short outage; after that, somebody must decide."""

PAUSE_SECONDS = 0.02
"""Between small appends: people do not see it, and many short lines cost few requests."""


class Writer:
    """The end of a log that is written. Leave it with `close` or by `with`, or lines are lost."""

    def __init__(self, producer: Producer, masks: Masks) -> None:
        self._producer = producer
        self._masks = masks
        self._outbox = Outbox()
        self._changed = threading.Condition()
        self._background = Background(self._send)
        self._closing = False
        self._failure: Exception | None = None

    @property
    def unsent(self) -> int:
        """How many lines are not known to be stored."""
        return self._outbox.unsent

    def write(
        self, text: str, *, stream: str = "stdout", level: str = "", sent: datetime | None = None
    ) -> None:
        """Add a line; a text of several lines becomes as many records. Returns before it is sent,
        but waits while too much is waiting already.

        Raises what sending has failed with, for good; ValueError for what is no line.
        """
        rows = encode_lines(self._masks.masked(text), stream, level, sent)
        with self._changed:
            self._changed.wait_for(lambda: self._failure or not self._outbox.is_full)
            self._raise_failure()
            if self._closing:
                raise ValueError("the writer is closed")
            self._outbox.add(rows)
            self._background.start()
            self._changed.notify_all()

    def flush(self) -> None:
        """Wait until all that was written is stored. Raises Refused, ServerAway."""
        with self._changed:
            self._changed.wait_for(lambda: self._failure or not self._outbox.unsent)
            self._raise_failure()

    def close(self) -> None:
        """Send the rest and end. Raises Refused, ServerAway. May be called again."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._background.join()
        self._raise_failure()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        try:
            self.close()
        except (Refused, ServerAway) as failure:
            if error is None:
                raise
            error.add_note(f"The log is not complete: {failure}")

    def _send(self) -> None:
        try:
            while parcel := self._next():
                self._producer.append(parcel.body)
                with self._changed:
                    self._outbox.stored()
                    self._changed.notify_all()
                if len(parcel.body) < BATCH_BYTES and not self._closing:
                    time.sleep(PAUSE_SECONDS)
        except Exception as error:  # noqa: BLE001 - it is raised to whoever writes
            with self._changed:
                self._failure = self._told(error)
                self._changed.notify_all()

    def _next(self) -> Parcel | None:
        with self._changed:
            self._changed.wait_for(lambda: self._outbox.unsent or self._closing)
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


__all__ = ["PATIENCE_SECONDS", "Writer"]
