"""The thread that sends what a process logs, and outlives no process.

It takes lines from a queue, in batches, and asks again for as long as the server is away: who fills
the queue does not wait for it. Only a final no ends it early. What it does itself is never logged
into a deployment: each record sent would make another one.
"""

from __future__ import annotations

import encodings.idna  # noqa: F401 - not by the thread, when it connects; see LoggingHandler
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from logflume.client.blocking.client import Client
from logflume.client.blocking.patience import Patience
from logflume.client.blocking.producer import Producer
from logflume.client.errors import Refused
from logflume.client.outbox import BATCH_BYTES, Outbox
from logflume.client.requests import log_path

PAUSE_SECONDS = 0.05
"""Between small appends: people do not see it, and a chatty process costs few requests."""

LAST_PAUSE_SECONDS = 0.25
"""Between tries once the process is ending: there is little time left."""

ROW_BYTES = 100
"""What a line in the queue costs beside its bytes, about."""

_this_thread = threading.local()


def is_sending() -> bool:
    """Whether this thread is one that sends."""
    return getattr(_this_thread, "is_sending", False)


@dataclass(frozen=True, slots=True)
class Order:
    """Which log it is, and what creates it if that is to be done."""

    server: str
    token: str | None
    deployment_id: str
    create: Mapping[str, object] | None = None


class LogSender(threading.Thread):
    """Sends lines to one deployment's log. `problem` says why, if it has given up."""

    def __init__(self, order: Order, on_idle: Callable[[], None]) -> None:
        super().__init__(name="logflume-logging", daemon=True)
        self._order = order
        self._on_idle = on_idle
        self._outbox = Outbox()
        # It may be filled even from a signal's handler that interrupts its own filling.
        self._queue: SimpleQueue[list[bytes] | None] = SimpleQueue()
        self._put_bytes = self._taken_bytes = 0
        self._put_lines = self._done_lines = 0
        self._progress = threading.Condition()
        self._ending = threading.Event()
        self._status = ""
        self._over = False
        self.problem = ""

    @property
    def waiting_bytes(self) -> int:
        """What is in the queue, about. Each number has one thread that writes it."""
        return self._put_bytes - self._taken_bytes

    @property
    def unsent(self) -> int:
        """How many lines are not known to be stored."""
        return self._put_lines - self._done_lines

    def put(self, rows: list[bytes]) -> None:
        """Send these lines some time. Returns at once; to be called by one thread at a time."""
        self._put_bytes += _cost(rows)
        self._put_lines += len(rows)
        self._queue.put(rows)

    def flush(self, seconds: float) -> bool:
        """Wait until what was put is stored or given up; False if that takes longer."""
        due = self._put_lines
        with self._progress:
            return self._progress.wait_for(lambda: self._done_lines >= due or self._over, seconds)

    def end(self, status: str, seconds: float) -> None:
        """Nothing follows: send the rest, and if there is a `status`, finish the deployment."""
        self._status = status
        self._ending.set()
        self._queue.put(None)
        self.join(seconds)

    def run(self) -> None:
        """Send until the end."""
        _this_thread.is_sending = True
        try:
            with Client(self._order.server, self._order.token) as client:
                self._send_all(client)
        except Refused as error:
            self.problem = str(error)
        except Exception as error:  # noqa: BLE001 - whoever logs must never suffer from it
            self.problem = f"{type(error).__name__}: {error}"
        finally:
            with self._progress:
                self._over = True
                self._progress.notify_all()

    def _send_all(self, client: Client) -> None:
        patience = Patience(float("inf"), self._pause)
        create, log = self._order.create, self._order.deployment_id
        if create is not None:
            patience.ask(lambda: client.calls.create(create))
        producer = Producer(client.calls, log_path(log), patience)
        while self._collect():
            while parcel := self._outbox.take():
                producer.append(parcel.body)
                self._outbox.stored()
                self._done(parcel.lines)
                if len(parcel.body) < BATCH_BYTES:
                    self._ending.wait(PAUSE_SECONDS)
        if self._status:
            patience.ask(lambda: client.finish(log, self._status))

    def _collect(self) -> bool:
        """Take a batch's worth from the queue, waiting for its first line; False at the end."""
        size = 0
        more = True
        while more and size < BATCH_BYTES:
            try:
                rows = self._queue.get_nowait() if size else self._first()
            except Empty:
                break
            more = rows is not None
            size += self._take(rows or [])
        return more or size > 0

    def _first(self) -> list[bytes] | None:
        if self._queue.empty():
            self._on_idle()
        return self._queue.get()

    def _take(self, rows: list[bytes]) -> int:
        self._outbox.add(rows)
        cost = _cost(rows)
        self._taken_bytes += cost
        return cost

    def _done(self, lines: int) -> None:
        with self._progress:
            self._done_lines += lines
            self._progress.notify_all()

    def _pause(self, seconds: float) -> None:
        if self._ending.wait(seconds):
            time.sleep(min(seconds, LAST_PAUSE_SECONDS))


def _cost(rows: list[bytes]) -> int:
    return sum(map(len, rows)) + ROW_BYTES * len(rows)


__all__ = ["LogSender", "Order", "is_sending"]
