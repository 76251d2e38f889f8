"""One HTTP/1.1 exchange on a real socket of its own, under the test's control.

A client library sends a body as fast as it can and reads an answer as it likes. Here the test says
when each chunk goes out, breaks off where it wants, and waits for what comes back no longer than it
says. A wait that ran out loses nothing: the next one goes on from there.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Mapping
from typing import Self
from urllib.parse import urlsplit

import httptools

PATIENCE_SECONDS = 8.0
"""How long anything may take on a busy machine before a test fails. Shorter than the pause between
heartbeats, because each of them looks again and so would mend a lost wake-up."""

RECEIVE_BYTES = 256 * 1024


class Exchange:
    """A request to `url`, whose head is sent at once; the body follows in chunks with `send`."""

    def __init__(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, *, chunked: bool
    ) -> None:
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        fields = {"Host": parts.netloc, **(headers or {})}
        if chunked:
            fields["Transfer-Encoding"] = "chunked"
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self.socket = socket.create_connection((parts.hostname, parts.port), PATIENCE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode("latin-1"))
        self._answer = _Answer()
        self._parser = httptools.HttpResponseParser(self._answer)

    def send(self, body: bytes) -> None:
        """Send one chunk of the body."""
        self.socket.sendall(b"%x\r\n%b\r\n" % (len(body), body))

    def end(self) -> None:
        """Send the end of the body."""
        self.socket.sendall(b"0\r\n\r\n")

    def abort(self) -> None:
        """Break off in the middle of the body."""
        self.socket.close()

    @property
    def status(self) -> int:
        """The answer's status, once it is there."""
        while not self._answer.has_head:
            self._receive(PATIENCE_SECONDS)
        return int(self._parser.get_status_code())

    @property
    def headers(self) -> dict[str, str]:
        """The answer's headers, names in lower case."""
        assert self.status
        return self._answer.headers

    def read(self, seconds: float = PATIENCE_SECONDS) -> bytes:
        """The next bytes of the answer's body, b"" at its end. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while not self._answer.body and not self._answer.complete:
            self._receive(deadline - time.monotonic())
        body = bytes(self._answer.body)
        self._answer.body.clear()
        return body

    def read_all(self) -> bytes:
        """The rest of the answer's body."""
        return b"".join(iter(self.read, b""))

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _receive(self, seconds: float) -> None:
        if not select.select([self.socket], [], [], max(0.0, seconds))[0]:
            raise TimeoutError
        data = self.socket.recv(RECEIVE_BYTES)
        if not data:
            raise ConnectionError("the server closed before the end of its answer")
        self._parser.feed_data(data)


class _Answer:
    """What the parser has found so far."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.body = bytearray()
        self.has_head = False
        self.complete = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode().lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self.has_head = True

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.complete = True


__all__ = ["PATIENCE_SECONDS", "Exchange"]
