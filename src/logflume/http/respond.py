"""Answers as plain ASGI messages, and JSON ones for Starlette's endpoints.

Every answer carries `nosniff`: what a log holds must never be run because a browser guessed.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
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


RawHeader = tuple[bytes, bytes]

Grant = tuple[RawHeader, ...]
"""What lets a page of another site read an answer (`cross_origin.py`); empty: nothing does."""


def raw_headers(headers: Mapping[str, str]) -> list[RawHeader]:
    return [*FENCES, *((k.lower().encode(), v.encode("latin-1")) for k, v in headers.items())]


def granted(headers: Iterable[RawHeader], grant: Grant) -> list[RawHeader]:
    """The headers with the grant's, in place of those that would forbid what it allows."""
    policies = {name for name, _ in grant} - {b"vary"}  # of which there may be more than one
    return [*(header for header in headers if header[0] not in policies), *grant]


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


def raw_response(
    status: int, headers: Mapping[str, str], body: bytes = b"", grant: Grant = ()
) -> bytes:
    """A whole answer as HTTP/1.1 writes it (RFC 9112), for a connection that is kept."""
    return raw_head(status, _with_length(status, headers, body), grant) + body


def raw_head(status: int, headers: Mapping[str, str], grant: Grant = ()) -> bytes:
    """The head of an answer as HTTP/1.1 writes it."""
    told = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    return b"%b%b\r\n" % (_begun(status, int(time.time()), grant), told.encode("latin-1"))


@lru_cache(maxsize=64)
def _begun(status: int, now_seconds: int, grant: Grant) -> bytes:
    """What the heads of all answers of one status and second begin with, as far as one grant
    goes."""
    told = {"Date": formatdate(now_seconds, usegmt=True)}
    lines = [b"HTTP/1.1 %d %b" % (status, HTTPStatus(status).phrase.encode())]
    lines += [name + b": " + value for name, value in granted(raw_headers(told), grant)]
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
    "Grant",
    "RawHeader",
    "granted",
    "json_response",
    "raw_head",
    "raw_headers",
    "raw_response",
    "respond",
    "start",
    "tail_headers",
]
