"""A server that does none of the work: it answers at once, with bytes made beforehand.

It reads requests as fast as they come, keeps nothing, and sends every watcher the same frame. The
load that is measured against Logflume is measured against this too: what it reaches here is what
the load can do at most, and a figure far below is the server's.
"""

from __future__ import annotations

import re
import selectors
import socket
import sys

READ_BYTES = 1024 * 1024
HISTORY_BYTES = 160_000_000

CREATED = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"
STORED = (
    b"HTTP/1.1 204 No Content\r\nX-Content-Type-Options: nosniff\r\n"
    b"Stream-Next-Offset: 0001795448220123456_0000000000000001\r\n\r\n"
)
HISTORY = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
CONTROL = (
    b'event: control\ndata:{"streamNextOffset":"1795448220123456_0000000000000001",'
    b'"streamCursor":"3350891","upToDate":true}\n\n'
)
WATCHING = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + CONTROL
FRAME = (
    b'id: 1795448220123456_0000000000000001\nevent: data\ndata:[{"n":1,'
    b'"time":"2026-11-23T15:37:00.123456Z","stream":"stdout","text":"%b"}]\n\n%b'
    % (b"." * 63, CONTROL)
)

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Nothing:
    """One loop over all connections."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self._selector = selectors.DefaultSelector()
        self._buffer = bytearray(READ_BYTES)
        self._owed: dict[socket.socket, int] = {}  # bytes of a body that are still to come
        self._watchers: list[socket.socket] = []

    def run(self) -> None:
        self._selector.register(self._listener, selectors.EVENT_READ)
        sys.stderr.write(f"serves http://127.0.0.1:{self._listener.getsockname()[1]}\n")
        sys.stderr.flush()
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._listener:
                    self._accept()
                elif isinstance(key.fileobj, socket.socket):
                    self._read(key.fileobj)

    def _accept(self) -> None:
        peer, _ = self._listener.accept()
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(peer, selectors.EVENT_READ)

    def _read(self, peer: socket.socket) -> None:
        count = self._received(peer)
        if not count:
            self._forget(peer)
        elif peer in self._owed:
            self._body(peer, count)
        else:
            self._request(peer, bytes(self._buffer[: min(count, 2048)]), count)

    def _received(self, peer: socket.socket) -> int:
        try:
            return peer.recv_into(self._buffer)
        except ConnectionError:
            return 0

    def _forget(self, peer: socket.socket) -> None:
        self._selector.unregister(peer)
        self._owed.pop(peer, None)
        if peer in self._watchers:
            self._watchers.remove(peer)
        peer.close()

    def _request(self, peer: socket.socket, head: bytes, count: int) -> None:
        if head.startswith(b"POST /v1/deployments "):
            peer.sendall(CREATED)
        elif head.startswith(b"POST "):
            length = _LENGTH.search(head)
            self._owed[peer] = int(length[1]) if length else 0
            self._body(peer, count - head.index(b"\r\n\r\n") - 4)
        elif b"live=sse" in head:
            self._watchers.append(peer)
            peer.sendall(WATCHING)
        else:
            self._history(peer)

    def _body(self, peer: socket.socket, count: int) -> None:
        self._owed[peer] -= count
        if self._owed[peer] <= 0:
            del self._owed[peer]
            for watcher in self._watchers:
                watcher.send(FRAME)
            peer.sendall(STORED)

    def _history(self, peer: socket.socket) -> None:
        peer.sendall(HISTORY)
        piece = bytes(READ_BYTES)
        for _ in range(-(-HISTORY_BYTES // READ_BYTES)):
            peer.sendall(piece)
        self._forget(peer)


if __name__ == "__main__":
    Nothing().run()
