"""The records of a deployment's log: lines, changes of status, the end.

Encoders here are pure functions from a first number to a chunk, as `records.Encoder` wants them:
the store calls them when it knows the number. Texts are never refused for what they contain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import msgspec

from logflume.deployments.incoming import IncomingLine
from logflume.deployments.lines import MAX_LINE_BYTES, Line, pieces
from logflume.deployments.markers import NO_MARKS, Marker, marker_of, may_be_said
from logflume.records import Chunk, Encoder, Seq
from logflume.wire.forms import rfc3339

_encode = msgspec.json.Encoder().encode


Redactions = tuple[int, str | None]
"""How many records of a log were redacted, and when that was last done."""

NEVER: Redactions = (0, None)

MAX_NUMBERS = 100
"""Of redacted records, named by the record that tells of them: a line for people."""


class _Line(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A line's record, its fields in the order in which they are written."""

    n: int
    time: str
    sent: datetime | None = None
    level: str | None = None
    stream: str
    text: str
    partial: bool = False


class _Marked(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The record of a line that is a marker."""

    n: int
    time: str
    sent: datetime | None = None
    level: str | None = None
    kind: str | None = None
    group: str | None = None
    open: bool | None = None
    collapsed: bool = False
    dimmed: bool = False
    expands: bool = False
    section: str | None = None
    ends: tuple[str, ...] = ()
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


_texts = msgspec.json.Decoder(_Text)
_whole_lines = msgspec.json.Decoder(_Whole)


def encode_lines(
    lines: Sequence[Line], stream: str, at_us: int, marks: Mapping[int, Marker] = NO_MARKS
) -> Encoder:
    """Lines of text, all of one stream; `marks` says which of them are markers, by their places."""
    time = rfc3339(at_us)
    head = f',"time":"{time}","stream":"{stream}","text":'.encode()
    ends = (b"}\n", b',"partial":true}\n')
    marked = {
        place: _marked(IncomingLine(lines[place][0], partial=lines[place][1]), stream, time, marker)
        for place, marker in marks.items()
    }

    def encode(first: Seq) -> Chunk:
        records = [
            b'{"n":%d%b%b%b' % (n, head, _encode(text), ends[partial])
            for n, (text, partial) in enumerate(lines, first)
        ]
        return Chunk.of(first, _with(marked, records, first))

    return encode


def encode_incoming(
    lines: Iterable[IncomingLine],
    stream: str,
    at_us: int,
    came: bytes = b"",
    *,
    buildkite: bool = False,
) -> Encoder:
    """Lines that came as JSON; `stream` is for those that do not say theirs. What they mean as
    markers is looked for if `came`, the JSON, may hold any."""
    time = rfc3339(at_us)
    short = [piece for line in lines for piece in _split(line)]
    is_looked = buildkite or may_be_said(came)
    marks = _marks_of(short, stream, buildkite=buildkite) if is_looked else NO_MARKS
    marked = {place: _marked(short[place], stream, time, marker) for place, marker in marks.items()}

    def encode(first: Seq) -> Chunk:
        records = [
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
        ]
        return Chunk.of(first, _with(marked, records, first))

    return encode


def _marks_of(lines: Sequence[IncomingLine], stream: str, *, buildkite: bool) -> dict[int, Marker]:
    """The markers among lines of several streams, by their places."""
    found = {}
    goes_on: dict[str, bool] = {}
    for place, line in enumerate(lines):
        of = line.stream or stream
        if not (line.continues or goes_on.get(of)):
            marker = marker_of(line.text, partial=line.partial, buildkite=buildkite)
            if marker is not None:
                found[place] = marker
        goes_on[of] = line.partial
    return found


def _with(marked: Mapping[int, bytes], records: list[bytes], first: Seq) -> list[bytes]:
    """The records, those of markers put in their places."""
    for place, rest in marked.items():
        records[place] = b'{"n":%d%b' % (first + place, rest)
    return records


def _marked(line: IncomingLine, stream: str, time: str, marker: Marker) -> bytes:
    """The record of a line that is a marker, without its number: what follows `{"n":17`. A level
    that the line's producer gave counts more than the marker's."""
    record = _Marked(
        n=0,
        time=time,
        sent=line.sent,
        level=line.level or marker.level,
        kind=marker.kind,
        group=marker.group,
        open=marker.open,
        collapsed=marker.collapsed,
        dimmed=marker.dimmed,
        expands=marker.expands,
        section=marker.section,
        ends=marker.ends,
        stream=line.stream or stream,
        text=line.text,
        partial=line.partial,
    )
    return _encode(record).removeprefix(b'{"n":0') + b"\n"


def encode_status(status: str, at_us: int) -> Encoder:
    """The record of a change of status."""
    return _one({"kind": "status", "status": status}, at_us)


def encode_end(
    status: str,
    exit_code: int | None,
    lines: int,
    digest: str,
    at_us: int,
    redacted: Redactions = NEVER,
    *,
    omitted: int = 0,
) -> Encoder:
    """The last record: how it ended, how many records stand before it, how many of them are not
    kept, and the digest of what there is; and whether that is no longer what it was."""
    end = {"kind": "end", "status": status, "exit_code": exit_code, "lines": lines}
    less = {"omitted": omitted} if omitted else {}
    return _one({**end, **less, **digested(digest, redacted)}, at_us)


def digested(digest: str, redacted: Redactions) -> dict[str, Any]:
    """What an end record says of the records before it."""
    count, at = redacted
    told = {} if at is None else {"redacted": count, "redacted_at": at}
    return {"digest": f"sha256:{digest}", **told}


def encode_redacted(numbers: Sequence[int], at_us: int) -> Encoder:
    """Tells the watchers of a running log which of its records are no longer what they saw."""
    shown, more = numbers[:MAX_NUMBERS], len(numbers) - MAX_NUMBERS
    named = ", ".join(map(str, shown)) + (f" and {more} more" if more > 0 else "")
    text = f"redacted: line{'s' if len(numbers) > 1 else ''} {named}"
    told = {"kind": "redacted", "numbers": shown, "stream": "system", "text": text}
    return _one(told, at_us)


def encode_feed(kind: str, deployment: msgspec.Raw | None, at_us: int) -> Encoder:
    """A record of the feed: what happened to which deployment."""
    about = {} if deployment is None else {"deployment": deployment}
    return _one({"kind": kind, **about}, at_us)


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


__all__ = [
    "digested",
    "encode_end",
    "encode_feed",
    "encode_incoming",
    "encode_lines",
    "encode_redacted",
    "encode_status",
    "text_of",
]
