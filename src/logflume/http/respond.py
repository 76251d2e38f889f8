"""Answers as plain ASGI messages, and JSON ones for Starlette's endpoints.

Every answer carries `nosniff`: what a log holds must never be run because a browser guessed.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.responses import Response

from logflume.http.context import Send
from logflume.records import State

FENCES = [
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; sandbox"),
]
"""What a log holds is not taken for something else, not loaded into another site's page, and does
nothing when a browser shows it: a log may be of any type, HTML too."""


def raw_headers(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [*FENCES, *((k.lower().encode(), v.encode("latin-1")) for k, v in headers.items())]


async def start(send: Send, status: int, headers: Mapping[str, str]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": raw_headers(headers)})


async def respond(
    send: Send,
    status: int,
    headers: Mapping[str, str],
    body: bytes = b"",
    *,
    head: bool = False,
) -> None:
    """A whole answer at once; to a HEAD, without the body that it tells of."""
    await start(send, status, _with_length(status, headers, body))
    await send({"type": "http.response.body", "body": b"" if head else body})


def raw_response(status: int, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """A whole answer as HTTP/1.1 writes it (RFC 9112), for a connection that is kept."""
    return raw_head(status, _with_length(status, headers, body)) + body


def raw_head(status: int, headers: Mapping[str, str]) -> bytes:
    """The head of an answer as HTTP/1.1 writes it."""
    told = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    return b"%b%b\r\n" % (_begun(status, int(time.time())), told.encode("latin-1"))


@lru_cache(maxsize=16)
def _begun(status: int, now_seconds: int) -> bytes:
    """What the heads of all answers of one status and second begin with."""
    told = {"Date": formatdate(now_seconds, usegmt=True)}
    lines = [b"HTTP/1.1 %d %b" % (status, HTTPStatus(status).phrase.encode())]
    lines += [name + b": " + value for name, value in raw_headers(told)]
    return b"\r\n".join([*lines, b""])


def _with_length(status: int, headers: Mapping[str, str], body: bytes) -> Mapping[str, str]:
    return headers if status in (204, 304) else {**headers, "Content-Length": str(len(body))}


def json_response(
    value: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(
        msgspec.json.encode(value) + b"\n",  # so that a terminal's prompt stands on its own line
        status,
        {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", **(headers or {})},
        media_type="application/json",
    )


def tail_headers(state: State) -> dict[str, str]:
    """Where the log stands, as Durable Streams says it."""
    closed = {"Stream-Closed": "true"} if state.closed else {}
    return {"Stream-Next-Offset": str(state.tail_offset), **closed}


__all__ = [
    "json_response",
    "raw_head",
    "raw_headers",
    "raw_response",
    "respond",
    "start",
    "tail_headers",
]
