"""`logflume compare` as it is called: its options, and what can be wrong with them.

All of that is found out before a server is started, for a comparison takes a minute.
"""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from logflume.compare.plan import (
    LABELS,
    LINES,
    LINES_A_SECOND,
    WATCHERS,
    Plan,
    sample_texts,
    texts_of,
)


class PatternName(StrEnum):
    """The names in `plan.LABELS`; typer takes a list of these, but none of literals."""

    HISTORY = "history"
    POLL = "poll"
    LONG_POLL = "long-poll"
    SSE = "sse"
    WEBSOCKET = "websocket"


MOST_WATCHERS = 20_000
"""All of them are read by one process; more would tell of it, and not of the server."""

MOST_LINES = 100_000
"""Of each line at each watcher it keeps when it came: by 50 watchers that is half a gigabyte."""

LEAST_RATE, MOST_RATE = 0.1, 10_000.0
"""Lines a second. Slower, and nothing is learned in an hour; faster, and lines come in batches."""


Watchers = Annotated[
    int, typer.Option(min=1, max=MOST_WATCHERS, metavar="N", help="How many read the log.")
]
Lines = Annotated[
    int, typer.Option(min=1, max=MOST_LINES, metavar="N", help="How many lines are appended.")
]
Rate = Annotated[
    float, typer.Option(min=LEAST_RATE, max=MOST_RATE, metavar="LINES/S", help="How fast.")
]
Log = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        exists=True,
        dir_okay=False,
        readable=True,
        help="Your own lines, over again if it takes more; a sample otherwise.",
    ),
]
Patterns = Annotated[
    list[PatternName] | None,
    typer.Option(metavar="NAME", help=f"Only this of {', '.join(LABELS)}; may be repeated."),
]
Json = Annotated[bool, typer.Option("--json", help="All figures as one JSON document.")]
Report = Annotated[
    Path | None, typer.Option(metavar="FILE.html", help="Also write a page with plots.")
]


def compare(
    watchers: Watchers = WATCHERS,
    lines: Lines = LINES,
    rate: Rate = LINES_A_SECOND,
    log: Log = None,
    pattern: Patterns = None,
    json: Json = False,
    report: Report = None,
) -> None:
    """Compare the patterns of reading on this machine.

    \b
    Examples:
      logflume compare
      logflume compare --log build.log --report patterns.html
      logflume compare --watchers 500 --rate 10 --pattern sse --pattern websocket
      logflume compare --json | jq '.patterns[] | {pattern, bytes_a_line}'

    Starts a server of its own in a temporary folder, for about a minute, and needs none of yours.
    """
    _check_report(report)
    from logflume.cli.compare import Shown, compare_patterns

    try:
        texts = texts_of(log, lines) if log else sample_texts()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise typer.BadParameter(f"--log {log}: {reason}") from error
    chosen = [name for name in LABELS if not pattern or name in pattern]
    plan = Plan(chosen, watchers, lines, rate, texts)
    raise typer.Exit(compare_patterns(plan, Shown(json=json, report=report)))


def _check_report(report: Path | None) -> None:
    """Raises BadParameter for a file that could not be written in the end."""
    if report is None:
        return
    if not report.parent.is_dir():
        raise typer.BadParameter(f"--report {report}: there is no folder {report.parent}")
    if report.is_dir():
        raise typer.BadParameter(f"--report {report}: that is a folder")
    if not os.access(report if report.exists() else report.parent, os.W_OK):
        raise typer.BadParameter(f"--report {report}: it cannot be written")


__all__ = ["compare"]
