"""What `logflume run` does while its command runs, and when it has ended.

Three threads: this one moves output and keys, one takes signals, one sends the spool. Only the
first is between the command and its terminal, and it waits for neither of the others before the
command has ended.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import nullcontext
from subprocess import Popen

from logflume.cli import child, signals, terminal
from logflume.cli.about import About, Name
from logflume.cli.delivery import Delivery
from logflume.cli.messages import say
from logflume.cli.origin import GitQuestion
from logflume.cli.pump import Keys, Pump, Source
from logflume.cli.recorder import Recorder
from logflume.cli.secrets import masks_of
from logflume.cli.settings import Settings
from logflume.cli.spool import Result
from logflume.cli.streams import Streams

CANCELLED = {-signal.SIGINT, -signal.SIGTERM, 128 + signal.SIGINT, 128 + signal.SIGTERM}
"""The ends of a command that somebody stopped, itself or through the shell that ran it."""


def attend(
    popen: Popen[bytes],
    joined: Streams,
    name: Name,
    about: About,
    git: GitQuestion,
    settings: Settings,
) -> int:
    """Log the command until it has ended and its log is sent or kept; how it ended, as Popen says.

    The signals of `signals.WATCHED` must be blocked.
    """
    masks = masks_of(os.environ, about.masks)
    delivery = Delivery(name, settings, masks)
    delivery.open(about, git)
    sources = [
        Source(out.fd, Recorder(delivery.log, out.stream, masks), out.echo)
        for out in joined.outputs
    ]
    typed = joined.typed and joined.pty is not None
    pump = Pump(sources, Keys(child.STDIN, joined.pty or 0) if typed else None)
    signals.watch(_reaction(popen, joined, delivery, pump))
    with terminal.raw(child.STDIN) if typed else nullcontext():
        pump.run()
        returncode = popen.wait()
    if pump.left_open:
        say("the command has ended; what it left running writes on, but no longer into the log")
    delivery.close(result_of(returncode))
    return returncode


def report_not_started(
    error: child.NotStarted, name: Name, about: About, git: GitQuestion, settings: Settings
) -> int:
    """Tell in the log that there is nothing to run; the exit code."""
    masks = masks_of(os.environ, about.masks)
    delivery = Delivery(name, settings, masks)
    signals.watch(lambda taken: delivery.hurry.set() if taken.number in signals.PASSED_ON else None)
    delivery.open(about, git)
    delivery.log.add([(masks.masked(str(error)), False)], "system")
    delivery.close(Result("failed", error.exit_code))
    return error.exit_code


def result_of(returncode: int) -> Result:
    """What a command's end makes of its deployment."""
    code = child.exit_code_of(returncode)
    if returncode in CANCELLED:
        return Result("cancelled", code)
    return Result("failed" if code else "succeeded", code)


def _reaction(
    popen: Popen[bytes], joined: Streams, delivery: Delivery, pump: Pump
) -> Callable[[signals.Taken], None]:
    def react(taken: signals.Taken) -> None:
        if taken.number == signal.SIGCHLD:
            if popen.poll() is not None:
                joined.ended()
                pump.stop()
        elif taken.number == signal.SIGWINCH:
            joined.resize()
        elif popen.returncode is not None:
            delivery.hurry.set()
        elif joined.pty is not None or not taken.from_terminal:
            _pass_on(taken.number, popen)

    return react


def _pass_on(number: int, popen: Popen[bytes]) -> None:
    try:
        popen.send_signal(number)
    except OSError as error:  # it runs as somebody else, through sudo
        name = signal.Signals(number).name
        say(f"{name} cannot be passed on to the command: {error.strerror or error}")
