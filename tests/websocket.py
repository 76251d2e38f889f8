"""WebSocket clients for tests: one that others wrote, and a bare socket that breaks the rules.

`WsReader` accepts only what Logflume promises to send: text messages, each of a known type with the
fields of that type and no others, each batch joined to the one before of the same log.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.exchange import PATIENCE_SECONDS

FIELDS = {
    "batch": {"type", "log", "control"},
    "gone": {"type", "log"},
    "error": {"type", "log", "problem"},
    "unsubscribed": {"type", "log"},
}
"""What each message has; a batch may have `data`, and then `encoding`, too."""

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA


class Closed(NamedTuple):
    """How the server ended the socket."""

    code: int
    reason: str


def ws_url(url: str, path: str, query: str = "offset=-1") -> str:
    """The address of a WebSocket on the server at `url`."""
    return f"{url.replace('http', 'ws', 1)}{path}?live=ws&{query}"


def log_path(deployment: str) -> str:
    """The address of a deployment's log."""
    return f"/v1/deployments/{deployment}/log"


class WsReader:
    """A socket opened at `url`, through the `websockets` library's own client."""

    def __init__(self, url: str, **options: Any) -> None:
        known: dict[str, Any] = {"proxy": None, "max_size": None, "ping_interval": None}
        opening = connect(url, open_timeout=PATIENCE_SECONDS, **{**known, **options})
        self._open = ExitStack()
        self.connection: ClientConnection = self._open.enter_context(opening)
        self.raw: list[str] = []
        """Every message, as it came."""
        self._offsets: dict[str, str] = {}

    def next(self, seconds: float = PATIENCE_SECONDS) -> dict[str, Any]:
        """The next message. Raises TimeoutError, ConnectionClosed."""
        text = self.connection.recv(seconds)
        assert isinstance(text, str), f"a binary message: {text[:100]!r}"
        self.raw.append(text)
        message: dict[str, Any] = json.loads(text)
        needed = FIELDS[message["type"]]
        assert needed <= message.keys() <= needed | {"data", "encoding"}, message
        if message["type"] == "batch":
            self._check_order(message)
        return message

    def batch(self, log: str | None = None) -> dict[str, Any]:
        """The next message, which is a batch, of this log if one is given."""
        message = self.next()
        assert message["type"] == "batch", message
        assert log in (None, message["log"]), message
        return message

    def records(self) -> list[dict[str, Any]]:
        """The records of the next message, which is a batch."""
        records: list[dict[str, Any]] = self.batch().get("data", [])
        return records

    def rest(self) -> list[dict[str, Any]]:
        """All records of the only log, to its end; then the socket ends, too."""
        records: list[dict[str, Any]] = []
        closed = False
        while not closed:
            message = self.batch()
            records += message.get("data", [])
            closed = message["control"].get("streamClosed", False)
        assert self.closed().code == 1000
        return records

    def closed(self, seconds: float = PATIENCE_SECONDS) -> Closed:
        """How the server ends it, with nothing said before."""
        try:
            text = self.connection.recv(seconds)
        except ConnectionClosed as error:
            said = error.rcvd
            return Closed(said.code, said.reason) if said else Closed(1006, "")
        raise AssertionError(f"something was said: {text[:200]!r}")

    def subscribe(self, log: str, **place: str | int) -> None:
        self.say({"type": "subscribe", "log": log, **place})

    def unsubscribe(self, log: str) -> None:
        self.say({"type": "unsubscribe", "log": log})

    def say(self, message: object) -> None:
        self.connection.send(json.dumps(message))

    def close(self) -> None:
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check_order(self, message: dict[str, Any]) -> None:
        """Offsets never go back; records of a deployment's log are numbered up to the offset."""
        log, offset = message["log"], message["control"]["streamNextOffset"]
        assert offset >= self._offsets.get(log, ""), f"{log} goes back"
        self._offsets[log] = offset
        if log.startswith("/v1/deployments/") and message.get("data"):
            assert message["data"][-1]["n"] == int(offset.partition("_")[2])


class RawSocket:
    """A socket whose every byte the test writes."""

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        early: bytes = b"",
        receive_bytes: int | None = None,
    ) -> None:
        parts = urlsplit(url)
        self.socket = socket.socket()
        if receive_bytes is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(PATIENCE_SECONDS)
        self.socket.connect((parts.hostname, parts.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(handshake(url, headers) + early)
        self._received = b""

    def head(self) -> str:
        """The answer's status line and headers."""
        while b"\r\n\r\n" not in self._received:
            self._receive()
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        return head.decode()

    def send(self, opcode: int, payload: bytes, *, fin: bool = True, masked: bool = True) -> None:
        self.socket.sendall(frame(opcode, payload, fin=fin, masked=masked))

    def next(self) -> tuple[int, bytes]:
        """Opcode and payload of the next frame, which is whole and not masked."""
        first, length = self._take(2)
        assert first & 0xF0 == 0x80, "a fragment, or reserved bits"
        assert length < 0x80, "masked"
        if length == 126:
            [length] = struct.unpack("!H", self._take(2))
        elif length == 127:
            [length] = struct.unpack("!Q", self._take(8))
        return first & 0xF, self._take(length)

    def message(self) -> dict[str, Any]:
        """The next text message."""
        opcode, payload = self.next()
        assert opcode == TEXT
        message: dict[str, Any] = json.loads(payload)
        return message

    def closed(self) -> Closed:
        """What the server says last, after which it says nothing."""
        opcode, payload = self.next()
        assert opcode == CLOSE, f"{opcode}: {payload[:200]!r}"
        assert self._received == b""
        return Closed(int.from_bytes(payload[:2]), payload[2:].decode())

    def at_end(self) -> bool:
        """Whether the server has closed the connection, rather than reset it or waited."""
        return self._received == b"" and self.socket.recv(1) == b""

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take(self, count: int) -> bytes:
        while len(self._received) < count:
            self._receive()
        taken, self._received = self._received[:count], self._received[count:]
        return taken

    def _receive(self) -> None:
        data = self.socket.recv(1 << 16)
        if not data:
            raise ConnectionError(f"the server closed after {self._received[:200]!r}")
        self._received += data


def handshake(url: str, headers: Mapping[str, str] | None = None) -> bytes:
    """The request that opens a WebSocket; `headers` replace those of the same name."""
    parts = urlsplit(url)
    fields = {
        "Host": parts.netloc,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
        **(headers or {}),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return f"GET {parts.path}?{parts.query} HTTP/1.1\r\n{head}\r\n".encode("latin-1")


def frame(opcode: int, payload: bytes, *, fin: bool = True, masked: bool = True) -> bytes:
    """A frame as a client sends it (RFC 6455, section 5.2)."""
    length = len(payload)
    head = bytes([opcode | (0x80 if fin else 0)])
    mask_bit = 0x80 if masked else 0
    if length < 126:
        head += bytes([mask_bit | length])
    elif length < 1 << 16:
        head += struct.pack("!BH", mask_bit | 126, length)
    else:
        head += struct.pack("!BQ", mask_bit | 127, length)
    if not masked:
        return head + payload
    key = os.urandom(4)
    pad = (key * (length // 4 + 1))[:length]
    mixed = int.from_bytes(payload) ^ int.from_bytes(pad)
    return head + key + mixed.to_bytes(length)


__all__ = [
    "BINARY",
    "CLOSE",
    "PING",
    "PONG",
    "TEXT",
    "Closed",
    "RawSocket",
    "WsReader",
    "frame",
    "handshake",
    "log_path",
    "ws_url",
]
