"""A backup of the moment in which a fork is made and its source deleted is one like any other."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from logflume.cli.offline import examine
from logflume.errors import NoSuchLog
from logflume.forks import Forks, inheriting
from logflume.records import LogId, Seq
from logflume.store.sqlite import SqliteStore
from logflume.store.sqlite_file import DATABASE
from logflume.store.sqlite_restore import restore
from tests.contract.store import EMPTY, append_of, everything

SOURCE, STAYS, FORK, OF_FORK, KEPT = map(LogId, ("source", "stays", "fork", "of-fork", "kept"))


async def opened(folder: Path) -> SqliteStore:
    return await SqliteStore.open(folder, on_failure=lambda _: None)


async def forked(store: SqliteStore, log: LogId, source: LogId) -> None:
    """As far as a server gets before it looks whether the source is still there."""
    of = await store.state(source)
    await store.create(log, inheriting(EMPTY, source, of, Seq(1), 5), append_of("of the fork"))


async def half_done(folder: Path, *, made_anew: bool) -> Path:
    store = await opened(folder)
    for log in (SOURCE, STAYS):
        await store.create(log, EMPTY)
        await store.append(log, append_of("a"))
    await forked(store, KEPT, STAYS)
    await forked(store, FORK, SOURCE)
    await forked(store, OF_FORK, FORK)
    await store.delete(SOURCE)
    if made_anew:
        await store.create(SOURCE, replace(EMPTY, epoch=99), append_of("another"))
    await store.close()
    return folder / DATABASE


@pytest.mark.parametrize("made_anew", [False, True], ids=["gone", "made anew"])
async def test_a_fork_that_was_not_done_is_left_out(tmp_path: Path, made_anew: bool) -> None:
    """And a fork of it; nothing is said to be damaged. One whose source is there stays.

    Caught: a restore that fails, or that takes another log for the source."""
    backup = await half_done(tmp_path / "old", made_anew=made_anew)
    found = examine(backup)
    assert (found.damages, found.logs) == ([], 2 + made_anew)
    assert restore(backup, tmp_path / "new", 10**15) == 2 + made_anew
    assert examine(tmp_path / "new" / DATABASE).damages == []
    store = await opened(tmp_path / "new")
    await Forks(store).sweep()
    for gone in (FORK, OF_FORK):
        with pytest.raises(NoSuchLog):
            await store.state(gone)
    assert len(await store.logs("", {}, before=None, limit=9)) == 2 + made_anew
    kept, source = await store.state(KEPT), await store.state(STAYS)
    assert "forking" not in kept.labels
    assert kept.ancestors[0].epoch == source.epoch
    assert await everything(store, STAYS) == [b"1:a\n"]
    await store.close()
