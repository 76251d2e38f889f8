"""Many answers on one connection, one after the other, each taken apart strictly."""

from __future__ import annotations

import socket
from typing import Self

import httptools

from tests.exchange import PATIENCE_SECONDS


class Answers:
    """The answers on one connection, one after the other, taken apart strictly."""

    def __init__(self, url: str, source: str = "") -> None:
        """From the address `source`, if one is given."""
        host, port = url.removeprefix("http://").split(":")
        address = (source, 0) if source else None
        self.socket = socket.create_connection((host, int(port)), PATIENCE_SECONDS, address)
        self.found: list[tuple[int, dict[str, str], bytes]] = []
        self._headers: dict[str, str] = {}
        self._body = b""
        self._parser = httptools.HttpResponseParser(self)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode().lower()] = value.decode()

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        self.found.append((self._parser.get_status_code(), self._headers, self._body))
        self._headers, self._body = {}, b""

    def next(self) -> tuple[int, dict[str, str], bytes]:
        while not self.found:
            data = self.socket.recv(65536)
            assert data, "the server hung up"
            self._parser.feed_data(data)
        return self.found.pop(0)

    def ends(self) -> bool:
        """Whether the server hangs up now, without another word."""
        try:
            return self.socket.recv(65536) == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
