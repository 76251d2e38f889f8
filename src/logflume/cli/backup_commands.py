"""`logflume backup`, `verify` and `restore` as they are called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from logflume.cli import options as opt
from logflume.cli.settings import DEFAULT_SERVER

File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")]
Into = Annotated[
    Path,
    typer.Option(
        "--data", metavar="DIR", help="The data folder to make; it must be empty, or not there."
    ),
]


def backup(file: File, json: opt.Json = False, server: opt.Server = DEFAULT_SERVER) -> None:
    """Copy all that a running server has to a file.

    \b
    Examples:
      logflume backup /backups/logflume.db
      logflume backup "logflume-$(date +%F).db" && logflume verify "logflume-$(date +%F).db"

    The server goes on meanwhile. The file is a consistent copy of one moment; it is there when it
    is whole, and readable by you alone.
    """
    settings = opt.read_settings(server)
    from logflume.cli.backup import backup as make_backup
    from logflume.cli.failures import explained

    with explained(settings.server):
        raise typer.Exit(make_backup(file, settings, json=json))


def verify(file: File, json: opt.Json = False) -> None:
    """See whether a backup is whole.

    \b
    Examples:
      logflume verify /backups/logflume.db
      logflume verify /backups/logflume.db --json | jq .damages

    Reads all of it: the database, the numbers of all records, where each log ends, and the digest
    of every deployment that has ended. Exit code 1 if something is wrong, 2 if it cannot be read.
    """
    from logflume.cli.offline import verify as verify_file

    raise typer.Exit(verify_file(file, json=json))


def restore(file: File, data: Into) -> None:
    """Make a data folder of a backup.

    \b
    Examples:
      logflume restore /backups/logflume.db --data /var/lib/logflume-new
      logflume serve --data /var/lib/logflume-new

    The backup is verified first. Offsets from before the restore are refused, since what was
    logged after the backup is gone and its numbers are given out again.
    """
    from logflume.cli.offline import restore as restore_file

    raise typer.Exit(restore_file(file, data))


__all__ = ["backup", "restore", "verify"]
