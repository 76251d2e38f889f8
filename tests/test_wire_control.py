"""Where a live reader stands, and the cursors that make caches forget."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logflume.records import Offset, Seq
from logflume.wire.control import (
    CURSOR_EPOCH_SECONDS,
    CURSOR_SECONDS,
    MAX_JITTER_CURSORS,
    control_json,
    least_cursor,
    stream_cursor,
)

OFFSET = str(Offset(3, Seq(2)))
NOW_US = (CURSOR_EPOCH_SECONDS + 1000 * CURSOR_SECONDS + 7) * 1_000_000
"""In the middle of the thousandth cursor."""


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("up_to_date", [True, False])
def test_control_says_where_the_reader_stands(up_to_date: bool, closed: bool) -> None:
    """The cursor is for those who come back, so a closed log has none."""
    told = json.loads(control_json(OFFSET, cursor="7", up_to_date=up_to_date, closed=closed))
    expected: dict[str, object] = {"streamNextOffset": OFFSET}
    expected |= {"streamClosed": True} if closed else {"streamCursor": "7"}
    expected |= {"upToDate": True} if up_to_date else {}
    assert told == expected


def test_cursors_count_20_seconds_from_where_durable_streams_begins() -> None:
    """2024-10-09 is 0."""
    assert stream_cursor(1_728_432_000_000_000) == "0"
    assert stream_cursor(1_728_432_019_999_999) == "0"
    assert stream_cursor(1_728_432_039_999_999) == "1"


@pytest.mark.parametrize("known", [None, "999", "0", "000"])
def test_who_has_no_cursor_of_this_time_gets_the_usual_one(known: str | None) -> None:
    """An earlier one, or none: those who come fresh share their answer."""
    assert stream_cursor(NOW_US, least_cursor(NOW_US, known, 0.5)) == "1000"


@given(st.integers(1000, 10**17), st.floats(0, 1))
def test_who_has_the_cursor_already_gets_a_later_one(had: int, chance: float) -> None:
    """Greater than the one it had, by an hour at most.

    Caught: `<=` for `<`, upon which a cache answers the same for ever."""
    told = int(stream_cursor(NOW_US, least_cursor(NOW_US, str(had), chance)))
    assert 1 <= told - had <= MAX_JITTER_CURSORS


def test_those_who_are_ahead_are_spread() -> None:
    """Or they would all be ahead together for ever."""
    spread = {least_cursor(NOW_US, "1000", chance / 10) for chance in range(11)}
    assert len(spread) == 11
