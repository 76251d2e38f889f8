"""`logflume tail`: a log from its start, or its last lines, and then everything that comes.

One reading does it all, over as many connections as it takes; the end is the deployment's, and so
may be the exit code.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from logflume.cli.messages import say
from logflume.cli.printer import JsonPrinter, Printer, TextPrinter
from logflume.cli.settings import Settings
from logflume.cli.since import offset_since, parse_since
from logflume.client.addresses import Address
from logflume.client.blocking.client import Client
from logflume.client.blocking.following import Records
from logflume.client.errors import ServerAway
from logflume.client.follow import NOW, TransportName
from logflume.client.records import FINAL, LogRecord


@dataclass(frozen=True, slots=True)
class TailOptions:
    """What to show of a log, and how."""

    lines: int | None = None
    since: str = ""
    follow: bool = True
    json: bool = False
    timestamps: bool = False
    raw: bool = False
    exit_status: bool = False
    transport: TransportName = "sse"


def tail(address: Address, options: TailOptions, settings: Settings) -> int:
    """Show the log; the exit code. Raises ClientError, ValueError for a time that is none."""
    since = parse_since(options.since, datetime.now(UTC)) if options.since else None
    with Client(address.server, settings.token_for(address.server)) as client:
        end = _show(_followed(client, address, options, since), options)
        if end is None:  # it was shown in part, or is not finished
            known = client.deployment(address.id)
            return _result(known.status, known.exit_code, options)
    return _result(end.status, end.exit_code, options)


def _followed(
    client: Client, address: Address, options: TailOptions, since: datetime | None
) -> Records[LogRecord]:
    follow = partial(
        client.follow,
        address.id,
        transport=options.transport,
        on_away=partial(_away, address),
        on_back=_back,
    )
    if since is not None:
        return follow(offset=offset_since(client.calls, address.id, since))
    if options.lines is None:
        return follow()
    # The `end` record of a finished log is none of its lines.
    lines = options.lines + client.deployment(address.id).finished
    return follow(tail=lines) if lines else follow(offset=NOW)


def _show(records: Records[LogRecord], options: TailOptions) -> LogRecord | None:
    """Print the log; its `end` record, if it came that far."""
    printer = _printer(options)
    last: LogRecord | None = None
    try:
        for batch in records.batches():
            printer.show(batch)
            last = batch.records[-1] if batch.records else last
            if batch.up_to_date and not options.follow:
                break
    finally:
        printer.finish()
    return last if last and last.kind == "end" else None


def _printer(options: TailOptions) -> Printer:
    if options.json:
        return JsonPrinter()
    safe = sys.stdout.isatty() and not options.raw
    colours = not os.environ.get("NO_COLOR")
    return TextPrinter(safe=safe, colours=colours, timestamps=options.timestamps)


def _result(status: str, exit_code: int | None, options: TailOptions) -> int:
    """Say how the deployment ended; the exit code that goes with that."""
    code = "" if exit_code is None else f", exit code {exit_code}"
    if status in FINAL:
        say(f"the deployment has {_PARTICIPLES.get(status, status)}{code}")
    else:
        say(f"the deployment is {status}; without --no-follow its log is followed")
    if not options.exit_status:
        return 0
    return exit_code if exit_code is not None else int(status != "succeeded")


_PARTICIPLES = {"cancelled": "been cancelled"}


def _away(address: Address, error: ServerAway) -> None:
    say(f"reconnecting to {address.server} ({error})")


def _back() -> None:
    say("reconnected")
