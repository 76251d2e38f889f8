"""Records and state as bytes."""

from __future__ import annotations

import json

import pytest

from logflume import wire
from logflume.errors import StoreCorrupt
from logflume.records import Offset, Producer, Seq, State

OFFSET = Offset(3, Seq(2))


def test_a_state_survives_its_encoding() -> None:
    """With everything that is in it."""
    state = State(
        epoch=3,
        content_type="application/json",
        tail=Seq(9),
        size_bytes=100,
        closed=True,
        revision=4,
        producers={"p": Producer("p", 1, 2, 3)},
        document=b"\x00{}",
        labels={"a": "b"},
    )
    assert wire.decode_state(wire.encode_state(state)) == state


def test_a_state_that_cannot_be_read_is_corrupt() -> None:
    """Never a default in its place."""
    with pytest.raises(StoreCorrupt):
        wire.decode_state(b"\xff\xff")


def test_an_sse_batch_is_framed_as_durable_streams_frames_it() -> None:
    """LF only, no space after `data:`, `id` first."""
    framed = wire.sse_data(OFFSET, [b'{"n":1}\n', b'{"n":2}\n'])
    assert framed == (
        b'id: 0000000000000003_0000000000000002\nevent: data\ndata:[{"n":1},{"n":2}]\n\n'
    )


@pytest.mark.parametrize("closed", [True, False])
def test_a_control_event_says_where_the_reader_stands(closed: bool) -> None:
    """The cursor is for those who come back, so a closed log has none."""
    framed = wire.sse_control(OFFSET, cursor="7", up_to_date=True, closed=closed).decode()
    head, _, data = framed.partition("\ndata:")
    expected = {"streamNextOffset": str(OFFSET), "upToDate": True}
    expected |= {"streamClosed": True} if closed else {"streamCursor": "7"}
    assert (head, json.loads(data)) == ("event: control", expected)


def test_a_time_is_written_with_six_digits_in_utc() -> None:
    """Whole seconds too. Caught: a float's rounding, digits left out."""
    assert wire.rfc3339(1_795_448_220_000_000) == "2026-11-23T15:37:00.000000Z"
    assert wire.rfc3339(1_795_448_220_123_457) == "2026-11-23T15:37:00.123457Z"


def test_cursors_count_20_seconds_from_where_durable_streams_begins() -> None:
    """2024-10-09 is 0."""
    assert wire.stream_cursor(1_728_432_000_000_000) == "0"
    assert wire.stream_cursor(1_728_432_039_999_999) == "1"
