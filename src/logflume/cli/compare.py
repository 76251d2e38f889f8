"""`logflume compare`: runs the comparison, shows how far it is, and what came out.

Whatever ends it but SIGKILL, its server and its folder go with it. Ctrl-C, and the signals that
end other commands, give 128 and the signal's number.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from logflume.cli.messages import STDERR, say
from logflume.client.errors import ClientError
from logflume.compare.comparison import compare
from logflume.compare.figures import Comparison
from logflume.compare.limits import NoRoom, Room, room_for
from logflume.compare.plan import Plan
from logflume.compare.report import page_of
from logflume.compare.server import ServerDied
from logflume.compare.table import aligned, cells, separated

FAILED = 1

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

BAR_CHARACTERS = 24


@dataclass(frozen=True, slots=True)
class Shown:
    """Where the figures go."""

    json: bool
    report: Path | None


def compare_patterns(plan: Plan, shown: Shown) -> int:
    """Measure and show; the exit code."""
    try:
        room = room_for(plan)
        bar = Bar(wanted=not shown.json)
        with (
            tempfile.TemporaryDirectory(prefix="logflume-compare-") as folder,
            asyncio.Runner(loop_factory=_loop_factory()) as runner,
        ):
            found = runner.run(_until_stopped(room, Path(folder), bar))
    except ServerDied as error:
        for row in str(error).splitlines():
            say(row)
        return FAILED
    except (NoRoom, ClientError, OSError, EOFError) as error:
        say(f"the comparison broke off: {error}")
        return FAILED
    if isinstance(found, signal.Signals):
        say("stopped before the end; the server and its folder are gone")
        return 128 + found
    return _show(found, shown)


async def _until_stopped(room: Room, folder: Path, bar: Bar) -> Comparison | signal.Signals:
    """What was measured, or the signal that ended it."""
    loop = asyncio.get_running_loop()
    measuring = asyncio.ensure_future(compare(room, folder, bar.show))
    taken: list[signal.Signals] = []

    def stop(number: signal.Signals) -> None:
        taken.append(number)
        measuring.cancel()

    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stop, number)
    try:
        await asyncio.wait({measuring})
    finally:
        bar.clear()
    return taken[0] if taken else measuring.result()


def _show(comparison: Comparison, shown: Shown) -> int:
    for remark in comparison.remarks():
        say(remark)
    if shown.json:
        sys.stdout.write(msgspec.json.encode(comparison.document()).decode() + "\n")
    else:
        rows = cells(comparison)
        sys.stdout.write((aligned(rows) if sys.stdout.isatty() else separated(rows)) + "\n")
    if shown.report is None:
        return 0
    try:
        shown.report.write_text(page_of(comparison), "utf-8")
    except OSError as error:
        say(f"the report is not written: {error.strerror or error}")
        return FAILED
    say(f"the report is in {shown.report}")
    return 0


class Bar:
    """How far it is, in one line of the terminal that stderr is; nothing where it is none."""

    def __init__(self, *, wanted: bool) -> None:
        plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        self._is_shown = wanted and not plain and os.isatty(STDERR)

    def show(self, done: float, what: str) -> None:
        """The share that is done, and what is being done now."""
        full = int(done * BAR_CHARACTERS)
        self._write(f"{'━' * full}{'╌' * (BAR_CHARACTERS - full)} {done:4.0%}  {what}")

    def clear(self) -> None:
        """Leave no trace."""
        self._write("")

    def _write(self, text: str) -> None:
        if self._is_shown:
            columns = os.get_terminal_size(STDERR).columns
            os.write(STDERR, f"\r\x1b[K{text[: columns - 1]}".encode())


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # it is not for every system
        return None
    return uvloop.new_event_loop


__all__ = ["Shown", "compare_patterns"]
