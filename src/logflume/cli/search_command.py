"""`logflume search` as it is called: its options and help."""

from __future__ import annotations

from typing import Annotated

import typer

from logflume.cli import options as opt
from logflume.cli.settings import DEFAULT_SERVER

Text = Annotated[
    str, typer.Argument(metavar="TEXT", show_default=False, help="What stands in the lines.")
]
Regex = Annotated[bool, typer.Option("--regex", help="TEXT is a regular expression (RE2's).")]
Case = Annotated[bool, typer.Option("--case", help="Upper and lower case differ.")]
Level = Annotated[
    list[str] | None,
    typer.Option(metavar="LEVEL", help="Only of this level, such as error; may be repeated."),
]
Stream = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Only of stdout, stderr or system; may be repeated."),
]
Limit = Annotated[
    int | None, typer.Option("-n", "--lines", min=1, help="Only the first N lines found.")
]
Numbers = Annotated[bool, typer.Option("--numbers", help="Begin each line with its number.")]
Raw = Annotated[
    bool, typer.Option("--raw", help="Let every control sequence through to the terminal.")
]

UNKNOWN = 2
"""grep's exit code when it could not look."""


def search(
    which: opt.Which,
    text: Text = "",
    regex: Regex = False,
    case: Case = False,
    level: Level = None,
    stream: Stream = None,
    lines: Limit = None,
    numbers: Numbers = False,
    raw: Raw = False,
    json: opt.Json = False,
    server: opt.Server = DEFAULT_SERVER,
) -> None:
    """Find lines in a deployment's log.

    \b
    Examples:
      logflume search dep_… timeout
      logflume search dep_… --level error -n 1
      logflume search dep_… --regex '^npm (ERR!|error)' --numbers
      logflume search dep_… --stream stderr --json | jq -r .text

    Upper and lower case are the same, and colours are not in the way. Exits as grep does: with 0
    if something was found, with 1 if not, with 2 if that is not known.
    """
    if regex and not text:
        raise typer.BadParameter("--regex needs a TEXT")
    if not (text or level or stream):
        raise typer.BadParameter("say what to look for: a TEXT, --level or --stream")
    settings = opt.read_settings(server)
    from logflume.cli.failures import explained
    from logflume.cli.search import Shown
    from logflume.cli.search import search as search_log
    from logflume.client.addresses import find_deployment
    from logflume.client.search import search_query

    q, expression = (None, text) if regex else (text or None, None)
    levels, streams = level or (), stream or ()
    query = search_query(q, expression, case=case, level=levels, stream=streams, kind=())
    with explained(settings.server, UNKNOWN):
        address = find_deployment(which, settings.server)
    with explained(address.server, UNKNOWN):
        shown = Shown(lines, numbers=numbers, raw=raw, json=json)
        raise typer.Exit(search_log(address, query, shown, settings))


__all__ = ["search"]
