"""The thread that sends a spool, as the rest of a command sees it.

A thread of its own, so that no answer is ever waited for between a command and its terminal; even
the HTTP client is first loaded there. What it does is in `send.py`.
"""

from __future__ import annotations

import enum
import threading
import time

from logflume.cli.messages import say
from logflume.cli.spool import Spool

LAST_PAUSE_SECONDS = 0.25
"""Between tries once the command has ended: there is little time left."""

SLOW_SECONDS = 2.0
"""After the command's end, people are told why it takes longer."""


class Outcome(enum.Enum):
    """How far a spool got."""

    SENT = "sent"
    AWAY = "away"
    REFUSED = "refused"
    DAMAGED = "damaged"


class Upload(threading.Thread):
    """The sending of one spool, to the server that it is for or another."""

    def __init__(
        self, spool: Spool, token: str | None, *, server: str | None = None, quiet: bool = False
    ) -> None:
        super().__init__(name="upload", daemon=True)
        self.spool = spool
        self.server = server or spool.order.server
        self.token = token
        self.outcome = Outcome.AWAY
        self.problem = ""
        self._quiet = quiet
        self._news = threading.Event()
        self._ending = threading.Event()
        self._done = threading.Event()
        self._answered_at = time.monotonic()

    def run(self) -> None:
        """Send all of it. Ends by itself; until then only the process's end stops it."""
        from logflume.cli.send import send

        try:
            self.outcome, self.problem = send(self)
            if self.outcome is not Outcome.SENT:
                self.tell(f"the log is not stored: {self.problem}")
        finally:
            self._done.set()

    def wake(self) -> None:
        """The spool has grown or is finished. From any thread."""
        self._news.set()

    def wait(self, patience_seconds: float, hurry: threading.Event | None = None) -> Outcome:
        """How it went, once it is over or the server has given no answer for so long.

        Setting `hurry` ends the waiting at once.
        """
        self._ending.set()
        self.wake()
        started = time.monotonic()
        told = False
        while not self._done.wait(0.02):
            now = time.monotonic()
            silent = now - max(started, self._answered_at)
            if silent > patience_seconds or (hurry and hurry.is_set()):
                return Outcome.AWAY
            if not told and self._answered_at > started + SLOW_SECONDS:
                told = True
                self.tell("the rest of the log is being sent; Ctrl-C leaves it to `logflume sync`")
        return self.outcome

    def tell(self, text: str) -> None:
        """What happens meanwhile; nobody wants to know it of another run's spool."""
        if not self._quiet:
            say(text)

    def answered(self) -> None:
        """The server has answered just now."""
        self._answered_at = time.monotonic()

    def wait_for_news(self) -> None:
        """Until there is something new in the spool since `clear_news`."""
        self._news.wait()

    def clear_news(self) -> None:
        """Whatever is in the spool now is about to be seen."""
        self._news.clear()

    def pause(self, seconds: float) -> None:
        """Wait before asking again; not for long when the command's end waits for the answer."""
        if self._ending.wait(seconds):
            time.sleep(min(seconds, LAST_PAUSE_SECONDS))
