"""Lines as producers send them in JSON, and how they are parsed: strictly, but for their texts.

A text is never refused for what it contains; anything else that is wrong is named, with the line
of the body that it is in.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Literal, TypeVar, get_args

import msgspec

from logflume.errors import BadInput, BadRecord
from logflume.wire.mending import mended

Stream = Literal["stdout", "stderr", "system"]
STREAMS: tuple[str, ...] = get_args(Stream)


class IncomingLine(msgspec.Struct, frozen=True):
    """A line as a producer sends it in JSON. Fields that are not here are ignored."""

    text: str
    stream: Stream | None = None
    level: Annotated[str, msgspec.Meta(max_length=32)] | None = None
    sent: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    partial: bool = False
    continues: bool = False


T = TypeVar("T")

_incoming = msgspec.json.Decoder(IncomingLine)
_incoming_array = msgspec.json.Decoder(list[IncomingLine])


def parse_json(body: bytes) -> list[IncomingLine]:
    """The lines in a JSON array, or the one in a JSON object. Raises BadInput, BadRecord."""
    if _ARRAY.match(body):
        return _decoded(_incoming_array, body)
    return [_decoded(_incoming, body)]


def parse_ndjson(body: bytes) -> list[IncomingLine]:
    """The lines in NDJSON; blank ones are skipped. Raises BadInput, BadRecord: which line."""
    with suppress(msgspec.MsgspecError, ValueError, RecursionError):
        lines = _incoming.decode_lines(body)
        # The decoder would also take two objects on a line, or one on two.
        count = body.count(b"\n") + (not body.endswith(b"\n"))
        if len(lines) == count and not _ADJOINING.search(body):
            return lines
    rows = enumerate(body.split(b"\n"), 1)
    return [_decoded(_incoming, row, number) for number, row in rows if row.strip(_BLANK)]


def _decoded(decoder: msgspec.json.Decoder[T], row: bytes, number: int | None = None) -> T:
    """What the JSON says, its text mended if need be.

    Only ever into the wanted type: 20 MiB of `[],[],[]` are a gigabyte as lists.
    """
    where = "" if number is None else f"line {number}: "
    try:
        try:
            return decoder.decode(row)
        except msgspec.ValidationError:
            raise
        except (msgspec.DecodeError, UnicodeDecodeError):
            return decoder.decode(mended(row))
    except msgspec.ValidationError as error:
        # A number that no program can hold is no more JSON than NaN is.
        kind = BadInput if str(error).startswith("Number out of range") else BadRecord
        raise kind(f"{where}{error}", line=number) from None
    except RecursionError:
        raise BadInput(f"{where}the JSON is nested too deeply", line=number) from None
    except msgspec.DecodeError as error:
        raise BadInput(f"{where}not JSON: {error}", line=number) from None


_ARRAY = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*\[")
_ADJOINING = re.compile(rb"\}[ \t\r]*\{")
_BLANK = b" \t\r"


__all__ = ["STREAMS", "IncomingLine", "Stream", "parse_json", "parse_ndjson"]
