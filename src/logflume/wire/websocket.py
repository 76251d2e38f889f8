"""WebSocket messages: what Server-Sent Events say in events, each a JSON object; and their frames.

Records and the place after them are one message, so no connection is cut between the two. A message
names its log, since one socket may follow many.

A message becomes one whole frame, uncompressed and unmasked as servers send it (RFC 6455, section
5.2): nothing in it belongs to one connection, so the same bytes go to every socket.
"""

from __future__ import annotations

import struct
from base64 import b64encode
from collections.abc import Sequence

import msgspec

from logflume.records import Chunk
from logflume.wire.forms import Kind, json_items

_TEXT = 0x81
"""The first byte of a text message that is one frame."""

_SHORT, _MEDIUM = 126, 127
"""A length that does not fit into seven bits stands after one of these, in two bytes or eight."""

_HEADER_BYTES = {_SHORT: 4, _MEDIUM: 10}


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


def framed(message: bytes) -> bytes:
    """The frame of a text message."""
    length = len(message)
    if length < _SHORT:
        return struct.pack("!BB", _TEXT, length) + message
    if length < 1 << 16:
        return struct.pack("!BBH", _TEXT, _SHORT, length) + message
    return struct.pack("!BBQ", _TEXT, _MEDIUM, length) + message


def message_of(frame: bytes) -> str:
    """The message that `framed` made this of, for a server that frames messages itself."""
    return frame[_HEADER_BYTES.get(frame[1], 2) :].decode()


def _json(value: str | None) -> bytes:
    return msgspec.json.encode(value)


def _items(body: bytes) -> bytes:
    return b',"data":[%b]' % json_items(body)


def _text(body: bytes) -> bytes:
    return b',"data":%b' % _json(body.decode("utf-8", "replace"))


def _binary(body: bytes) -> bytes:
    return b',"encoding":"base64","data":"%b"' % b64encode(body)


_PAYLOADS = {"json": _items, "text": _text, "binary": _binary}

__all__ = ["framed", "message_of", "ws_batch", "ws_error", "ws_gone", "ws_unsubscribed"]
