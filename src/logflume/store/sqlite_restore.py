"""A backup becomes a data folder, and every log in it one of a new epoch.

What was appended after the backup is gone, and its numbers are given out anew. A reader whose
offset is from before would be given other records than it has seen the first of, and never know.
So no old offset may be one of a restored log: all get new epochs, later than any in the backup and
than now. A fork's stays later than its ancestors', and it knows theirs. A fork that was being made
when its source was deleted has none to know, and is left out, as a server's start would do.

The folder has a database when that is whole, on the disk, and has its new epochs; not before.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import apsw
from msgspec.structs import replace

from logflume.errors import StoreUnavailable
from logflume.records import LogId, State
from logflume.store.sqlite_check import open_unused, stored_logs
from logflume.store.sqlite_file import DATABASE, LOCK, lock_folder, translated
from logflume.store.sqlite_rows import state_crc
from logflume.wire.state import encode_state

UNFINISHED = f"{DATABASE}.restoring"

NOT_OURS = {LOCK, UNFINISHED, "lost+found"}
"""What an empty folder may have: what a restore that broke off left, and what file systems have."""


def restore(backup: Path, folder: Path, now_us: int) -> int:
    """Make `folder`, which must have nothing in it, a data folder of what `backup` has; how many
    logs that is. Raises StoreUnavailable, StoreFull, StoreCorrupt, OSError."""
    with lock_folder(folder):
        there = {path.name for path in folder.iterdir()} - NOT_OURS
        if there:
            raise StoreUnavailable(
                f"{folder} is not empty ({min(there)}); restore into a new folder, and keep the old"
                " one until you have seen that all is there"
            )
        unfinished = folder / UNFINISHED
        shutil.copyfile(backup, unfinished)
        count = _renew(unfinished, now_us)
        _sync(unfinished)
        unfinished.rename(folder / DATABASE)
        _sync(folder)
    return count


def _renew(database: Path, now_us: int) -> int:
    """Give every log a new epoch, in one transaction; how many there are."""
    with translated():
        reading = open_unused(database)
        logs = list(stored_logs(reading))
        left_over = {stored.id for stored in logs if stored.is_left_over()}
        states = {stored.id: stored.state for stored in logs if stored.id not in left_over}
        reading.close()
        epochs = new_epochs(states, now_us)
        connection = apsw.Connection(str(database))
        # What breaks off here is copied anew; a journal left by it must not be played back then.
        connection.pragma("journal_mode", "off")
        with connection:
            for log in left_over:
                _remove(connection, log)
            for log, state in states.items():
                encoded = encode_state(renewed(state, log, epochs))
                connection.execute(
                    "UPDATE logs SET state = ?, crc = ? WHERE id = ?",
                    (encoded, state_crc(log, encoded), log),
                )
        connection.close()
    return len(states)


def _remove(connection: apsw.Connection, log: LogId) -> None:
    """Take the log out; a server purges its rows."""
    connection.execute("INSERT INTO doomed (log) SELECT key FROM logs WHERE id = ?", (log,))
    connection.execute("DELETE FROM logs WHERE id = ?", (log,))
    connection.execute("DELETE FROM labels WHERE id = ?", (log,))


def new_epochs(states: Mapping[LogId, State], now_us: int) -> Mapping[LogId, int]:
    """An epoch for each log: later than all that there were, and a fork's later than its source's,
    so that offsets go on rising where the records do."""
    first = max([now_us, *(state.epoch + 1 for state in states.values())])
    return {log: first + _generation(states, log) for log in states}


def renewed(state: State, log: LogId, epochs: Mapping[LogId, int]) -> State:
    """The state under its new epoch."""
    ancestors = tuple(replace(one, epoch=epochs[one.log]) for one in state.ancestors)
    return replace(state, epoch=epochs[log], ancestors=ancestors)


def _generation(states: Mapping[LogId, State], log: LogId) -> int:
    """How many forks lie between the log and one that is none. `forks.MAX_ANCESTORS` bounds it."""
    count = 0
    while states[log].ancestors:
        log = states[log].ancestors[-1].log
        count += 1
    return count


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


__all__ = ["new_epochs", "renewed", "restore"]
