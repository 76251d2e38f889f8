"""Lines that wait to be sent, as bytes: encoded when written, taken in batches, kept until stored.

No I/O and no lock: whoever shares an outbox between threads guards it. Between `take` and `stored`
one batch is under way, and `take` gives the same one again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from logflume.deployments.lines import MAX_LINE_BYTES, pieces

BATCH_BYTES = 256 * 1024
"""What an append carries: enough to make its commit worth while, little enough to repeat."""

BATCH_LINES = 10_000
"""What an append carries of very short lines, so that readers get them in portions, too."""

FULL_BYTES = 8 * 1024 * 1024
"""What waits in memory at most, give or take one line: a writer that is faster then waits."""

LONGEST_LEVEL = 32
"""What the server takes, in characters."""

STREAMS = frozenset({"stdout", "stderr", "system"})

_encode = msgspec.json.Encoder().encode


class Line(msgspec.Struct, omit_defaults=True):
    """A line as it is sent. A newline in the text would be part of the record."""

    text: str
    stream: str
    level: str = ""
    sent: str = ""
    partial: bool = False
    continues: bool = False


@dataclass(frozen=True, slots=True)
class Parcel:
    """One append: its body as NDJSON, and how many lines that is."""

    body: bytes
    lines: int


class Outbox:
    """What is written and not yet stored."""

    def __init__(self) -> None:
        self._rows: deque[bytes] = deque()
        self._row_bytes = 0
        self._under_way: Parcel | None = None

    @property
    def unsent(self) -> int:
        """How many lines are not known to be stored."""
        return len(self._rows) + (self._under_way.lines if self._under_way else 0)

    @property
    def is_full(self) -> bool:
        return self._row_bytes >= FULL_BYTES

    def add(self, rows: Sequence[bytes]) -> None:
        """Put encoded lines at the end."""
        self._rows.extend(rows)
        self._row_bytes += sum(map(len, rows))

    def take(self) -> Parcel | None:
        """The batch to send now, if there is one."""
        if self._under_way is None and self._rows:
            rows: list[bytes] = []
            size = 0
            while self._rows and size < BATCH_BYTES and len(rows) < BATCH_LINES:
                rows.append(self._rows.popleft())
                size += len(rows[-1])
            self._row_bytes -= size
            self._under_way = Parcel(b"".join(rows), len(rows))
        return self._under_way

    def stored(self) -> None:
        """The batch under way is the server's now."""
        self._under_way = None


def encode_lines(
    text: str, stream: str = "stdout", level: str = "", sent: datetime | None = None
) -> list[bytes]:
    """A text as NDJSON: a record each line, more for a line that is too long for one.

    A newline at the end ends the last line, it does not begin another. Raises ValueError.
    """
    if stream not in STREAMS:
        raise ValueError(f"stream is stdout, stderr or system, not {stream!r}")
    if len(level) > LONGEST_LEVEL:
        raise ValueError(f"a level has at most {LONGEST_LEVEL} characters")
    if sent is not None and sent.tzinfo is None:
        raise ValueError("sent must say its time zone, as datetime.now(UTC) does")
    time = sent.isoformat() if sent else ""
    rows = []
    for line in _unicode(text).removesuffix("\n").split("\n"):
        continues = False
        for piece, partial in _records(line.removesuffix("\r")):
            rows.append(_encode(Line(piece, stream, level, time, partial, continues)) + b"\n")
            continues = partial
    return rows


def _records(line: str) -> Sequence[tuple[str, bool]]:
    # A character has at most 4 bytes, so most lines need not be encoded to be measured.
    return [(line, False)] if len(line) * 4 <= MAX_LINE_BYTES else pieces(line.encode())


def _unicode(text: str) -> str:
    """The text without lone surrogates, as they come from file names of another encoding."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


__all__ = ["BATCH_BYTES", "STREAMS", "Outbox", "Parcel", "encode_lines"]
