"""Anything at all, sent as HTTP: read as others read it, or refused; and never a fault of ours."""

from __future__ import annotations

import errno
import re
import socket
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from logflume.cli.repeat import Repeat
from tests.exchange import PATIENCE_SECONDS
from tests.fuzzing import tried
from tests.read_requests import Ours, Read, Theirs
from tests.servers import ServerProcess

CUT_OFF = (errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN)
"""How whoever sends on after the last request of a connection finds that it is over."""

TARGETS = [b"/", b"/v1/deployments?limit=1", b"/v1/stream/x", b"http://h/healthz", b"*", b"/\xff"]
LINES = [
    *[b"Host: localhost"] * 4,
    *[b"Content-Length: 5", b"Content-Length: 5", b"Content-Length: 0", b"Content-Length: +5"],
    *[b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", b"transfer-encoding:CHUNKED"],
    *[b"Transfer-Encoding: chunked, identity", b"Transfer-Encoding: gzip", b"Content-Length: 5, 5"],
    *[b"Transfer-Encoding : chunked", b" Transfer-Encoding: chunked", b"Content-Length: 0x5"],
    *[b"Connection: close", b"Connection: Upgrade", b"Upgrade: h2c", b"Expect: 100-continue"],
    *[b"X: y", b"X:", b"X: \xe9", b"X: a\0b", b"X", b"Content-Type: text/plain", b"Host: i"],
]
BODIES = [
    *[b"", b"", b"abcde", b"abcdef", b"5\r\nabcde\r\n0\r\n\r\n", b"5;x=y\r\nabcde\r\n0\r\n\r\n"],
    *[
        b"0\r\n\r\n",
        b"0\r\nX: y\r\n\r\n",
        b"5\nabcde\n0\n\n",
        b"0x5\r\nabcde\r\n0\r\n\r\n",
        b"5\r\nab",
    ],
]
ENDS = [b"\r\n"] * 8 + [b"\n", b"\r", b"\r\n "]


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """One that is good in most of its parts."""
    method = draw(st.sampled_from([b"GET", b"POST", b"POST", b"PUT", b"HEAD", b"get"]))
    version = draw(st.sampled_from([b"HTTP/1.1"] * 6 + [b"HTTP/1.0", b"HTTP/2.0"]))
    lines = draw(st.lists(st.sampled_from(LINES), max_size=5))
    head = b" ".join([method, draw(st.sampled_from(TARGETS)), version]) + b"\r\n"
    for line in lines if draw(st.booleans()) else [b"Host: localhost", *lines]:
        head += line + draw(st.sampled_from(ENDS))
    return head + b"\r\n" + draw(st.sampled_from(BODIES))


@st.composite
def changed(draw: st.DrawFn, whole: st.SearchStrategy[bytes]) -> bytes:
    """The same with a few bytes that are others, or missing, or more."""
    data = bytearray(draw(whole))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 2))] = draw(
            st.one_of(st.binary(max_size=2), st.sampled_from([b"\r\n", b"\0", b" ", b":", b"\n"]))
        )
    return bytes(data)


sent = st.lists(changed(requests()), min_size=1, max_size=3).map(b"".join)


def same(ours: Read, theirs: Read) -> bool:
    return (ours.method, ours.target, ours.body) == (theirs.method, theirs.target, theirs.body)


@tried(400)
@given(sent)
def test_it_is_read_as_others_read_it(data: bytes) -> None:
    """Where both take a request it is the same one; and we never take one that they are still
    reading the one before of. Caught: two lengths of which the other one counts."""
    ours, theirs = Ours(data), Theirs(data)
    for mine, other in zip(ours.found, theirs.found, strict=False):
        assert same(mine, other)
    if not theirs.is_over:
        assert len(ours.found) <= len(theirs.found) + any(
            b"expect" in dict(read.headers) for read in ours.found
        )


