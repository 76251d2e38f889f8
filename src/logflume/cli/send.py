"""Sends a spool to a server, while it is written or later, and never twice.

It creates the deployment, appends what is there as soon as the last append is answered, and after
the last record says how it ended. Everything it asks of the server may be repeated, so on any
failure it asks again, later; only a final "no" ends it early, and keeps the spool.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from logflume.cli.failures import not_let_in, refusal
from logflume.cli.spool import Append, Spool
from logflume.cli.upload import Outcome, Upload
from logflume.client.backoff import Backoff
from logflume.client.blocking.calls import Calls
from logflume.client.blocking.client import Client
from logflume.client.errors import Refused, ServerAway
from logflume.client.requests import ProducerMark, log_path

T = TypeVar("T")

BATCH_BYTES = 256 * 1024
"""What an append carries: enough to make its commit worth while, little enough to repeat."""

PAUSE_SECONDS = 0.02
"""Between small appends: people do not see it, and many short lines cost few requests."""

FAILURES_TO_TELL = 2
"""A first failure may be a connection that the server closed while it was idle."""


def send(upload: Upload) -> tuple[Outcome, str]:
    """Send `upload.spool` until the server has all of it or will not take it: and why not."""
    try:
        with Client(upload.server, upload.token) as client:
            Sender(upload, client.calls).send()
    except Refused as error:
        why = refusal(error)
        upload.spool.refuse(why)
        return Outcome.REFUSED, why
    except (OSError, ValueError) as error:
        return Outcome.DAMAGED, str(error)
    return Outcome.SENT, ""


class Sender:
    """One spool's conversation with one server."""

    def __init__(self, upload: Upload, calls: Calls) -> None:
        self._upload = upload
        self._calls = calls
        self._spool: Spool = upload.spool
        self._backoff = Backoff()

    def send(self) -> None:
        """All of it. Raises Refused; OSError for a spool that cannot be read or written."""
        order = self._spool.order
        self._create(order.create)
        last = self._spool.journal()
        if last:
            self._append(last)
        while append := self._next(last):
            self._spool.note(append)
            self._append(append)
            last = append
        result = self._spool.result
        if result and result.status != "running":
            change = {"status": result.status, "exit_code": result.exit_code}
            self._ask(lambda: self._calls.update(order.id, change))

    def _create(self, wanted: dict[str, object]) -> None:
        """Create the deployment; as one of its own, if it cannot be a retry of another."""
        try:
            self._ask(lambda: self._calls.create(wanted))
        except Refused as error:
            if "retry_of" not in wanted or not_let_in(error):
                raise
            self._upload.tell(f"this is logged as no retry: {error}")
            alone = {name: value for name, value in wanted.items() if name != "retry_of"}
            self._ask(lambda: self._calls.create(alone))

    def _append(self, append: Append) -> None:
        records = self._spool.read(append.start, append.end)
        if len(records) != append.end - append.start:
            raise OSError(f"{self._spool.folder} is damaged: its log lacks what was sent already")
        mark = ProducerMark(self._spool.order.producer, append.seq)
        path = log_path(self._spool.id, self._spool.order.markers)
        self._ask(lambda: self._calls.append(path, records, mark))
        if len(records) < BATCH_BYTES and self._spool.result is None:
            time.sleep(PAUSE_SECONDS)

    def _next(self, last: Append | None) -> Append | None:
        """The next append; waits until there is one. None if nothing will come any more."""
        while True:
            self._upload.clear_news()
            finished = self._spool.result is not None  # looked at before the log, which it ends
            if append := self._spool.next_append(last, BATCH_BYTES):
                return append
            if finished:
                return None
            self._upload.wait_for_news()

    def _ask(self, call: Callable[[], T]) -> T:
        """The server's answer to `call`, however often it takes."""
        while True:
            try:
                answer = call()
            except ServerAway as error:
                self._failed(error)
            else:
                self._answered()
                return answer

    def _failed(self, error: ServerAway) -> None:
        seconds = self._backoff.failed(error.retry_seconds)
        if self._backoff.failures == FAILURES_TO_TELL:
            self._upload.tell(
                f"the server is away ({self._upload.server}: {error}); "
                f"the log is kept in {self._spool.folder} and sent when it is back"
            )
        self._upload.pause(seconds)

    def _answered(self) -> None:
        self._upload.answered()
        if self._backoff.failures >= FAILURES_TO_TELL:
            self._upload.tell("the server is back; the log is being sent")
        self._backoff.succeeded()
