"""When each line reached each of many watchers: the load of `stalled`.

Lines are sent at a fixed pace, whether or not everybody has the last one, and each receipt is timed
from just before its line was sent to just after it was read. One loop sends and receives, so both
times are read from the same clock.
"""

from __future__ import annotations

import os
import select
import socket
import time

from bench.connection import Connection
from bench.watching import CONTROL, READ_BYTES, RECORD

LOST_SECONDS = 30
"""After this long a silence a line is lost; without it the measure would wait for ever."""


class Receipts:
    """Sends `request`, a line, every `pace_seconds`, and times it at each watcher."""

    def __init__(
        self, watchers: list[Connection], producer: Connection, request: bytes, pace_seconds: float
    ) -> None:
        self.waits: list[float] = []
        """Seconds of each receipt."""
        self.poll = select.epoll()
        self._producer = producer
        self._request = request
        self._pace_seconds = pace_seconds
        self._sent: list[float] = []
        self._received = {watcher.socket.fileno(): 0 for watcher in watchers}
        self._cut = dict.fromkeys(self._received, b"")
        self._answered = True
        for number in [*self._received, producer.socket.fileno()]:
            self.poll.register(number, select.EPOLLIN)

    def run(self, lines: int) -> None:
        """Send so many more lines; until every watcher has every one."""
        wanted = len(self.waits) + lines * len(self._received)
        due = time.perf_counter()
        while len(self.waits) < wanted or not self._answered:
            if lines and self._answered and time.perf_counter() >= due:
                self._send()
                lines -= 1
                due += self._pace_seconds
            self._receive(max(0.0, due - time.perf_counter()) if lines else LOST_SECONDS)

    def _send(self) -> None:
        self._answered = False
        self._sent.append(time.perf_counter())
        self._producer.socket.sendall(self._request)

    def _receive(self, seconds: float) -> None:
        ready = self.poll.poll(seconds)
        assert ready or seconds < LOST_SECONDS, "a line was lost"
        for number, _ in ready:
            if number in self._received:
                self._read(number)
            else:
                self._producer.answer()
                self._answered = True

    def _read(self, number: int) -> None:
        piece = self._cut[number] + os.read(number, READ_BYTES)
        if len(piece) == len(self._cut[number]):
            raise ConnectionResetError("the server closed a stream")
        now, before = time.perf_counter(), self._received[number]
        self._received[number] += piece.count(RECORD)
        assert self._received[number] <= len(self._sent), "a line was repeated"
        self._cut[number] = piece[-len(RECORD) + 1 :]  # too short to hold a whole mark
        self.waits += [now - sent for sent in self._sent[before : self._received[number]]]


def await_beginning(watcher: socket.socket) -> None:
    """Return when the stream has said where it stands."""
    begun = b""
    while CONTROL not in begun:
        piece = watcher.recv(READ_BYTES)
        if not piece:
            raise ConnectionResetError("the server closed the stream")
        begun += piece
