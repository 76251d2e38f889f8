"""POST …/log: what a deployment says becomes records.

A plain text body of unknown or great length is a *stream*: its lines are stored and seen while the
request is open, and what has come when it breaks off stays. Every other body is a *batch*: it is
read to its end, and stored whole or not at all. The answer is given once all is on disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from functools import partial

from logflume.deployments.masking import Masking
from logflume.errors import Duplicate, LogClosed, LogError, LogGone
from logflume.http.append_request import AppendRequest, declared_bytes
from logflume.http.body import ClientDisconnected, read_body
from logflume.http.context import Context, Message, Receive, Scope, Send
from logflume.http.lent import connection_of
from logflume.http.parameters import headers_of
from logflume.http.problems import RequestError, note_refusal, problem_of
from logflume.http.repeated_append import answer_stored, repeated_answer
from logflume.http.respond import respond, tail_headers
from logflume.http.text_stream import TextStream
from logflume.records import Producer, State

THREAD_BYTES = 256 * 1024
"""A longer batch is taken apart off the event loop, and one that may become longer: 20 MiB take a
second, in which nobody else would be served."""

MAX_SKIPPED_BYTES = 64 * 1024
"""Of a refused body: less work than a new connection."""


class AppendLog:
    """The endpoint."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._context.counts.append_requests["deployment"] += 1
        headers = headers_of(scope)
        # Who waits to be told to go on is not told to, only to hear that it was for nothing.
        skipped_bytes = None if "expect" in headers else declared_bytes(headers)
        body = _Body(receive, skipped_bytes)
        try:
            request = AppendRequest.of(scope, headers)
            if request.is_stream:
                await self._stream(request, scope, body, send)
            else:
                await self._batch(request, scope, body, send)
        except ClientDisconnected:
            return  # nobody is left to answer; what a stream brought is stored
        except (LogError, RequestError) as error:
            if await body.skip():
                raise
            await _refuse(scope, send, error)

    async def _batch(
        self, request: AppendRequest, scope: Scope, receive: Receive, send: Send
    ) -> None:
        body = await read_body(receive)
        masking = await self._context.deployments.masking(request.log)
        encoder = partial(request.encoder, body, self._context.clock(), masking)
        is_long = bool(request.encoding) or len(body) > THREAD_BYTES
        encode = await asyncio.to_thread(encoder) if is_long else encoder()
        try:
            state = await self._context.deployments.append(request.log, encode, request.producer)
        except Duplicate as repeated:
            await respond(send, *repeated_answer(repeated))
            return
        again = None if request.encoding else partial(self._again, request, masking)
        await answer_stored(scope, send, state, request.producer, again)

    def _again(
        self, request: AppendRequest, masking: Masking, body: bytes, producer: Producer | None
    ) -> Awaitable[State]:
        self._context.counts.append_requests["deployment"] += 1
        encode = request.encoder(body, self._context.clock(), masking)
        return self._context.deployments.append(request.log, encode, producer)

    async def _stream(
        self, request: AppendRequest, scope: Scope, receive: Receive, send: Send
    ) -> None:
        connection = connection_of(scope)
        if connection is not None:
            connection.may_pause()
        state = await self._context.store.state(request.log)
        if state.deleted:
            raise LogGone
        if state.closed:
            raise LogClosed(state)
        masking = await self._context.deployments.masking(request.log)
        stream = TextStream(self._context, request, state, masking)
        await stream.run(receive)
        await respond(send, 204, tail_headers(stream.state))


class _Body:
    """Receives the body, and knows whether it has come to its end."""

    def __init__(self, receive: Receive, declared_bytes: int | None) -> None:
        self._ended = False
        self._receive = receive
        self._declared_bytes = declared_bytes

    async def __call__(self) -> Message:
        message = await self._receive()
        self._ended = not message.get("more_body", False)
        return message

    async def skip(self) -> bool:
        """Read on to the end if it is near, so that the connection may be used again; whether the
        end is reached."""
        if self._declared_bytes is not None and self._declared_bytes <= MAX_SKIPPED_BYTES:
            while not self._ended:
                await self()
        return self._ended


async def _refuse(scope: Scope, send: Send, error: LogError | RequestError) -> None:
    """Refuse before the end of the body, and hang up: nobody will read the rest of it."""
    problem = error.problem if isinstance(error, RequestError) else problem_of(error)
    headers = {
        **problem.headers,
        "Content-Type": "application/problem+json",
        "Connection": "close",
    }
    note_refusal(scope, problem)
    await respond(send, problem.status, headers, problem.document() + b"\n")


__all__ = ["THREAD_BYTES", "AppendLog"]
