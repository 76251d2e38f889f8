"""A server that answers every request with bytes made beforehand, and leaves the connection open.

`python -m bench.replay FILE...`: the bytes are the file's, a whole answer with its head; of several
files, each has its turn. What a load reaches here is the most that it, and the kernel, can do with
so many bytes.
"""

from __future__ import annotations

import select
import socket
import sys
from itertools import cycle
from pathlib import Path

BACKLOG = 4096
READ_BYTES = 64 * 1024


class Replay:
    """One loop over all connections."""

    def __init__(self, answers: list[bytes]) -> None:
        self._answers = cycle([memoryview(answer) for answer in answers])
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
        self._listener.setblocking(False)
        self._poll = select.epoll()
        self._peers: dict[int, socket.socket] = {}
        self._left: dict[int, memoryview] = {}  # of the answer, for those who take it in parts

    def run(self) -> None:
        self._poll.register(self._listener.fileno(), select.EPOLLIN)
        sys.stderr.write(f"serves http://127.0.0.1:{self._listener.getsockname()[1]}\n")
        sys.stderr.flush()
        while True:
            for number, happened in self._poll.poll():
                if number == self._listener.fileno():
                    self._accept()
                elif happened & select.EPOLLOUT:
                    self._send(number)
                else:
                    self._read(number)

    def _accept(self) -> None:
        peer, _ = self._listener.accept()
        peer.setblocking(False)
        self._peers[peer.fileno()] = peer
        self._poll.register(peer.fileno(), select.EPOLLIN)

    def _read(self, number: int) -> None:
        """A request, which fits into one read; or the end."""
        try:
            request = self._peers[number].recv(READ_BYTES)
        except ConnectionError:
            request = b""
        if request:
            self._left[number] = next(self._answers)
            self._send(number)
        else:
            self._poll.unregister(number)
            self._peers.pop(number).close()

    def _send(self, number: int) -> None:
        try:
            sent = self._peers[number].send(self._left[number])
        except BlockingIOError:
            sent = 0
        except ConnectionError:
            sent = len(self._left[number])
        self._left[number] = self._left[number][sent:]
        self._poll.modify(number, select.EPOLLOUT if self._left[number] else select.EPOLLIN)


if __name__ == "__main__":
    Replay([Path(name).read_bytes() for name in sys.argv[1:]]).run()
