"""A client of a live body, byte by byte, that takes and goes as the test says."""

from __future__ import annotations

import ctypes
import json
import re
import socket
import struct
from itertools import pairwise
from urllib.parse import urlsplit

from tests.contract.api import Api
from tests.exchange import PATIENCE_SECONDS

SO_ATTACH_FILTER = 26
"""Linux; `socket` does not name it."""


class Peer:
    """A request for the stream, whose answer is taken as the test says."""

    def __init__(
        self,
        api: Api,
        deployment: str,
        query: str = "offset=-1",
        *headers: str,
        live: str = "sse",
        version: str = "1.0",
    ) -> None:
        parts = urlsplit(api.url)
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)  # the least there is
        self.socket.settimeout(PATIENCE_SECONDS)
        self.socket.connect((parts.hostname, parts.port))
        path = f"/v1/deployments/{deployment}/log?live={live}&{query}"
        request = [f"GET {path} HTTP/{version}", f"Host: {parts.netloc}", *headers, "", ""]
        self.socket.sendall("\r\n".join(request).encode())
        self.answer = b""

    def take(self, count: int = 65536) -> bytes:
        """At most so many bytes more; none at the end."""
        data = self.socket.recv(count)
        self.answer += data
        return data

    def until(self, text: bytes) -> None:
        while text not in self.answer:
            assert self.take(), f"the stream ended before {text!r}: {self.answer[-200:]!r}"

    def batches(self) -> list[bytes]:
        """The data events that have come whole, each with the place after it."""
        events = self.answer.partition(b"\r\n\r\n")[2].split(b"\n\n")[:-1]
        pairs = pairwise(events)
        return [data for data, place in pairs if place.startswith(b"event: control")]

    def numbers(self) -> list[int]:
        """Of the records that have come so."""
        found = [re.search(rb"^data:(\[.*)", data, re.MULTILINE) for data in self.batches()]
        return [record["n"] for array in found if array for record in json.loads(array[1])]

    def last_id(self) -> str:
        """The place after the last of them."""
        return self.batches()[-1].partition(b"\n")[0].removeprefix(b"id: ").decode()

    def reset(self) -> None:
        """Break off without a goodbye."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def vanish(self) -> None:
        """Take in and acknowledge nothing that comes, as if the network were cut."""
        drop_all = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
        program = struct.pack("HP", 1, ctypes.addressof(drop_all))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


__all__ = ["Peer"]
