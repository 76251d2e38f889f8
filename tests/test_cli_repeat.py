"""A request repeats the one before only if it differs in nothing but what always differs."""

from __future__ import annotations

import pytest

from logflume.cli.repeat import Repeat

REQUEST = (
    b"GET /v1/stream/a?cursor=7&live=long-poll&offset=0000000000000003_0000000000000002"
    b" HTTP/1.1\r\n"
    b"host: h\r\nauthorization: Bearer x\r\n\r\n"
)

APPEND = (
    b"POST /v1/deployments/a/log HTTP/1.1\r\nHost: h\r\nProducer-Id: p\r\n"
    b"Producer-Seq: 7\r\nContent-Length: 3\r\nProducer-Epoch: 0\r\n\r\none"
)


def repeat(request: bytes = REQUEST) -> Repeat:
    found = Repeat.of(request)
    assert found is not None
    return found


def test_the_same_from_elsewhere_is_a_repeat() -> None:
    """Its offset and cursor are what is new in it."""
    again = REQUEST.replace(b"_0000000000000002", b"_0000000000000009").replace(b"=7", b"=8")
    found = repeat().match(again)
    assert found is not None
    assert found.said == {"offset": "0000000000000003_0000000000000009", "cursor": "8"}
    assert found.body_start == found.end == len(again)


def test_a_request_without_a_cursor_repeats_one_without() -> None:
    """The reader need not be told one."""
    plain = REQUEST.replace(b"cursor=7&", b"")
    found = repeat(plain).match(plain)
    assert found is not None
    assert found.said == {"offset": "0000000000000003_0000000000000002"}
    assert repeat(plain).match(REQUEST) is None


def test_a_producers_next_request_is_a_repeat() -> None:
    """Its number, its body and how long it is are what is new in it."""
    again = APPEND.replace(b"Seq: 7", b"Seq: 10").replace(b"Length: 3", b"Length: 12")
    again = again.replace(b"one", b"twelve bytes")
    found = repeat(APPEND).match(again)
    assert found is not None
    assert found.said == {"producer-seq": "10", "content-length": "12"}
    assert again[found.body_start : found.end] == b"twelve bytes"


@pytest.mark.parametrize(("came", "is_whole"), [(-1, False), (0, True), (1, True), (400, True)])
def test_a_repeat_says_where_it_ends(came: int, is_whole: bool) -> None:
    """Whether less than that has come, or the beginning of the next one, too."""
    data = APPEND[:came] if came < 0 else APPEND + APPEND[:came]
    found = repeat(APPEND).match(data)
    assert found is not None
    assert found.end == len(APPEND)
    assert (len(data) >= found.end) is is_whole


@pytest.mark.parametrize(
    "other",
    [
        REQUEST.replace(b"/a?", b"/b?"),
        REQUEST.replace(b"Bearer x", b"Bearer y"),
        REQUEST.replace(b"\r\n\r\n", b"\r\nx: y\r\n\r\n"),
        REQUEST.replace(b"live=long-poll", b"live=sse"),
        REQUEST.replace(b"GET", b"PUT"),
        REQUEST.replace(b"offset=0000", b"offset=-1"),
        REQUEST[:-2],
        REQUEST[5:],
        REQUEST.replace(b" HTTP/1.1\r\nhost", b" HTTP/1.1\r\nx: y\r\nhost"),
        REQUEST.replace(b"&live", b"&offset=1&live"),
        REQUEST.replace(b"cursor=7", b"cursor=7_7"),
        REQUEST.replace(b"offset=0", b"offset="),
        APPEND,
        b"",
    ],
)
def test_any_other_read_is_none(other: bytes) -> None:
    """Another log, another reader, half a request."""
    assert repeat().match(other) is None


@pytest.mark.parametrize(
    "other",
    [
        APPEND.replace(b"/a/", b"/b/"),
        APPEND.replace(b"Id: p", b"Id: q"),
        APPEND.replace(b"Epoch: 0", b"Epoch: 1"),
        APPEND.replace(b"Seq: 7", b"Seq: 07"),
        APPEND.replace(b"Seq: 7", b"Seq: -7"),
        APPEND.replace(b"Seq: 7", b"Seq: " + b"7" * 16),
        APPEND.replace(b"Seq: 7", b"Seq: 7 7"),
        APPEND.replace(b"Length: 3", b"Length: 3, 3"),
        APPEND.replace(b"Length: 3", b"Length: 0x3"),
        APPEND.replace(b"Content-Length: 3", b"Transfer-Encoding: chunked"),
        APPEND.replace(b"Producer-Seq: 7\r\n", b""),
        APPEND[: APPEND.index(b"\r\n\r\n") + 2],
        REQUEST,
    ],
)
def test_any_other_append_is_none(other: bytes) -> None:
    """Another log, another producer, a number that HTTP or we would refuse."""
    assert repeat(APPEND).match(other) is None


@pytest.mark.parametrize(
    "data",
    [
        b"PUT /a HTTP/1.1\r\ncontent-length: 0\r\n\r\n",
        b"GET /a HTTP/1.1\r\n",
        b"GET /a HTTP/1.1\r\n\r\n",
        b"GET /a\r\n\r\n",
        REQUEST + REQUEST,
        REQUEST + b"x",
        APPEND[:-1],
        APPEND + b"\r\n",
        APPEND.replace(b"Host", b"Expect: 100-continue\r\nHost"),
        APPEND.replace(b"HTTP/1.1", b"HTTP/1.0"),
        APPEND.replace(b"HTTP/1.1", b"HTTP/2.0").replace(b"Host: h", b"X: HTTP/1.1"),
        APPEND.replace(b"Content-Length: 3", b"Transfer-Encoding: chunked")[:-3],
        APPEND.replace(b"Content-Length: 3\r\n", b"")[:-3],
        REQUEST.replace(b"offset=0000000000000003_0000000000000002", b"offset=now"),
        REQUEST.replace(b"a?cursor=7", b"a?x=?cursor=7"),
        REQUEST.replace(b"a?cursor=7", b"a#&cursor=7"),
        REQUEST.replace(b"host", b"last-event-id: 0000000000000003_0000000000000001\r\nhost"),
    ],
)
def test_only_one_whole_request_is_a_pattern(data: bytes) -> None:
    """What came in pieces or together with another, what waits to be told to go on."""
    assert Repeat.of(data) is None
