"""Recognises a request that differs from the one before only where such requests always differ.

Byte for byte the same path, the same other parameters, the same headers: what was found out about
the request before, by whom it is above all, holds for this one. A reader's next request has another
offset and cursor, a producer's another body, of another length, and another number. It is done for
every request of theirs, so it compares and cuts and does not parse.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_HEAD_END = b"\r\n\r\n"
_LINE_END = b" HTTP/1.1\r\n"

_PLACES = {
    b"GET": re.compile(
        rb"(?<=[?&])(?:(?P<offset>offset=)[0-9]{16}_[0-9]{16}|(?P<cursor>cursor=)[0-9]{1,18})"
        rb"(?=[& ])"
    ),
    b"POST": re.compile(
        rb"(?<=\r\n)(?:(?P<length>content-length: *)|(?P<seq>producer-seq: *))"
        rb"(?:0|[1-9][0-9]{0,14})(?=\r\n)",
        re.IGNORECASE,
    ),
}
"""Where requests differ: what stands before it, and what it is like."""

_NAMES = {"length": "content-length", "seq": "producer-seq"}
_VALUES = {
    "offset": re.compile(rb"[0-9]{16}_[0-9]{16}"),
    "cursor": re.compile(rb"[0-9]{1,18}"),
    "content-length": re.compile(rb"0|[1-9][0-9]{0,14}"),
    "producer-seq": re.compile(rb"0|[1-9][0-9]{0,14}"),
}


_NEEDED = {b"GET": {"offset"}, b"POST": {"content-length"}}
"""What must be said for a request to be another one: a reader's at `now` is always the same."""


class Repeated(NamedTuple):
    """A request that repeats another: what it says differently, and where its parts end. More than
    `end` bytes may have come, or fewer."""

    said: dict[str, str]
    body_start: int
    end: int


class _Place(NamedTuple):
    """A value that may differ, and all that stands between it and the one before."""

    before: bytes
    name: str
    value: re.Pattern[bytes]


class Repeat:
    """A request as the pattern for those that follow it; make one with `of`."""

    def __init__(self, request: bytes, method: bytes) -> None:
        head = request[: request.index(_HEAD_END) + len(_HEAD_END)]
        # A reader's header may look like a parameter.
        last = head.index(_LINE_END) + 1 if method == b"GET" else len(head)
        self._places: list[_Place] = []
        start = 0
        for found in _PLACES[method].finditer(head, 0, last):
            name = _NAMES.get(str(found.lastgroup), str(found.lastgroup))
            value_start = found.end(str(found.lastgroup))
            self._places.append(_Place(head[start:value_start], name, _VALUES[name]))
            start = found.end()
        self._rest = head[start:]

    @classmethod
    def of(cls, data: bytes) -> Repeat | None:
        """The pattern of what was received, if that is exactly one request that may be repeated."""
        method = data[: data.find(b" ")]
        head = data[: data.find(_HEAD_END) + 2]
        line = head[: head.find(b"\r\n") + 2]
        if method not in _PLACES or not line.endswith(_LINE_END) or _is_peculiar(head.lower()):
            return None
        if method == b"GET" and (line.count(b"?") != 1 or b"#" in line):
            return None  # what looks like a parameter may be none
        made = cls(data, method)
        found = made.match(data)
        if found is None or found.end != len(data) or not found.said.keys() & _NEEDED[method]:
            return None
        return made

    def match(self, data: bytes) -> Repeated | None:
        """What a request that otherwise is the same says; None for any other."""
        said: dict[str, str] = {}
        at = 0
        for before, name, value in self._places:
            if not data.startswith(before, at):
                return None
            found = value.match(data, at + len(before))
            if found is None:
                return None
            said[name], at = found[0].decode(), found.end()
        if not said or not data.startswith(self._rest, at):
            return None
        at += len(self._rest)
        return Repeated(said, at, at + int(said.get("content-length", 0)))


def _is_peculiar(head: bytes) -> bool:
    """Whether a header makes the request mean something else than it seems to. Who expects to be
    told to go on must be told; who has seen more says so beside the offset, and that counts."""
    return any(b"\r\n" + name + b":" in head for name in _PECULIAR)


_PECULIAR = (b"expect", b"transfer-encoding", b"last-event-id")

__all__ = ["Repeat", "Repeated"]
