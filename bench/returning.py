"""Watchers that come back all at once, each to catch up from the same place: the load of `storm`.

Connections are opened without waiting for one another, in one loop over epoll. While the time runs,
an answer is only compared with those that came before; what the different ones hold is looked at
afterwards, down to the last byte.
"""

from __future__ import annotations

import re
import select
import socket
import time

from bench.connection import END_OF_HEAD, refuse_failure

READ_BYTES = 256 * 1024

FIRST_EVENT = b"id: "
"""What stands before it differs from watcher to watcher: the head, and when to come back."""

UP_TO_DATE = b'"upToDate":true}\n\n'
ENDING_BYTES = 32
"""The end of an answer in which it is looked for: what a chunk of the transfer may add."""

LOST_SECONDS = 30
"""After this long a silence a watcher is lost; without it the measure would wait for ever."""

_CHUNK = re.compile(rb"([0-9a-f]+)\r\n", re.IGNORECASE)
_DATA = re.compile(rb"^event: data\ndata:\[(.*)\]$", re.MULTILINE)


class Returning:
    """So many watchers who send `request` and are done when they have caught up."""

    def __init__(self, port: int, request: bytes, watchers: int) -> None:
        self.kinds: list[bytes] = []
        """One whole answer of each kind that came."""
        self.waits: list[float] = []
        """Seconds from the start until each had caught up."""
        self._address = ("127.0.0.1", port)
        self._request = request
        self._count = watchers
        self._poll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        self._answers: dict[int, bytearray] = {}
        self._known: list[bytes] = []
        self._buffer = memoryview(bytearray(READ_BYTES))

    def run(self) -> None:
        """Open all connections, and read until all have caught up."""
        started = time.perf_counter()
        for _ in range(self._count):
            self._open()
        while len(self.waits) < self._count:
            ready = self._poll.poll(LOST_SECONDS)
            assert ready, "a watcher never caught up"
            for number, happened in ready:
                if number not in self._answers:
                    self._ask(number)
                elif happened != select.EPOLLOUT and self._read(number):
                    self.waits.append(time.perf_counter() - started)

    def close(self) -> None:
        self._poll.close()
        for one in self._sockets.values():
            one.close()

    def _open(self) -> None:
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(self._address)  # goes on by itself
        self._sockets[one.fileno()] = one
        self._poll.register(one.fileno(), select.EPOLLOUT)

    def _ask(self, number: int) -> None:
        """The connection is open, or has failed, which this raises."""
        self._sockets[number].sendall(self._request)
        self._answers[number] = bytearray()
        self._poll.modify(number, select.EPOLLIN)

    def _read(self, number: int) -> bool:
        """Take in what has come; whether this watcher has caught up now."""
        count = self._sockets[number].recv_into(self._buffer)
        if not count:
            raise ConnectionResetError("the server closed a stream")
        answer = self._answers[number]
        answer += self._buffer[:count]
        if answer.find(UP_TO_DATE, -ENDING_BYTES - len(UP_TO_DATE)) < 0:
            return False
        self._poll.modify(number, 0)
        self._answers[number] = bytearray()  # or all that was missed would be kept for each
        events = bytes(answer[answer.find(FIRST_EVENT) :])
        if events not in self._known:
            self._known.append(events)
            self.kinds.append(bytes(answer))
        return True


def records_of(answer: bytes) -> bytes:
    """The records of a stream that has caught up, with commas between, whatever they came in."""
    return b",".join(_DATA.findall(body_of(answer)))


def body_of(answer: bytes) -> bytes:
    """What an answer says after its head."""
    refuse_failure(answer)
    head, _, body = answer.partition(END_OF_HEAD)
    if b"\r\ntransfer-encoding: chunked" not in head.lower():
        return body
    whole, place = bytearray(), 0
    while size := _CHUNK.match(body, place):
        begin, length = size.end(), int(size[1], 16)
        whole += body[begin : begin + length]
        place = begin + length + 2
    return bytes(whole)
