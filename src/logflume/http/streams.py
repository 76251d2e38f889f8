"""Generic logs over HTTP: Durable Streams' PUT, POST, HEAD, DELETE and OPTIONS.

Reading them is `read.py`'s, as of every log. Headers are checked strictly, since half a request
done is worse than none: what is wrong is said before anything is stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial

from msgspec.structs import replace

from logflume import rules
from logflume.access.callers import Caller
from logflume.errors import BadInput, Duplicate, LogClosed, NoSuchLog
from logflume.generic.logs import NewLog
from logflume.generic.messages import encoder_of, records_of
from logflume.generic.names import ADDRESS, PREFIX, log_of, project_of
from logflume.http.append import THREAD_BYTES
from logflume.http.body import whole_body
from logflume.http.caching import etag_of
from logflume.http.callers import caller_of
from logflume.http.context import Context, Receive, Scope, Send
from logflume.http.forms import forms_of
from logflume.http.parameters import headers_of, path_parameter, producer_of
from logflume.http.rates import Bucket
from logflume.http.repeated_append import answer_stored, producer_headers, repeated_answer
from logflume.http.respond import respond, start, tail_headers
from logflume.http.site import site_of
from logflume.http.stream_headers import (
    closes,
    content_type_of,
    fork_of,
    lifetime_headers,
    lifetime_of,
    writer_seq_of,
)
from logflume.records import Append, LogId, Producer, State

METHODS = "GET, HEAD, PUT, POST, DELETE, OPTIONS"

REQUEST_HEADERS = ", ".join(
    [
        "Authorization",
        "Content-Type",
        "If-None-Match",
        "Last-Event-ID",
        "Producer-Epoch",
        "Producer-Id",
        "Producer-Seq",
        "Stream-Closed",
        "Stream-Expires-At",
        "Stream-Fork-Offset",
        "Stream-Fork-Sub-Offset",
        "Stream-Forked-From",
        "Stream-Seq",
        "Stream-TTL",
    ]
)


def stream_of(scope: Scope) -> LogId:
    """The log that the address names. Raises BadInput."""
    return log_of(path_parameter(scope, "name"))


class StreamsApi:
    """The endpoints of `/v1/stream/<name>`."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._logs = context.logs

    async def put(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Make the log, or find it made as it is asked for."""
        log, headers = stream_of(scope), headers_of(scope)
        fork = fork_of(headers)
        if fork is not None:
            _refuse_foreign(caller_of(scope), log, fork.source)
        new = NewLog(
            content_type_of(headers, made=fork is None),
            lifetime_of(headers),
            closed=closes(headers),
            fork=fork,
            body=await whole_body(headers, receive),
        )
        state, is_new = await self._logs.create(log, new)
        told = {"Content-Type": state.content_type, **tail_headers(state)}
        if is_new:
            told["Location"] = self._address(scope, headers, log)
        await respond(send, 201 if is_new else 200, told)

    async def post(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Append, close, or both."""
        log, headers = stream_of(scope), headers_of(scope)
        self._context.counts.append_requests["stream"] += 1
        body = await whole_body(headers, receive)
        producer = producer_of(headers)
        bucket = self._context.rates.take(caller_of(scope)) if body else None  # anybody may close
        try:
            state = await self._append(log, headers, body, producer)
        except Duplicate as repeated:
            await respond(send, *repeated_answer(repeated))
            return
        except LogClosed as closed:
            if body or producer or not closes(headers):
                raise
            state = closed.state  # closing again changes nothing
        if body:
            again = partial(self._again, log, headers, bucket)
            repeatable = None if "content-encoding" in headers else again
            await answer_stored(scope, send, state, producer, repeatable)
        else:
            told = producer_headers(producer) if producer else {}
            await respond(send, 204, {**tail_headers(state), **told})

    async def head(self, scope: Scope, _: Receive, send: Send) -> None:
        """Where the log stands. Not a use of it: its lifetime goes on."""
        state = await self._logs.state(stream_of(scope))
        form = forms_of(state.content_type, lines=False)[0]
        told = {
            "Content-Type": state.content_type,
            "Cache-Control": "no-store",
            "ETag": etag_of(form.name, state, state.start, state.tail),
            **tail_headers(state),
            **lifetime_headers(state.lifetime),
        }
        await start(send, 200, told)  # a length would be that of the log
        await send({"type": "http.response.body"})

    async def delete(self, scope: Scope, _: Receive, send: Send) -> None:
        """Delete the log; what was forked from it remains."""
        await self._logs.delete(stream_of(scope))
        await respond(send, 204, {})

    async def options(self, _: Scope, __: Receive, send: Send) -> None:
        """What may be asked here. No other site's page is allowed to."""
        told = {
            "Allow": METHODS,
            "Access-Control-Allow-Methods": METHODS,
            "Access-Control-Allow-Headers": REQUEST_HEADERS,
        }
        await respond(send, 204, told)

    def _address(self, scope: Scope, headers: Mapping[str, str], log: LogId) -> str:
        path = f"{ADDRESS}{log.removeprefix(PREFIX)}"
        if "host" in headers or self._context.public_url:
            return site_of(self._context, scope) + path
        return f"{scope.get('root_path', '')}{path}"

    async def _again(
        self,
        log: LogId,
        headers: Mapping[str, str],
        bucket: Bucket | None,
        body: bytes,
        producer: Producer | None,
    ) -> State:
        self._context.counts.append_requests["stream"] += 1
        if bucket is not None:
            bucket.take()
        return await self._append(log, headers, body, producer)

    async def _append(
        self, log: LogId, headers: Mapping[str, str], body: bytes, producer: Producer | None
    ) -> State:
        append = Append(
            self._logs.now_us(),
            producer=producer,
            close=closes(headers),
            writer_seq=writer_seq_of(headers),
        )
        if not body and append.close:
            return await self._logs.append(log, append)
        append = replace(append, content_type=content_type_of(headers, made=False))
        try:
            append = replace(append, encode=encoder_of(await _records(body, append.content_type)))
        except BadInput:
            # What stands against the log itself counts more: that it is gone, closed, of that type.
            rules.apply(await self._logs.state(log), append)
            raise
        return await self._logs.append(log, append)


def _refuse_foreign(caller: Caller, log: LogId, source: LogId) -> None:
    """Raise NoSuchLog for a source that the caller may not read, and whose records he would get."""
    project = project_of(source)
    if project != project_of(log) and not caller.may("read", project):
        raise NoSuchLog(source)


async def _records(body: bytes, content_type: str | None) -> list[bytes]:
    if not body:
        raise BadInput("the body is empty; there is nothing to append")
    if content_type is None:
        raise BadInput("say what the body is, with Content-Type")
    if len(body) > THREAD_BYTES:
        records = await asyncio.to_thread(records_of, body, content_type)
    else:
        records = records_of(body, content_type)
    if not records:
        raise BadInput("an empty array appends nothing; leave the request out")
    return records


__all__ = ["METHODS", "REQUEST_HEADERS", "StreamsApi", "stream_of"]
