"""Spools that an earlier run could not send: what is still to be written into them, and sending.

A run that was killed leaves a spool without a result. That is written here by whoever takes the
spool over: the log says where it breaks off, and the deployment has failed.
"""

from __future__ import annotations

import os
import threading
import time

import msgspec

from logflume.cli.messages import say
from logflume.cli.recorder import Record, encode, note
from logflume.cli.settings import Settings
from logflume.cli.spool import Result, Spool, SpoolFull
from logflume.cli.spools import left_over
from logflume.cli.upload import Outcome, Upload

BROKEN_OFF = "the log breaks off here: what wrote it was killed, or its machine was"

LAST_RECORD_BYTES = 512 * 1024
"""More than the longest record takes: 64 KiB of text, each byte as a JSON escape."""


class LeftOvers(threading.Thread):
    """Sends what is left over for one server, in the background, as far as there is time."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(name="left-overs", daemon=True)
        self._settings = settings
        self._done = threading.Event()

    def run(self) -> None:
        """Send what a server has not refused already; what fails is left to `logflume sync`."""
        try:
            for spool in left_over(os.environ):
                self._send(spool)
        finally:
            self._done.set()

    def wait(self, seconds: float, hurry: threading.Event) -> None:
        """Until all is sent, or for so long."""
        until = time.monotonic() + seconds
        while not self._done.wait(0.02) and not hurry.is_set() and time.monotonic() < until:
            pass

    def _send(self, spool: Spool) -> None:
        if spool.order.server != self._settings.server or spool.refused:
            spool.close()
            return
        upload = Upload(spool, self._settings.token, quiet=True)
        try:
            settle(spool)
        except OSError:
            spool.close()
            return
        upload.run()
        if upload.outcome is Outcome.SENT:
            say(f"the log of an earlier run is sent: {spool.page}")
            spool.remove()
        else:
            spool.close()


def settle(spool: Spool) -> None:
    """Give a spool whose writer has died its end. Raises OSError."""
    if spool.result is not None:
        return
    try:
        spool.append(_completion(spool) + note(BROKEN_OFF))
    except SpoolFull as error:
        raise OSError(f"{spool.folder} cannot be written: {error}") from error
    spool.finish(Result("failed"))


def _completion(spool: Spool) -> bytes:
    """An empty record for a last line that was given out only in part."""
    end = spool.read(max(0, spool.size - LAST_RECORD_BYTES), spool.size)
    rows = end.split(b"\n")
    last = msgspec.json.decode(rows[-2], type=Record) if len(rows) > 1 else None
    if last is None or not last.partial:
        return b""
    return encode([("", False)], last.stream, last.sent)
