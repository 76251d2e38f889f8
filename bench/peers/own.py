"""Logflume itself, and the limit that writes the very bytes which Logflume was seen to write."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.connection import Connection
from bench.peers import build
from bench.peers.peer import MARK, Feed, Peer, lines
from bench.requests import get, new_log, post
from bench.rounds import PYTHON, Bench
from bench.watching import CONTROL, READ_BYTES, follow

WEBSOCKET = (
    "GET {path}?offset=now&live=ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


class Logflume(Peer):
    """On its embedded store."""

    name = "Logflume"
    keeps = "on disk, synced"

    def __init__(self, *, pattern: str = "sse") -> None:
        self._pattern = pattern

    def command(self, folder: Path) -> Sequence[str]:
        return [*PYTHON, "logflume", "serve", "--port", "0", "--data", str(folder)]

    def feed(self, port: int) -> Feed:
        path = new_log(port)
        watch = get(f"{path}?offset=now&live=sse", "text/event-stream")
        if self._pattern == "ws":
            watch = WEBSOCKET.format(path=path).encode()
        return Feed(watch, CONTROL.decode(), lambda count: _text(path, count), port)


class Limit(Peer):
    """Writes what `frames` are, one for each number of lines."""

    name = "C, only write()"
    keeps = "nothing"

    def __init__(self, frames: Sequence[bytes]) -> None:
        self._frames = frames

    def command(self, folder: Path) -> Sequence[str]:
        files = [folder / f"frame{number}" for number in range(len(self._frames))]
        for file, frame in zip(files, self._frames, strict=True):
            file.write_bytes(frame)
        return [str(build.limit()), *(str(file) for file in files)]

    def feed(self, port: int) -> Feed:
        return Feed(get("/"), ": limit", lambda count: _text("/", count), port)


def seen_frames(bench: Bench, counts: Sequence[int]) -> list[bytes]:
    """What Logflume writes to a watcher for a request of so many lines, for each of `counts`."""
    with bench.logflume() as server:
        path = new_log(server.port)
        with Connection(server.port) as watcher, Connection(server.port) as producer:
            follow(watcher, path)
            return [_frame(watcher, producer, _text(path, count), count) for count in counts]


def _frame(watcher: Connection, producer: Connection, request: bytes, count: int) -> bytes:
    producer.ask(request)
    frame = b""
    while frame.count(MARK.encode()) < count or not frame.endswith(b"\n\n\r\n"):
        piece = watcher.socket.recv(READ_BYTES)
        assert piece, "Logflume closed the stream"
        frame += piece
    return frame


def _text(path: str, count: int) -> bytes:
    return post(path, "".join(f"{line}\n" for line in lines(count)).encode())
