"""uvicorn's HTTP protocol, less forgetful, and one that lends its connections.

When a client goes away, uvicorn's request forgets what had arrived while the application was busy.
For a log those are the last words of a deployment that crashed.

A lent connection (`http/lent.py`) has no request for uvicorn's part of the work: it is over as far
as uvicorn knows. What the client sends before it has its answer is kept until then; a request that
repeats the last one is given to whoever had the connection before anybody parses it.
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
        self._idle_since = 0.0
        self._repeat: Repeat | None = None
        self._repeated_by: Waiting | None = None
        """Who takes on a request that repeats the last one."""

    def data_received(self, data: bytes) -> None:
        if self._waiting is not None:
            self._early += data
            if len(self._early) > MAX_EARLY_BYTES:
                self.transport.pause_reading()
        elif not self._take_on(data):
            self._repeat = self._repeated_by = None
            self._received = data
            super().data_received(data)

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        if self.cycle is not None:
            self.cycle.__class__ = Cycle
            self.scope["extensions"] = {EXTENSION: self}  # type: ignore[dict-item]  # not only JSON

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        borrower = self._waiting or self._repeated_by
        self._waiting = self._repeated_by = None
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
        self.parser = None  # type: ignore[assignment]  # the two would keep each other alive
        return self.transport

    def lend(self, waiting: Waiting) -> bool:
        """See `http.lent.Connection`."""
        cycle = self.cycle
        if cycle.more_body or cycle.disconnected or not cycle.keep_alive or self.pipeline:
            return False
        cycle.response_started = cycle.response_complete = True
        self._waiting = waiting
        self._repeat = Repeat.of(self._received)
        self._repeated_by = waiting if self._repeat else None
        return True

    def answer(self, response: bytes) -> None:
        """See `http.lent.Connection`."""
        self._waiting = None
        self.transport.write(response)
        if self.pipeline:
            self.on_response_complete()
        else:
            self._idle()
        if self._early:
            early, self._early = self._early, b""
            self.transport.resume_reading()
            self.data_received(early)

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

    def _take_on(self, data: bytes) -> bool:
        """Whether the request went to who had the one before."""
        if self._repeat is None or self._repeated_by is None:
            return False
        places = self._repeat.places(data)
        if places is None or self.transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            return False
        self._waiting = self._repeated_by
        if self._waiting.again(*places):
            return True
        self._waiting = None
        return False


__all__ = ["HttpProtocol"]
