"""The forms in which a log's records are answered, each made from the stored bytes.

A form encodes piece by piece; it never needs more than one piece at a time, so an answer may be as
long as the log. Pieces are as large as they lie in the store, and are not joined: copying is what
sending a long log would cost most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from logflume.deployments.line_records import text_of
from logflume.deployments.plain_records import without_escapes
from logflume.records import Chunk
from logflume.wire.forms import json_elements, kind_of

PIECE_BYTES = 64 * 1024
"""Chunks are gathered up to this: what costs a piece no longer counts, and what is copied here is
still in the processor's cache when it is sent."""


def _as_stored(body: bytes) -> bytes:
    return body


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """`before`, the encoded pieces, and `after` in place of the last one's last `cut_bytes`."""

    name: str
    content_type: str | None
    """None: the log's own, as whoever made it spelled it."""
    encode: Callable[[bytes], bytes] = _as_stored
    before: bytes = b""
    after: bytes = b""
    cut_bytes: int = 0
    decodes: bool = False
    """Whether encoding looks into the records: it takes its time, and how long they get is
    unknown."""

    def pieces(self, chunks: Sequence[Chunk]) -> Iterator[bytes]:
        """The records of one read, encoded."""
        return map(self.encode, _gathered(chunks))

    def last(self, piece: bytes) -> bytes:
        """The last piece of an answer, and its end."""
        return piece[: len(piece) - self.cut_bytes] + self.after

    def whole(self, chunks: Sequence[Chunk]) -> bytes:
        """An answer of these records and no others."""
        if not chunks:
            return self.before + self.after
        return self.before + self.last(self.encode(b"".join([chunk.body for chunk in chunks])))

    @property
    def goes_on(self) -> bool:
        """Whether more may follow a piece, for as long as the log grows: an array has its end."""
        return not self.after

    def length(self, size_bytes: int) -> int | None:
        """How long an answer of records of so many bytes is, if that is known beforehand."""
        if self.decodes:
            return None
        return len(self.before) + size_bytes - self.cut_bytes + len(self.after)


def _gathered(chunks: Sequence[Chunk]) -> Iterator[bytes]:
    """The chunks' bytes, those of small ones together."""
    small: list[bytes] = []
    size = 0
    for chunk in chunks:
        small.append(chunk.body)
        size += len(chunk.body)
        if size >= PIECE_BYTES:
            yield b"".join(small)  # a single one as it is
            small, size = [], 0
    if small:
        yield b"".join(small)


JSON = Form("json", None, json_elements, before=b"[", after=b"]", cut_bytes=1)
NDJSON = Form("ndjson", "application/x-ndjson")
TEXT = Form("text", "text/plain; charset=utf-8", text_of, decodes=True)
RAW = Form("raw", None)

LINES = (JSON, NDJSON, TEXT)
"""What a log of lines, a deployment's, is answered as; the first is the default."""

MESSAGES = (JSON, NDJSON)
"""What any other JSON log is answered as."""

BYTES = (RAW,)
"""Logs of any other type have no borders to tell."""


def _stripped(form: Form) -> Form:
    """The same without escape sequences; known by another name, for it is another answer."""

    def encode(body: bytes) -> bytes:
        return form.encode(without_escapes(body))

    return replace(form, name=f"{form.name}.stripped", encode=encode, decodes=True)


STRIPPED = {form: _stripped(form) for form in LINES}
"""Each form of lines as `ansi=strip` has it."""


def forms_of(content_type: str, *, lines: bool) -> Sequence[Form]:
    """The forms of a log of this type, the usual one first; `lines` if its records have a text."""
    if kind_of(content_type) != "json":
        return BYTES
    return LINES if lines else MESSAGES


__all__ = [
    *("BYTES", "JSON", "LINES", "MESSAGES", "NDJSON", "RAW", "STRIPPED", "TEXT"),
    *("Form", "forms_of"),
]
