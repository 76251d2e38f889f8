"""The command that `logflume run` runs: started, signalled, and ended the way it would be alone.

It gets our stdin unless that is the terminal that a pseudo-terminal replaces; our working folder;
our signal settings as they were when we were started.
"""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import signal
import subprocess
import sys
import termios
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

STDIN, STDOUT, STDERR = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Files:
    """The command's standard streams, as descriptors; whether stdout is to be its terminal."""

    stdin: int
    stdout: int
    stderr: int
    terminal: bool


class NotStarted(Exception):
    """The command cannot be run; `exit_code` is what a shell gives for that."""

    def __init__(self, detail: str, exit_code: int) -> None:
        super().__init__(detail)
        self.exit_code = exit_code


def start(
    command: list[str], environ: Mapping[str, str], files: Files, signals: set[signal.Signals]
) -> subprocess.Popen[bytes]:
    """Start the command, with `signals` blocked here and not there. Raises NotStarted."""
    try:
        try:
            return _popen(command, environ, files, signals)
        except OSError as error:
            if error.errno != errno.ENOEXEC:
                raise
            # A script without its `#!` line: what every shell and env(1) do with it.
            return _popen(["/bin/sh", *command], environ, files, signals)
    except FileNotFoundError as error:
        script = "/" in command[0] and Path(command[0]).exists()
        why = "the interpreter after its #! was not found" if script else "command not found"
        raise NotStarted(f"{command[0]}: {why}", 127) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise NotStarted(f"{command[0]}: {reason}", 126) from error


def die_of(number: int) -> NoReturn:
    """End this process by the signal that ended the command, without a core dump of our own."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    with suppress(OSError):  # SIGKILL has no other action
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
    os.kill(os.getpid(), number)
    sys.exit(128 + number)  # the signal was one that does not end a process


def exit_code_of(returncode: int) -> int:
    """An exit code as shells give it: 128 and the signal's number for a command that it killed."""
    return returncode if returncode >= 0 else 128 - returncode


def _popen(
    command: list[str], environ: Mapping[str, str], files: Files, signals: set[signal.Signals]
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        env=environ,
        stdin=files.stdin,
        stdout=files.stdout,
        stderr=files.stderr,
        start_new_session=files.terminal,
        # Safe: no other thread runs yet.
        preexec_fn=_before_exec(signals, terminal=files.terminal),
    )


def _before_exec(signals: set[signal.Signals], *, terminal: bool) -> Callable[[], None]:
    def prepare() -> None:
        if terminal:
            with suppress(OSError):
                fcntl.ioctl(STDOUT, termios.TIOCSCTTY, 0)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)

    return prepare
