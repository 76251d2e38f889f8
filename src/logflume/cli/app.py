"""The entry point: options to commands, errors to one line and an exit code.

Exit codes: 2 for what the caller wrote wrongly, 1 for everything else that goes wrong, and for
`run` and `tail --exit-status` the command's own.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import typer

from logflume.cli.commands import app
from logflume.cli.messages import say


def main() -> NoReturn:
    """Run the command line of this process, and end it."""
    _fill_closed_streams()
    try:
        code = app(standalone_mode=False)
    except typer.TyperException as error:
        say(_hint(error))
        sys.exit(error.exit_code)
    except typer.Abort:
        sys.exit(1)
    sys.exit(_closed(code if isinstance(code, int) else 0))


def _hint(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "logflume"
    what = (
        error.format_message()
        .removeprefix("Invalid value: ")
        .replace("Value error, ", "")
        .rstrip(".")
    )
    return f"{what}; `{path} --help` shows how"


def _fill_closed_streams() -> None:
    """A standard stream that is closed leads nowhere; else the next pipe would take its number."""
    for fd, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(fd, mode, closefd=False))


def _closed(code: int) -> int:
    """Flush what is left; a reader that has gone is its own business, and no traceback."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code
