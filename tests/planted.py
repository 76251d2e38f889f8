"""A server of one log that tells its watchers what a test makes of the lines.

Real sockets, two threads. It stores nothing, and of HTTP it knows only what the load needs.
"""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from bench.peers.peer import HEAD_ENDED, LINE, Feed
from bench.requests import get, post

NUMBERED = re.compile(rb"~#\d{8}")
BEGUN = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
STORED = b"HTTP/1.1 204 No Content\r\n\r\n"

Tell = Callable[[int, list[bytes]], bytes]
"""What the watcher of this place is sent for these lines; nothing: its stream is cut."""


def every_line(_: int, lines: list[bytes]) -> bytes:
    return b"data: %b\n\n" % b" ".join(lines)


class Planted:
    """What is sent goes out `piece_bytes` at a time, each in a packet of its own, and as an HTTP
    chunk of its own if it `is_chunked`."""

    def __init__(
        self,
        tell: Tell = every_line,
        *,
        begun: bytes = BEGUN,
        piece_bytes: int = 65536,
        is_chunked: bool = False,
    ) -> None:
        self._tell, self._begun, self._piece_bytes = tell, begun, piece_bytes
        self._is_chunked = is_chunked
        self._watchers: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]

    def pids(self) -> list[int]:
        return [os.getpid()]

    @property
    def feed(self) -> Feed:
        def append(count: int) -> bytes:
            return post("/", f"{LINE}\n".encode() * count)

        return Feed(get("/"), HEAD_ENDED, append, self.port)

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for one in (self._listener, *self._watchers):
            one.close()

    def _serve(self) -> None:
        try:
            while True:
                peer, _ = self._listener.accept()
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                request = peer.recv(65536)
                if request.startswith(b"GET "):
                    self._watchers.append(peer)
                    peer.sendall(self._begun)
                else:
                    self._append(peer, request)
        except OSError:  # the load has gone, or the test has ended
            return

    def _append(self, producer: socket.socket, request: bytes) -> None:
        with producer:
            while request:
                lines = NUMBERED.findall(request)
                for place, watcher in enumerate(self._watchers):
                    self._send(watcher, self._tell(place, lines))
                producer.sendall(STORED)
                request = producer.recv(65536)

    def _send(self, watcher: socket.socket, frame: bytes) -> None:
        if not frame:
            watcher.shutdown(socket.SHUT_WR)
        for start in range(0, len(frame), self._piece_bytes):
            piece = frame[start : start + self._piece_bytes]
            watcher.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if self._is_chunked else piece)
