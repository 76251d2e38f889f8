"""A reader of Server-Sent Events for tests: strict about the bytes, patient about time.

It accepts only what Logflume promises to write, which is narrower than the HTML standard: LF ends
a line and nothing else does, `id` stands before `event`, `event: ` has a space and `data:` none,
and a data event is followed by its control event and by nothing else. A wait that runs out loses
nothing, so a test may look whether something has come and go on.
"""

from __future__ import annotations

import json
import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Self

from tests.exchange import PATIENCE_SECONDS, Exchange

_EVENT = re.compile(r"(?:id: (?P<id>[0-9_]+)\n)?event: (?P<event>[a-z]+)\ndata:(?P<data>[^ \n].*)")
_RETRY = re.compile(r"retry: ([0-9]+)")


class SseEvent(NamedTuple):
    """One event; `id` is empty where there is none."""

    id: str
    event: str
    data: str

    @property
    def json(self) -> Any:
        return json.loads(self.data)


class Batch(NamedTuple):
    """The records of a data event (none before the first) and the control event after it."""

    records: list[Any]
    control: dict[str, Any]


class SseReader:
    """Follows `url`. Iterate over it for (id, event, data) until the server ends the stream."""

    def __init__(self, url: str, headers: Mapping[str, str] | None = None) -> None:
        self.exchange = Exchange("GET", url, headers, chunked=False)
        self.raw = bytearray()
        """Everything that was read so far."""
        self.comments: list[str] = []
        self.retries_ms: list[int] = []
        self._rest = b""
        self._events: deque[SseEvent] = deque()

    @property
    def status(self) -> int:
        return self.exchange.status

    @property
    def headers(self) -> dict[str, str]:
        return self.exchange.headers

    def next(self, seconds: float = PATIENCE_SECONDS) -> SseEvent | None:
        """The next event, None at the end of the stream. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while not self._events:
            if not self._read(deadline):
                return None
        return self._events.popleft()

    def __iter__(self) -> Iterator[SseEvent]:
        return iter(self.next, None)

    def batch(self, seconds: float = PATIENCE_SECONDS) -> Batch:
        """The next data event and the control event that must follow it, or a control event."""
        event = self.next(seconds)
        assert event is not None, "the stream ended"
        if event.event == "control":
            assert event.id == event.json["streamNextOffset"], "an EventSource learns no place"
            return Batch([], event.json)
        assert event.event == "data", f"neither data nor control: {event}"
        control = self.next()
        assert control is not None, "the stream ended after data, without a control event"
        assert control.event == "control", f"after data came {control}"
        assert event.id == control.json["streamNextOffset"], "the id is not the offset after it"
        return Batch(event.json, control.json)

    def records_until(
        self, done: Callable[[dict[str, Any]], bool], seconds: float = PATIENCE_SECONDS
    ) -> list[dict[str, Any]]:
        """All records up to the batch that holds one which `done` accepts."""
        deadline = time.monotonic() + seconds
        records: list[dict[str, Any]] = []
        while not any(map(done, records)):
            records += self.batch(deadline - time.monotonic()).records
        return records

    def rest(self) -> list[dict[str, Any]]:
        """All records up to the end of the log, which must be said before the stream ends."""
        records: list[dict[str, Any]] = []
        closed = False
        while not closed:
            batch = self.batch()
            records += batch.records
            closed = batch.control.get("streamClosed", False)
        assert self.next() is None, "something came after the end of the log"
        return records

    def wait_for_comment(self, seconds: float) -> None:
        """Return once a comment line has come. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        seen = len(self.comments)
        while len(self.comments) == seen:
            assert self._read(deadline), "the stream ended"

    def close(self) -> None:
        self.exchange.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, deadline: float) -> bool:
        """Take in what comes next; whether there was something."""
        body = self.exchange.read(deadline - time.monotonic())
        if not body:
            assert not self._rest, f"the stream ended within an event: {self._rest!r}"
            return False
        self.raw += body
        *blocks, self._rest = (self._rest + body).split(b"\n\n")
        for block in blocks:
            self._take(block.decode("utf-8"))
        return True

    def _take(self, block: str) -> None:
        assert "\r" not in block, f"a carriage return: {block!r}"
        if block.startswith(":"):
            assert "\n" not in block, f"a comment with something else: {block!r}"
            self.comments.append(block)
            return
        retry = _RETRY.fullmatch(block)
        if retry:
            self.retries_ms.append(int(retry[1]))
            return
        match = _EVENT.fullmatch(block)
        assert match, f"not framed as promised: {block!r}"
        self._events.append(SseEvent(match["id"] or "", match["event"], match["data"]))


def dispatched(stream: bytes) -> list[tuple[str, bytes]]:
    """The events of a stream, each with its data, as a reader of the HTML standard takes them,
    section 9.2.6: for text and bytes, whose data may be several lines."""
    events: list[tuple[str, bytes]] = []
    event, data = "", list[bytes]()
    for line in re.split(rb"\r\n|\r|\n", stream):
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if not line:
            if data:
                events.append((event, b"\n".join(data)))
            event, data = "", []
        elif name == b"event":
            event = value.decode()
        elif name == b"data":
            data.append(value)
    return events


__all__ = ["Batch", "SseEvent", "SseReader", "dispatched"]
