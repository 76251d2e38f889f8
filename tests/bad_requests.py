"""Bad input as the bytes that are sent, and what is answered: the rows of `bad_inputs.py` that
are about HTTP itself, which no client library would let one send.

`{log}` is the address of a deployment's log that holds nothing, and holds nothing afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

HOST = b"Host: localhost\r\n"
NDJSON = b"Content-Type: application/x-ndjson\r\n"
POST = b"POST {log} HTTP/1.1\r\n" + HOST + NDJSON
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"
ROW = b'{"text":"a"}\n'
NEXT = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
"""Sent behind what must end the connection: whoever went on would answer it."""


class Sent(NamedTuple):
    """`number` is the row's."""

    number: int
    name: str
    sent: bytes
    status: int
    problem: str
    closes: bool = True


def lengths() -> Iterator[Sent]:
    """Where the body ends is unclear."""
    both = [b"Content-Length: 13\r\n", b"Transfer-Encoding: chunked\r\n"]
    for name, pair in (("length first", both), ("length last", both[::-1])):
        body = b"\r\n" + b"d\r\n" + ROW + b"\r\n" + END
        yield Sent(1, name, POST + b"".join(pair) + body + NEXT, 400, "malformed-request")
    for second in (b"14", b"13"):
        lines = b"Content-Length: 13\r\nContent-Length: %b\r\n\r\n" % second
        yield Sent(2, second.decode(), POST + lines + ROW + NEXT, 400, "malformed-request")
    odd = [b"+13", b"0xd", b"-1", b"13, 13", b"1 3", b"", b"13a", b"1.3e1", b"9" * 30, b"\xb3"]
    for value in odd:
        line = b"Content-Length: %b\r\n\r\n" % value
        yield Sent(3, str(value)[:20], POST + line + ROW + NEXT, 400, "malformed-request")


def chunks() -> Iterator[Sent]:
    """Chunks that two readers could read as two things."""
    odd = {
        "hexadecimal prefix": b"0xd\r\n" + ROW + b"\r\n" + END,
        "overflow": b"f" * 17 + b"\r\n" + ROW + b"\r\n" + END,
        "negative": b"-d\r\n" + ROW + b"\r\n" + END,
        "space": b"d \r\n" + ROW + b"\r\n" + END,
        "bare LF": b"d\n" + ROW + b"\r\n" + END,
        "bare LF behind the data": b"d\r\n" + ROW + b"\n" + END,
        "junk behind the data": b"d\r\n" + ROW + b"X\r\n" + END,
        "too much data": b"c\r\n" + ROW + b"\r\n" + END,
        "no size": b"\r\n" + ROW + b"\r\n" + END,
        "no number": b"g\r\n" + ROW + b"\r\n" + END,
    }
    for name, body in odd.items():
        yield Sent(4, name, CHUNKED + body + NEXT, 400, "malformed-request")
    codings = [
        b"chunked, identity",
        b"identity",
        b"gzip, chunked",
        b"xchunked",
        b"chunked, chunked",
    ]
    codings += [b"chunked\r\nTransfer-Encoding: identity", b"\x0bchunked", b"chunked;q=1", b""]
    for coding in codings:
        line = b"Transfer-Encoding: %b\r\n\r\n" % coding
        name = str(coding)[:40]
        yield Sent(5, name, POST + line + b"d\r\n" + ROW + b"\r\n" + END, 400, "malformed-request")
    old = POST.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n"
    yield Sent(5, "HTTP/1.0", old + b"d\r\n" + ROW + b"\r\n" + END, 400, "malformed-request")


def heads() -> Iterator[Sent]:
    """Heads that are too much, or not clear."""
    get = b"GET {log} HTTP/1.1\r\n"
    yield Sent(6, "none", get + b"\r\n" + NEXT, 400, "malformed-request")
    yield Sent(6, "two", get + HOST + HOST + b"\r\n" + NEXT, 400, "malformed-request")
    yield Sent(6, "two hosts", get + HOST + b"HOST: i\r\n\r\n" + NEXT, 400, "malformed-request")
    keys = b"Authorization: Bearer a\r\nauthorization: Bearer a\r\n\r\n"
    yield Sent(7, "two", get + HOST + keys + NEXT, 400, "malformed-request")
    sizes = {
        "one long": b"X: " + b"x" * 33_000 + b"\r\n",
        "many long": b"".join(b"X-%d: %b\r\n" % (n, b"x" * 1000) for n in range(40)),
        "many": b"".join(b"X-%d: x\r\n" % n for n in range(101)),
        "megabytes": b"".join(b"X-%d: %b\r\n" % (n, b"x" * 9000) for n in range(300)),
    }
    for name, lines in sizes.items():
        yield Sent(8, name, get + HOST + lines + b"\r\n" + NEXT, 431, "headers-too-large")
    for size in (8_200, 100_000):
        target = b"/" + b"x" * size
        line = b"GET %b HTTP/1.1\r\n" % target
        yield Sent(9, f"{size} bytes", line + HOST + b"\r\n" + NEXT, 414, "uri-too-long")
    line = b"GET {log}?offset=" + b"9" * 8_200 + b" HTTP/1.1\r\n"
    yield Sent(9, "query", line + HOST + b"\r\n", 414, "uri-too-long")
    odd = [b"X: a\0b", b"X\0: a", b"X: a\r\n b", b"X : a", b": a", b"X", b"X: \x01", b"X: \x7f"]
    odd += [b"X: a\rY: b", b"X: a\nY: b", b"X(: a", b"X\xe9: a", b" X: a"]
    for header in odd:
        sent = get + HOST + header + b"\r\n\r\n" + NEXT
        yield Sent(10, str(header), sent, 400, "malformed-request")
    for target in (b"/\0", b"/a b", b"/\xff", b"/\x7f", b"a", b"http://[/"):
        sent = b"GET %b HTTP/1.1\r\n" % target + HOST + b"\r\n"
        yield Sent(10, f"target {target!r}", sent, 400, "malformed-request")


def others() -> Iterator[Sent]:
    """What is no HTTP/1.1 at all."""
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200))
    garbage = {
        "TLS hello": hello,
        "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "words": b"hello, is anybody there?\r\n\r\n",
        "zeros": bytes(5000),
        "bytes": bytes(range(256)) * 40,
        "SSH": b"SSH-2.0-OpenSSH_9.6\r\n",
        "SMTP": b"EHLO example.com\r\n",
        "Redis": b"*1\r\n$4\r\nPING\r\n",
        "method": b"BREW / HTTP/1.1\r\n" + HOST + b"\r\n",
        "small letters": b"get / HTTP/1.1\r\n" + HOST + b"\r\n",
        "no CR": b"GET / HTTP/1.1\nHost: h\n\n",
        "an answer": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    }
    for name, sent in garbage.items():
        yield Sent(16, name, sent, 400, "malformed-request")
    for version in (b"HTTP/2.0", b"HTTP/0.9"):
        sent = b"GET / %b\r\n" % version + HOST + b"\r\n"
        yield Sent(16, version.decode(), sent, 505, "http-version-not-supported")
    for method, target in ((b"PUT", b"{log}"), (b"TRACE", b"/"), (b"DELETE", b"/healthz")):
        sent = b"%b %b HTTP/1.1\r\n" % (method, target) + HOST + b"\r\n"
        yield Sent(17, method.decode(), sent, 405, "method-not-allowed", closes=False)


REQUESTS = (*lengths(), *chunks(), *heads(), *others())

__all__ = ["NEXT", "REQUESTS", "Sent"]
