"""`logging` into a deployment's log.

Whoever logs never waits and never gets an exception: a record is formatted, encoded and put into a
queue, another thread sends it. A queue that is full drops records; how many, the log itself says
where they are missing. Whatever goes wrong is said on stderr, each kind once.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from weakref import WeakSet

from logflume.client import endings
from logflume.client.addresses import normal_server
from logflume.client.blocking.client import Client
from logflume.client.log_sender import LogSender, Order, is_sending
from logflume.client.masking import masks_of
from logflume.client.outbox import LONGEST_LEVEL, encode_lines
from logflume.client.requests import new_id, said

QUEUE_BYTES = 8 * 1024 * 1024
"""What waits in memory while the server is away, some 30,000 usual lines."""

FLUSH_SECONDS = 5.0
"""How long a flush, and so the end of the process, waits for a server that does not answer."""

BELOW = ("httpx2", "httpcore2", "websockets")
"""Loggers of what the client is built on: to send their records would make more of them."""

DROPPED = "{} log records are missing here: they came faster than the server took them"


class LoggingHandler(logging.Handler):
    """A handler that sends to one deployment: an existing one, or one of `project` that it creates
    with the first record, and finishes when the process ends.

    `server` is an address or a Client. Records are lines of `stream`; the formatter's usual text is
    the message alone, since the log has time and level by itself. `masks` are secrets, which become
    `***` in it, in any usual form, if they have at least 4 characters. Raises ValueError.
    """

    _sender: LogSender | None
    _stuck_at: int

    def __init__(
        self,
        server: str | Client,
        deployment_id: str | None = None,
        *,
        project: str | None = None,
        environment: str | None = None,
        title: str | None = None,
        metadata: Mapping[str, str] | None = None,
        token: str | None = None,
        stream: str = "stdout",
        masks: Iterable[str] = (),
        level: int | str = logging.NOTSET,
    ) -> None:
        super().__init__(level)
        if (deployment_id is None) == (project is None):
            raise ValueError("give a deployment's id, or the project of one that is to be created")
        encode_lines("", stream)  # raises for a stream that is none
        if isinstance(server, Client):
            token = token or server.token
            server = server.server
        # Everything that the thread needs is loaded before it runs: a process that forks while
        # another thread loads a module has half of it for ever.
        Client(server, token).close()
        self.deployment_id = deployment_id or new_id()
        """Whose log it is."""
        self._masks = masks_of(masks)
        title = title and self._masks.masked(title)
        metadata = {name: self._masks.masked(text) for name, text in (metadata or {}).items()}
        fields = said(project=project, environment=environment, title=title, metadata=metadata)
        create = {**fields, "id": self.deployment_id} if project else None
        self._order = Order(normal_server(server), token, self.deployment_id, create)
        self._stream = stream
        self._warned: set[str] = set()
        self._begin(finishes=create is not None)
        _handlers.add(self)
        endings.watch(_tell_unhandled)

    @property
    def page(self) -> str:
        """The address of the deployment's page."""
        return f"{self._order.server}/d/{self.deployment_id}"

    def handle(self, record: logging.LogRecord) -> bool:
        """Leave out what sending itself logs. Before the handler's lock: at the end of the process
        `logging` holds that while it waits for all to be sent."""
        if is_sending() or record.name.partition(".")[0] in BELOW:
            return False
        return bool(super().handle(record))

    def emit(self, record: logging.LogRecord) -> None:
        """Queue the record. Never waits, never raises."""
        try:
            self._put(record)
        except Exception as error:  # noqa: BLE001 - logging must not harm who logs
            self._warn("record", f"a record cannot be logged: {error!r}")

    def flush(self) -> None:
        """Wait until all is stored, or for `FLUSH_SECONDS`; no second time for the same lines."""
        sender = self._sender
        if sender is None or sender.unsent == self._stuck_at:
            return
        self._tell_dropped()
        self._stuck_at = -1 if sender.flush(FLUSH_SECONDS) else sender.unsent

    def close(self) -> None:
        """Send the rest, wait for that as `flush` does, and finish the deployment if this handler
        created it: `succeeded`, or as an unhandled exception says. May be called again."""
        self.finish(endings.status() if self._finishes else "")
        super().close()

    def finish(self, status: str) -> None:
        """The same with another status, such as `failed`; an empty one leaves it open."""
        self.flush()
        sender, self._sender, self._closed = self._sender, None, True
        if sender is None:
            return
        is_stuck = sender.unsent == self._stuck_at
        sender.end(status, 0 if is_stuck else FLUSH_SECONDS)
        if sender.problem or sender.is_alive():
            why = sender.problem or "the server does not answer"
            self._warn("end", f"{why}; lines of the log that are not stored: {sender.unsent}")

    def _begin(self, *, finishes: bool) -> None:
        """What a process has of its own, and so does one that was forked from another."""
        self._finishes = finishes
        self._sender = None
        self._dropped = 0
        self._stuck_at = -1
        self._closed = False

    def _put(self, record: logging.LogRecord) -> None:
        sender = self._sender or self._start()
        if sender is None:
            return
        if sender.problem:
            self._warn("refused", f"the log is not stored: {sender.problem}")
        elif sender.waiting_bytes >= QUEUE_BYTES:
            self._dropped += 1
            self._warn("full", "the server is away or slow; log records are dropped")
        else:
            self._tell_dropped()
            sent = datetime.fromtimestamp(record.created, UTC)
            level = record.levelname.lower()[:LONGEST_LEVEL]
            text = self._masks.masked(self._text(record))
            sender.put(encode_lines(text, self._stream, level, sent))

    def _start(self) -> LogSender | None:
        """The thread, which begins with the first record: before that, the process may fork."""
        if self._closed:
            return None
        self._sender = LogSender(self._order, self._tell_dropped)
        self._sender.start()
        endings.before_exit(self, self.close)
        return self._sender

    def _text(self, record: logging.LogRecord) -> str:
        try:
            return self.format(record)
        except Exception as error:  # noqa: BLE001 - anything may be in a record's arguments
            return f"{record.pathname}:{record.lineno}: a message that cannot be formatted: {error}"

    def _tell_dropped(self) -> None:
        """Say in the log how many records are missing, if nobody else is about to."""
        if not self._dropped or self.lock is None or not self.lock.acquire(blocking=False):
            return
        try:
            dropped, self._dropped = self._dropped, 0
            if dropped and self._sender:
                self._sender.put(encode_lines(DROPPED.format(dropped), "system"))
        finally:
            self.lock.release()

    def _warn(self, what: str, text: str) -> None:
        if what in self._warned:
            return
        self._warned.add(what)
        with suppress(Exception):  # a stderr that is closed is nobody to tell
            print(f"logflume: {text}", file=sys.__stderr__, flush=True)


_handlers: WeakSet[LoggingHandler] = WeakSet()


def _tell_unhandled(error: BaseException) -> None:
    """What ends the program is the line that its deployment's log needs most."""
    fields = {"name": "logflume", "levelno": logging.CRITICAL, "levelname": "CRITICAL"}
    told = {**fields, "msg": "the program ends by an exception", "exc_info": _info(error)}
    for handler in list(_handlers):
        if handler._finishes and not isinstance(error, KeyboardInterrupt):
            handler.handle(logging.makeLogRecord(told))


def _info(error: BaseException) -> tuple[type[BaseException], BaseException, object]:
    return type(error), error, error.__traceback__


def _in_child() -> None:
    """After a fork the thread is the parent's, and so are what it has to send and the ending."""
    for handler in _handlers:
        handler._begin(finishes=False)


os.register_at_fork(after_in_child=_in_child)

__all__ = ["LoggingHandler"]
