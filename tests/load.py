"""Many watchers of many logs, and a producer for each log, in one thread over bare sockets.

A watcher's bytes are cut into frames by how a frame ends, and of each frame only the numbers of its
records are looked at: they must go on where the last frame ended. Watchers of one log mostly get
the same bytes, so what a frame says is remembered.
"""

from __future__ import annotations

import re
import select
import socket
import time
from collections.abc import Callable
from urllib.parse import urlsplit

READ_BYTES = 256 * 1024
OPENED_AT_ONCE = 100
USUAL_BYTES = 80
"""Of a line."""

TICK_SECONDS = 0.002
"""How often it is looked who is due."""

PATIENCE_SECONDS = 60
"""How long after the last line somebody may still wait for one."""

_NUMBER = re.compile(rb'"n":(\d+),"time"')
_FRAME_END = b"\n\n\r\n"
"""What ends an event, and after it the chunk that it is sent in."""

_READY = b"upToDate"
_KNOWN_FRAMES = 4096


class Load:
    """Watchers and producers of a server. `faults` is what somebody got that was not due."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or 0)
        self._poll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        self._take: dict[int, Callable[[bytes], None]] = {}
        self._frames: dict[bytes, list[int]] = {}
        self.watchers: list[_Watcher] = []
        self.producers: list[_Producer] = []
        self.faults: list[str] = []

    def watch(self, path: str, count: int) -> None:
        """Open so many watchers at the tail of this log; they have been told where they stand."""
        request = self._request("GET", f"{path}?live=sse&offset=now", b"")
        for begin in range(0, count, OPENED_AT_ONCE):
            some = [_Watcher(self, path) for _ in range(begin, min(begin + OPENED_AT_ONCE, count))]
            for one in some:
                self._open(one.take).sendall(request)
            self.watchers += some
            while not all(one.ready for one in some):
                self.take_in(PATIENCE_SECONDS)

    def produce(self, path: str, lines: int) -> None:
        """Append so many lines a request to this log, once `run` begins."""
        body = b"".join(
            b"line %d of an append: %b\n" % (k, b"x" * USUAL_BYTES) for k in range(lines)
        )
        producer = _Producer(self, path, self._request("POST", path, body), lines)
        producer.socket = self._open(producer.take)
        self.producers.append(producer)

    def run(self, seconds: float, every_seconds: float, look: Callable[[float], None]) -> float:
        """Each producer appends each so many seconds, spread evenly; `look` is called about once a
        second with the time. The seconds that it took until all watchers had all lines."""
        begun = looked = time.monotonic()
        for number, one in enumerate(self.producers):
            one.due = begun + every_seconds * number / len(self.producers)
        while (due := [one for one in self.producers if one.due < begun + seconds]) and (
            not self.faults
        ):
            now = time.monotonic()
            for one in due:
                if one.due <= now and not one.waiting:  # who waits is late, and makes up for it
                    one.send()
                    one.due += every_seconds
            self.take_in(TICK_SECONDS)
            if now - looked >= 1:
                look(now - begun)
                looked = now
        self._take_in_the_rest()
        return time.monotonic() - begun

    def close(self) -> None:
        for one in self._sockets.values():
            one.close()
        self._poll.close()

    def take_in(self, wait_seconds: float) -> bool:
        """Whatever has come, or comes within this time; whether anything has."""
        ready = self._poll.poll(wait_seconds, len(self._sockets) or 1)
        for number, _ in ready:
            piece = self._sockets[number].recv(READ_BYTES)
            if not piece:
                self.faults.append("the server closed a connection")
                self._poll.unregister(number)
                continue
            self._take[number](piece)
        return bool(ready)

    def numbers(self, frame: bytes) -> list[int]:
        found = self._frames.get(frame)
        if found is None:
            if len(self._frames) >= _KNOWN_FRAMES:
                self._frames.clear()
            found = self._frames[frame] = [int(n) for n in _NUMBER.findall(frame)]
            if found != list(range(found[0], found[0] + len(found)) if found else []):
                self.faults.append(f"a frame holds the records {found}")
        return found

    def _take_in_the_rest(self) -> None:
        last = {producer.path: producer.sent for producer in self.producers}
        late = time.monotonic() + PATIENCE_SECONDS
        while not self.faults and (
            any(one.waiting for one in self.producers)
            or any(one.next <= last[one.path] for one in self.watchers)
        ):
            if time.monotonic() > late:
                self.faults.append("somebody still waits for a line")
            self.take_in(1)

    def _open(self, take: Callable[[bytes], None]) -> socket.socket:
        one = socket.create_connection(self._address)
        self._sockets[one.fileno()] = one
        self._take[one.fileno()] = take
        self._poll.register(one.fileno(), select.EPOLLIN)
        return one

    def _request(self, method: str, path: str, body: bytes) -> bytes:
        head = f"{method} {path} HTTP/1.1\r\nHost: {self._address[0]}\r\n"
        if body:
            head += f"Content-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
        return head.encode() + b"\r\n" + body


class _Watcher:
    __slots__ = ("_load", "_rest", "next", "path", "ready")

    def __init__(self, load: Load, path: str) -> None:
        self._load = load
        self.path = path
        self.next = 1
        self.ready = False
        self._rest = b""

    def take(self, piece: bytes) -> None:
        if self._rest:
            piece = self._rest + piece
        if not piece.endswith(_FRAME_END):
            self._rest = piece
            return
        self._rest = b""
        self.ready = self.ready or _READY in piece
        numbers = self._load.numbers(piece)
        if numbers:
            if numbers[0] != self.next:
                self._load.faults.append(f"record {numbers[0]} came where {self.next} was due")
            self.next = numbers[-1] + 1


class _Producer:
    socket: socket.socket

    def __init__(self, load: Load, path: str, request: bytes, lines: int) -> None:
        self._load = load
        self.path = path
        self._request = request
        self._lines = lines
        self._answer = b""
        self.sent = 0
        self.due = 0.0
        self.waiting = False

    def send(self) -> None:
        self.socket.sendall(self._request)
        self.sent += self._lines
        self.waiting = True

    def take(self, piece: bytes) -> None:
        self._answer += piece
        if b"\r\n\r\n" in self._answer:
            if not self._answer.startswith(b"HTTP/1.1 204"):
                self._load.faults.append(f"a producer was told {self._answer[:100]!r}")
            self._answer, self.waiting = b"", False


__all__ = ["Load"]
