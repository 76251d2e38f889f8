"""The records of a deployment's log: lines, changes of status, the end.

Encoders here are pure functions from a first number to a chunk, as `records.Encoder` wants them:
the store calls them when it knows the number. Texts are never refused for what they contain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar, get_args

import msgspec

from logflume.deployments.lines import MAX_LINE_BYTES, Line, pieces
from logflume.errors import BadInput, BadRecord
from logflume.records import Chunk, Encoder, Seq
from logflume.wire.forms import rfc3339
from logflume.wire.mending import mended

Stream = Literal["stdout", "stderr", "system"]
STREAMS: tuple[str, ...] = get_args(Stream)

_encode = msgspec.json.Encoder().encode


class IncomingLine(msgspec.Struct, frozen=True):
    """A line as a producer sends it in JSON. Fields that are not here are ignored."""

    text: str
    stream: Stream | None = None
    level: Annotated[str, msgspec.Meta(max_length=32)] | None = None
    sent: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    partial: bool = False


class _Line(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A line's record, its fields in the order in which they are written."""

    n: int
    time: str
    sent: datetime | None = None
    level: str | None = None
    stream: str
    text: str
    partial: bool = False


class _Text(msgspec.Struct):
    text: str | None = None
    partial: bool = False


class _Whole(msgspec.Struct):
    """A record that is a whole line, and nothing else."""

    text: str
    partial: None = None


T = TypeVar("T")

_incoming = msgspec.json.Decoder(IncomingLine)
_incoming_array = msgspec.json.Decoder(list[IncomingLine])
_texts = msgspec.json.Decoder(_Text)
_whole_lines = msgspec.json.Decoder(_Whole)


def encode_lines(lines: Sequence[Line], stream: str, at_us: int) -> Encoder:
    """Lines of text, all of one stream."""
    head = f',"time":"{rfc3339(at_us)}","stream":"{stream}","text":'.encode()
    ends = (b"}\n", b',"partial":true}\n')

    def encode(first: Seq) -> Chunk:
        return Chunk.of(
            first,
            [
                b'{"n":%d%b%b%b' % (n, head, _encode(text), ends[partial])
                for n, (text, partial) in enumerate(lines, first)
            ],
        )

    return encode


def encode_incoming(lines: Iterable[IncomingLine], stream: str, at_us: int) -> Encoder:
    """Lines that came as JSON; `stream` is for those that do not say theirs."""
    time = rfc3339(at_us)
    short = [piece for line in lines for piece in _split(line)]

    def encode(first: Seq) -> Chunk:
        return Chunk.of(
            first,
            [
                _encode(
                    _Line(
                        n=n,
                        time=time,
                        sent=line.sent,
                        level=line.level,
                        stream=line.stream or stream,
                        text=line.text,
                        partial=line.partial,
                    )
                )
                + b"\n"
                for n, line in enumerate(short, first)
            ],
        )

    return encode


def encode_status(status: str, at_us: int) -> Encoder:
    """The record of a change of status."""
    return _one({"kind": "status", "status": status}, at_us)


def encode_end(status: str, exit_code: int | None, lines: int, digest: str, at_us: int) -> Encoder:
    """The last record: how it ended, how many records stand before it, and their digest."""
    end = {"kind": "end", "status": status, "exit_code": exit_code, "lines": lines}
    return _one({**end, "digest": f"sha256:{digest}"}, at_us)


def encode_feed(kind: str, deployment: msgspec.Raw | None, at_us: int) -> Encoder:
    """A record of the feed: what happened to which deployment."""
    about = {} if deployment is None else {"deployment": deployment}
    return _one({"kind": kind, **about}, at_us)


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


def text_of(body: bytes) -> bytes:
    """The texts of a chunk's records, a line each; partial ones without their newline."""
    with suppress(msgspec.ValidationError):  # nearly every chunk has only whole lines
        return "".join([f"{line.text}\n" for line in _whole_lines.decode_lines(body)]).encode()
    return "".join(
        [
            record.text if record.partial else f"{record.text}\n"
            for record in _texts.decode_lines(body)
            if record.text is not None
        ]
    ).encode()


def _one(fields: dict[str, Any], at_us: int) -> Encoder:
    time = rfc3339(at_us)

    def encode(first: Seq) -> Chunk:
        return Chunk.of(first, [_encode({"n": first, "time": time, **fields}) + b"\n"])

    return encode


def _split(line: IncomingLine) -> Sequence[IncomingLine]:
    """The line, or the lines of a size for one record that it makes."""
    # A character has at most 4 bytes, so most texts need not be encoded to be measured.
    if len(line.text) * 4 <= MAX_LINE_BYTES:
        return (line,)
    return [
        msgspec.structs.replace(line, text=text, partial=partial or line.partial)
        for text, partial in pieces(line.text.encode())
    ]


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


__all__ = [
    "STREAMS",
    "IncomingLine",
    "encode_end",
    "encode_feed",
    "encode_incoming",
    "encode_lines",
    "encode_status",
    "parse_json",
    "parse_ndjson",
    "text_of",
]
