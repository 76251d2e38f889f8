"""Refusing a request before its body has come to its end.

A short rest is read, so that the connection may be used again. Else it is closed: nobody will read
on, and a client that waits to be told to go on (`Expect: 100-continue`) is never told.
"""

from __future__ import annotations

from collections.abc import Mapping

from logflume.errors import LogError
from logflume.http.append_request import declared_bytes
from logflume.http.body import ClientDisconnected
from logflume.http.context import Message, Receive, Scope, Send
from logflume.http.parameters import headers_of
from logflume.http.problems import RequestError, note_refusal, refusal_of
from logflume.http.respond import respond

MAX_SKIPPED_BYTES = 64 * 1024
"""Of a refused body: less work than a new connection."""


class Body:
    """Receives the body, and knows whether it has come to its end."""

    def __init__(self, receive: Receive, headers: Mapping[str, str]) -> None:
        self._receive = receive
        declared = declared_bytes(headers)
        self._ended = declared == 0
        # Who waits to be told to go on is not told to, only to hear that it was for nothing.
        self._skipped_bytes = None if "expect" in headers else declared

    async def __call__(self) -> Message:
        message = await self._receive()
        self._ended = not message.get("more_body", False)
        return message

    async def skip(self) -> bool:
        """Read on to the end if it is near, so that the connection may be used again; whether the
        end is reached."""
        if self._skipped_bytes is not None and self._skipped_bytes <= MAX_SKIPPED_BYTES:
            while not self._ended:
                await self()
        return self._ended


async def refuse(
    error: LogError | RequestError, scope: Scope, receive: Receive, send: Send
) -> None:
    """Refuse a request of whose body nothing was read. Raises `error` where the connection goes on,
    to be answered like any other."""
    body = Body(receive, headers_of(scope))
    try:
        if await body.skip():
            raise error
    except ClientDisconnected:
        return
    await hang_up(scope, send, error)


async def hang_up(scope: Scope, send: Send, error: LogError | RequestError) -> None:
    """Refuse before the end of the body, and hang up: nobody will read the rest of it."""
    problem = refusal_of(error)
    headers = {
        **problem.headers,
        "Content-Type": "application/problem+json",
        "Connection": "close",
    }
    note_refusal(scope, problem)
    await respond(send, problem.status, headers, problem.document() + b"\n")


__all__ = ["Body", "hang_up", "refuse"]
