"""The user's terminal and the pseudo-terminal that stands in for it.

While a command runs in a pseudo-terminal, the real one is raw: every key goes through as it is,
and the command's own terminal decides what Ctrl-C means. Whatever happens, the real one gets its
settings back.
"""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress


def open_pty(like: int, *, raw: bool) -> tuple[int, int]:
    """A pseudo-terminal with settings and size of the terminal `like`: our end, the command's.

    `raw` says whether that will be raw; if not, it makes `\\r\\n` of `\\n`, and once is enough.
    """
    ours, theirs = pty.openpty()
    with suppress(termios.error):
        settings = termios.tcgetattr(like)
        if not raw:
            settings[1] &= ~termios.OPOST
        termios.tcsetattr(theirs, termios.TCSANOW, settings)
    copy_size(like, ours)
    os.set_blocking(ours, False)
    return ours, theirs


def copy_size(source: int, target: int) -> None:
    """Give `target` the size of `source`; the kernel tells the command by SIGWINCH."""
    with suppress(OSError):
        size = fcntl.ioctl(source, termios.TIOCGWINSZ, struct.pack("HHHH", 0, 0, 0, 0))
        fcntl.ioctl(target, termios.TIOCSWINSZ, size)


def is_ours(terminal: int) -> bool:
    """Whether this process may use the terminal: one in the background would be stopped by it."""
    try:
        return os.isatty(terminal) and os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False


@contextmanager
def raw(terminal: int) -> Iterator[None]:
    """The terminal passes every key as it is, until the end of the block however it ends."""
    before = termios.tcgetattr(terminal)
    # Not TCSAFLUSH, which throws away what was typed already.
    tty.setraw(terminal, termios.TCSADRAIN)
    try:
        yield
    finally:
        with suppress(termios.error):
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)
