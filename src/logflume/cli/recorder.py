"""One stream of output as records in the spool: masked, split, stamped, encoded.

Nothing here may stop the command: a spool that cannot be written (disk full) costs the log some
lines, which is said once on stderr and, as soon as there is room, in the log itself.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import msgspec

from logflume.cli.messages import say
from logflume.cli.spool import SpoolFull
from logflume.deployments.lines import Line, LineSplitter
from logflume.masks.masks import Masks
from logflume.masks.stream import StreamMask

PROMPT_SECONDS = 0.2
"""How long a line waits for its newline before it is shown as far as it is: a prompt."""

LOST = "{} records are lost here: the spool could not be written"

_encoder = msgspec.json.Encoder()


class Record(msgspec.Struct):
    """A line as it is sent."""

    text: str
    stream: str
    sent: str
    partial: bool = False
    continues: bool = False


class SafeSpool:
    """The end of a spool that is written, without the errors of its disk."""

    def __init__(self, append: Callable[[bytes], None]) -> None:
        self._append = append
        self._lost = 0

    def add(self, lines: list[Line], stream: str, *, continues: bool = False) -> None:
        """Add these lines to the log, or count them as lost. `continues`: the first of them goes on
        with the last one that this stream had before."""
        if not lines:
            return
        warning = note(LOST.format(self._lost)) if self._lost else b""
        try:
            self._append(warning + encode(lines, stream, now(), continues=continues))
        except SpoolFull as error:
            self._lose(error, len(lines))
        else:
            self._lost = 0

    def close(self) -> None:
        """Nothing follows: say in the log what is lost at its end, if there is room for that."""
        if self._lost:
            with suppress(SpoolFull):
                self._append(note(LOST.format(self._lost)))

    def _lose(self, error: SpoolFull, count: int) -> None:
        if not self._lost:
            say(f"the log loses lines, the spool cannot be written: {error}")
        # If more than the lines is lost, so is the record that tells of those before.
        self._lost = error.lost if error.lost <= count else self._lost + count


def encode(lines: list[Line], stream: str, sent: str, *, continues: bool = False) -> bytes:
    """The records of these lines, as NDJSON. Whole lines, so most, are encoded all at once."""
    texts = _encoder.encode_lines([text for text, _ in lines])
    tail = b',"stream":"%b","sent":"%b"' % (stream.encode(), sent.encode())
    if not continues and not any(partial for _, partial in lines):
        # A newline in a text is escaped, so each that is there stands between two texts.
        between = tail + b'}\n{"text":'
        return b'{"text":' + texts[:-1].replace(b"\n", between) + tail + b"}\n"
    records = []
    for row, (_, partial) in zip(texts.split(b"\n"), lines, strict=False):
        goes_on = (b"", b',"partial":true')[partial]
        went_on = (b"", b',"continues":true')[continues]
        records.append(b'{"text":%b%b%b%b}\n' % (row, tail, goes_on, went_on))
        continues = partial
    return b"".join(records)


def note(text: str) -> bytes:
    """What Logflume itself has to say in a log, as a record."""
    return encode([(text, False)], "system", now())


class Recorder:
    """Takes the bytes of one stream. `flush_at` is when a pending line wants to be seen, if any.

    What `masks` holds back of a line that waits does not want to be seen.
    """

    def __init__(self, spool: SafeSpool, stream: str, masks: Masks) -> None:
        self._spool = spool
        self._stream = stream
        self._mask = StreamMask(masks)
        self._splitter = LineSplitter()
        self._continues = False  # the last record is partial
        self.flush_at: float | None = None

    def push(self, piece: bytes, now_seconds: float) -> None:
        """Record what was written just now."""
        lines = self._splitter.push(self._mask.push(piece))
        self._add(lines)
        if not self._splitter.pending:
            self.flush_at = None
        elif lines or self.flush_at is None:
            self.flush_at = now_seconds + PROMPT_SECONDS

    def flush(self) -> None:
        """Record the pending line as far as it is."""
        self._add(self._splitter.flush_pending())
        self.flush_at = None

    def finish(self) -> None:
        """The stream has ended; its last line is complete."""
        self._add(self._splitter.push(self._mask.finish()))
        self._add(self._splitter.finish())
        self.flush_at = None

    def _add(self, lines: list[Line]) -> None:
        self._spool.add(lines, self._stream, continues=self._continues)
        if lines:
            self._continues = lines[-1][1]


def now() -> str:
    """The time as records carry it: UTC, RFC 3339, microseconds."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
