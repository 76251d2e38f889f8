"""From a time to a place in a log, by looking at a few records instead of reading them all.

Times of records never decrease with their numbers, so twenty readings of one record find the place
among a million. The server says what each place is called: where a log was forked from another's,
counting alone would not.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from logflume.client.blocking.calls import Calls
from logflume.client.follow import parsed
from logflume.client.records import LogRecord, decode
from logflume.client.requests import log_path
from logflume.records import Seq

_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", re.ASCII)


def parse_since(text: str, now: datetime) -> datetime:
    """The time that `10m`, `1h30m` or an RFC 3339 time means. Raises ValueError."""
    if text and _DURATION.fullmatch(text):
        return now - parse_duration(text)
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None or "T" not in text.upper():
        raise ValueError(f"{text!r} is no time: give 10m, 1h30m or 2026-11-23T15:37:00Z")
    return time.astimezone(UTC)


def parse_duration(text: str) -> timedelta:
    """How long `90d`, `24h` or `1h30m` is. Raises ValueError."""
    match = _DURATION.fullmatch(text)
    if match is None or not text:
        raise ValueError(f"{text!r} is no duration: give 24h, 30d or 1h30m")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def offset_since(calls: Calls, deployment_id: str, since: datetime) -> str:
    """The offset before the first record that was received at `since` or later."""
    path = log_path(deployment_id)
    low, high = 0, parsed(calls.read(path, {"tail": 1}).next_offset).seq
    while low < high:
        middle = (low + high) // 2
        page = calls.read(path, {"offset": calls.place(path, middle), "limit": 1})
        if _time(page.body) < since:
            low = middle + 1
        else:
            high = Seq(middle)
    return calls.place(path, low)


def _time(record: bytes) -> datetime:
    return datetime.fromisoformat(decode(record, LogRecord).time)
