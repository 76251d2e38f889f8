"""`logflume redact` as it is called: its options and help, and where the secret comes from.

A secret on the command line stands in the shell's history and in the list of processes, so there
are other ways to give it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from logflume.cli import options as opt
from logflume.cli.settings import DEFAULT_SERVER

Line = Annotated[
    list[int] | None,
    typer.Option("--line", min=1, metavar="N", help="Out of this line; may be repeated."),
]
AllLines = Annotated[bool, typer.Option("--all-lines", help="Out of every line that has it.")]
Text = Annotated[
    str,
    typer.Option(
        metavar="TEXT|@FILE|-", help="What must go; - reads it from stdin. Asked for if left out."
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask whether it is meant.")]


def redact(
    which: opt.Which,
    line: Line = None,
    all_lines: AllLines = False,
    text: Text = "",
    yes: Yes = False,
    json: opt.Json = False,
    server: opt.Server = DEFAULT_SERVER,
) -> None:
    """Take a leaked secret out of a deployment's log for good.

    \b
    Examples:
      logflume redact dep_… --line 17
      logflume redact dep_… --all-lines --text @leaked.pem
      vault read -field=token old | logflume redact dep_… --all-lines --text - --yes

    [redacted] stands in its place, and the end of the log says so. It also goes out of the
    deployment's title, address and metadata. Who has seen it has seen it, and so have backups:
    change the secret, too. Exits with 1 if it was not found.
    """
    if bool(line) is all_lines:
        raise typer.BadParameter("say where: --line N, or --all-lines")
    settings = opt.read_settings(server)
    secret = _secret(text)
    from logflume.cli.failures import explained
    from logflume.cli.redact import redact as redact_log
    from logflume.client.addresses import find_deployment

    with explained(settings.server):
        address = find_deployment(which, settings.server)
    _confirm(line, address.id, yes=yes)
    with explained(address.server):
        raise typer.Exit(redact_log(address, secret, line, settings, json=json))


def _secret(text: str) -> str:
    """The text itself, wherever it comes from. Raises BadParameter."""
    if text == "-":
        found = sys.stdin.read()
    elif text.startswith("@"):
        found = _read(Path(text[1:]))
    elif text or not sys.stdin.isatty():
        found = text
    else:
        found = typer.prompt("What must go", hide_input=True, err=True)
    found = found.strip("\r\n")
    if not found:
        raise typer.BadParameter("give the text that must go with --text TEXT, @FILE or -")
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise typer.BadParameter(f"--text: cannot read {path}: {reason}") from None


def _confirm(lines: list[int] | None, deployment: str, *, yes: bool) -> None:
    """Raises Abort if it is not meant. Only people are asked."""
    if yes or not sys.stdin.isatty():
        return
    where = f"line {', '.join(map(str, lines))}" if lines else "every line"
    typer.confirm(f"Take it out of {where} of {deployment} for good?", abort=True, err=True)


__all__ = ["redact"]
