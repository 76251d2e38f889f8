"""uvicorn's HTTP protocol, less forgetful, and one that lends its connections.

When a client goes away, uvicorn's request forgets what had arrived while the application was busy.
For a log those are the last words of a deployment that crashed.

A lent connection (`http/lent.py`) has no request for uvicorn's part of the work: it is over as far
as uvicorn knows. What the client sends before it has its answer is kept until then; a request that
repeats the last one is given to whoever had the connection, with its body, before anybody parses
it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from logflume.cli.repeat import Repeat
from logflume.http.lent import EXTENSION, Waiting

if TYPE_CHECKING:
    from uvicorn._types import ASGIReceiveEvent

MAX_EARLY_BYTES = 64 * 1024
"""Kept of what a client sends before it has its answer; more stays with its kernel."""

MAX_REPEATED_BYTES = 128 * 1024
"""Of a request that is given on with its body; a longer one is worth parsing."""

MAX_UNSENT_BYTES = 64 * 1024
"""A client that does not take its answers is not given the quick way to more of them."""


class Cycle(RequestResponseCycle):
    """A request that hands over what its client had sent before it went away."""

    async def receive(self) -> ASGIReceiveEvent:
        event = await super().receive()
        if event["type"] != "http.disconnect" or self.response_complete or not self.body:
            return event
        body, self.body = bytes(self.body), bytearray()
        return {"type": "http.request", "body": body, "more_body": self.more_body}


class HttpProtocol(HttpToolsProtocol):
    """Makes each request a `Cycle`, before its task has begun to run, and offers its connection."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._received = b""
        self._waiting: Waiting | None = None
        """Who has the connection now."""
        self._early = b""
        self._partial = bytearray()
        """A request whose body has not come to its end."""
        self._partial_bytes = 0
        """How long it will be."""
        self._closes = False
        """Whether the answer that is awaited is the last."""
        self._idle_since = 0.0
        self._repeat: Repeat | None = None
        self._repeated_by: Waiting | None = None
        """Who takes on a request that repeats the last one."""

    def data_received(self, data: bytes) -> None:
        if self._waiting is not None or self._early:
            self._early += data
            if len(self._early) > MAX_EARLY_BYTES:
                self.transport.pause_reading()
            return
        if self._partial:
            self._partial += data
            if len(self._partial) < self._partial_bytes:
                return
            data, self._partial = bytes(self._partial), bytearray()
        if not self._take_on(data):
            self._repeat = self._repeated_by = None
            self._note(data)
            super().data_received(data)

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        if self.cycle is not None:
            self.cycle.__class__ = Cycle
            self.scope["extensions"] = {EXTENSION: self}  # type: ignore[dict-item]  # not only JSON

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        borrower = self._waiting or self._repeated_by
        self._waiting = self._repeated_by = self._repeat = None
        self._partial = bytearray()
        if borrower is not None:
            borrower.lost()

    def give_away(self, protocol: asyncio.BaseProtocol) -> asyncio.Transport | None:
        """See `http.lent.Connection`."""
        if self.cycle.more_body or self.cycle.disconnected or self.pipeline or self._early:
            return None
        if self.flow.write_paused:
            return None  # `protocol` would not hear that nothing may be written yet
        self.cycle.response_started = self.cycle.response_complete = True
        self.connections.discard(self)
        self._unset_keepalive_if_required()
        self.transport.set_protocol(protocol)
        # All of these know the protocol, and would keep it and each other alive.
        self.parser = self.scope = self.cycle = None  # type: ignore[assignment]
        return self.transport

    def lend(self, waiting: Waiting) -> bool:
        """See `http.lent.Connection`."""
        cycle = self.cycle
        if cycle.more_body or cycle.disconnected or not cycle.keep_alive or self.pipeline:
            return False
        cycle.response_started = cycle.response_complete = True
        self.flow.resume_reading()  # a long body paused it
        self._waiting = waiting
        self._repeat = Repeat.of(self._received)
        self._repeated_by = waiting if self._repeat else None
        return True

    def answer(self, response: bytes) -> None:
        """See `http.lent.Connection`."""
        self._waiting = None
        self.transport.write(response)
        if self._closes:
            self.transport.close()
        elif self.pipeline:
            self.on_response_complete()
        else:
            self._idle()
        if self._early:
            self.loop.call_soon(self._go_on)  # not at once: thousands may have come together

    def _go_on(self) -> None:
        """Take what came before the last answer."""
        early, self._early = self._early, b""
        if not self.transport.is_closing():
            self.transport.resume_reading()
            self.data_received(early)

    def shutdown(self) -> None:
        """Close the connection once it owes no answer."""
        if self._waiting is None:
            super().shutdown()
        else:
            self._closes = True

    def timeout_keep_alive_handler(self) -> None:
        self.timeout_keep_alive_task = None
        if self._waiting is not None:
            return
        left_seconds = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left_seconds > 0:
            self._watch_idleness(left_seconds)
        else:
            super().timeout_keep_alive_handler()

    def _idle(self) -> None:
        """Await the next request. A timer that is set stays: setting one for each costs more."""
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._watch_idleness(self.timeout_keep_alive)

    def _watch_idleness(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            seconds, self.timeout_keep_alive_handler
        )

    def _note(self, data: bytes) -> None:
        """Keep what has come of a request that the next ones may repeat."""
        is_under_way = self.cycle is not None and self.cycle.more_body
        if not is_under_way:
            self._received = data
        elif len(self._received) < MAX_REPEATED_BYTES:
            self._received += data

    def _take_on(self, data: bytes) -> bool:
        """Whether the request goes to who had the one before, now or when all of it has come."""
        if self._repeat is None or self._repeated_by is None:
            return False
        found = self._repeat.match(data)
        if found is None or found.end > MAX_REPEATED_BYTES:
            return False
        if self.transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            return False
        if found.end > len(data):
            self._partial += data
            self._partial_bytes = found.end
            return True
        self._waiting, self._early = self._repeated_by, data[found.end :]
        if self._waiting.again(found.said, data[found.body_start : found.end]):
            return True
        self._waiting, self._early = None, b""
        return False


__all__ = ["HttpProtocol"]
