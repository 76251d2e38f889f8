"""The forms in which a log's records are answered, each made from the stored bytes.

A form wraps and joins; it never needs more than one read's records at a time, so an answer may be
as long as the log.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from logflume.deployments.line_records import text_of
from logflume.records import Chunk
from logflume.wire.forms import json_items, kind_of


def _as_stored(body: bytes) -> bytes:
    return body


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """`before`, the encoded pieces with `between` among them, `after`."""

    name: str
    content_type: str | None
    """None: the log's own, as whoever made it spelled it."""
    encode: Callable[[bytes], bytes] = _as_stored
    before: bytes = b""
    between: bytes = b""
    after: bytes = b""

    def piece(self, chunks: Sequence[Chunk]) -> bytes:
        """The records of one read, encoded."""
        return self.encode(b"".join([chunk.body for chunk in chunks]))

    def whole(self, chunks: Sequence[Chunk]) -> bytes:
        """An answer of these records and no others."""
        return self.before + (self.piece(chunks) if chunks else b"") + self.after


JSON = Form("json", None, json_items, b"[", b",", b"]")
NDJSON = Form("ndjson", "application/x-ndjson")
TEXT = Form("text", "text/plain; charset=utf-8", text_of)
RAW = Form("raw", None)

LINES = (JSON, NDJSON, TEXT)
"""What a log of lines, a deployment's, is answered as; the first is the default."""

MESSAGES = (JSON, NDJSON)
"""What any other JSON log is answered as."""

BYTES = (RAW,)
"""Logs of any other type have no borders to tell."""


def forms_of(content_type: str, *, lines: bool) -> Sequence[Form]:
    """The forms of a log of this type, the usual one first; `lines` if its records have a text."""
    if kind_of(content_type) != "json":
        return BYTES
    return LINES if lines else MESSAGES


__all__ = ["BYTES", "JSON", "LINES", "MESSAGES", "NDJSON", "RAW", "TEXT", "Form", "forms_of"]
