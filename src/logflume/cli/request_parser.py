"""httptools' parser, for a server that declines most upgrades.

For httptools a request that offers an upgrade ends with its head, and what follows is another
protocol. But an offer may be declined, and then the request is one like any other, with a body (RFC
9110, section 7.8), such as an append of a client that offers HTTP/2. The head of such a request is
parsed again without the offer, and what follows after it.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable

import httptools


class RequestParser(httptools.HttpRequestParser):
    """`declined` gives the head to go on with, or nothing where the upgrade is taken."""

    def __init__(self, protocol: object, declined: Callable[[], bytes]) -> None:
        super().__init__(protocol)
        self._declined = declined
        # What comes after a request that is to be the last is nobody's, and no error.
        self.set_dangerous_leniencies(lenient_data_after_close=True)

    def feed_data(self, data: bytes | bytearray | memoryview[int] | array[int]) -> None:
        while True:
            try:
                super().feed_data(data)
            except httptools.HttpParserUpgrade as offered:
                head = self._declined()
                if not head:
                    raise
                [length] = offered.args
                data = head + bytes(data[length:])
            else:
                return


def head_without_offer(
    method: bytes, target: bytes, version: str, headers: Iterable[tuple[bytes, bytes]]
) -> bytes:
    """The head of a request, but for its `Upgrade`."""
    lines = [b"%b %b HTTP/%b" % (method, target, version.encode())]
    lines += [b"%b: %b" % header for header in headers if header[0] != b"upgrade"]
    return b"\r\n".join([*lines, b"", b""])


__all__ = ["RequestParser", "head_without_offer"]
