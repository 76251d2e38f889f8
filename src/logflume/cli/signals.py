"""Signals to `logflume run` are for the command; this thread passes them on.

They are blocked in every thread and taken one by one here, because only so is it known where one
comes from: what a terminal sends (Ctrl-C) goes to the whole foreground group, so that a command in
our own group has it already, and many tools take a second Ctrl-C for "at once and unclean".

Blocking starts before the command does, so that no signal falls between.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PASSED_ON = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT}
WATCHED = PASSED_ON | {signal.SIGWINCH, signal.SIGCHLD}

SI_KERNEL = 0x80
"""The origin of a signal that no process sent: on Linux, a terminal's."""


class Taken:
    """A signal that came. `from_terminal` only where the system says so."""

    def __init__(self, number: int, *, from_terminal: bool) -> None:
        self.number = number
        self.from_terminal = from_terminal


@contextmanager
def blocked() -> Iterator[set[signal.Signals]]:
    """Signals wait in this block, and for ever in threads started in it: those blocked newly."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    try:
        yield {number for number in WATCHED if number not in before}
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def watch(react: Callable[[Taken], None]) -> None:
    """Call `react` for each signal from now on, on a thread of its own, until the process ends."""

    def loop() -> None:
        while True:
            react(_take())

    threading.Thread(target=loop, name="signals", daemon=True).start()


def _take() -> Taken:
    if not hasattr(signal, "sigwaitinfo"):
        return Taken(signal.sigwait(WATCHED), from_terminal=False)
    info = signal.sigwaitinfo(WATCHED)
    return Taken(info.si_signo, from_terminal=info.si_code == SI_KERNEL)
