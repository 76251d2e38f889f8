"""`logflume search`: the lines of a log that match, each as it is found."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

import msgspec

from logflume.cli.escapes import TerminalFilter
from logflume.cli.printer import RESET
from logflume.cli.settings import Settings
from logflume.client.addresses import Address
from logflume.client.blocking.client import Client
from logflume.client.follow import START, Query
from logflume.client.records import LogRecord, decode
from logflume.client.requests import log_path


@dataclass(frozen=True, slots=True)
class Shown:
    """How many lines to show, and how."""

    lines: int | None
    numbers: bool
    raw: bool
    json: bool


def search(address: Address, query: Query, shown: Shown, settings: Settings) -> int:
    """Print what is found; 0 if something was, else 1, as grep has it. Raises ClientError."""
    found = False
    with Client(address.server, settings.token_for(address.server)) as client:
        query = {"offset": START, **query}
        for raw in client.calls.search(log_path(address.id), query, shown.lines):
            found = True
            sys.stdout.buffer.write(_row(raw, shown))
            sys.stdout.buffer.flush()  # the next part may be a second away
    return 0 if found else 1


def _row(raw: msgspec.Raw, shown: Shown) -> bytes:
    if shown.json:
        return bytes(raw) + b"\n"
    record = decode(raw, LogRecord)
    number = f"{record.n}:" if shown.numbers else ""
    return f"{number}{_text(record, shown)}\n".encode("utf-8", "replace")


def _text(record: LogRecord, shown: Shown) -> str:
    """The line for a terminal: colours that it leaves on end with it."""
    if shown.raw or not sys.stdout.isatty():
        return record.text
    colours = not os.environ.get("NO_COLOR")
    text = TerminalFilter(colours=colours).feed(record.text)
    return text + (RESET if colours else "")


__all__ = ["Shown", "search"]
