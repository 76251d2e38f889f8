"""Connections whose two ends are both the test's: real sockets, nobody in between."""

from __future__ import annotations

import fcntl
import socket
import struct
import termios
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager

from tests.exchange import PATIENCE_SECONDS


class Pair:
    """Two ends of a connection, the near one of which is sent to."""

    def __init__(self, near: socket.socket, far: socket.socket) -> None:
        self.near, self.far = near, far
        far.settimeout(PATIENCE_SECONDS)

    @property
    def descriptor(self) -> int:
        return self.near.fileno()

    def fill(self) -> int:
        """Have it take no more; how much it took until then."""
        taken = 0
        try:
            while True:
                taken += self.near.send(b"." * 65536, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return taken

    def under_way(self) -> int:
        """How much the near side's kernel holds that has not arrived (tcp(7), SIOCOUTQ)."""
        [held] = struct.unpack("i", fcntl.ioctl(self.near, termios.TIOCOUTQ, bytes(4)))
        return int(held)

    def take(self, count: int) -> bytes:
        """So many bytes of what has come to the far side."""
        taken = b""
        while len(taken) < count:
            piece = self.far.recv(count - len(taken))
            assert piece, f"the end, after {len(taken)} of {count} bytes"
            taken += piece
        return taken

    def rest(self) -> bytes:
        """All that has come and was not taken. Nothing can be sent after this."""
        self.near.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: self.far.recv(1 << 20), b""))

    def close(self) -> None:
        self.near.close()
        self.far.close()


def unix_pair() -> Pair:
    return Pair(*socket.socketpair())


def tcp_pair() -> Pair:
    """Over loopback, with little room on the way."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        far = socket.socket()
        far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        far.connect(listener.getsockname())
        near, _ = listener.accept()
    near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16384)
    near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Pair(near, far)


@contextmanager
def pairs(count: int, kind: Callable[[], Pair] = unix_pair) -> Iterator[list[Pair]]:
    with ExitStack() as open_ones:
        yield [open_ones.enter_context(closing(kind())) for _ in range(count)]


__all__ = ["Pair", "pairs", "tcp_pair", "unix_pair"]
