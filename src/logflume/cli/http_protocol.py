"""An HTTP protocol that is less forgetful than uvicorn's, and lends its connections.

When a client goes away, uvicorn's request forgets what had arrived while the application was busy.
For a log those are the last words of a deployment that crashed. It also forgets the body of a
request that offers an upgrade which nobody takes (`request_parser.py`).

A lent connection (`http/lent.py`) has no request for uvicorn's part of the work: it is over as far
as uvicorn knows. What the client sends before it has its answer is kept until then; a request that
repeats the last one is given to whoever had the connection, with its body, before anybody parses
it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from logflume.cli.head import PIECE_BYTES
from logflume.cli.repeat import Repeat
from logflume.cli.request_parser import RequestParser, head_without_offer
from logflume.cli.strict_protocol import BODY, NOTHING, StrictProtocol, told_last
from logflume.http.handshake import is_handshake
from logflume.http.lent import EXTENSION, Waiting

if TYPE_CHECKING:
    from uvicorn._types import ASGIReceiveEvent, ASGISendEvent

MAX_EARLY_BYTES = 64 * 1024
"""Kept of what a client sends before it has its answer; more stays with its kernel."""

MAX_REPEATED_BYTES = 128 * 1024
"""Of a request that is given on with its body; a longer one is worth parsing."""

MAX_UNSENT_BYTES = 64 * 1024
"""A client that does not take its answers is not given the quick way to more of them."""


class Cycle(RequestResponseCycle):
    """A request that hands over what its client had sent before it went away."""

    async def send(self, message: ASGISendEvent) -> None:
        if self.waiting_for_100_continue:
            self.keep_alive = False  # refused unread: the client may leave its body out, or not
        await super().send(message)

    async def receive(self) -> ASGIReceiveEvent:
        event = await super().receive()
        if event["type"] != "http.disconnect" or self.response_complete or not self.body:
            return event
        body, self.body = bytes(self.body), bytearray()
        return {"type": "http.request", "body": body, "more_body": self.more_body}


class HttpProtocol(StrictProtocol):
    """Makes each request a `Cycle`, before its task has begun to run, and offers its connection."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.parser = RequestParser(self, self._declined_head)
        self._offer: dict[str, Any] = {EXTENSION: self}
        self._is_declined = False
        """Whether the request offers an upgrade that we do not take, and is parsed once more."""
        self._received = b""
        """All that has come of the request, as long as the next ones may repeat it."""
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
        if self._is_refused:
            return
        if self._waiting is not None or self._early or self.pipeline:
            self._early += data
            if len(self._early) > MAX_EARLY_BYTES:
                self.transport.pause_reading()
            return
        if self._partial:
            self._partial += data
            self._since = self.loop.time()
            if len(self._partial) < self._partial_bytes:
                return
            data, self._partial = bytes(self._partial), bytearray()
            self._stage = NOTHING
            self._watch()
        if not self._take_on(data):
            self._repeat = self._repeated_by = None
            if len(data) <= PIECE_BYTES:
                self._note(data)
                self._parse(data)
            else:
                self._take_apart(data)

    def on_headers_complete(self) -> None:
        self._is_declined = self._declines()
        if self._is_declined:
            return
        super().on_headers_complete()
        self.cycle.__class__ = Cycle
        self.scope["extensions"] = self._offer
        if self._comes_in_chunks:
            self._received = b""  # it may be long, and will not be repeated

    def on_message_complete(self) -> None:
        if self._is_declined:
            self._stage = NOTHING
        else:
            super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._unset_keepalive_if_required()  # uvicorn lets it run on where the client reset it
        self._offer.clear()  # they would keep each other alive
        borrower = self._waiting or self._repeated_by
        self._waiting = self._repeated_by = self._repeat = None
        self._partial = bytearray()
        if borrower is not None:
            borrower.lost()

    def give_away(self, protocol: asyncio.BaseProtocol) -> asyncio.Transport | None:
        """See `http.lent.Connection`."""
        if self.cycle.more_body or self.cycle.disconnected or self.pipeline or self._early:
            return None
        if self._refusal is not None:
            return None
        if self.flow.write_paused:
            return None  # `protocol` would not hear that nothing may be written yet
        self.cycle.response_started = self.cycle.response_complete = True
        self.connections.discard(self)
        self._receipt.discard(self)
        self._door.give_away(self._address, protocol)
        self._unset_keepalive_if_required()
        self.transport.set_protocol(protocol)
        # All of these know the protocol, and would keep it and each other alive.
        self.parser = self.scope = self.cycle = None  # type: ignore[assignment]
        self._answering = None
        self._offer.clear()
        return self.transport

    def lend(self, waiting: Waiting) -> bool:
        """See `http.lent.Connection`."""
        cycle = self.cycle
        if cycle.more_body or cycle.disconnected or not cycle.keep_alive or self.pipeline:
            return False
        if self.flow.write_paused or self._refusal is not None:
            return False  # it is to have no more answers until it has taken those that it has
        cycle.response_started = cycle.response_complete = True
        self.flow.resume_reading()  # a long body paused it
        self._waiting = waiting
        self._repeat, self._received = Repeat.of(self._received), b""
        self._repeated_by = waiting if self._repeat else None
        return True

    def answer(self, response: bytes) -> None:
        """See `http.lent.Connection`."""
        self._waiting = None
        self.transport.write(told_last(response) if self._closes else response)
        if self._closes:
            self.transport.close()
        elif self.pipeline:
            self.on_response_complete()
        else:
            self._idle()
        if self._early:
            self.loop.call_soon(self._go_on)  # not at once: thousands may have come together

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._early and not self.pipeline:
            self.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        """Take what came before the last answer."""
        early, self._early = self._early, b""
        if not self.transport.is_closing():
            self.transport.resume_reading()
            self.data_received(early)

    def shutdown(self) -> None:
        """Close the connection once it owes no answer."""
        if self._waiting is None and not self._partial:
            super().shutdown()
        else:
            self._closes = True

    def timeout_keep_alive_handler(self) -> None:
        self.timeout_keep_alive_task = None
        if self._waiting is not None or self._partial:
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

    def _owes_before(self) -> bool:
        return self._waiting is not None or super()._owes_before()

    def _coming(self) -> RequestResponseCycle | None:
        return None if self._partial else super()._coming()  # a repeat has no cycle

    def _watch_idleness(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            seconds, self.timeout_keep_alive_handler
        )

    def _take_apart(self, data: bytes) -> None:
        """Parse it, as far as the requests in it are not too many at once."""
        for start in range(0, len(data), PIECE_BYTES):
            if self.pipeline:
                self._early = data[start:]
                return
            piece = data[start : start + PIECE_BYTES]
            self._note(piece)
            self._parse(piece)
            if self._is_refused:
                return

    def _note(self, data: bytes) -> None:
        """Keep what has come of a request that the next ones may repeat: all of it, or nothing."""
        if self._stage == NOTHING:
            self._received = data
        elif self._received:
            self._received += data
        if len(self._received) > MAX_REPEATED_BYTES:
            self._received = b""

    def _declines(self) -> bool:
        """Whether the request offers an upgrade that we do not take."""
        if not self.parser.should_upgrade():
            return False
        scope = cast(dict[str, Any], self.scope)
        scope["method"] = self.parser.get_method().decode("ascii")
        scope["http_version"] = self.parser.get_http_version()
        return scope["method"] != "CONNECT" and not is_handshake(scope)

    def _declined_head(self) -> bytes:
        """The head of a request whose offer was declined, without the offer."""
        if not self._is_declined:
            return b""
        method, version = self.parser.get_method(), self.parser.get_http_version()
        return head_without_offer(method, self.url, version, self.headers)

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
            self._stage, self._since = BODY, self.loop.time()
            self._watch()
            return True
        self._waiting, self._early = self._repeated_by, data[found.end :]
        if self._waiting.again(found.said, data[found.body_start : found.end]):
            return True
        self._waiting, self._early = None, b""
        return False


__all__ = ["HttpProtocol"]