@tried(80)
@given(sent, st.lists(st.integers(0, 400), max_size=3))
def test_it_is_answered(memory_server: ServerProcess, data: bytes, cuts: list[int]) -> None:
    """With anything but 500, and the connection ends when the client's side does."""
    host, port = memory_server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), PATIENCE_SECONDS) as connection:
        places = [0, *sorted(cuts), len(data)]
        try:
            for start, end in pairwise(places):
                connection.sendall(data[start:end])
            connection.shutdown(socket.SHUT_WR)
            answered = b"".join(iter(lambda: connection.recv(65536), b""))
        except OSError as error:
            if error.errno not in CUT_OFF:
                raise
            return
    statuses = re.findall(rb"HTTP/1\.1 (\d{3}) ", answered)
    assert all(status < b"500" or status == b"505" for status in statuses), answered


OFFSETS = [
    b"0000000000000001_0000000000000002",
    b"0000000000000001_0000000000000003",
    b"-1",
    b"now",
]
READS = [
    b"GET /v1/stream/x?offset=<o>&live=long-poll&cursor=<n> HTTP/1.1\r\nHost: h\r\n\r\n",
    b"GET /v1/stream/x?live=long-poll&offset=<o> HTTP/1.1\r\nHost: h\r\nX: &offset=<o>\r\n\r\n",
    b"GET /a?offset=<o>&offset=<o> HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
]
APPENDS = [
    b"POST /v1/stream/x HTTP/1.1\r\nHost: h\r\nContent-Length: <l>\r\n\r\n<b>",
    b"POST /v1/stream/x HTTP/1.1\r\nProducer-Seq: <n>\r\nContent-Length: <l>\r\nHost: h\r\n\r\n<b>",
    b"POST /x HTTP/1.1\r\nHost: h\r\ncontent-length:<l>\r\nX: Producer-Seq: <n>\r\n\r\n<b>",
    b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: <l>\r\nContent-Length: <l>\r\n\r\n<b>",
]


@st.composite
def filled(draw: st.DrawFn, template: bytes) -> bytes:
    """The request of a template, with its places filled."""
    body = draw(st.sampled_from([b"", b"a", b"abc", b"\r\n\r\nGET / HTTP/1.1\r\n\r\n", b"x" * 40]))
    made = template
    while b"<o>" in made:
        made = made.replace(b"<o>", draw(st.sampled_from(OFFSETS)), 1)
    while b"<n>" in made:
        made = made.replace(b"<n>", draw(st.sampled_from([b"0", b"1", b"17", b"x", b"01"])), 1)
    return made.replace(b"<l>", b"%d" % len(body)).replace(b"<b>", body)


@st.composite
def repeats(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A request, and what may be another one like it."""
    template = draw(st.sampled_from(READS + APPENDS))
    first = draw(filled(template))
    again = filled(template)
    if draw(st.booleans()):
        again = changed(again)
    return first, draw(again) + draw(st.sampled_from([b"", b"", b"GET / HTTP/1.1\r\n"]))


@tried(800)
@given(repeats())
def test_a_repeat_is_what_the_parser_reads(pair: tuple[bytes, bytes]) -> None:
    """Whatever the matcher takes for a repeat is that request to the parser, and nothing else in it
    is another. Caught: a matcher that ends a request somewhere else than the parser."""
    first, again = pair
    pattern = Repeat.of(first)
    found = pattern.match(again) if pattern else None
    if found is None or found.end > len(again):
        return
    parsed, before = Ours(again[: found.end]), Ours(first)
    if before.is_refused or b"&offset=" in first.partition(b"offset=")[2].partition(b" ")[0]:
        return  # which is refused, so that nobody takes its repeats on
    assert not parsed.is_refused
    assert len(parsed.found) == 1
    [read], [known] = parsed.found, before.found
    assert read.body == again[found.body_start : found.end]
    assert (read.method, told(read)[0]) == (known.method, told(known)[0])
    said = told(read)[1]
    assert all(said[name] == value for name, value in found.said.items())


def told(read: Read) -> tuple[object, dict[str, str]]:
    """What a request says that must be the same in a repeat of it, and what may be another."""
    parts = urlsplit(read.target.decode("latin-1"))
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    headers = {name.decode(): value.decode("latin-1").strip() for name, value in read.headers}
    open_names = ("content-length", "producer-seq")
    may = {name: headers[name] for name in open_names if name in headers}
    may |= {name: query[name] for name in ("offset", "cursor") if name in query}
    rest = {name: value for name, value in headers.items() if name not in open_names}
    other = {name: value for name, value in query.items() if name not in ("offset", "cursor")}
    return (parts.path, other, rest), may
