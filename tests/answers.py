"""Many answers on one connection, one after the other, each taken apart strictly."""

from __future__ import annotations

import socket

import httptools

from tests.exchange import PATIENCE_SECONDS


class Answers:
    """The answers on one connection, one after the other, taken apart strictly."""

    def __init__(self, url: str) -> None:
        host, port = url.removeprefix("http://").split(":")
        self.socket = socket.create_connection((host, int(port)), PATIENCE_SECONDS)
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

    def close(self) -> None:
        self.socket.close()
