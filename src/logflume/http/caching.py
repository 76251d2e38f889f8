"""What a cache, or a client that asks again, may keep of an answer.

An answer that ends before the tail, or at the end of a closed log, never changes, unless a secret
is taken out of it (`docs/redaction.md` says what caches mean for that). One that ends at
the tail of a growing log must be asked about again, which costs no read of records: its ETag is the
two places between which it lies. How soon it is worth asking is a hint that grows with the time
that nobody has appended.
"""

from __future__ import annotations

from collections.abc import Mapping

from logflume.records import Seq, State

MAX_RETRY_SECONDS = 30
"""Whoever polls a silent log is late by this much at most."""

PATIENCE = 10
"""A log that was silent for a minute may be left alone for another tenth of it."""

LASTING = "max-age=60, stale-while-revalidate=300"
"""Durable Streams, section 8.1. A log can be deleted, so not for ever."""


def etag_of(form: str, state: State, after: Seq, until: Seq) -> str:
    """Names the records `after + 1` to `until`, in a form. Closing a log changes its last answer,
    trimming it those that have a record for what was left out, and each time that records are
    replaced any: who has the old ones must not be told to keep them."""
    closed = ".closed" if state.closed and until >= state.tail else ""
    gap = state.gap
    trimmed = f".t{gap.until}" if gap is not None and gap.meets(after, until) else ""
    rewritten = f".{state.rewrites}" if state.rewrites else ""
    place = f"{state.offset(after)}.{state.offset(until)}"
    return f'"{place}.{form}{rewritten}{trimmed}{closed}"'


def is_known(headers: Mapping[str, str], etag: str) -> bool:
    """Whether the client has the answer already (RFC 9110, section 13.1.2)."""
    given = headers.get("if-none-match")
    if given is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in given.split(",")]
    return etag in tags or "*" in tags


def is_private(headers: Mapping[str, str]) -> bool:
    """Whether a request with these headers took credentials: its answer is for nobody else."""
    return "authorization" in headers or "cookie" in headers


def cache_control(*, private: bool, lasting: bool) -> str:
    """For an answer that never changes, or for one that must be asked about again."""
    scope = "private" if private else "public"
    return f"{scope}, {LASTING}" if lasting else f"{scope}, no-cache"


def retry_after(state: State, now_us: int) -> str:
    """Seconds until it is worth asking a log again that has not grown."""
    silent_seconds = max(0, now_us - state.grown_us) // 1_000_000
    return str(max(1, min(silent_seconds // PATIENCE, MAX_RETRY_SECONDS)))


__all__ = ["cache_control", "etag_of", "is_known", "is_private", "retry_after"]
