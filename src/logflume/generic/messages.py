"""What a body that is appended to a generic log becomes: records, by the log's content type.

JSON is taken apart into messages, an array's items each being one (Durable Streams, section 7.1).
A message is kept as it was written, digit for digit, but for the white space between its parts:
only so can a record be a line. A body of any other type is one record, byte for byte.
"""

from __future__ import annotations

import re

import msgspec

from logflume.errors import BadInput
from logflume.records import Chunk, Encoder, Seq
from logflume.wire.forms import kind_of
from logflume.wire.mending import mended

MAX_VALUES = 1_000_000
"""In one array, those within others included: 20 MiB of small ones would become 1.6 GB of records
in one step."""

_items = msgspec.json.Decoder(list[msgspec.Raw])
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"')
_ARRAY = re.compile(rb"[ \t\r\n]*\[")


def records_of(body: bytes, content_type: str) -> list[bytes]:
    """The body's records; none for an empty JSON array. Raises BadInput for what is not JSON."""
    if kind_of(content_type) != "json":
        return [body]
    return [message + b"\n" for message in _messages(body)]


def encoder_of(records: list[bytes]) -> Encoder:
    """Appends these records as they are."""

    def encode(first: Seq) -> Chunk:
        return Chunk.of(first, records)

    return encode


def _messages(body: bytes) -> list[bytes]:
    try:
        try:
            body.decode()  # the parser does not look into strings
            return _taken_apart(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return _taken_apart(mended(body).encode())
    except RecursionError:
        raise BadInput("the JSON is nested too deeply") from None
    except msgspec.DecodeError as error:
        raise BadInput(f"not JSON: {error}") from None


def _taken_apart(body: bytes) -> list[bytes]:
    if not _ARRAY.match(body):
        return [msgspec.json.format(body, indent=-1)]
    # Counted before there are as many objects; a text may have commas of its own.
    if body.count(b",") >= MAX_VALUES and _STRING.sub(b"", body).count(b",") >= MAX_VALUES:
        raise BadInput(f"the array has more than {MAX_VALUES} values; send fewer at a time")
    messages = _items.decode(body)
    return [msgspec.json.format(bytes(message), indent=-1) for message in messages]


__all__ = ["encoder_of", "records_of"]
