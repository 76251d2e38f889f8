"""What Logflume itself has to say: one line each, on stderr, never mixed into the data."""

from __future__ import annotations

import os
import sys

from logflume.cli.escapes import plain

STDERR = 2


def say(text: str) -> None:
    """Tell people something. A stderr that is closed is nobody to tell, and no error."""
    row = f"logflume: {plain(text)}".encode("utf-8", "replace") + _newline()
    try:
        sys.stderr.flush()
        os.write(STDERR, row)
    except (OSError, ValueError, AttributeError):
        return


def _newline() -> bytes:
    """In a terminal that is raw, because a command runs in it, `\\n` alone does not go left."""
    try:
        import termios
    except ImportError:  # not a Unix: no command runs in a terminal of ours
        return b"\n"
    try:
        processed = termios.tcgetattr(STDERR)[1] & termios.OPOST
    except (termios.error, OSError):
        processed = 1
    return b"\n" if processed else b"\r\n"
