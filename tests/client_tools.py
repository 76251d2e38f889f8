"""What tests of the client share: a log followed beside the test, servers that follow a script, and
a connection that breaks where the test wants it."""

from __future__ import annotations

import asyncio
import json
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from logflume import AsyncClient, Client
from logflume.client.errors import ClientError
from logflume.client.follow import TransportName

Variant = Literal["blocking", "async"]

TRANSPORTS: tuple[TransportName, ...] = ("sse", "websocket", "long-poll", "poll")
PATIENCE_SECONDS = 20.0

CLOSE = b"connection: close\r\n\r\n"
BUSY = b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n" + CLOSE
HELD = b"(the connection is held open from here on)"


class Watch:
    """A log that is followed beside the test, with either client; what came of it."""

    def __init__(self, variant: Variant, url: str, deployment_id: str, **options: Any) -> None:
        self.numbers: list[int] = []
        self.told: list[str] = []
        self.error: ClientError | None = None
        self._url = url
        self._id = deployment_id
        self._options = options | {
            "on_away": lambda _: self.told.append("away"),
            "on_back": lambda: self.told.append("back"),
        }
        run = self._block if variant == "blocking" else lambda: asyncio.run(self._await())
        self._thread = threading.Thread(target=self._run, args=(run,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.wait()

    def wait(self) -> Self:
        """Until it has come to its end."""
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive(), f"it goes on: {self.numbers[-3:]} {self.told}"
        return self

    def _run(self, run: Callable[[], None]) -> None:
        try:
            run()
        except ClientError as error:
            self.error = error

    def _block(self) -> None:
        with Client(self._url) as client:
            for record in client.follow(self._id, **self._options):
                self.numbers.append(record.n)

    async def _await(self) -> None:
        async with AsyncClient(self._url) as client:
            async for record in client.follow(self._id, **self._options):
                self.numbers.append(record.n)


class Script:
    """What a server says, connection by connection, and what it was asked."""

    def __init__(self, *answers: bytes) -> None:
        self._answers = answers
        self.asked: list[str] = []
        """The requests' queries."""
        self.requests: list[bytes] = []

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Its address; at the end, all has been said."""
        with socket.create_server(("127.0.0.1", 0)) as listening:
            thread = threading.Thread(target=self._serve, args=(listening,), daemon=True)
            thread.start()
            try:
                yield f"http://127.0.0.1:{listening.getsockname()[1]}"
            finally:
                thread.join(PATIENCE_SECONDS)
                assert not thread.is_alive(), f"not all was asked for: {self.asked}"

    def watched(self, **options: Any) -> Watch:
        """What comes of following it."""
        with self.serving() as url, Watch("blocking", url, "dep_x", **options) as watch:
            return watch.wait()

    def _serve(self, listening: socket.socket) -> None:
        for answer in self._answers:
            connection, _ = listening.accept()
            with connection:
                request = whole_request(connection)
                self.requests.append(request)
                self.asked.append(request.split(b" ")[1].decode().partition("?")[2])
                connection.sendall(answer.removesuffix(HELD))
                if answer.endswith(HELD):
                    connection.recv(1)  # until the client hangs up


class Cutter:
    """Stands before a server and hangs up on some requests, before the server has them or after.

    `plan` says what happens to each connection in turn: `pass`, `before`, `after`; then all pass.
    """

    def __init__(self, url: str, *plan: str) -> None:
        parts = urlsplit(url)
        self._server = (parts.hostname or "", parts.port or 80)
        self._plan = list(plan)
        self.cut = 0
        self.gate = threading.Event()
        """While it is cleared, connections are accepted and nothing happens to them."""
        self.gate.set()

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Its address."""
        with socket.create_server(("127.0.0.1", 0)) as listening:
            threading.Thread(target=self._serve, args=(listening,), daemon=True).start()
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
            listening.shutdown(socket.SHUT_RDWR)

    def _serve(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            action = self._plan.pop(0) if self._plan else "pass"
            threading.Thread(target=self._carry, args=(connection, action), daemon=True).start()

    def _carry(self, near: socket.socket, action: str) -> None:
        with near:
            self.gate.wait(PATIENCE_SECONDS)
            if action == "pass":
                with socket.create_connection(self._server) as far:
                    _join(near, far)
                return
            request = whole_request(near)
            if action == "after":
                with socket.create_connection(self._server) as far:
                    far.sendall(request)
                    assert far.recv(65536).startswith(b"HTTP/1.1 2"), "the server has taken it"
            self.cut += 1


def lines(client: Client, deployment_id: str) -> list[str]:
    """The log's lines, whatever else there is in it left out."""
    return [record.text for record in client.read(deployment_id) if record.kind == "line"]


def last(client: Client, project: str) -> str:
    """The project's one deployment."""
    [found] = client.deployments(project=project)
    return found.id


def whole_request(connection: socket.socket) -> bytes:
    """A request with its body, as far as it says how long that is."""
    request = b""
    while b"\r\n\r\n" not in request:
        piece = connection.recv(65536)
        if not piece:
            return request
        request += piece
    head, _, body = request.partition(b"\r\n\r\n")
    fields = dict(row.lower().split(b": ", 1) for row in head.split(b"\r\n")[1:])
    length = int(fields.get(b"content-length", 0))
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def _join(near: socket.socket, far: socket.socket) -> None:
    """Carry bytes both ways until one side hangs up."""
    while True:
        ready, _, _ = select.select([near, far], [], [], PATIENCE_SECONDS)
        for one in ready:
            piece = one.recv(65536)
            if not piece:
                return
            (far if one is near else near).sendall(piece)
        if not ready:
            return


def offset(number: int, epoch: int = 7) -> str:
    """The place after this record."""
    return f"{epoch:016d}_{number:016d}"


def record(number: int) -> dict[str, Any]:
    """A record as a server gives it."""
    return {"n": number, "time": "2026-11-23T15:37:00.000000Z", "text": str(number)}


def answer(body: bytes = b"", status: str = "200 OK", **headers: Any) -> bytes:
    """A whole answer; a header's name has `_` for `-`."""
    rows = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    length = "" if status.startswith(("204", "304")) else f"content-length: {len(body)}\r\n"
    return f"HTTP/1.1 {status}\r\n{length}{rows}".encode() + CLOSE + body


def page(*numbers: int, after: int | None = None, **headers: Any) -> bytes:
    """An answer of the history: these records, or none and the place `after` which it is."""
    body = b"".join(json.dumps(record(number)).encode() + b"\n" for number in numbers)
    place = numbers[-1] if after is None else after
    return answer(body, stream_next_offset=offset(place), **headers)


__all__ = [
    "BUSY",
    "HELD",
    "TRANSPORTS",
    "Cutter",
    "Script",
    "Variant",
    "Watch",
    "answer",
    "last",
    "lines",
    "offset",
    "page",
    "record",
    "whole_request",
]
