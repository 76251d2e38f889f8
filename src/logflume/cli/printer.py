"""A log's records on stdout: as text for people, as NDJSON for programs.

A partial record is printed without a newline, so that a prompt looks like one. When another
stream comes in between, its line begins on a new line and the rest of the first one does too.

The line that begins or ends a group is printed as it was written. A terminal shows the first in
bold, and leaves out GitLab's marks in both, as every terminal would that got their control
sequences.
"""

from __future__ import annotations

import re
import sys

from logflume.cli.escapes import TerminalFilter
from logflume.client.follow import Batch
from logflume.client.records import LogRecord

RESET = "\x1b[0m"
"""Back to the terminal's own colours, in case a line ended without."""

BOLD = "\x1b[1m"

LINES = ("line", "group", "omitted")
"""The kinds of records that have a text."""

_GITLAB_MARK = re.compile(r"(?:\x1b\[0K)?section_(?:start|end):[^\r]*\r\x1b\[0K")


class TextPrinter:
    """The texts of a log. `safe` lets only colours through; without `colours`, not even those."""

    def __init__(self, *, safe: bool, colours: bool, timestamps: bool) -> None:
        self._safe = safe
        self._colours = colours
        self._timestamps = timestamps
        self._filters: dict[str, TerminalFilter] = {}
        self._open = ""  # the stream of a line that is printed only in part

    def show(self, batch: Batch[LogRecord]) -> None:
        """Print what there is of lines; other records have no text. Raises BrokenPipeError."""
        _write("".join(self._text(record) for record in batch.records if record.kind in LINES))

    def finish(self) -> None:
        """Leave the terminal as a prompt wants to find it."""
        ending = "\n" if self._open else ""
        _write(ending + (RESET if self._safe and self._colours else ""))
        self._open = ""

    def _text(self, record: LogRecord) -> str:
        interrupted = "\n" if self._open not in ("", record.stream) else ""
        stamp = f"{record.time} " if self._timestamps and self._open != record.stream else ""
        self._open = record.stream if record.partial else ""
        text = self._filtered(record) if self._safe else record.text
        return f"{interrupted}{stamp}{text}" + ("" if record.partial else "\n")

    def _filtered(self, record: LogRecord) -> str:
        known = self._filters.get(record.stream)
        if known is None:
            known = self._filters[record.stream] = TerminalFilter(colours=self._colours)
        if record.kind != "group":
            return known.feed(record.text, partial=record.partial)
        text = known.feed(_GITLAB_MARK.sub("", record.text), partial=record.partial)
        return f"{BOLD}{text}{RESET}" if record.open and self._colours else text


class JsonPrinter:
    """Every record as it was received, one a line."""

    def show(self, batch: Batch[LogRecord]) -> None:
        """Print the records. Raises BrokenPipeError."""
        _write(b"".join(bytes(raw) + b"\n" for raw in batch.raw))

    def finish(self) -> None:
        """Nothing is left open."""


Printer = TextPrinter | JsonPrinter


def _write(text: str | bytes) -> None:
    """To stdout at once: whoever watches wants to see it now."""
    body = text.encode("utf-8", "replace") if isinstance(text, str) else text
    if body:
        sys.stdout.buffer.write(body)
        sys.stdout.buffer.flush()
