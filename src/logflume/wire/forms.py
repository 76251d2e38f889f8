"""What a log's bytes are, by its content type, and the forms they take on the way out.

A JSON record is stored with its newline, as a line of NDJSON; every other form is made from those
bytes without decoding them. Nothing in an encoded JSON record is a raw newline, so a newline is
always a border. Records of any other type are bytes that belong together only by their order.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

Kind = Literal["json", "text", "binary"]
"""JSON logs have borders between their records, text can stand in JSON and SSE, binary cannot."""

_1970 = datetime(1970, 1, 1)


def media_type(content_type: str) -> str:
    """The content type without its parameters, in the one spelling that can be compared."""
    return content_type.partition(";")[0].strip().lower()


def kind_of(content_type: str) -> Kind:
    """How a log of this content type is read and framed."""
    media = media_type(content_type)
    if media == "application/json":
        return "json"
    return "text" if media.startswith("text/") else "binary"


def json_items(body: bytes) -> bytes:
    """The records of `body` as they stand between the brackets of a JSON array."""
    return json_elements(body)[:-1]


def json_elements(body: bytes) -> bytes:
    """The same with a comma after the last one, too, for more to follow."""
    return body.replace(b"\n", b",")


def rfc3339(time_us: int) -> str:
    """Microseconds since 1970 as RFC 3339 in UTC, always with six digits: text order is time's."""
    seconds, us = divmod(time_us, 1_000_000)
    return f"{_to_the_second(seconds)}.{us:06d}Z"


@lru_cache(maxsize=16)
def _to_the_second(seconds: int) -> str:
    return (_1970 + timedelta(seconds=seconds)).isoformat(timespec="seconds")


__all__ = ["Kind", "json_elements", "json_items", "kind_of", "media_type", "rfc3339"]
