"""Watchers to whom the log comes by itself: Server-Sent Events and WebSocket."""

from __future__ import annotations

import base64
import os
import struct

import httptools
import msgspec

from logflume.client.frames import Control
from logflume.client.records import not_logflume
from logflume.client.sse import SseParser
from logflume.compare.server import HOST
from logflume.compare.watcher import Numbered, Watcher

_records = msgspec.json.Decoder(list[Numbered])
_control = msgspec.json.Decoder(Control)


class SseWatcher(Watcher):
    """One answer that goes on."""

    def connected(self) -> None:
        self._answer = httptools.HttpResponseParser(self)
        self._events = SseParser()
        address = f"{self.path}?offset={self.offset}&live=sse"
        head = f"GET {address} HTTP/1.1\r\nHost: {HOST}:{self.port}\r\n"
        self.ask(head.encode() + b"Accept: text/event-stream\r\n\r\n")

    def feed(self, data: bytes) -> None:
        self._answer.feed_data(data)

    def on_headers_complete(self) -> None:
        status = self._answer.get_status_code()
        if status != 200:
            self.fail(not_logflume(f"{self.path} was answered with status {status}"))

    def on_body(self, body: bytes) -> None:
        for event in self._events.push(body):
            if event.name == "data":
                self.take(_records.decode(event.data))
                self.offset = event.id
            elif event.name == "control":
                self.began()
                if _control.decode(event.data).stream_closed:
                    self.leave()


class _Message(msgspec.Struct):
    """What the server says over a WebSocket."""

    type: str
    control: Control | None = None
    data: list[Numbered] = []  # msgspec copies it for each message


_message = msgspec.json.Decoder(_Message)

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
"""The kinds of frames that come, and the one that is sent (RFC 6455, section 5.2)."""

LONG = {126: ("!H", 2), 127: ("!Q", 8)}
"""What stands where a frame's length does not fit into seven bits, and how long that then is."""


class WebSocketWatcher(Watcher):
    """One WebSocket. Frames of servers are not masked, and Logflume's are whole messages."""

    def connected(self) -> None:
        self._rest = b""
        self._upgraded = False
        address = f"{self.path}?offset={self.offset}&live=ws"
        head = f"GET {address} HTTP/1.1\r\nHost: {HOST}:{self.port}\r\nConnection: Upgrade\r\n"
        key = base64.b64encode(os.urandom(16)).decode()
        head += f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
        self.ask(head.encode() + b"\r\n")

    def feed(self, data: bytes) -> None:
        self._rest += data
        if not self._upgraded:
            head, end, rest = self._rest.partition(b"\r\n\r\n")
            if not end:
                return
            if not head.startswith(b"HTTP/1.1 101 "):
                raise not_logflume(f"the handshake was answered with {head[:40]!r}")
            self._rest, self._upgraded = rest, True
        while not self.is_over and (frame := self._frame()):
            self._obey(*frame)

    def _frame(self) -> tuple[int, bytes] | None:
        """The next frame, if all of it has come: its kind and what is in it."""
        if len(self._rest) < 2:
            return None
        start, length = 2, self._rest[1] & 127
        if length in LONG:
            form, size = LONG[length]
            if len(self._rest) < start + size:
                return None
            (length,) = struct.unpack_from(form, self._rest, start)
            start += size
        if len(self._rest) < start + length:
            return None
        kind, body = self._rest[0] & 15, self._rest[start : start + length]
        self._rest = self._rest[start + length :]
        return kind, body

    def _obey(self, kind: int, body: bytes) -> None:
        if kind == PING:
            # Masked with zeros, which leaves it as it is: no proxy here has a cache to poison.
            self.send(struct.pack("!BB4x", 0x80 | PONG, 0x80 | len(body)) + body)
        elif kind == TEXT:
            message = _message.decode(body)
            if message.type != "batch" or message.control is None:
                raise not_logflume(f"it said {message.type!r}")
            self.take(message.data)
            self.offset = message.control.stream_next_offset
            self.began()
            if message.control.stream_closed:
                self.leave()


__all__ = ["SseWatcher", "WebSocketWatcher"]
