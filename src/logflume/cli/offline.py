"""`logflume verify` and `logflume restore`: what is done with a backup, without a server.

Like `serve` this names the embedded store, for it is that store's file; the server's inside it does
not know.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from logflume.cli.messages import say
from logflume.deployments.deployments import PREFIX
from logflume.deployments.end_digest import end_damage
from logflume.errors import StoreCorrupt, StoreError
from logflume.store.sqlite_check import StoredLog, file_damages, open_unused, stored_logs
from logflume.store.sqlite_restore import restore as restore_store

DAMAGED = 1
REFUSED = 2


@dataclass(slots=True)
class Findings:
    """What was seen of a database."""

    logs: int = 0
    records: int = 0
    digests: int = 0
    """Deployments that have ended, whose records were hashed anew."""
    damages: list[str] = field(default_factory=list)


def examine(path: Path) -> Findings:
    """All of a database that nobody has open. Raises StoreError when that is not to be had."""
    try:
        connection = open_unused(path)
    except StoreCorrupt as error:
        return Findings(damages=[str(error)])
    try:
        found = Findings(damages=list(file_damages(connection)))
        try:
            for log in stored_logs(connection):
                _examine_log(log, found)
        except StoreError as error:
            found.damages.append(str(error))
    finally:
        connection.close()
    return found


def _examine_log(log: StoredLog, found: Findings) -> None:
    if log.is_left_over():
        return
    found.logs += 1
    found.records += log.state.tail
    damages = list(log.damages())
    found.damages += damages
    if damages or not log.state.closed or not log.id.startswith(PREFIX):
        return
    found.digests += 1
    damage = end_damage(log.records())
    if damage is not None:
        found.damages.append(f"{log.id}: {damage}")


def verify(path: Path, *, json: bool) -> int:
    """Say whether a backup is whole; the exit code."""
    try:
        found = examine(path)
    except StoreError as error:
        say(str(error))
        return REFUSED
    for damage in found.damages:
        say(damage)
    if json:
        print(msgspec.json.encode(found).decode())  # noqa: T201 -- what was asked for
    elif not found.damages:
        print(_told(found))  # noqa: T201 -- what was asked for
    return DAMAGED if found.damages else 0


def restore(path: Path, folder: Path) -> int:
    """Make a data folder of a backup that is whole; the exit code."""
    try:
        found = examine(path)
        for damage in found.damages:
            say(damage)
        if found.damages:
            say(f"{path} is damaged, and nothing was restored; take an older backup")
            return DAMAGED
        restore_store(path, folder, time.time_ns() // 1000)
    except (StoreError, OSError) as error:
        say(str(error))
        return REFUSED
    print(f"{folder} now has {_told(found)}")  # noqa: T201 -- what was done
    say("offsets from before are refused, so that nobody reads on where other lines are now")
    return 0


def _told(found: Findings) -> str:
    return (
        f"{found.logs} logs with {found.records} records, whole; the digests of"
        f" {found.digests} ended deployments are true"
    )


__all__ = ["examine", "restore", "verify"]
