"""Records to bytes and back: what readers get, and what a store keeps of a log's state.

Pure functions over what `records` defines. A JSON record is stored with its newline, as a line of
NDJSON; every other form is made from those bytes without decoding them. Nothing in an encoded JSON
record is a raw newline, so a newline is always a border.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from logflume.errors import StoreCorrupt
from logflume.records import Offset, State

_1970 = datetime(1970, 1, 1)

_state_encoder = msgspec.msgpack.Encoder()
_state_decoder = msgspec.msgpack.Decoder(State)

CURSOR_EPOCH_SECONDS = 1_728_432_000
"""2024-10-09T00:00Z, where Durable Streams begins to count cursors."""

CURSOR_SECONDS = 20
"""How long requests share a cursor, so that a cache may collapse them."""


def encode_state(state: State) -> bytes:
    return _state_encoder.encode(state)


def decode_state(stored: bytes) -> State:
    """The state that was stored. Raises StoreCorrupt."""
    try:
        return _state_decoder.decode(stored)
    except msgspec.MsgspecError as error:
        raise StoreCorrupt(f"a log's state cannot be read: {error}") from error


def rfc3339(time_us: int) -> str:
    """Microseconds since 1970 as RFC 3339 in UTC, always with six digits: text order is time's."""
    return (_1970 + timedelta(microseconds=time_us)).isoformat(timespec="microseconds") + "Z"


def json_items(body: bytes) -> bytes:
    """The records of `body` as they stand between the brackets of a JSON array."""
    return body[:-1].replace(b"\n", b",")


def stream_cursor(now_us: int) -> str:
    """The Durable Streams cursor of this moment."""
    return str((now_us // 1_000_000 - CURSOR_EPOCH_SECONDS) // CURSOR_SECONDS)


def sse_data(offset: Offset, bodies: Iterable[bytes]) -> bytes:
    """A data event of JSON records. `id` stands first: `event: control` must follow directly."""
    items = json_items(b"".join(bodies))
    return b"id: %b\nevent: data\ndata:[%b]\n\n" % (str(offset).encode(), items)


def sse_control(offset: Offset, *, cursor: str, up_to_date: bool, closed: bool) -> bytes:
    """The control event that follows each data event, and says where the reader stands."""
    fields = [f'"streamNextOffset":"{offset}"']
    if not closed:
        fields.append(f'"streamCursor":"{cursor}"')
    if up_to_date:
        fields.append('"upToDate":true')
    if closed:
        fields.append('"streamClosed":true')
    return f"event: control\ndata:{{{','.join(fields)}}}\n\n".encode()


SSE_HEARTBEAT = b":\n\n"
SSE_GONE = b"event: gone\ndata:{}\n\n"


def sse_problem(document: bytes) -> bytes:
    """Tells that the stream ends early, and why. Named so that EventSource's own errors differ."""
    return b"event: problem\ndata:%b\n\n" % document


def sse_retry(milliseconds: int) -> bytes:
    """Asks an EventSource to wait this long before it comes back."""
    return b"retry: %d\n\n" % milliseconds


__all__ = [
    "SSE_GONE",
    "SSE_HEARTBEAT",
    "decode_state",
    "encode_state",
    "json_items",
    "rfc3339",
    "sse_control",
    "sse_data",
    "sse_problem",
    "sse_retry",
    "stream_cursor",
]
