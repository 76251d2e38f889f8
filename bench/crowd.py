"""Many connections, each with one request at a time: one loop over epoll on the load's core."""

from __future__ import annotations

import select
import time
from collections.abc import Iterator

from bench.connection import Connection, complete, refuse_failure

READ_BYTES = 64 * 1024


class Crowd:
    """Sends `requests` over `connections` until they run out. `waits` is how long each answer
    took, in seconds, from just before it was sent to just after it was read."""

    def __init__(self, port: int, requests: Iterator[bytes], connections: int) -> None:
        self.waits: list[float] = []
        self._requests = requests
        self._open = [Connection(port) for _ in range(connections)]
        self._sockets = {one.socket.fileno(): one.socket for one in self._open}
        self._sent: dict[int, float] = {}
        self._answers: dict[int, bytes] = {}

    def run(self) -> None:
        poll = select.epoll()
        for number in self._sockets:
            poll.register(number, select.EPOLLIN)
            self._next(number)
        while self._sent:
            for number, _ in poll.poll():
                self._read(number)
        poll.close()
        for one in self._open:
            one.socket.close()

    def _next(self, number: int) -> None:
        request = next(self._requests, None)
        if request is not None:
            self._answers[number] = b""
            self._sent[number] = time.perf_counter()
            self._sockets[number].sendall(request)

    def _read(self, number: int) -> None:
        piece = self._sockets[number].recv(READ_BYTES)
        if not piece:
            raise ConnectionResetError("the server closed a connection of the crowd")
        answer = self._answers[number] + piece
        if complete(answer):
            refuse_failure(answer)
            self.waits.append(time.perf_counter() - self._sent.pop(number))
            self._next(number)
        else:
            self._answers[number] = answer


def crowd(port: int, requests: Iterator[bytes], connections: int) -> list[float]:
    """All of `requests`, over `connections`; how long each took."""
    made = Crowd(port, requests, connections)
    made.run()
    return made.waits
