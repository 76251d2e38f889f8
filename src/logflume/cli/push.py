"""`logflume push`: what comes on stdin becomes a deployment's log.

A pipe does not tell whether the command before it succeeded, so the end of the input means what
the option says. Ctrl-C reaches every command of a pipe: what they still write is taken, and the
deployment is cancelled.
"""

from __future__ import annotations

import os

from logflume.cli import child, signals
from logflume.cli.about import About, new_name
from logflume.cli.delivery import Delivery
from logflume.cli.messages import say
from logflume.cli.origin import GitQuestion
from logflume.cli.pump import Pump, Source
from logflume.cli.recorder import Recorder
from logflume.cli.secrets import masks_of
from logflume.cli.settings import Settings
from logflume.cli.spool import Result
from logflume.masks.masks import Masks


def push(about: About, status_on_eof: str, settings: Settings) -> int:
    """Log stdin to its end. Does not return if a signal ended it."""
    name = new_name(settings.server)
    say(name.page)
    masks = masks_of(os.environ, about.masks)
    delivery = Delivery(name, settings, masks)
    with signals.blocked():
        delivery.open(about, GitQuestion())
        stopped = _log_stdin(delivery, masks)
        delivery.close(Result("cancelled", 128 + stopped) if stopped else Result(status_on_eof))
    if stopped:
        child.die_of(stopped)
    return 0


def _log_stdin(delivery: Delivery, masks: Masks) -> int:
    """Until the input ends or a signal ends it; which one, or 0. Another one after it hurries."""
    pump = Pump([Source(os.dup(child.STDIN), Recorder(delivery.log, "stdout", masks))])
    ended_by: list[int] = []

    def react(taken: signals.Taken) -> None:
        if taken.number not in signals.PASSED_ON:
            return
        if ended_by:
            delivery.hurry.set()
        ended_by.append(taken.number)
        pump.stop()

    signals.watch(react)
    pump.run()
    return ended_by[0] if ended_by else 0
