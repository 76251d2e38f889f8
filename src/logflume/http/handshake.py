"""The handshake that makes an HTTP connection a WebSocket's (RFC 6455, section 4.2).

What is no complete handshake is an ordinary request, and answered as one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib

from logflume.http.context import Scope
from logflume.http.respond import raw_head

KEY_BYTES = 16
"""Of a `Sec-WebSocket-Key`."""

_ACCEPTS = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""What a server that knows WebSocket adds to the key before it hashes it."""


def is_handshake(scope: Scope) -> bool:
    """Whether the request, which asks for an upgrade, asks for a WebSocket as it must."""
    headers: dict[bytes, bytes] = dict(scope["headers"])
    return (
        scope["method"] == "GET"
        and scope["http_version"] == "1.1"
        and headers.get(b"upgrade", b"").strip().lower() == b"websocket"
        and headers.get(b"sec-websocket-version", b"").strip() == b"13"
        and _is_key(headers.get(b"sec-websocket-key", b""))
        and not headers.keys() & {b"content-length", b"transfer-encoding"}
    )


def acceptance(scope: Scope) -> bytes:
    """The answer that opens the WebSocket."""
    headers: dict[bytes, bytes] = dict(scope["headers"])
    key = headers[b"sec-websocket-key"].strip()
    accept = base64.b64encode(hashlib.sha1(key + _ACCEPTS, usedforsecurity=False).digest())
    told = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Accept": accept.decode(),
    }
    return raw_head(101, told)


def _is_key(key: bytes) -> bool:
    try:
        return len(base64.b64decode(key.strip(), validate=True)) == KEY_BYTES
    except binascii.Error:
        return False


__all__ = ["acceptance", "is_handshake"]
