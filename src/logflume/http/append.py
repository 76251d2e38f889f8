"""POST …/log: what a deployment says becomes records.

A plain text body of unknown or great length is a *stream*: its lines are stored and seen while the
request is open, and what has come when it breaks off stays. Every other body is a *batch*: it is
read to its end, and stored whole or not at all. The answer is given once all is on disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from logflume.deployments.deployments import log_of
from logflume.deployments.line_records import (
    STREAMS,
    encode_incoming,
    encode_lines,
    parse_json,
    parse_ndjson,
)
from logflume.deployments.lines import LineSplitter
from logflume.errors import Conflict, Duplicate, LogClosed, LogError, LogGone
from logflume.http.body import ClientDisconnected, decompressed, read_body
from logflume.http.context import Context, Message, Receive, Scope, Send
from logflume.http.parameters import choice, headers_of, path_parameter, producer_of, query_of
from logflume.http.problems import Problem, RequestError, UnsupportedType, problem_of
from logflume.http.respond import respond, tail_headers
from logflume.http.text_stream import TextStream
from logflume.records import Encoder, LogId, Producer, nothing

MAX_BATCH_TEXT_BYTES = 1024 * 1024
"""A longer text is stored as it comes, so that nobody waits for its end to see its beginning."""

THREAD_BYTES = 256 * 1024
"""A longer batch is taken apart off the event loop, and one that may become longer: 20 MiB take a
second, in which nobody else would be served."""

MAX_SKIPPED_BYTES = 64 * 1024
"""Of a refused body: less work than a new connection."""

MAX_BATCH_RECORDS = 1_000_000
"""20 MiB of newlines would become 1.5 GB of records in one step."""

_TEXT = {"", "text/plain", "application/octet-stream", "application/x-www-form-urlencoded"}
_JSON = {"application/x-ndjson": "ndjson", "application/json": "json"}
_FORMS = {**dict.fromkeys(_TEXT, "text"), **_JSON}
_CHARSETS = {"", "utf-8", "utf8", "us-ascii"}


@dataclass(frozen=True, slots=True)
class _Request:
    """An append as its head describes it."""

    log: LogId
    form: str
    stream: str
    encoding: str
    producer: Producer | None
    declared_bytes: int | None

    @classmethod
    def of(cls, scope: Scope, headers: Mapping[str, str]) -> _Request:
        """Raises NoSuchLog, BadInput, UnsupportedType, Conflict."""
        if headers.get("stream-closed", "").lower() == "true":
            raise Conflict("a deployment's log is closed by its final status: PATCH the deployment")
        return cls(
            log_of(path_parameter(scope, "id")),
            _form_of(headers),
            choice(query_of(scope), "stream", STREAMS) or "stdout",
            headers.get("content-encoding", "").strip().lower(),
            producer_of(headers),
            _declared_bytes(headers),
        )

    @property
    def is_stream(self) -> bool:
        """Whether the lines are stored one by one as they arrive, not all together at the end."""
        if self.form != "text" or self.encoding not in ("", "identity") or self.producer:
            return False
        return self.declared_bytes is None or self.declared_bytes > MAX_BATCH_TEXT_BYTES


def _declared_bytes(headers: Mapping[str, str]) -> int | None:
    """How long the body is; None if only its end will tell."""
    return None if "transfer-encoding" in headers else int(headers.get("content-length", 0))


def _form_of(headers: Mapping[str, str]) -> str:
    media_type, *parameters = headers.get("content-type", "").lower().split(";")
    form = _FORMS.get(media_type.strip())
    if form is None:
        raise UnsupportedType("send text/plain, application/x-ndjson or application/json")
    for parameter in parameters:
        name, _, value = parameter.strip().partition("=")
        if name == "charset" and value.strip('"') not in _CHARSETS:
            raise UnsupportedType("send UTF-8; other charsets are not taken")
    return form


class AppendLog:
    """The endpoint."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = headers_of(scope)
        body = _Body(receive, _declared_bytes(headers))
        try:
            request = _Request.of(scope, headers)
            if request.is_stream:
                await self._stream(request, body, send)
            else:
                await self._batch(request, body, send)
        except ClientDisconnected:
            return  # nobody is left to answer; what a stream brought is stored
        except (LogError, RequestError) as error:
            if await body.skip():
                raise
            await _refuse(send, error)

    async def _batch(self, request: _Request, receive: Receive, send: Send) -> None:
        body = await read_body(receive)
        encoder = partial(_encoder, request, body, self._context.clock())
        is_long = bool(request.encoding) or len(body) > THREAD_BYTES
        encode = await asyncio.to_thread(encoder) if is_long else encoder()
        try:
            state = await self._context.deployments.append(request.log, encode, request.producer)
        except Duplicate as repeated:
            headers = {**tail_headers(repeated.state), **producer_headers(repeated.producer)}
            await respond(send, 204, headers)
            return
        headers = tail_headers(state)
        if request.producer:
            await respond(send, 200, {**headers, **producer_headers(request.producer)})
        else:
            await respond(send, 204, headers)

    async def _stream(self, request: _Request, receive: Receive, send: Send) -> None:
        state = await self._context.store.state(request.log)
        if state.deleted:
            raise LogGone
        if state.closed:
            raise LogClosed(state)
        stream = TextStream(self._context, request.log, request.stream, state)
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


def _encoder(request: _Request, body: bytes, now_us: int) -> Encoder:
    body = decompressed(body, request.encoding)
    if request.form != "json":
        _refuse_too_many(body.count(b"\n"))  # before there are as many objects
    if request.form == "text":
        splitter = LineSplitter()
        lines = splitter.push(body) + splitter.finish()
        return encode_lines(lines, request.stream, now_us) if lines else nothing
    incoming = parse_ndjson(body) if request.form == "ndjson" else parse_json(body)
    _refuse_too_many(len(incoming))
    return encode_incoming(incoming, request.stream, now_us)


async def _refuse(send: Send, error: LogError | RequestError) -> None:
    """Refuse before the end of the body, and hang up: nobody will read the rest of it."""
    problem = error.problem if isinstance(error, RequestError) else problem_of(error)
    headers = {
        **problem.headers,
        "Content-Type": "application/problem+json",
        "Connection": "close",
    }
    await respond(send, problem.status, headers, problem.document() + b"\n")


def _refuse_too_many(records: int) -> None:
    if records > MAX_BATCH_RECORDS:
        detail = f"the batch has {records} lines; send at most {MAX_BATCH_RECORDS} at a time"
        raise RequestError(Problem(413, "too-large", detail, {"max_records": MAX_BATCH_RECORDS}))


def producer_headers(producer: Producer) -> dict[str, str]:
    """A producer's last accepted mark, told."""
    return {"Producer-Epoch": str(producer.epoch), "Producer-Seq": str(producer.seq)}


__all__ = ["THREAD_BYTES", "AppendLog", "producer_headers"]
