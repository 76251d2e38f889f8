"""Requests as bytes, made before the time is taken, and what they carry.

The same bytes for every server that is measured; no client library stands between them and the
socket.
"""

from __future__ import annotations

import json
import random
import secrets
import time
from collections.abc import Iterator

from bench.connection import Connection
from logflume.deployments.ids import RANDOM_BYTES, new_deployment_id

BATCH_BYTES = 64 * 1024
"""What a producer that reads a pipe sends at a time."""

BODIES = 16
"""Different bodies that are sent in turn, so that no cache gets used to one."""

WORDS = (
    "Compiling", "Downloading", "shop", "v0.3.1", "(/build/shop)", "[12/407]", "ok", "warning:",
    "unused", "import:", "`std::io`", "-->", "src/main.rs:4:5", "#11", "sha256:3f1c9e7", "CACHED",
    "\x1b[32mdone\x1b[0m", "in", "0.42s", "layer", "pushed", "GET", "/healthz", "200", "“quoted”",
)  # fmt: skip


def get(path: str, accept: str = "application/json", *, close: bool = False) -> bytes:
    ending = "Connection: close\r\n" if close else ""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n{ending}\r\n".encode()


def post(path: str, body: bytes, content_type: str = "text/plain") -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def put(path: str, content_type: str) -> bytes:
    head = f"PUT {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\n"
    return f"{head}Content-Length: 0\r\n\r\n".encode()


def log_path(deployment: str) -> str:
    return f"/v1/deployments/{deployment}/log"


def new_id() -> str:
    return new_deployment_id(time.time_ns() // 1000, secrets.token_bytes(RANDOM_BYTES))


def create(deployment: str) -> bytes:
    body = json.dumps({"id": deployment, "project": "bench"}).encode()
    return post("/v1/deployments", body, "application/json")


def new_log(port: int) -> str:
    """Create a deployment; the path of its log."""
    deployment = new_id()
    with Connection(port) as connection:
        connection.ask(create(deployment))
    return log_path(deployment)


def batches(path: str, line_bytes: int) -> list[bytes]:
    """Requests of as many lines of `line_bytes` (newline included) as 64 KB hold."""
    rng, count = random.Random(1), lines_a_batch(line_bytes)
    return [_lines(rng, path, count, line_bytes) for _ in range(BODIES)]


def lines_a_batch(line_bytes: int) -> int:
    return BATCH_BYTES // line_bytes


def lines(path: str, count: int, line_bytes: int) -> bytes:
    """A request of that many lines."""
    return _lines(random.Random(1), path, count, line_bytes)


def single(path: str) -> bytes:
    """A request of one line."""
    return lines(path, 1, 64)


def for_seconds(request: bytes, seconds: float) -> Iterator[bytes]:
    """The same request again and again, for that long."""
    deadline = time.perf_counter() + seconds
    while time.perf_counter() < deadline:
        yield request


def _lines(rng: random.Random, path: str, count: int, line_bytes: int) -> bytes:
    return post(path, b"".join(_line(rng, line_bytes) for _ in range(count)))


def _line(rng: random.Random, size: int) -> bytes:
    """What a build may say, of exactly `size` bytes with its newline."""
    text = b""
    while len(text) < size:
        text += rng.choice(WORDS).encode() + b" "
    return text[: size - 1].decode("utf-8", "ignore").encode().ljust(size - 1, b".") + b"\n"
