"""WebSocket messages: what Server-Sent Events say in events, each a JSON object.

Records and the place after them are one message, so no connection is cut between the two. A message
names its log, since one socket may follow many.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

import msgspec

from logflume.records import Chunk
from logflume.wire.forms import Kind, json_items


def ws_batch(log: str, chunks: Sequence[Chunk], kind: Kind, control: bytes) -> bytes:
    """Records of the log at this address and the control object after them; the latter alone where
    there are none."""
    data = _PAYLOADS[kind](b"".join([chunk.body for chunk in chunks])) if chunks else b""
    return b'{"type":"batch","log":%b%b,"control":%b}' % (_json(log), data, control)


def ws_gone(log: str) -> bytes:
    """The log was deleted."""
    return b'{"type":"gone","log":%b}' % _json(log)


def ws_unsubscribed(log: str) -> bytes:
    """As the client asked; nothing of this log follows."""
    return b'{"type":"unsubscribed","log":%b}' % _json(log)


def ws_error(log: str | None, problem: bytes) -> bytes:
    """The problem document of what the client asked for, or of the log that it followed."""
    return b'{"type":"error","log":%b,"problem":%b}' % (_json(log), problem)


def _json(value: str | None) -> bytes:
    return msgspec.json.encode(value)


def _items(body: bytes) -> bytes:
    return b',"data":[%b]' % json_items(body)


def _text(body: bytes) -> bytes:
    return b',"data":%b' % _json(body.decode("utf-8", "replace"))


def _binary(body: bytes) -> bytes:
    return b',"encoding":"base64","data":"%b"' % b64encode(body)


_PAYLOADS = {"json": _items, "text": _text, "binary": _binary}

__all__ = ["ws_batch", "ws_error", "ws_gone", "ws_unsubscribed"]
