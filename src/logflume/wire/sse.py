"""Server-Sent Events, byte for byte as Durable Streams' readers and EventSource both take them.

Lines end with LF alone, there is no space after `data:`, and nothing stands between `event:
control` and its data: readers that look no closer than a pattern exist. `id` belongs to the data
event, because an EventSource takes it on with the event; on the control event, a cut between the
two would repeat the batch. A control event that follows no data has one of its own, or an
EventSource that began at the tail and lost the server before the first record would not know where.

Text is split at every line end that SSE knows (HTML standard, section 9.2.6), so nothing that a log
says can become an event; a CR comes back as LF. JSON needs none of it, binary is base64.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

from logflume.records import Chunk
from logflume.wire.control import control_json
from logflume.wire.forms import Kind, json_elements

SSE_HEARTBEAT = b":\n\n"
SSE_GONE = b"event: gone\ndata:{}\n\n"


Part = bytes | memoryview
"""Of what is written in one piece: a batch is long, so it is joined once, at the end."""


def sse_data(offset: str, chunks: Sequence[Chunk], kind: Kind) -> list[Part]:
    """A data event of these records, with the offset after them."""
    return [sse_place(offset), b"event: data\n", *_PAYLOADS[kind](chunks), b"\n"]


def sse_control(offset: str, *, cursor: str, up_to_date: bool, closed: bool) -> bytes:
    """The control event that follows each data event, and says where the reader stands."""
    control = control_json(offset, cursor=cursor, up_to_date=up_to_date, closed=closed)
    return b"event: control\ndata:%b\n\n" % control


def sse_place(offset: str) -> bytes:
    """What stands before an event that an EventSource is to remember this offset with."""
    return b"id: %b\n" % offset.encode()


def sse_problem(document: bytes) -> bytes:
    """Tells that the stream ends early, and why. Named so that EventSource's own errors differ."""
    return b"event: problem\ndata:%b\n\n" % document


def sse_retry(milliseconds: int) -> bytes:
    """Asks an EventSource to wait this long before it comes back."""
    return b"retry: %d\n\n" % milliseconds


def chunked(*body: Part) -> bytes:
    """The body as one chunk of HTTP/1.1's transfer coding (RFC 9112, section 7.1)."""
    return b"".join([b"%x\r\n" % sum(map(len, body)), *body, b"\r\n"])


def _json(chunks: Sequence[Chunk]) -> list[Part]:
    *before, last = [json_elements(chunk.body) for chunk in chunks]
    return [b"data:[", *before, memoryview(last)[:-1], b"]\n"]


def _text(chunks: Sequence[Chunk]) -> list[Part]:
    body = b"".join([chunk.body for chunk in chunks])  # a CR LF may lie across two of them
    # Never line by line: twenty million empty lines would be as many objects.
    lines = b"\n" + body.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    framed = lines.replace(b"\n", b"\ndata:")
    # A reader takes one space after the colon away, so a line's own first space gets one before it.
    framed = framed.replace(b"\ndata: ", b"\ndata:  ")
    return [memoryview(framed)[1:], b"\n"]


def _binary(chunks: Sequence[Chunk]) -> list[Part]:
    return [b"data:", b64encode(b"".join([chunk.body for chunk in chunks])), b"\n"]


_PAYLOADS = {"json": _json, "text": _text, "binary": _binary}

__all__ = [
    "SSE_GONE",
    "SSE_HEARTBEAT",
    "Part",
    "chunked",
    "sse_control",
    "sse_data",
    "sse_place",
    "sse_problem",
    "sse_retry",
]
