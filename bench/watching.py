"""Watchers on bare sockets: they ask for the stream, and count what comes without parsing it."""

from __future__ import annotations

import os
import resource
import select

from bench.connection import Connection
from bench.requests import get

END_OF_EVENT = b"\n\n"
READ_BYTES = 64 * 1024

SPARE_DESCRIPTORS = 100

RECORD = b'{"n":'
"""How each line's record begins, and nothing else of a stream."""

CONTROL = b"streamNext"
"""Once in each write of the server: so many lines a write were gathered."""


def may_open(watchers: int) -> bool:
    """Whether load and server, which inherits the limit, may open so many; says so if not."""
    wanted = watchers + SPARE_DESCRIPTORS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted <= hard or hard == resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    may = resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= wanted
    if not may:
        print(f"  left out: {watchers} watchers need a higher limit of open files (ulimit -n)")
    return may


def follow(watcher: Connection, path: str) -> None:
    """Ask for what is appended from now on, and wait until the stream has begun."""
    watcher.socket.sendall(get(f"{path}?offset=now&live=sse", "text/event-stream"))
    await_stream(watcher)


def await_stream(watcher: Connection) -> None:
    """Wait until the stream that it asked for has begun."""
    started = b""
    while CONTROL not in started or not _ends(started):
        started += _some(watcher)


def read_event(watcher: Connection) -> bytes:
    """A data event together with its control event."""
    event = _some(watcher)
    while RECORD not in event or not _ends(event):
        event += _some(watcher)
    return event


def _some(watcher: Connection) -> bytes:
    piece = watcher.socket.recv(READ_BYTES)
    if not piece:
        raise ConnectionResetError("the server closed the stream")
    return piece


def _ends(piece: bytes) -> bool:
    """Whether it ends with an event, inside a chunk of the transfer or without chunks."""
    return piece.endswith((END_OF_EVENT, END_OF_EVENT + b"\r\n"))


class Watchers:
    """Counts the records that reach many watchers, in one loop over epoll."""

    def __init__(self, watchers: list[Connection]) -> None:
        self.records = 0
        self.writes = 0
        self.poll = select.epoll()
        self._cut: dict[int, bytes] = {}
        for watcher in watchers:
            self._cut[watcher.socket.fileno()] = b""
            self.poll.register(watcher.socket.fileno(), select.EPOLLIN)

    def read(self, number: int) -> None:
        """Take in what has come for one of them. A mark may be cut in two by the end of a read."""
        cut = self._cut[number]
        piece = cut + os.read(number, READ_BYTES)
        if len(piece) == len(cut):
            raise ConnectionResetError("the server closed a stream")
        self.records += piece.count(RECORD) - cut.count(RECORD)
        self.writes += piece.count(CONTROL) - cut.count(CONTROL)
        self._cut[number] = piece[-len(CONTROL) + 1 :]

    def told(self, producer: Connection, request: bytes, records: int) -> None:
        """Send the request again and again, each time when it is answered, until the watchers have
        so many records."""
        publisher = producer.socket.fileno()
        self.poll.register(publisher, select.EPOLLIN)
        producer.socket.sendall(request)
        sent, lines = 1, records // len(self._cut)
        while self.records < records:
            for number, _ in self.poll.poll():
                if number != publisher:
                    self.read(number)
                    continue
                producer.answer()
                if sent < lines:
                    producer.socket.sendall(request)
                    sent += 1
