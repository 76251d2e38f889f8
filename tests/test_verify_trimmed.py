"""Verifying what has gaps: what is not kept is no damage, and what is missing beside it is."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from logflume.cli.offline import examine
from logflume.deployments.deployment import Change
from logflume.deployments.deployments import FEED, log_of
from logflume.deployments.line_records import encode_feed
from logflume.records import Append, Gap, Seq
from logflume.store.sqlite import SqliteStore
from logflume.store.sqlite_file import DATABASE
from tests.test_sizes import LIMIT, SETTINGS, settled, write
from tests.trimmed import World


@pytest.fixture
async def database(tmp_path: Path) -> Path:
    """A log that was too large and has ended, one that still grows, a retry, a trimmed feed."""
    store = await SqliteStore.open(tmp_path, on_failure=lambda error: None)
    world = await World.started(store, SETTINGS)
    ended, growing = await world.made(), await world.made()
    for deployment in (ended, growing):
        await write(world, deployment, 2 * LIMIT, 5)
        await settled(world, deployment)
    await world.say(ended, ["::group::deploy", "failed"])
    await world.deployments.change(ended, Change(status="failed", exit_code=1))
    retry = await world.made(retry_of=ended)
    await write(world, retry, 3 * LIMIT, 6)
    await settled(world, retry)
    await world.deployments.change(retry, Change(status="failed", exit_code=1))
    for _ in range(9):
        await store.append(FEED, Append(1, encode_feed("restart", None, 1)))
    await store.append(FEED, Append(1, trim=Gap(Seq(0), Seq(5), 1)))
    assert (await store.state(log_of(retry))).ancestors
    await store.close()
    return tmp_path / DATABASE


def test_what_is_not_kept_is_no_damage(database: Path) -> None:
    """Counts, sizes and digests hold. Caught: a verify that cries wolf."""
    found = examine(database)
    assert found.damages == []
    assert found.digests == 2


def test_what_is_missing_beside_it_is_damage(database: Path) -> None:
    """A row less, at either side of the gap. Caught: a gap that hides a loss."""
    rows = "SELECT rowid FROM chunks WHERE log = (SELECT key FROM logs WHERE id LIKE 'deployment/%'"
    connection = apsw.Connection(str(database))
    first = connection.execute(f"{rows} ORDER BY id LIMIT 1) ORDER BY last LIMIT 1").fetchone()
    last = connection.execute(f"{rows} ORDER BY id LIMIT 1) ORDER BY last DESC LIMIT 1").fetchone()
    connection.close()
    whole = database.read_bytes()
    for found in (first, last):
        assert found is not None
        database.write_bytes(whole)
        connection = apsw.Connection(str(database))
        connection.execute("DELETE FROM chunks WHERE rowid = ?", found)
        connection.pragma("journal_mode", "delete")
        connection.close()
        assert examine(database).damages
