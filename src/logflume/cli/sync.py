"""`logflume sync`: send what earlier runs could not, and say what became of each.

Each spool goes to the server that it was made for, unless told otherwise, and the token only to
the server that it belongs to. One line on stdout a spool; exit code 1 if one is still there.
"""

from __future__ import annotations

import os
import sys

import msgspec

from logflume.cli.left_overs import settle
from logflume.cli.messages import say
from logflume.cli.settings import Settings
from logflume.cli.spool import Spool
from logflume.cli.spools import left_over
from logflume.cli.upload import Outcome, Upload


class Report(msgspec.Struct):
    """What became of one spool."""

    id: str
    outcome: str
    page: str
    folder: str
    problem: str = ""


def sync(settings: Settings, server: str | None, *, json: bool) -> int:
    """Send every spool that nobody uses, each to its own server or to this. The exit code."""
    problems: list[str] = []
    away: dict[str, str] = {}
    reports = []
    for spool in left_over(os.environ, lambda error: problems.append(str(error))):
        report = _send(spool, server or spool.order.server, settings, away)
        _print(report, json=json)
        reports.append(report)
    for problem in problems:
        say(problem)
    if not reports and not problems:
        say("nothing is left over")
    return int(bool(problems) or any(report.outcome != "sent" for report in reports))


def _send(spool: Spool, server: str, settings: Settings, away: dict[str, str]) -> Report:
    report = Report(spool.id, Outcome.AWAY.value, f"{server}/d/{spool.id}", str(spool.folder))
    if server in away:  # one wait for each server is enough
        report.problem = away[server]
        return report
    try:
        settle(spool)
    except OSError as error:
        report.outcome, report.problem = Outcome.DAMAGED.value, str(error)
        return report
    upload = Upload(spool, settings.token_for(server), server=server, quiet=True)
    upload.start()
    outcome = upload.wait(settings.sync_seconds)
    report.outcome, report.problem = outcome.value, upload.problem
    if outcome is Outcome.SENT:
        spool.remove()
    elif outcome is Outcome.AWAY:
        report.problem = away[server] = "the server does not answer"
    else:
        spool.close()
    return report


def _print(report: Report, *, json: bool) -> None:
    if json:
        text = msgspec.json.encode(report).decode()
    elif report.outcome == Outcome.SENT.value:
        text = f"sent\t{report.page}"
    else:
        text = f"kept\t{report.folder}\t{report.problem}"
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
