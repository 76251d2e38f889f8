"""Answers as plain ASGI messages, and JSON ones for Starlette's endpoints.

Every answer carries `nosniff`: what a log holds must never be run because a browser guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from logflume.http.context import Send
from logflume.records import State

NOSNIFF = (b"x-content-type-options", b"nosniff")


def raw_headers(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [NOSNIFF, *((k.lower().encode(), v.encode("latin-1")) for k, v in headers.items())]


async def start(send: Send, status: int, headers: Mapping[str, str]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": raw_headers(headers)})


async def respond(send: Send, status: int, headers: Mapping[str, str], body: bytes = b"") -> None:
    """A whole answer at once."""
    length = {} if status == 204 else {"Content-Length": str(len(body))}
    await start(send, status, {**headers, **length})
    await send({"type": "http.response.body", "body": body})


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


__all__ = ["NOSNIFF", "json_response", "raw_headers", "respond", "start", "tail_headers"]
