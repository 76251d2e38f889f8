"""A kept-alive HTTP/1.1 connection over a blocking socket, with as little around it as will do."""

from __future__ import annotations

import re
import socket
from typing import Self

READ_BYTES = 1024 * 1024

END_OF_HEAD = b"\r\n\r\n"
END_OF_CHUNKS = b"\r\n0\r\n\r\n"
"""Nothing Logflume answers has a raw carriage return in it, so this is the end and nothing else."""

WITHOUT_BODY = (b"HTTP/1.1 204", b"HTTP/1.1 304")

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


class BadAnswer(Exception):
    """The server refused what the load asked: the measure would mean nothing."""


class Connection:
    """One request at a time."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> bytes:
        """Send the request; the whole answer. Raises BadAnswer, ConnectionError."""
        self.socket.sendall(request)
        return self.answer()

    def answer(self) -> bytes:
        answer = bytearray()
        while not complete(answer):
            piece = self.socket.recv(READ_BYTES)
            if not piece:
                raise ConnectionResetError("the server closed the connection")
            answer += piece
        refuse_failure(answer)
        return bytes(answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


def complete(answer: bytes | bytearray) -> bool:
    """Whether this is a whole answer."""
    end = answer.find(END_OF_HEAD)
    if end < 0:
        return False
    if answer.startswith(WITHOUT_BODY):
        return True
    length = _LENGTH.search(answer, 0, end + 2)
    if length:
        return len(answer) >= end + len(END_OF_HEAD) + int(length[1])
    return answer.endswith(END_OF_CHUNKS)


def refuse_failure(answer: bytes | bytearray) -> None:
    """Raises BadAnswer unless the status is 2xx, or 304, which only he gets who asks for it."""
    if not answer.startswith((b"HTTP/1.1 2", b"HTTP/1.1 304")):
        raise BadAnswer(bytes(answer[:500]).decode("latin-1"))
