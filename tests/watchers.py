"""Watchers of a log, one a pattern, as they come through a proxy: over TLS and HTTP/2.

Python's HTTP client here speaks HTTP/1.1, so `curl` does the talking (but for WebSocket), and asks
for compression as browsers do. Each watcher gives the records that come next, and says so when the
stream has ended although the log has not. A wait that ran out loses nothing: the next one goes on
from there.
"""

from __future__ import annotations

import json
import os
import select
import ssl
import subprocess
import time
from collections import deque
from pathlib import Path
from typing import Any, Protocol, Self
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed

from tests.exchange import PATIENCE_SECONDS
from tests.websocket import WsReader, ws_url

Record = dict[str, Any]


class Ended(Exception):
    """The stream is over, and nobody said that the log is."""


class Watcher(Protocol):
    """Follows the log at `log_url` from its start."""

    def __init__(self, log_url: str, authority: Path) -> None: ...

    def next(self, seconds: float = PATIENCE_SECONDS) -> list[Record]:
        """The records that come next. Raises TimeoutError, Ended."""
        ...

    def close(self) -> None: ...


class Curl:
    """A request by `curl`; its answer line by line, the head first."""

    def __init__(self, url: str, authority: Path, *options: str | Path) -> None:
        command: list[str | Path] = ["curl", "--silent", "--show-error", "--no-buffer", "--include"]
        command += ["--compressed", "--cacert", authority, *options, url]
        pipes = dict.fromkeys(("stdin", "stdout"), subprocess.PIPE)
        self.process = subprocess.Popen(command, **pipes)  # type: ignore[call-overload]
        self._lines: deque[str] = deque()
        self._rest = b""
        self._over = False

    def send(self, body: bytes) -> None:
        """Send a piece of the body, if it is taken from stdin."""
        self.process.stdin.write(body)
        self.process.stdin.flush()

    def end(self) -> None:
        """End the body."""
        self.process.stdin.close()

    def line(self, seconds: float = PATIENCE_SECONDS) -> str | None:
        """The next line without its end, None after the last. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while not self._lines and not self._over:
            self._read(deadline - time.monotonic())
        return self._lines.popleft() if self._lines else None

    def head(self, seconds: float = PATIENCE_SECONDS) -> tuple[str, dict[str, str]]:
        """The first line of the answer, such as `HTTP/2 200`, and its headers."""
        status, headers = self.line(seconds), {}
        while line := self.line():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        assert status is not None, "there was no answer"
        return status.strip(), headers

    def body(self, seconds: float = PATIENCE_SECONDS) -> str:
        """The rest of the answer."""
        return "\n".join(iter(lambda: self.line(seconds), None))

    def close(self) -> None:
        with self.process:  # closes its pipes and waits for it
            self.process.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, seconds: float) -> None:
        stdout = self.process.stdout
        if not select.select([stdout], [], [], max(0.0, seconds))[0]:
            raise TimeoutError
        piece = os.read(stdout.fileno(), 65536)
        *whole, self._rest = (self._rest + piece).split(b"\n")
        if not piece:
            self._over = True
            whole = [self._rest] if self._rest else []
        self._lines += (line.rstrip(b"\r").decode() for line in whole)


class SseWatcher:
    """Server-Sent Events."""

    def __init__(self, log_url: str, authority: Path) -> None:
        self._curl = Curl(f"{log_url}?offset=-1&live=sse", authority)
        self._begun = False

    def next(self, seconds: float = PATIENCE_SECONDS) -> list[Record]:
        deadline = time.monotonic() + seconds
        if not self._begun:
            status, headers = self._curl.head(seconds)
            assert status.split()[1] == "200", status
            assert headers["content-type"] == "text/event-stream"
            self._begun = True
        while (line := self._curl.line(deadline - time.monotonic())) is not None:
            if line.startswith("data:["):
                records: list[Record] = json.loads(line.removeprefix("data:"))
                return records
        raise Ended

    def close(self) -> None:
        self._curl.close()


class LongPollWatcher:
    """Long polling: the next request goes out as soon as the one before it is answered."""

    def __init__(self, log_url: str, authority: Path) -> None:
        self._log_url = log_url
        self._authority = authority
        self._poll = self._ask("-1")

    def next(self, seconds: float = PATIENCE_SECONDS) -> list[Record]:
        deadline = time.monotonic() + seconds
        while True:
            status, headers = self._poll.head(deadline - time.monotonic())
            code = status.split()[1]
            if code not in ("200", "204"):
                raise Ended(status)
            text = self._poll.body()
            self._poll.close()
            self._poll = self._ask(headers["stream-next-offset"])
            if code == "200":
                records: list[Record] = json.loads(text)
                return records

    def close(self) -> None:
        self._poll.close()

    def _ask(self, offset: str) -> Curl:
        return Curl(f"{self._log_url}?offset={offset}&live=long-poll", self._authority)


class WebSocketWatcher:
    """A WebSocket of a page at the address that it was loaded from."""

    def __init__(self, log_url: str, authority: Path) -> None:
        parts = urlsplit(log_url)
        origin = f"{parts.scheme}://{parts.netloc}"
        trust = ssl.create_default_context(cafile=authority)
        self._reader = WsReader(ws_url(origin, parts.path), ssl=trust, origin=origin)

    def next(self, seconds: float = PATIENCE_SECONDS) -> list[Record]:
        deadline = time.monotonic() + seconds
        while True:
            try:
                message = self._reader.next(max(0.0, deadline - time.monotonic()))
            except ConnectionClosed as closed:
                raise Ended from closed
            if "data" in message:
                records: list[Record] = message["data"]
                return records

    def close(self) -> None:
        self._reader.close()


WATCHERS: dict[str, type[Watcher]] = {
    "sse": SseWatcher,
    "long-poll": LongPollWatcher,
    "websocket": WebSocketWatcher,
}
"""By pattern."""


__all__ = ["WATCHERS", "Curl", "Ended", "Record", "Watcher"]
