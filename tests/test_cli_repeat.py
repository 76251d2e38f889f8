"""A request repeats the one before only if it differs in nothing but its offset and cursor."""

from __future__ import annotations

import pytest

from logflume.cli.repeat import Repeat

REQUEST = (
    b"GET /v1/stream/a?cursor=7&live=long-poll&offset=0000000000000003_0000000000000002"
    b" HTTP/1.1\r\n"
    b"host: h\r\nauthorization: Bearer x\r\n\r\n"
)


def repeat() -> Repeat:
    found = Repeat.of(REQUEST)
    assert found is not None
    return found


def test_the_same_from_elsewhere_is_a_repeat() -> None:
    """Its offset and cursor are what is new in it."""
    again = REQUEST.replace(b"_0000000000000002", b"_0000000000000009").replace(b"=7", b"=8")
    assert repeat().places(again) == ("0000000000000003_0000000000000009", "8")


def test_a_request_without_a_cursor_repeats_one_without() -> None:
    """The reader need not be told one."""
    plain = REQUEST.replace(b"cursor=7&", b"")
    found = Repeat.of(plain)
    assert found is not None
    assert found.places(plain) == ("0000000000000003_0000000000000002", None)
    assert found.places(REQUEST) is None


@pytest.mark.parametrize(
    "other",
    [
        REQUEST.replace(b"/a?", b"/b?"),
        REQUEST.replace(b"Bearer x", b"Bearer y"),
        REQUEST.replace(b"\r\n\r\n", b"\r\nx: y\r\n\r\n"),
        REQUEST.replace(b"live=long-poll", b"live=sse"),
        REQUEST.replace(b"GET", b"PUT"),
        REQUEST.replace(b"offset=0000", b"offset=-1"),
        REQUEST + REQUEST,
        REQUEST[:-2],
        REQUEST[5:],
        REQUEST.replace(b" HTTP/1.1\r\nhost", b" HTTP/1.1\r\nx: y\r\nhost"),
        REQUEST.replace(b"&live", b"&offset=1&live"),
        REQUEST.replace(b"cursor=7", b"cursor=7_7"),
        REQUEST.replace(b"offset=0", b"offset="),
        b"",
    ],
)
def test_anything_else_is_none(other: bytes) -> None:
    """Another log, another reader, two at once, half a one."""
    assert repeat().places(other) is None


@pytest.mark.parametrize(
    "data", [b"POST /a HTTP/1.1\r\n\r\n", b"GET /a HTTP/1.1\r\n", b"GET /a\r\n\r\n"]
)
def test_only_a_whole_get_is_a_pattern(data: bytes) -> None:
    """What came in pieces, or has a body, goes the ordinary way."""
    assert Repeat.of(data) is None
