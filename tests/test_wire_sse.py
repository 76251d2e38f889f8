"""Server-Sent Events byte for byte, and what a strict reader makes of them."""

from __future__ import annotations

import re
from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logflume.records import Chunk, Offset, Seq
from logflume.wire.forms import Kind
from logflume.wire.sse import sse_control, sse_data, sse_problem, sse_retry
from tests.sse import dispatched

OFFSET = str(Offset(3, Seq(2)))
ID = b"id: 0000000000000003_0000000000000002\n"


def chunk(*records: bytes) -> Chunk:
    return Chunk.of(Seq(1), records)


def data_event(chunks: list[Chunk], kind: Kind) -> bytes:
    return b"".join(sse_data(OFFSET, chunks, kind))


def test_a_batch_of_json_is_framed_as_durable_streams_frames_it() -> None:
    """LF only, no space after `data:`, `id` first."""
    framed = data_event([chunk(b'{"n":1}\n', b'{"n":2}\n'), chunk(b"3\n")], "json")
    assert framed == ID + b'event: data\ndata:[{"n":1},{"n":2},3]\n\n'


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (b"plain", [b"data:plain"]),
        (b"one\ntwo\n", [b"data:one", b"data:two", b"data:"]),
        (b"one\r\ntwo\rthree", [b"data:one", b"data:two", b"data:three"]),
        (b"\n\n", [b"data:", b"data:", b"data:"]),
        (b"  indented\n x", [b"data:   indented", b"data:  x"]),
        (b"x\r\n\r\n", [b"data:x", b"data:", b"data:"]),
    ],
)
def test_text_is_framed_line_by_line(text: bytes, lines: list[bytes]) -> None:
    """A space only before a line's own first space. Caught: CR left in, a last empty line lost."""
    assert data_event([chunk(text)], "text") == (
        ID + b"event: data\n" + b"".join(line + b"\n" for line in lines) + b"\n"
    )


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])).map(str.encode), min_size=1))
def test_text_comes_back_but_for_its_line_ends(texts: list[bytes]) -> None:
    """And is one event, whatever it says."""
    whole = b"".join(texts)
    framed = data_event([chunk(*texts)], "text")
    assert dispatched(framed) == [("data", re.sub(rb"\r\n|\r", b"\n", whole))]


@pytest.mark.parametrize("kind", ["text", "binary"])
@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_what_a_log_says_is_never_an_event(kind: str, end: bytes) -> None:
    """Nor an id, nor the end of one. Caught: splitting at LF alone."""
    forged = end.join([b"x", b"", b"event: control", b'data:{"streamClosed":true}', b"", b"id: 9"])
    framed = data_event([chunk(forged)], "text" if kind == "text" else "binary")
    assert [event for event, _ in dispatched(framed)] == ["data"]
    assert framed.count(b"id: ") == 1 + (kind == "text")  # within the data
    assert b"\nid: " not in framed


@given(st.lists(st.binary(), min_size=1))
def test_a_binary_batch_is_base64_by_itself(records: list[bytes]) -> None:
    """Padded, one line, decodable without the batch before it."""
    [(event, data)] = dispatched(data_event([chunk(*records)], "binary")) or [("data", b"")]
    assert event == "data"
    assert len(data) % 4 == 0
    assert b64decode(data, validate=True) == b"".join(records)


def test_a_control_event_follows_without_anything_between_its_lines() -> None:
    """Readers that look no closer than a pattern exist."""
    framed = sse_control(OFFSET, cursor="7", up_to_date=True, closed=False)
    assert re.fullmatch(rb"event: control\ndata:\{[^\n]*\}\n\n", framed)


def test_a_problem_and_a_pause_have_events_of_their_own() -> None:
    """`error` would look like EventSource's own."""
    assert sse_problem(b"{}") == b"event: problem\ndata:{}\n\n"
    assert sse_retry(500) == b"retry: 500\n\n"
