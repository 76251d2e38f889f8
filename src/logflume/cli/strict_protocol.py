"""uvicorn's HTTP protocol, strict about what it takes, and for how long.

What cannot be a request is answered with a problem document, and the connection ends; so does one
on which a request does not come in time (`receipt.py`) or which is one too many (`door.py`). The
refusal comes after the answers to the requests before it, or one of them would be taken for it.

Whoever is refused may still be sending. What comes is thrown away for a while, so that the answer
is read before the connection is gone.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from logflume.cli.door import MAX_LINGERING, Door
from logflume.cli.head import MAX_LOOSE_BYTES, Refused, check_head, refusal_of
from logflume.cli.receipt import Receipt
from logflume.http.limits import (
    HEADERS_TOO_LARGE,
    MAX_TARGET_BYTES,
    TARGET_TOO_LONG,
    slow_body,
    slow_head,
)
from logflume.http.problems import Problem

if TYPE_CHECKING:
    import asyncio

SHOWN_BYTES = 8
"""Of what a client began with that spoke no HTTP: enough to know TLS by, too little to leak."""

_log = logging.getLogger(__name__)


NOTHING, HEAD, BODY = range(3)
"""What is due from the client."""


class StrictProtocol(HttpToolsProtocol):
    """Parses with `_parse`, one piece at a time; `_refuse` ends the connection."""

    def __init__(self, door: Door, receipt: Receipt, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._door = door
        self._receipt = receipt
        self._stage = NOTHING
        self._since = 0.0
        """When what is due began to be; of a body, when the last of it came."""
        self._loose_bytes = 0
        """What has come since the last byte of any body."""
        self._is_watched = False
        self._comes_in_chunks = False
        """Whether the body that is coming does not say how long it is."""
        self._may_pause = False
        """Whether the body that is coming may be silent for long."""
        self._answering: RequestResponseCycle | None = None
        """The request whose turn it is; `cycle` is the one that came last."""
        self._is_refused = False
        """Whether nothing more is taken."""
        self._refusal: Problem | None = None
        """What is answered once all before it is."""
        self._lingers = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._since = self.loop.time()
        self._watch()
        problem = self._door.enter(self._address, len(self.connections))
        if problem is not None:
            self._refuse(problem)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._receipt.discard(self)
        self._door.leave(self._address)
        self._door.lingering -= self._lingers
        if self._answering is not None and not self._answering.response_complete:
            self._answering.disconnected = True
            self._answering.message_event.set()
        self._answering = None

    def may_pause(self) -> None:
        """See `http.lent.Connection`. What comes may be of the next request by now."""
        self._may_pause = self._coming() is self._answering

    # What the parser finds.

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._stage = HEAD
        self._may_pause = False

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > MAX_TARGET_BYTES:
            raise Refused(TARGET_TOO_LONG)

    def on_headers_complete(self) -> None:
        version = self.parser.get_http_version()
        self._comes_in_chunks = check_head(version, self.headers, self._loose_bytes)
        self._stage = BODY
        self._loose_bytes = 0
        super().on_headers_complete()
        self.headers = []  # what stands behind a chunked body is not the request's

    def on_body(self, body: bytes) -> None:
        self._loose_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._stage = NOTHING
        self._loose_bytes = 0
        super().on_message_complete()

    def _parse(self, piece: bytes) -> None:
        """Give it to the parser, and see to what it says."""
        if self._stage == NOTHING:
            self._since = self.loop.time()
        is_first = self.cycle is None and not self._loose_bytes
        self._loose_bytes += len(piece)
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade as offered:
            self._upgrade(offered)
        except httptools.HttpParserError as error:
            self._tell(refusal_of(error), piece[:SHOWN_BYTES] if is_first else b"")
            self._refuse(refusal_of(error))
            return
        if self._stage == BODY:
            self._since = self.loop.time()
        if self._loose_bytes > MAX_LOOSE_BYTES:
            self._refuse(HEADERS_TOO_LARGE)
        elif self._is_watched or self._stage != NOTHING or self._loose_bytes:
            self._watch()

    def _upgrade(self, _: httptools.HttpParserUpgrade) -> None:
        """What follows is no HTTP, and nobody takes it."""

    # How long it takes.

    def look(self, now: float) -> None:
        """See `receipt.Receiving`."""
        deadlines = self._receipt.deadlines
        waited_seconds = now - self._since
        if self._is_refused:
            if waited_seconds > deadlines.linger and self._refusal is None:
                self.transport.abort()
        elif self._owes_before():
            self._since = now  # it is our turn
        elif self._stage == BODY:
            if self._may_pause or self.flow.read_paused or self._is_to_be_told():
                self._since = now
            elif waited_seconds > deadlines.body:
                self._refuse(slow_body(deadlines.body))
        elif self._stage == HEAD:
            if waited_seconds > deadlines.head:
                self._refuse(slow_head(deadlines.head))
        elif waited_seconds > (deadlines.head if self._loose_bytes else deadlines.idle):
            self.transport.close()  # it has asked for nothing, so nothing is said

    def _watch(self) -> None:
        """Have the receipt look after this connection as long as anything is due."""
        is_due = self._stage != NOTHING or self._loose_bytes > 0 or self.cycle is None
        if is_due and not self._is_watched:
            self._receipt.watch(self)
        elif self._is_watched and not is_due:
            self._receipt.discard(self)
        self._is_watched = is_due

    def _is_to_be_told(self) -> bool:
        """Whether the client waits for a 100 Continue, as well it may."""
        return self.cycle is not None and self.cycle.waiting_for_100_continue

    # What comes of it.

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._refusal is not None and not self._owes_before():
            self._hang_up(self._refusal)

    def shutdown(self) -> None:
        """Close the connection once it owes no answer."""
        if self._is_refused and self._refusal is None:
            self.transport.close()
        else:
            super().shutdown()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def _coming(self) -> RequestResponseCycle | None:
        """The request whose body is coming."""
        return self.cycle if self._stage == BODY else None

    def _owes_before(self) -> bool:
        """Whether a request before what is coming now has yet to be answered."""
        if self._stage == BODY:
            return bool(self.pipeline)
        return self.cycle is not None and not self.cycle.response_complete

    def _refuse(self, problem: Problem) -> None:
        """Take nothing more, and say why once all before it is answered."""
        self._is_refused = True
        if not self._owes_before():
            self._hang_up(problem)
            return
        self._refusal = problem
        if self._stage == BODY:  # it is never begun
            self.pipeline.popleft()
            before = self.pipeline[0][0] if self.pipeline else self._answering
            self.cycle = cast(RequestResponseCycle, before)
        self._stage = NOTHING

    def _hang_up(self, problem: Problem) -> None:
        self._refusal = None
        self._unset_keepalive_if_required()
        coming = self._coming()
        if coming is not None:
            coming.disconnected = True
            coming.message_event.set()
        if coming is not None and coming.response_started:
            self.transport.close()  # another answer would be taken for a part of that one
        if self.transport.is_closing():
            return
        self.transport.write(told_last(problem.raw()))
        if self._door.lingering < MAX_LINGERING and self.transport.can_write_eof():
            self._linger()
        else:
            self.transport.close()

    def _linger(self) -> None:
        self._lingers = True
        self._door.lingering += 1
        self._since = self.loop.time()
        self.transport.write_eof()
        if not self._is_watched:
            self._receipt.watch(self)

    def _tell(self, problem: Problem, began: bytes) -> None:
        """For whoever runs the server. What a client sent is shown escaped, and hardly any of it:
        it may hold a token."""
        shown = f"; it began with {began!r}" if began else ""
        _log.info("refused what %s sent: %s%s", self._address or "a client", problem.detail, shown)

    @property
    def _address(self) -> str:
        return self.client[0] if self.client else ""


def told_last(response: bytes) -> bytes:
    """The answer, saying that none will follow: an append that is sent all the same could not be
    known to be stored or not."""
    status, end, rest = response.partition(b"\r\n")
    return status + end + b"Connection: close\r\n" + rest


__all__ = ["BODY", "NOTHING", "StrictProtocol", "told_last"]
