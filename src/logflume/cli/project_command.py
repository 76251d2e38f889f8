"""`logflume project show` and `set` as they are called: their options and help."""

from __future__ import annotations

from typing import Annotated

import typer

from logflume.cli import options as opt
from logflume.cli.settings import DEFAULT_SERVER

project = typer.Typer(
    name="project",
    help="What a project has set for its deployments.",
    rich_markup_mode=None,
    no_args_is_help=True,
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The project.")]
KeepDays = Annotated[
    str | None,
    typer.Option(metavar="DAYS", help="Delete deployments that ended so long ago; 0 is never."),
]
KeepBytes = Annotated[
    str | None,
    typer.Option(metavar="BYTES", help="Delete the oldest when all are larger; 0 is never."),
]
MaxLogBytes = Annotated[
    str | None,
    typer.Option(metavar="BYTES", help="Of a larger log, keep the beginning and the newest part."),
]
Mask = Annotated[
    list[str] | None,
    typer.Option(
        metavar="REGEX",
        help="Mask what matches (RE2); may be repeated, and all others go. An empty one: none.",
    ),
]

DEFAULT = "default"
"""What says that the server's setting is to count."""


@project.command()
def show(name: Name, json: opt.Json = False, server: opt.Server = DEFAULT_SERVER) -> None:
    """Show a project's settings.

    \b
    Examples:
      logflume project show shop
      logflume project show shop --json | jq .effective.keep_days
    """
    settings = opt.read_settings(server)
    from logflume.cli.failures import explained
    from logflume.cli.project import show as show_project

    with explained(settings.server):
        show_project(name, settings, json=json)


@project.command("set")
def set_(
    name: Name,
    keep_days: KeepDays = None,
    keep_bytes: KeepBytes = None,
    max_log_bytes: MaxLogBytes = None,
    mask: Mask = None,
    json: opt.Json = False,
    server: opt.Server = DEFAULT_SERVER,
) -> None:
    """Change some of a project's settings; "default" is what the server has for all.

    \b
    Examples:
      logflume project set shop --keep-days 90
      logflume project set shop --keep-days default --max-log-bytes 268435456
      logflume project set shop --mask 'AKIA[0-9A-Z]{16}' --mask 'xox[abp]-[0-9A-Za-z-]+'
    """
    said = {"keep_days": keep_days, "keep_bytes": keep_bytes, "max_log_bytes": max_log_bytes}
    changes: dict[str, object] = {
        field: _number(field, text) for field, text in said.items() if text is not None
    }
    if mask is not None:
        changes["masks"] = [one for one in mask if one]
    if not changes:
        raise typer.BadParameter(
            "say what to set: --keep-days, --keep-bytes, --max-log-bytes, --mask"
        )
    settings = opt.read_settings(server)
    from logflume.cli.failures import explained
    from logflume.cli.project import change

    with explained(settings.server):
        change(name, changes, settings, json=json)


def _number(field: str, text: str) -> int | None:
    """The number, or None for the server's own. Raises BadParameter."""
    if text == DEFAULT:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        option = field.replace("_", "-")
        raise typer.BadParameter(f"--{option} takes a whole number or {DEFAULT}, not {text!r}")
    return int(text)


__all__ = ["project"]
