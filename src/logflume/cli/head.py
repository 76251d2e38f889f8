"""What the head of a request may be, beyond what the parser sees to.

Two who read one request must not read two different ones out of it. Where a proxy in front and this
server could differ, about where a body ends, who is asked or who asks, the request is refused and
the connection ends.
"""

from __future__ import annotations

from collections.abc import Sequence

import httptools

from logflume.http.limits import (
    HEADERS_TOO_LARGE,
    MAX_HEADERS,
    MAX_HEADERS_BYTES,
    MAX_TARGET_BYTES,
    malformed,
    other_version,
)
from logflume.http.problems import Problem
from logflume.http.respond import RawHeader

PIECE_BYTES = 16 * 1024
"""Parsed at a time, so that thousands of requests that come together do not become as many objects:
what stands behind those of one piece waits until they are answered."""

MAX_LOOSE_BYTES = MAX_TARGET_BYTES + MAX_HEADERS_BYTES + 1024
"""What may come without being the body of anything before it is too much to be a head."""

_VERSIONS = ("1.0", "1.1")


class Refused(Exception):
    """Raised within the parser, which ends with it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def check_head(version: str, headers: Sequence[RawHeader], came_bytes: int) -> bool:
    """Whether the body comes in chunks. Raises Refused for a head that must not be acted on. Names
    are in lower case. The head has at most a piece more than the bytes that came."""
    if version not in _VERSIONS:
        raise Refused(other_version(version))
    if len(headers) > MAX_HEADERS:
        raise Refused(HEADERS_TOO_LARGE)
    may_be_large = came_bytes + PIECE_BYTES > MAX_HEADERS_BYTES
    if may_be_large and _bytes_of(headers) > MAX_HEADERS_BYTES:
        raise Refused(HEADERS_TOO_LARGE)
    names = [name for name, _ in headers]
    hosts = names.count(b"host")
    if hosts != 1 and (hosts or version == "1.1"):
        raise Refused(malformed(f"it has {hosts} Host headers; send one"))
    if names.count(b"authorization") > 1:
        raise Refused(malformed("it has more than one Authorization header; send one"))
    if b"transfer-encoding" not in names:
        return False
    _check_transfer(version, [value for name, value in headers if name == b"transfer-encoding"])
    return True


def refusal_of(error: httptools.HttpParserError) -> Problem:
    """Why the parser did not go on."""
    stopped = error.__context__
    if isinstance(stopped, Refused):
        return stopped.problem
    if isinstance(error, httptools.HttpParserCallbackError):
        return malformed("its address is none")  # which is taken apart last
    return malformed(str(error))


def _check_transfer(version: str, codings: list[bytes]) -> None:
    """A body in any other coding would be stored as it came, which is not what it says."""
    if version != "1.1" or len(codings) > 1 or codings[0].strip().lower() != b"chunked":
        raise Refused(malformed("the only Transfer-Encoding is chunked, in HTTP/1.1"))


def _bytes_of(headers: Sequence[RawHeader]) -> int:
    return sum([len(name) + len(value) + 4 for name, value in headers])


__all__ = ["MAX_LOOSE_BYTES", "PIECE_BYTES", "Refused", "check_head", "refusal_of"]
