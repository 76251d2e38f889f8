"""Requests as Logflume's parser reads them, and as h11 does, which others' servers and proxies are
made of: where the two read the same bytes as different requests, something could be smuggled."""

from __future__ import annotations

from typing import NamedTuple

import h11
import httptools

from logflume.cli.head import Refused, check_head
from logflume.cli.request_parser import RequestParser, head_without_offer


class Read(NamedTuple):
    """A request that has come to its end."""

    method: bytes
    target: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class Ours:
    """What our parser finds in `data`, up to what it refuses."""

    def __init__(self, data: bytes) -> None:
        self.found: list[Read] = []
        self.is_refused = False
        self._is_declined = False
        self._parser = RequestParser(self, self._declined_head)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.is_refused = True

    def on_message_begin(self) -> None:
        self._url = self._body = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._is_declined = False

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self._is_declined = (
            self._parser.should_upgrade() and self._parser.get_method() != b"CONNECT"
        )
        check_head(self._parser.get_http_version(), self._headers, 1_000_000)
        self._told = tuple(self._headers)

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        if self._is_declined:
            return  # the parser takes it for the end; it is read again without its offer
        self.found.append(Read(self._parser.get_method(), self._url, self._told, self._body))

    def _declined_head(self) -> bytes:
        if not self._is_declined:
            return b""
        method, version = self._parser.get_method(), self._parser.get_http_version()
        return head_without_offer(method, self._url, version, self._headers)


class Theirs:
    """What h11 finds in `data`, up to what it refuses, or to the last request it would take."""

    def __init__(self, data: bytes) -> None:
        self.found: list[Read] = []
        self.is_over = False
        self._connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1_000_000)
        self._connection.receive_data(data)
        try:
            while self._one():
                pass
        except h11.RemoteProtocolError:
            self.is_over = True

    def _one(self) -> bool:
        request, body = None, b""
        while True:
            event = self._connection.next_event()
            match event:
                case h11.Request():
                    request = event
                case h11.Data(data=data):
                    body += bytes(data)
                case h11.EndOfMessage() if request is not None:
                    headers = tuple((bytes(name), bytes(value)) for name, value in request.headers)
                    self.found.append(Read(request.method, request.target, headers, body))
                    return self._answered()
                case h11.PAUSED:
                    self.is_over = True
                    return False
                case _:
                    return False

    def _answered(self) -> bool:
        self._connection.send(h11.Response(status_code=204, headers=[]))
        self._connection.send(h11.EndOfMessage())
        if self._connection.our_state is not h11.DONE:
            self.is_over = True
            return False
        self._connection.start_next_cycle()
        return True


__all__ = ["Ours", "Read", "Refused", "Theirs"]
