"""A WebSocket that is nothing but a connection: no request, and a task only while it obeys.

A client may break off, break the rules, take nothing and say nothing. Whatever it does, it is told
why its socket ends if it can be told, and within half a minute its connection is gone.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable

from logflume.access.callers import Caller
from logflume.cursor import Cursor
from logflume.http.context import Context
from logflume.http.descriptors import descriptor_of
from logflume.http.socket_requests import obey
from logflume.http.subscriptions import Subscriptions
from logflume.wire.frames import (
    CLOSE,
    PING,
    PONG,
    TEXT,
    BrokenRules,
    FrameReader,
    close_frame,
    framed,
)

MAX_SILENT_LOOKS = 2
"""A client that has taken nothing and answered nothing is seen at every look (`watchers.py`). The
second time after the last sign of life is 20 to 30 seconds after it."""

FAILED = 1011
TOO_SLOW = 1008
NOT_LET_IN = 1008
"""Close codes (RFC 6455, section 7.4.1)."""

DISMISSED = "what let you in was revoked, or its time is over"

_log = logging.getLogger(__name__)


class SocketConnection(asyncio.Protocol):
    """One WebSocket. `begin` once its connection has been taken over."""

    __slots__ = (
        "_asked",
        "_context",
        "_is_over",
        "_logs",
        "_obeying",
        "_pinged",
        "_reader",
        "_silent_looks",
        "_transport",
        "_unsent_bytes",
        "caller",
        "descriptor",
        "writable",
        "write",
    )

    _transport: asyncio.Transport
    write: Callable[[bytes], None]

    @property
    def pattern(self) -> str:
        """See `watchers.Watching`."""
        return "websocket"

    def __init__(self, context: Context, caller: Caller) -> None:
        self.caller = caller
        self._context = context
        self._logs = Subscriptions(context.crowds, context.seats, self)
        self.writable = True
        self._is_over = False
        """Whether the end was said; nothing is, after it."""
        self._reader: FrameReader | None = None
        """What has come in pieces; None most of the time."""
        self._asked: tuple[str | None] | None = None
        """What the client asks for. Until it is done, nothing else is heard."""
        self._obeying: asyncio.Task[None] | None = None
        self._pinged: bytes | None = None
        """What the client was to repeat, and has not yet."""
        self._silent_looks = 0
        self._unsent_bytes = 0
        """What the client had yet to take when it was looked at last."""

    def begin(self, transport: asyncio.Transport, head: bytes, cursor: Cursor) -> None:
        """Answer the handshake, and follow the first log."""
        self._transport = transport
        self.descriptor = descriptor_of(transport)
        self.write = transport.write
        self._context.watchers.add(self)
        self.write(head)
        self._logs.begin(cursor)
        if not self.caller.valid:  # since the request was examined
            self.dismiss()

    def close(self, code: int, reason: str) -> None:
        """See `subscriptions.Way`. The connection ends when the client has answered."""
        if self._is_over:
            return
        self._leave()
        self.write(close_frame(code, reason))

    def cut_off(self) -> None:
        """See `watchers.Watching`. Who follows nothing has not been told yet."""
        self._logs.stop()
        if self.writable:
            self._transport.close()
        else:
            self._transport.abort()

    def dismiss(self) -> None:
        """See `watchers.Waiting`."""
        self.close(NOT_LET_IN, DISMISSED)
        if not self.writable:
            self._transport.abort()  # it would take what is written before that, too

    def look(self, payload: bytes) -> None:
        """See `watchers.Watching`: ping it, unless an answer is due; end it when it is dead."""
        unsent_bytes = self._transport.get_write_buffer_size()
        takes = unsent_bytes < self._unsent_bytes
        self._unsent_bytes = unsent_bytes
        answers = self._pinged is None and not self._is_over
        self._silent_looks = 0 if takes or answers else self._silent_looks + 1
        if self._silent_looks == MAX_SILENT_LOOKS:
            self._give_up()
        elif answers:
            self._pinged = payload
            self.write(framed(payload, PING))

    # What the transport says.

    def data_received(self, data: bytes) -> None:
        if self._reader is None:
            self._reader = FrameReader()
        self._reader.feed(data)
        self._hear()

    def pause_writing(self) -> None:
        self.writable = False
        self._logs.pause()

    def resume_writing(self) -> None:
        self.writable = True
        self._unsent_bytes = sys.maxsize  # it took something, whatever is written to it now
        self._logs.resume()
        self._obey_soon()

    def eof_received(self) -> None:
        self._leave()  # the transport closes now and takes nothing more, but its socket would

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio's name
        self._leave()
        del self._logs  # the two would keep each other alive
        self._context.watchers.discard(self)

    # What the client says.

    def _hear(self) -> None:
        """Hear what has come; of what the client asks, one thing at a time."""
        reader = self._reader
        try:
            while reader is not None and self._asked is None and (said := reader.next()):
                self._take(*said)
        except BrokenRules as error:
            self._refuse(error)
            return
        if reader is not None and reader.idle:
            self._reader = None

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == CLOSE:
            self._answer_close(payload)
        elif self._is_over:
            pass  # it said this before it had heard
        elif opcode == PING:
            if self.writable:  # or answers would pile up; not every ping needs one
                self.write(framed(payload, PONG))
        elif opcode == PONG:
            if payload == self._pinged:
                self._pinged = None
        else:
            self._asked = (payload.decode() if opcode == TEXT else None,)
            self._transport.pause_reading()
            self._obey_soon()

    def _obey_soon(self) -> None:
        if self._asked is not None and self._obeying is None and self.writable:
            self._obeying = asyncio.get_running_loop().create_task(self._obey(*self._asked))

    async def _obey(self, text: str | None) -> None:
        try:
            await obey(self._context, self._logs, text, self.caller)
        except Exception:  # noqa: BLE001 -- a fault of ours ends the socket, and is told
            _log.exception("a WebSocket's message could not be obeyed")
            self.close(FAILED, "Logflume failed; its log says more")
        if not self._is_over:
            self._asked = self._obeying = None
            self._transport.resume_reading()
            self._hear()

    def _answer_close(self, payload: bytes) -> None:
        if not self._is_over:
            self._leave()
            self.write(framed(payload, CLOSE))
        self._transport.close()

    def _refuse(self, error: BrokenRules) -> None:
        """Say what the client broke, and throw away what it is still sending: to close with bytes
        unread would reset the connection, and what was said be lost (RFC 6455, section 7.1.1)."""
        self.close(error.code, error.reason)
        if self._transport.can_write_eof() and not self._transport.is_closing():
            self._transport.write_eof()

    # The end.

    def _leave(self) -> None:
        """Nothing more is told or done."""
        self._is_over = True
        self._silent_looks = 0
        self._logs.leave()
        if self._obeying is not None:
            self._obeying.cancel()
        if self._asked is not None:
            self._asked = self._obeying = None
            self._transport.resume_reading()

    def _give_up(self) -> None:
        takes_nothing = self._unsent_bytes > 0
        self.close(TOO_SLOW, "too slow: it takes nothing and answers no ping")
        if takes_nothing:
            self._transport.abort()  # it will not take this either
        else:
            self._transport.close()


__all__ = ["SocketConnection"]
