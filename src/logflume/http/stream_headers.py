"""Durable Streams' request headers, checked: type, lifetime, closing, forks, writers' order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime

from logflume.errors import BadInput
from logflume.generic.logs import DEFAULT_CONTENT_TYPE, ForkPoint
from logflume.generic.names import log_at
from logflume.records import Lifetime, Offset
from logflume.wire.forms import rfc3339

MAX_SECONDS = 10**10
"""Three hundred years: beyond it a time in microseconds leaves what calendars can show."""

MAX_WRITER_SEQ_CHARS = 1024
"""It is kept in the log's state, which must stay small."""

_COUNT = re.compile(r"0|[1-9][0-9]{0,17}")
_CONTENT_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+\s*(?:;[\x20-\x7e\t]*)?", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)

MAX_CONTENT_TYPE_CHARS = 200
"""Real ones have fewer; it is kept with the log."""


def closes(headers: Mapping[str, str]) -> bool:
    """Whether the request closes the log. Any value but `true` means nothing."""
    return headers.get("stream-closed", "").strip().lower() == "true"


def content_type_of(headers: Mapping[str, str], *, made: bool) -> str | None:
    """The type that the request names; if none, the usual one for a log that is `made`.

    Raises BadInput.
    """
    given = headers.get("content-type", "").strip()
    if not given:
        return DEFAULT_CONTENT_TYPE if made else None
    if len(given) > MAX_CONTENT_TYPE_CHARS or not _CONTENT_TYPE.fullmatch(given):
        raise BadInput("Content-Type is none, such as application/json or text/plain")
    return given


def lifetime_of(headers: Mapping[str, str]) -> Lifetime | None:
    """How long the log is to live. Raises BadInput."""
    ttl, expires_at = headers.get("stream-ttl"), headers.get("stream-expires-at")
    if ttl is not None and expires_at is not None:
        raise BadInput("Stream-TTL and Stream-Expires-At do not go together; give one")
    if ttl is not None:
        return Lifetime(idle_seconds=_count(ttl, "Stream-TTL"))
    if expires_at is not None:
        return Lifetime(expires_us=_time_us(expires_at))
    return None


def lifetime_headers(lifetime: Lifetime | None) -> dict[str, str]:
    """The same, told."""
    if lifetime is None:
        return {}
    if lifetime.idle_seconds is not None:
        return {"Stream-TTL": str(lifetime.idle_seconds)}
    return {"Stream-Expires-At": rfc3339(lifetime.expires_us or 0)}


def fork_of(headers: Mapping[str, str]) -> ForkPoint | None:
    """What is to be forked, and where. Raises BadInput."""
    source = headers.get("stream-forked-from")
    offset, beyond = headers.get("stream-fork-offset"), headers.get("stream-fork-sub-offset")
    if source is None:
        if offset is not None or beyond is not None:
            raise BadInput("Stream-Fork-Offset and -Sub-Offset go with Stream-Forked-From")
        return None
    return ForkPoint(
        log_at(source),
        None if offset is None else Offset.parse(offset),
        0 if beyond is None else _count(beyond, "Stream-Fork-Sub-Offset"),
    )


def writer_seq_of(headers: Mapping[str, str]) -> str | None:
    """The writers' own sequence, any text. Raises BadInput when it is too long."""
    seq = headers.get("stream-seq")
    if seq is not None and len(seq) > MAX_WRITER_SEQ_CHARS:
        raise BadInput(f"Stream-Seq has at most {MAX_WRITER_SEQ_CHARS} characters")
    return seq


def _count(text: str, name: str) -> int:
    if not _COUNT.fullmatch(text) or int(text) > MAX_SECONDS:
        raise BadInput(f"{name} must be a whole number from 0 to {MAX_SECONDS}")
    return int(text)


def _time_us(text: str) -> int:
    """RFC 3339, as microseconds since 1970."""
    match = _TIME.fullmatch(text)
    with suppress(ValueError, OverflowError):  # a 30th of February
        if match:
            time = datetime.fromisoformat(text.upper()).astimezone(UTC)
            return int(time.timestamp()) * 1_000_000 + time.microsecond
    raise BadInput("Stream-Expires-At must be a time such as 2026-11-23T15:37:00Z")


__all__ = [
    "closes",
    "content_type_of",
    "fork_of",
    "lifetime_headers",
    "lifetime_of",
    "writer_seq_of",
]
