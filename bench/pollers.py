"""Watchers that long-poll: each asks again, as soon as it is answered, for what comes next.

Nothing here but the kernel may be slow, or it would be the load that is measured. So there is one
loop over bare sockets, and an answer is understood once: when the same bytes come for the next
watcher, they mean the same. With `echo`, each sends back the cursor that it was given, as Durable
Streams' own clients do; then no two answers need be the same, and each is looked at.
"""

from __future__ import annotations

import os
import re
import select

from bench.connection import BadAnswer, Connection, complete, refuse_failure

READ_BYTES = 64 * 1024

RECORD = b'{"n":'
"""How the record that is sent begins, and nothing else of an answer."""

_OFFSET = re.compile(rb"\r\nstream-next-offset: *([^\r]+)\r\n", re.IGNORECASE)
_CURSOR = re.compile(rb"\r\nstream-cursor: *([^\r]+)\r\n", re.IGNORECASE)


class Pollers:
    """Counts the records that reach many watchers, in one loop over epoll."""

    def __init__(
        self, watchers: list[Connection], path: str, offset: bytes, *, echo: bool = False
    ) -> None:
        self.records = 0
        self.poll = select.epoll()
        self._path = path.encode()
        self._echo = echo
        self._cut: dict[int, bytes] = {}
        self._known = b""
        self._next = self._request(offset, None)
        for watcher in watchers:
            self.poll.register(watcher.socket.fileno(), select.EPOLLIN)
            watcher.socket.sendall(self._next)

    def read(self, number: int) -> None:
        """Take in what has come for one of them; if that is its answer, it asks again."""
        piece = os.read(number, READ_BYTES)
        if not piece:
            raise ConnectionResetError("the server closed a connection")
        answer = self._cut.pop(number, b"") + piece
        if answer != self._known and not self._understood(answer):
            self._cut[number] = answer
            return
        self.records += 1
        os.write(number, self._next)

    def _understood(self, answer: bytes) -> bool:
        """Whether the answer is whole; then what is asked next is known."""
        if not complete(answer):
            return False
        refuse_failure(answer)
        if answer.count(RECORD) != 1:
            raise BadAnswer(f"not exactly one record: {answer[:1000].decode('latin-1')}")
        self._known = answer
        self._next = self._request(next_offset(answer), _CURSOR.search(answer))
        return True

    def _request(self, offset: bytes, cursor: re.Match[bytes] | None) -> bytes:
        known = b"cursor=%b&" % cursor[1] if cursor and self._echo else b""
        return b"GET %b?%blive=long-poll&offset=%b HTTP/1.1\r\nHost: localhost\r\n\r\n" % (
            self._path,
            known,
            offset,
        )


def next_offset(answer: bytes) -> bytes:
    """Where the answer says to read on."""
    found = _OFFSET.search(answer)
    if found is None:
        raise BadAnswer(f"no offset in {answer[:1000].decode('latin-1')}")
    return found[1]
