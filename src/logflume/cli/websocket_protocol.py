"""uvicorn's WebSocket, which writes frames as they are and has an end.

A client may break off, break the rules, take nothing and say nothing. Whatever it does, it is told
why its socket ends if it can be told, and within half a minute its connection is gone. uvicorn's
own waits for ever for who does not take what is left, and keeps all that is sent in fragments.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode
from websockets.protocol import State

if TYPE_CHECKING:
    from asyncio import BaseTransport

    from uvicorn._types import ASGISendEvent
    from websockets.frames import Frame
    from websockets.http11 import Request

FRAMES = "logflume.frames"
"""The key in `scope["extensions"]` under which the application finds how to write a frame."""

MAX_MESSAGE_BYTES = 1024 * 1024
"""What a client may say at once. What it has to say has a few hundred bytes."""

PING_SECONDS = 10
"""Proxies cut what is silent for 30 to 60 seconds."""

MAX_SILENT_LOOKS = 2
"""A client that has taken nothing and answered nothing is seen once every `PING_SECONDS`. The
second time after the last sign of life is 20 to 30 seconds after it."""

CLOSE_SECONDS = 10
"""How long a client may take to answer that its socket ends, or take nothing of what is left."""


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """One WebSocket's connection. It offers itself to the application, which may write frames."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.close_timeout = CLOSE_SECONDS
        self._early = b""
        """What came before the handshake was answered: nothing may be said to it yet."""
        self._on_pause: Callable[[], None] = _nobody
        self._on_writable: Callable[[], None] = _nobody
        self._silent_looks = 0
        self._took_something = False
        """Whether the client has since it was looked at last."""
        self._unsent_bytes = 0
        """What it had yet to take then."""

    # What the application says.

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.handshake_complete:
            self.scope["extensions"][FRAMES] = self  # type: ignore[assignment]  # not only JSON

    @property
    def is_writable(self) -> bool:
        """See `http.socket_way.Frames`."""
        return self.writable.is_set()

    @property
    def is_over(self) -> bool:
        """See `http.socket_way.Frames`."""
        return self.close_sent or self.disconnected or self.transport.is_closing()

    def watch(self, on_pause: Callable[[], None], on_writable: Callable[[], None]) -> None:
        """See `http.socket_way.Frames`."""
        self._on_pause, self._on_writable = on_pause, on_writable

    def pause_writing(self) -> None:
        super().pause_writing()
        self._on_pause()

    async def send(self, message: ASGISendEvent) -> None:
        if message["type"] == "websocket.close" and self.handshake_complete:
            self._say_end(message.get("code", 1000), message.get("reason") or "")
            return
        await super().send(message)
        if message["type"] == "websocket.accept":
            self._take_early()
        elif message["type"] == "websocket.http.response.body" and self.close_sent:
            self.handshake_complete = True  # or uvicorn reports that it never was

    def send_500_response(self) -> None:
        if self.handshake_complete:
            self._say_end(CloseCode.INTERNAL_ERROR, "Logflume failed; its log says more")
        else:
            super().send_500_response()

    def shutdown(self) -> None:
        # An application that has not answered the handshake yet will see that the server stops.
        if self.handshake_complete:
            self._say_end(CloseCode.SERVICE_RESTART, "the server restarts")
            self.transport.close()

    # What the client says.

    def data_received(self, data: bytes) -> None:
        if self.handshake_initiated and not self.handshake_complete:
            self._early += data
            self.transport.pause_reading()
        elif self.conn.parser_exc is None:
            super().data_received(data)

    def _take_early(self) -> None:
        early, self._early = self._early, b""
        if early:
            self.transport.resume_reading()
            self.data_received(early)

    def handle_cont(self, event: Frame) -> None:
        """Join the fragments as they come: a list of those of a byte or none would fill memory."""
        if not isinstance(self.frames[0], bytearray):
            self.frames[0] = bytearray(self.frames[0])  # type: ignore[call-overload]
        self.frames[0] += event.data
        if event.fin:
            self.send_receive_event_to_app()

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "bytes" or _is_utf8(self.frames[0]):
            super().send_receive_event_to_app()
        else:
            self.frames = []
            self.conn.fail(CloseCode.INVALID_DATA, "a text message is UTF-8")
            self.handle_parser_exception()

    def handle_ping(self) -> None:
        """Answer, unless the client takes nothing: answers would pile up, and need not be given to
        every ping (RFC 6455, section 5.5.3)."""
        pongs = b"".join(self.conn.data_to_send())
        if pongs and self.writable.is_set() and not self.close_sent:
            self.transport.write(pongs)

    def handle_close(self, event: Frame) -> None:
        super().handle_close(event)
        self._on_writable()
        self._await_end()

    def handle_parser_exception(self) -> None:
        """Say what the client broke, and throw away what it is still sending: to close with bytes
        unread would reset the connection, and what was said be lost (RFC 6455, section 7.1.1)."""
        self._leave(CloseCode.PROTOCOL_ERROR)
        if self.transport.can_write_eof():
            self.transport.write_eof()

    # The end.

    def _say_end(self, code: int, reason: str) -> None:
        """Close, once the client has answered."""
        if self.disconnected:
            return
        if self.conn.state is State.OPEN:
            self.conn.send_close(code, reason)
        self._leave(code)

    def _leave(self, code: int) -> None:
        """Write what is left to say, and let the application know that nothing else will be."""
        if last := b"".join(self.conn.data_to_send()):
            self.transport.write(last)
        self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": ""})
        self.writable.set()
        self._on_writable()  # whoever waits to write need not any more
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self._await_end()

    def _await_end(self) -> None:
        """Cut the connection off unless it ends, or the client goes on taking what is left."""
        self.stop_keepalive()
        if self.close_timer is not None:
            self.close_timer.cancel()
        unsent_bytes = self.transport.get_write_buffer_size()
        self.close_timer = self.loop.call_later(self.close_timeout, self._cut_off, unsent_bytes)

    def _cut_off(self, unsent_bytes: int) -> None:
        if 0 < self.transport.get_write_buffer_size() < unsent_bytes:
            self._await_end()
        else:
            self.transport.abort()

    # Signs of life.

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self.write_frame = self.transport.write

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._on_writable()

    def resume_writing(self) -> None:
        self._took_something = True
        super().resume_writing()
        self._on_writable()

    def schedule_ping(self) -> None:
        self.ping_timer = self.loop.call_later(self.ping_interval or 0, self._look)

    def _look(self) -> None:
        """Ping, unless an answer is due; end it when the client is dead."""
        answered = self.pending_ping_payload is None
        takes = self._took_something or self.transport.get_write_buffer_size() < self._unsent_bytes
        self._silent_looks = 0 if answered or takes else self._silent_looks + 1
        if self._silent_looks == MAX_SILENT_LOOKS:
            self._give_up()
            return
        if answered:
            self.send_keepalive_ping()
        else:
            self.schedule_ping()
        self._took_something = False
        self._unsent_bytes = self.transport.get_write_buffer_size()

    def _give_up(self) -> None:
        takes_nothing = self.transport.get_write_buffer_size() > 0
        self._say_end(CloseCode.POLICY_VIOLATION, "too slow: it takes nothing and answers no ping")
        if takes_nothing:
            self.transport.abort()  # it will not take this either
        else:
            self.transport.close()


def _nobody() -> None:
    """Nobody watches yet."""


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


__all__ = ["FRAMES", "MAX_MESSAGE_BYTES", "PING_SECONDS", "WebSocketProtocol"]
