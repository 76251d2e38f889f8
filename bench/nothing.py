"""A server that does none of the work: it answers at once, with bytes made beforehand.

It reads requests as fast as they come, keeps nothing but how many there were, and sends every
watcher the same bytes. The load that is measured against Logflume is measured against this too:
what it reaches here is what the load can do at most, and a figure far below is the server's.
"""

from __future__ import annotations

import base64
import hashlib
import re
import select
import socket
import sys

READ_BYTES = 1024 * 1024
HISTORY_BYTES = 160_000_000

CREATED = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"
MADE = b"HTTP/1.1 201 Created\r\nStream-Next-Offset: %b\r\nContent-Length: 0\r\n\r\n"
STORED = (
    b"HTTP/1.1 204 No Content\r\nX-Content-Type-Options: nosniff\r\nStream-Next-Offset: %b\r\n\r\n"
)
OFFSET = b"0001795448220123456_%016d"
HISTORY = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
CONTROL = (
    b'{"streamNextOffset":"1795448220123456_0000000000000001",'
    b'"streamCursor":"3350891","upToDate":true}'
)
RECORD = b'{"n":1,"time":"2026-11-23T15:37:00.123456Z","stream":"stdout","text":"%b"}' % (b"." * 63)
SSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
SSE_CONTROL = b"event: control\ndata:%b\n\n" % CONTROL
SSE_FRAME = b"id: 1795448220123456_0000000000000001\nevent: data\ndata:[%b]\n\n%b" % (
    RECORD,
    SSE_CONTROL,
)
UPGRADED = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: %b\r\n\r\n"
)
ACCEPTED = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""What a WebSocket's server joins to the client's key (RFC 6455, section 1.3)."""

ETAG = b'"1795448220123456.1795448220123456.json"'
UNCHANGED = b"HTTP/1.1 304 Not Modified\r\nETag: %b\r\nStream-Next-Offset: %b\r\n\r\n"
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Content-Type-Options: nosniff\r\n"
    b"Stream-Next-Offset: %b\r\nStream-Cursor: 3350891\r\nStream-Up-To-Date: true\r\n"
    b"ETag: %b\r\nCache-Control: public, no-cache\r\nContent-Length: %d\r\n\r\n[%b]"
)

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_KEY = re.compile(rb"sec-websocket-key: *(\S+)", re.IGNORECASE)


def message(control: bytes) -> bytes:
    """A WebSocket's text frame of a server, with a batch."""
    text = b'{"type":"batch","log":"/v1/deployments/dep_0000000000000000000000/log",%b}' % control
    return b"\x81\x7e" + len(text).to_bytes(2) + text


WS_CONTROL = message(b'"control":' + CONTROL)
WS_FRAME = message(b'"data":[%b],"control":%b' % (RECORD, CONTROL))


class Nothing:
    """One loop over all connections."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self._poll = select.epoll()
        self._buffer = bytearray(READ_BYTES)
        self._peers: dict[int, socket.socket] = {}
        self._owed: dict[int, int] = {}  # bytes of a body that are still to come
        self._watchers: dict[int, bytes] = {}  # and the frame that each gets
        self._waiting: set[int] = set()  # for the answer to a long poll
        self._count = 0
        self._offset = OFFSET % 0
        self._answer = b""

    def run(self) -> None:
        self._poll.register(self._listener.fileno(), select.EPOLLIN)
        sys.stderr.write(f"serves http://127.0.0.1:{self._listener.getsockname()[1]}\n")
        sys.stderr.flush()
        while True:
            for number, _ in self._poll.poll():
                if number in self._peers:
                    self._read(number, self._peers[number])
                elif number == self._listener.fileno():
                    self._accept()

    def _accept(self) -> None:
        peer, _ = self._listener.accept()
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._peers[peer.fileno()] = peer
        self._poll.register(peer.fileno(), select.EPOLLIN)

    def _read(self, number: int, peer: socket.socket) -> None:
        try:
            count = peer.recv_into(self._buffer)
        except ConnectionError:
            count = 0
        if not count:
            self._forget(number)
        elif number in self._owed:
            self._body(number, peer, count)
        else:
            self._request(number, peer, bytes(self._buffer[: min(count, 2048)]), count)

    def _forget(self, number: int) -> None:
        self._poll.unregister(number)
        self._owed.pop(number, None)
        self._watchers.pop(number, None)
        self._waiting.discard(number)
        self._peers.pop(number).close()

    def _request(self, number: int, peer: socket.socket, head: bytes, count: int) -> None:
        if head.startswith(b"GET "):
            self._get(number, peer, head)
        elif head.startswith(b"PUT "):
            peer.sendall(MADE % self._offset)
        elif head.startswith(b"POST /v1/deployments "):
            peer.sendall(CREATED)
        else:
            length = _LENGTH.search(head)
            self._owed[number] = int(length[1]) if length else 0
            self._body(number, peer, count - head.index(b"\r\n\r\n") - 4)

    def _get(self, number: int, peer: socket.socket, head: bytes) -> None:
        if b"live=long-poll" in head:
            if self._offset in head:
                self._waiting.add(number)
            else:  # asked a little later than the last record came
                peer.sendall(self._answer)
        elif b"live=sse" in head:
            self._watchers[number] = SSE_FRAME
            peer.sendall(SSE + SSE_CONTROL)
        elif b"live=ws" in head:
            self._watchers[number] = WS_FRAME
            peer.sendall(_upgraded(head) + WS_CONTROL)
        elif b"If-None-Match" in head:
            peer.sendall(UNCHANGED % (ETAG, self._offset))
        elif b"?offset=" in head:
            peer.sendall(ANSWER % (self._offset, ETAG, 2, b""))
        else:
            self._history(number, peer)

    def _body(self, number: int, peer: socket.socket, count: int) -> None:
        self._owed[number] -= count
        if self._owed[number] <= 0:
            del self._owed[number]
            self._deliver()
            peer.sendall(STORED % self._offset)

    def _deliver(self) -> None:
        self._count += 1
        self._offset = OFFSET % self._count
        self._answer = ANSWER % (self._offset, ETAG, len(RECORD) + 2, RECORD)
        waiting, self._waiting = self._waiting, set()
        for number in waiting:
            self._peers[number].send(self._answer)
        for number, frame in self._watchers.items():
            self._peers[number].send(frame)

    def _history(self, number: int, peer: socket.socket) -> None:
        peer.sendall(HISTORY)
        piece = bytes(READ_BYTES)
        for _ in range(-(-HISTORY_BYTES // READ_BYTES)):
            peer.sendall(piece)
        self._forget(number)


def _upgraded(head: bytes) -> bytes:
    key = _KEY.search(head)
    assert key is not None, "a WebSocket's request has a key"
    digest = hashlib.sha1(key[1] + ACCEPTED).digest()  # noqa: S324 -- what RFC 6455 asks for
    return UPGRADED % base64.b64encode(digest)


if __name__ == "__main__":
    Nothing().run()
