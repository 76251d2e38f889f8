"""The event stream's parser: the HTML standard's format, however the bytes are cut."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logflume.client.sse import Event, SseParser

ATOMS = [
    *(b"data:", b"data: ", b"data", b"event: control", b"id: 7", b"id: ", b"retry: 5", b": beat"),
    *(b"\n", b"\r", b"\r\n", b"\n\n", b"x", b"[1]", b"\x00", "\u2028".encode(), b"\x85", b"\xff"),
]
bodies = st.lists(st.sampled_from(ATOMS), max_size=30).map(b"".join)


def parse(pieces: Iterable[bytes]) -> list[Event]:
    """The events of a stream that arrived in these pieces."""
    parser = SseParser()
    return [event for piece in pieces for event in parser.push(piece)]


@given(bodies, st.data())
def test_events_do_not_depend_on_how_they_arrive(body: bytes, data: st.DataObject) -> None:
    """Any way of cutting the stream, between \\r and \\n too, gives the same events."""
    cut = data.draw(st.integers(0, len(body)))
    whole = parse([body])
    assert parse([body[:cut], body[cut:]]) == whole
    assert parse(bytes([byte]) for byte in body) == whole


@given(bodies)
def test_line_ends_are_equal(body: bytes) -> None:
    """A stream says the same with each of the three line ends."""
    lines = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    expected = parse([lines])
    assert parse([lines.replace(b"\n", b"\r\n")]) == expected
    assert parse([lines.replace(b"\n", b"\r")]) == expected


@pytest.mark.parametrize(
    ("body", "events"),
    [
        (b"data:a\n\n", [Event("message", b"a")]),
        (b"data: a\n\n", [Event("message", b"a")]),
        (b"data:  a\n\n", [Event("message", b" a")]),
        (b"data:a\ndata:b\n\n", [Event("message", b"a\nb")]),
        (b"data\n\n", [Event("message", b"")]),
        (b"id: 1_2\nevent: data\ndata:[]\n\n", [Event("data", b"[]", "1_2")]),
        (b"id:1\ndata:a\n\ndata:b\n\n", [Event("message", b"a", "1"), Event("message", b"b")]),
        (b": beat\n\n: beat\n\n", []),
        (b"event: x\n\ndata:a\n\n", [Event("message", b"a")]),
        (b"data:cut off", []),
        (b"data:cut off\n", []),
        (b"id: a\x00b\ndata:a\n\n", [Event("message", b"a")]),
        ("data:a\u2028b\x85\n\n".encode(), [Event("message", "a\u2028b\x85".encode())]),
        (b"other: a\ndata:b\nretry: 5\n\n", [Event("message", b"b")]),
    ],
)
def test_fields(body: bytes, events: list[Event]) -> None:
    """Fields, comments, the one space that is dropped, and events that are none."""
    assert parse([body]) == events
