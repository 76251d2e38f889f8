"""Watchers that ask and are answered: request/response, short polling, long polling.

Each keeps one connection and asks over it, one request at a time, as clients of HTTP/1.1 do.
"""

from __future__ import annotations

from abc import abstractmethod

import httptools
import msgspec

from logflume.client.follow import START
from logflume.client.pace import Pace
from logflume.client.records import not_logflume
from logflume.client.requests import NDJSON, PAGE_RECORDS
from logflume.compare.server import HOST
from logflume.compare.watcher import Numbered, Watcher

_rows = msgspec.json.Decoder(Numbered)


class AskingWatcher(Watcher):
    """What the three have in common."""

    def connected(self) -> None:
        self._answers = httptools.HttpResponseParser(self)
        self._headers: dict[bytes, bytes] = {}
        self._body = b""
        self._known = b""
        self.ask_on()

    @abstractmethod
    def ask_on(self) -> None:
        """Ask for what follows the place where the watcher is."""

    @abstractmethod
    def answered(self, *, news: bool) -> None:
        """An answer was taken: ask again, now or later."""

    def feed(self, data: bytes) -> None:
        self._answers.feed_data(data)

    def question(self, query: str, extra: bytes = b"") -> bytes:
        """A request with no more headers than it takes."""
        address = f"{self.path}?offset={self.offset}&{query}"
        head = f"GET {address} HTTP/1.1\r\nHost: {HOST}:{self.port}\r\nAccept: {NDJSON}\r\n"
        return head.encode() + extra + b"\r\n"

    def header(self, name: bytes) -> bytes:
        """A header of the answer, empty if it has none."""
        return self._headers.get(name, b"")

    # What the parser says.

    def on_message_begin(self) -> None:
        self._headers = {}
        self._body = b""

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.lower()] = value

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        status = self._answers.get_status_code()
        if status not in (200, 204, 304) or not self.header(b"stream-next-offset"):
            self.fail(not_logflume(f"{self.path} was answered with status {status}"))
            return
        self.offset = self.header(b"stream-next-offset").decode()
        self.take(_rows.decode_lines(self._body))
        self.is_over = self.header(b"stream-closed") == b"true"
        if self.is_over:
            self.leave()
        else:
            self.answered(news=bool(self._body))
        self.began()


class HistoryWatcher(AskingWatcher):
    """Reads the log so far, page by page, and is done."""

    def ask_on(self) -> None:
        self.ask(self.question(f"limit={PAGE_RECORDS}"))

    def answered(self, *, news: bool) -> None:  # noqa: ARG002 -- the tail says enough
        if self.header(b"stream-up-to-date") != b"true":
            self.ask_on()


class PollWatcher(AskingWatcher):
    """Asks again and again, at the pace of the Logflume client, and names what it has: 304."""

    def connected(self) -> None:
        self._pace = Pace()
        super().connected()

    def ask_on(self) -> None:
        known = b"If-None-Match: %b\r\n" % self._known if self._known else b""
        self.ask(self.question(f"limit={PAGE_RECORDS}", known))

    def answered(self, *, news: bool) -> None:
        # It is of this place only if it brought nothing; after news, the place is another.
        self._known = b"" if news else self.header(b"etag")
        if news:
            self._pace.news()
        if self.header(b"stream-up-to-date") != b"true":
            self.ask_on()
            return
        advised = self.header(b"retry-after")
        self.later(self._pace.idle(float(advised) if advised.isdigit() else 0), self.ask_on)


class LongPollWatcher(AskingWatcher):
    """Asks once and waits for the answer; then asks for what follows."""

    def ask_on(self) -> None:
        cursor = self._known.decode()
        if self.offset == START:
            self.ask(self.question(f"limit={PAGE_RECORDS}"))
        else:
            self.ask(self.question("live=long-poll" + (f"&cursor={cursor}" if cursor else "")))

    def answered(self, *, news: bool) -> None:  # noqa: ARG002 -- it asks on either way
        self._known = self.header(b"stream-cursor")
        self.ask_on()


__all__ = ["AskingWatcher", "HistoryWatcher", "LongPollWatcher", "PollWatcher"]
