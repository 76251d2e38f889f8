"""What a server needs to be measured beside Logflume: how it is started, watched and appended to.

Every peer gets the same lines: text/plain where lines of text are what it takes, and otherwise
the record that Logflume makes of a line, so that no peer has less to send than it would need.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.requests import post

MARK = "~#"
"""Before each line's running number; the same as in bench/c/marks.h."""

LINE = f"{MARK}00000000 [12/407] Compiling shop v0.3.1 (/build/shop) ok"
LINE_BYTES = 63
"""With its newline 64, as in the other measures."""

HEAD_ENDED = "\r\n\r\n"
"""For servers that answer the request when the watcher has joined, and say nothing after it."""


class Missing(Exception):
    """This peer cannot be had here; the text says why, and what would help."""


@dataclass(frozen=True, slots=True)
class Feed:
    """One log of a running server."""

    watch: bytes
    """The request of a watcher who wants what comes from now on."""
    ready: str
    """What the server has sent when the watcher will miss nothing."""
    post: Callable[[int], bytes]
    """A request that appends so many lines."""
    publish_port: int
    """Where it goes."""


class Peer:
    """A server. `keeps` says what it has of a line that was acknowledged."""

    name = ""
    keeps = ""
    port = 0
    """Where it will listen, if it cannot choose a port and say which."""

    def command(self, folder: Path) -> Sequence[str]:
        """What starts it, in the foreground; `folder` is its own. Raises Missing."""
        raise NotImplementedError

    def feed(self, port: int) -> Feed:
        """A new log of the server that listens there."""
        raise NotImplementedError


class Absent(Peer):
    """A peer that belongs here and cannot be had."""

    def __init__(self, name: str, why: str) -> None:
        self.name = name
        self._why = why

    def command(self, _: Path) -> Sequence[str]:
        raise Missing(self._why)


def lines(count: int) -> list[str]:
    return [LINE.ljust(LINE_BYTES, ".")] * count


def records(count: int) -> list[str]:
    """The same lines as Logflume hands them out, numbers and times as wide as there."""
    line = {"n": 1, "time": "2026-11-23T15:37:00.123456Z", "stream": "stdout"}
    return [json.dumps({**line, "text": text}, separators=(",", ":")) for text in lines(count)]


def json_array(path: str, count: int) -> bytes:
    """A request that appends the records as a JSON array; one stands alone."""
    body = records(count)[0] if count == 1 else f"[{','.join(records(count))}]"
    return post(path, body.encode(), "application/json")


def text_of_records(path: str, count: int) -> bytes:
    """A request that appends the records as one message of so many lines of text."""
    return post(path, "\n".join(records(count)).encode())
