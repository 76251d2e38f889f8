"""The options that several commands have, and what their texts mean.

What is wrong with one is said before anything is begun, in one line, with exit code 2.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from logflume.cli.messages import say
from logflume.cli.settings import DEFAULT_SERVER, Settings, settings

SERVER_VARIABLE = "LOGFLUME_SERVER"


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"logflume {version('logflume')}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", callback=_version, is_eager=True, help="The version.")
]

Server = Annotated[
    str, typer.Option(envvar=SERVER_VARIABLE, metavar="URL", help="The server's address.")
]
Project = Annotated[
    str,
    typer.Option(
        envvar="LOGFLUME_PROJECT",
        metavar="NAME",
        help="What is deployed; by default the name of the repository or folder.",
    ),
]
Environment = Annotated[str, typer.Option(metavar="NAME", help="Where to, such as production.")]
Title = Annotated[str, typer.Option(metavar="TEXT", help="By default the command.")]
Ref = Annotated[str, typer.Option(metavar="REF", help="By default git's branch, or the CI's.")]
Commit = Annotated[str, typer.Option(metavar="SHA", help="By default git's HEAD, or the CI's.")]
Url = Annotated[str, typer.Option(metavar="URL", help="Where what is deployed can be seen.")]
Meta = Annotated[
    list[str] | None, typer.Option(metavar="KEY=VALUE", help="Anything else; may be repeated.")
]
RetryOf = Annotated[
    str,
    typer.Option(
        "--retry-of",
        metavar="ID|URL",
        help="Begin with that deployment's log, up to its last section.",
    ),
]
Markers = Annotated[
    Literal["buildkite"] | None,
    typer.Option(
        help="Whose headers begin groups, besides GitHub's and GitLab's. By default Buildkite's, "
        "where the log is written on Buildkite.",
    ),
]
Mask = Annotated[
    list[str] | None,
    typer.Option(
        metavar="VALUE|@FILE",
        help="Not to be seen in the log; may be repeated. @FILE holds a value a line, and other "
        "users cannot see it in `ps`; @@… is a value that begins with @.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="JSON, one object a line.")]
Which = Annotated[
    str, typer.Argument(metavar="ID|URL", help="A deployment's id, or its page's address.")
]


def read_retry_of(which: str) -> str:
    """The id of the deployment that is tried again, if one is. Raises BadParameter."""
    if not which:
        return ""
    from logflume.client.addresses import find_deployment

    try:
        return find_deployment(which, DEFAULT_SERVER).id
    except ValueError as error:
        raise typer.BadParameter(f"--retry-of: {error}") from error


def read_markers(markers: str | None) -> str:
    """Whose markers count besides those that always do, here if nothing is said."""
    return markers or ("buildkite" if os.environ.get("BUILDKITE") == "true" else "")


def read_masks(values: list[str] | None) -> tuple[str, ...]:
    """The values that are not to be seen, those in files too. Raises BadParameter."""
    masks: list[str] = []
    for value in values or []:
        if value.startswith("@@") or not value.startswith("@"):
            masks.append(value.removeprefix("@"))
            continue
        try:
            text = Path(value[1:]).read_bytes()
        except OSError as error:
            why = error.strerror or error
            raise typer.BadParameter(
                f"--mask: {value[1:]} cannot be read ({why}); a value that begins with @ is "
                "written with two"
            ) from error
        masks += [os.fsdecode(line) for line in text.split(b"\n")]
    return tuple(masks)


def read_settings(server: str) -> Settings:
    """The settings that options and environment make. Raises BadParameter."""
    try:
        return settings(server or DEFAULT_SERVER, os.environ)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def read_lasting_settings(server: str) -> Settings:
    """The settings for a command that must not fail because of a variable: a server's address
    that is wrong there is said, and the default taken. Raises BadParameter for an option."""
    try:
        return settings(server, os.environ)
    except ValueError as error:
        if server != os.environ.get(SERVER_VARIABLE):
            raise typer.BadParameter(str(error)) from error
        say(f"{SERVER_VARIABLE}: {error}; {DEFAULT_SERVER} is taken")
        return settings(DEFAULT_SERVER, os.environ)


def read_metadata(pairs: list[str] | None) -> dict[str, str]:
    """`KEY=VALUE` each. Raises BadParameter."""
    metadata = {}
    for pair in pairs or []:
        name, equals, value = pair.partition("=")
        if not name or not equals:
            raise typer.BadParameter(f"--meta takes KEY=VALUE, not {pair!r}")
        metadata[name] = value
    return metadata


def read_url(url: str) -> str:
    """The address, if it is one. Raises BadParameter."""
    if url and not url.startswith(("http://", "https://")):
        raise typer.BadParameter(f"--url takes an address that begins with http(s)://, not {url!r}")
    return url


__all__ = [
    "Commit",
    "Environment",
    "Json",
    "Markers",
    "Mask",
    "Meta",
    "Project",
    "Ref",
    "Server",
    "Title",
    "Url",
    "Version",
    "Which",
    "read_lasting_settings",
    "read_markers",
    "read_masks",
    "read_metadata",
    "read_settings",
    "read_url",
]
