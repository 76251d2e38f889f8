r"""Server-Sent Events: bytes in, events out.

The format of the HTML standard, section 9.2, as bytes, because `data` is JSON that is decoded
later and only once. A line ends with `\n`, `\r\n` or `\r` and with nothing else: U+2028 is text.
An event that is cut off by the end of the stream is not one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `id` is empty if the event does not set it."""

    name: str
    data: bytes
    id: str = ""


class SseParser:
    """Turns the body of an event stream into events, however its bytes arrive."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []  # of the line whose end has not come
        self._after_cr = False  # the last byte was \r, so that a \n now belongs to it
        self._reset()

    def push(self, body: bytes) -> list[Event]:
        """The events that are complete with `body`, the next bytes of the stream."""
        if self._after_cr and body:
            body, self._after_cr = body.removeprefix(b"\n"), False
        if b"\r" in body:
            self._after_cr = body.endswith(b"\r")
            body = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        first, *rest = body.split(b"\n")
        self._parts.append(first)
        if not rest:
            return []
        lines = [b"".join(self._parts), *rest[:-1]]
        self._parts = [rest[-1]]
        return [event for line in lines if (event := self._take(line))]

    def _take(self, line: bytes) -> Event | None:
        if not line:
            return self._dispatch()
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._data.append(value)
        elif field == b"event":
            self._name = value.decode("utf-8", "replace")
        elif field == b"id" and b"\0" not in value:
            self._id = value.decode("utf-8", "replace")
        return None  # a comment, `retry`, or a field of the future

    def _dispatch(self) -> Event | None:
        event = Event(self._name or "message", b"\n".join(self._data), self._id)
        complete = bool(self._data)
        self._reset()
        return event if complete else None

    def _reset(self) -> None:
        self._name, self._id = "", ""
        self._data: list[bytes] = []


__all__ = ["Event", "SseParser"]
