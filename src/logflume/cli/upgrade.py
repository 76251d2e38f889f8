"""An HTTP connection that may become a WebSocket's.

A handshake is a request like any other, whose endpoint may be given the connection. What is no
complete handshake is an ordinary request, and answered as one, with a problem document that says
what is missing. What comes right behind a handshake waits until it has been answered, and goes to
whoever was given the connection.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

import httptools

from logflume.cli.http_protocol import HttpProtocol
from logflume.http.handshake import is_handshake


class UpgradingProtocol(HttpProtocol):
    """Knows a handshake when it sees one."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._is_opening = False
        """Whether the request is a handshake: what follows it is no HTTP."""
        self._piece = b""
        """What is being parsed."""
        self._behind = b""
        """What came behind the handshake."""

    def _parse(self, piece: bytes) -> None:
        if self._is_opening:
            self._behind += piece
            self.transport.pause_reading()
        else:
            self._piece = piece
            super()._parse(piece)
            self._piece = b""

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        scope = cast(dict[str, Any], self.scope)
        is_free = not self.pipeline and not self.flow.write_paused
        if self.parser.should_upgrade() and is_free and is_handshake(scope):
            self._is_opening = True
            scope["type"] = "websocket"
            self.cycle.keep_alive = False  # it is this connection's last request

    def give_away(self, protocol: asyncio.BaseProtocol) -> asyncio.Transport | None:
        """See `http.lent.Connection`."""
        transport = super().give_away(protocol)
        if transport is not None and self._behind:
            self.loop.call_soon(self._pass_on, cast(asyncio.Protocol, protocol))
        return transport

    def _pass_on(self, protocol: asyncio.Protocol) -> None:
        self.transport.resume_reading()
        protocol.data_received(self._behind)

    def _should_upgrade(self) -> bool:
        """Not uvicorn's way."""
        return False

    def _upgrade(self, offered: httptools.HttpParserUpgrade) -> None:
        [length] = offered.args
        if self._is_opening and length < len(self._piece):
            self._parse(self._piece[length:])


__all__ = ["UpgradingProtocol"]
