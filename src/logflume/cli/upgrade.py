"""The upgrade of an HTTP connection to a WebSocket's.

What is no complete handshake is an ordinary request and answered as one, with a problem document
that says what is missing; uvicorn would leave some of them without an answer. What comes right
behind a handshake goes along; uvicorn forgets it.
"""

from __future__ import annotations

import base64
import binascii
import sys
from asyncio import Protocol
from typing import cast

import httptools

from logflume.cli.http_protocol import HttpProtocol

MAX_HEADERS = 128
MAX_LINE_BYTES = 8000
"""What the handshake's parser takes, less what stands around a line (`websockets.http11`)."""

KEY_BYTES = 16
"""Of a `Sec-WebSocket-Key` (RFC 6455, section 4.1)."""


class UpgradingProtocol(HttpProtocol):
    """An HTTP connection that may become a WebSocket's.

    What is no complete handshake is an ordinary request, and answered as one.
    """

    def _should_upgrade(self) -> bool:
        return super()._should_upgrade() and self._is_handshake()

    def _is_handshake(self) -> bool:
        """Whether the request, its headers complete, is what the handshake's parser takes."""
        headers = dict(self.headers)
        longest = max(len(name) + len(value) for name, value in self.headers)
        return (
            self.parser.get_method() == b"GET"
            and self.parser.get_http_version() == "1.1"
            and headers.get(b"sec-websocket-version", b"").strip() == b"13"
            and _is_key(headers.get(b"sec-websocket-key", b""))
            and self.url.isascii()
            and max(longest, len(self.url)) < MAX_LINE_BYTES
            and len(self.headers) <= MAX_HEADERS
        )

    def _unsupported_upgrade_warning(self) -> None:
        """Nothing that whoever runs the server could do about."""

    def handle_websocket_upgrade(self) -> None:
        super().handle_websocket_upgrade()
        stopped = sys.exception()
        if isinstance(stopped, httptools.HttpParserUpgrade):
            [length] = stopped.args
            if early := self._received[length:]:
                cast(Protocol, self.transport.get_protocol()).data_received(early)


def _is_key(key: bytes) -> bool:
    try:
        return len(base64.b64decode(key.strip(), validate=True)) == KEY_BYTES
    except binascii.Error:
        return False


__all__ = ["UpgradingProtocol"]
