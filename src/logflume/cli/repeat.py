"""Recognises a request that differs from the one before in nothing but its offset and cursor.

Byte for byte the same path, the same other parameters, the same headers: what was found out about
the request before, by whom it is above all, holds for this one. It is done for every long poll, so
it compares and cuts and does not parse.
"""

from __future__ import annotations

import re

OFFSET_CHARS = 33
"""Sixteen digits, an underscore, sixteen digits."""

_END = b" HTTP/1.1\r\n"
_PLACES = re.compile(rb"(?<=[?&])(?:(offset=)[0-9]{16}_[0-9]{16}|(cursor=)[0-9]{1,18})(?=[& ])")
_CURSOR = re.compile(rb"[0-9]{1,18}")


class Repeat:
    """A GET request without a body, as the pattern for those that follow it."""

    def __init__(self, request: bytes) -> None:
        line = request[: request.index(_END) + 1]
        self._before: list[tuple[bytes, bool]] = []
        """What stands before each place, and whether it is the offset's."""
        start = 0
        for place in _PLACES.finditer(line):
            name_end = place.end(1) if place[1] else place.end(2)
            self._before.append((request[start:name_end], place[1] is not None))
            start = place.end()
        self._rest = request[start:]

    @classmethod
    def of(cls, data: bytes) -> Repeat | None:
        """The pattern of what was received, if that is exactly one such request."""
        is_whole = data.startswith(b"GET ") and data.endswith(b"\r\n\r\n")
        return cls(data) if is_whole and _END in data else None

    def places(self, data: bytes) -> tuple[str, str | None] | None:
        """The offset and cursor of a request that otherwise is the same; None for any other. The
        offset may be malformed."""
        offset = cursor = None
        at = 0
        for before, is_offset in self._before:
            if not data.startswith(before, at):
                return None
            at += len(before)
            if is_offset:
                offset, at = data[at : at + OFFSET_CHARS], at + OFFSET_CHARS
            else:
                found = _CURSOR.match(data, at)
                if found is None:
                    return None
                cursor, at = found[0].decode(), found.end()
        if offset is None or data[at:] != self._rest:
            return None
        return offset.decode("latin-1"), cursor


__all__ = ["Repeat"]
