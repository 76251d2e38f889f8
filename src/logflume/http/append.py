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
from logflume.http.append_request import AppendRequest
from logflume.http.body import ClientDisconnected, read_body
from logflume.http.callers import caller_of
from logflume.http.context import Context, Receive, Scope, Send
from logflume.http.lent import connection_of
from logflume.http.parameters import headers_of
from logflume.http.problems import RequestError
from logflume.http.rates import Bucket
from logflume.http.refusal import Body, hang_up
from logflume.http.repeated_append import answer_stored, repeated_answer
from logflume.http.respond import respond, tail_headers
from logflume.http.text_stream import TextStream
from logflume.records import Producer, State

THREAD_BYTES = 256 * 1024
"""A longer batch is taken apart off the event loop, and one that may become longer: 20 MiB take a
second, in which nobody else would be served."""


class AppendLog:
    """The endpoint."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._context.counts.append_requests["deployment"] += 1
        headers = headers_of(scope)
        body = Body(receive, headers)
        try:
            request = AppendRequest.of(scope, headers)
            bucket = self._context.rates.take(caller_of(scope))
            if request.is_stream:
                await self._stream(request, scope, body, send)
            else:
                await self._batch(request, bucket, scope, body, send)
        except ClientDisconnected:
            return  # nobody is left to answer; what a stream brought is stored
        except (LogError, RequestError) as error:
            if await body.skip():
                raise
            await hang_up(scope, send, error)

    async def _batch(
        self,
        request: AppendRequest,
        bucket: Bucket | None,
        scope: Scope,
        receive: Receive,
        send: Send,
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
        again = None if request.encoding else partial(self._again, request, bucket, masking)
        await answer_stored(scope, send, state, request.producer, again)

    def _again(
        self,
        request: AppendRequest,
        bucket: Bucket | None,
        masking: Masking,
        body: bytes,
        producer: Producer | None,
    ) -> Awaitable[State]:
        if bucket is not None:
            bucket.take()
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
        stream = TextStream(self._context, request, state, masking, caller_of(scope))
        await stream.run(receive)
        await respond(send, 204, tail_headers(stream.state))


__all__ = ["THREAD_BYTES", "AppendLog"]
