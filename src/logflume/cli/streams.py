"""How a command's standard streams are joined to ours.

Where we write to a terminal, the command gets a pseudo-terminal, so that it shows colours and
progress and may ask questions. Everything that is not the terminal stays apart: stderr in a file
stays in that file, stdin from a pipe ends when the pipe does.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from logflume.cli import terminal
from logflume.cli.child import STDERR, STDIN, STDOUT, Files


@dataclass(frozen=True, slots=True)
class Output:
    """One stream of the command: where we read it, what it is called, where it goes."""

    fd: int
    stream: str
    echo: int


@dataclass(slots=True)
class Streams:
    """The command's ends in `files`, ours in `outputs`; `pty` is our end of its terminal."""

    files: Files
    outputs: list[Output]
    pty: int | None = None
    typed: bool = False
    """Whether keys are to be passed on to the pseudo-terminal."""
    _pipe_ends: list[int] = field(default_factory=list)
    _terminal_ends: list[int] = field(default_factory=list)

    def started(self) -> None:
        """The command has its ends: close ours of its pipes, so that their end is seen as one."""
        _close(self._pipe_ends)

    def ended(self) -> None:
        """The command has ended: close its terminal. Before, a command that only lets go of it
        for a while would be hung up on. May be called again.
        """
        _close(self._terminal_ends)

    def resize(self) -> None:
        """Our terminal has changed its size."""
        if self.pty is not None:
            terminal.copy_size(STDOUT, self.pty)


def connect() -> Streams:
    """Make the pseudo-terminal or the pipes that our own streams call for."""
    if not os.isatty(STDOUT):
        out, err = os.pipe(), os.pipe()
        outputs = [Output(out[0], "stdout", STDOUT), Output(err[0], "stderr", STDERR)]
        files = Files(STDIN, out[1], err[1], terminal=False)
        return Streams(files, outputs, _pipe_ends=[out[1], err[1]])
    typed = terminal.is_ours(STDIN)
    pty, theirs = terminal.open_pty(like=STDOUT, raw=typed)
    stdin = theirs if os.isatty(STDIN) else STDIN
    outputs, stderr, pipe_ends = [Output(pty, "stdout", STDOUT)], theirs, []
    if not os.isatty(STDERR):
        reader, stderr = os.pipe()
        outputs.append(Output(reader, "stderr", STDERR))
        pipe_ends.append(stderr)
    files = Files(stdin, theirs, stderr, terminal=True)
    return Streams(files, outputs, pty, typed, pipe_ends, [theirs])


def _close(fds: list[int]) -> None:
    while fds:
        os.close(fds.pop())
