"""What a rewrite replaced is nowhere in the files of a store, however it came there before."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import apsw
import pytest
from msgspec.structs import replace

from logflume.errors import StoreBusy
from logflume.records import Append, LogId, Rewrite, Seq
from logflume.store.sqlite import SqliteStore
from logflume.store.sqlite_file import DATABASE
from tests.contract.store import EMPTY, append_of, everything
from tests.test_store_sqlite import opened

LOGS = [LogId(f"deployment/{n}") for n in range(5)]
SECRETS = {log: f"hunter2-of-{log[-1]}-".encode() for log in LOGS}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    made = await opened(tmp_path)
    yield made
    await made.close()


def places(folder: Path, secret: bytes) -> dict[str, int]:
    """Which files hold the secret, and how often."""
    counts = {file.name: file.read_bytes().count(secret) for file in folder.iterdir()}
    return {name: count for name, count in counts.items() if count}


async def filled(store: SqliteStore, chance: random.Random) -> None:
    """Logs of records of all sizes, some with their log's secret, appended in turns and at once;
    documents that hold it, grow and shrink."""
    for log in LOGS:
        await store.create(log, replace(EMPTY, document=SECRETS[log]))
    appends = []
    for _ in range(600):
        log = chance.choice(LOGS)
        texts = ["x" * chance.choice([10, 300, 3000]) for _ in range(chance.choice([1, 1, 2, 30]))]
        if chance.random() < 0.4:
            texts[0] += SECRETS[log].decode()
        appends.append(store.append(log, append_of(*texts)))
        if chance.random() < 0.2:
            document = SECRETS[log] * chance.choice([1, 20, 500])
            appends.append(store.append(log, Append(at_us=1, document=document)))
        if len(appends) > chance.choice([0, 0, 0, 10]):
            await asyncio.gather(*appends)
            appends = []
    await asyncio.gather(*appends)


async def without_secret(store: SqliteStore, log: LogId) -> tuple[Rewrite, list[bytes]]:
    """The rewrite that takes the secret out of the log, and the records after it."""
    old = await everything(store, log)
    new = [record.replace(SECRETS[log], b"[redacted]") for record in old]
    changed = {Seq(n): new[n - 1] for n in range(1, len(old) + 1) if new[n - 1] != old[n - 1]}
    more = sum(map(len, new)) - sum(map(len, old))
    return Rewrite(log, 5, changed, more, document=b"{}"), new


@pytest.mark.parametrize("seed", range(3))
async def test_the_old_bytes_are_in_no_file(tmp_path: Path, store: SqliteStore, seed: int) -> None:
    """Rows that were gathered, split and freed before leave no copy, in free pages neither; nor do
    documents. Caught: SQLite left to free what it does not overwrite; the write-ahead log left."""
    await filled(store, random.Random(seed))
    await store.delete(LOGS[0])  # its rows are freed meanwhile
    for log in LOGS[1:]:
        assert places(tmp_path, SECRETS[log]), seed
        rewrite, expected = await without_secret(store, log)
        [state] = await store.rewrite([rewrite])
        assert places(tmp_path, SECRETS[log]) == {}, (seed, log)
        assert await everything(store, log) == expected, (seed, log)
        assert state.size_bytes == sum(map(len, expected)), (seed, log)


async def test_who_keeps_the_old_bytes_from_being_wiped_is_told_of(
    tmp_path: Path, store: SqliteStore
) -> None:
    """Another program that reads the file keeps the write-ahead log: the records are replaced, the
    caller hears that more is to be done, and asking again does it."""
    log = LOGS[0]
    await store.create(log, EMPTY)
    await store.append(log, append_of(SECRETS[log].decode()))
    rewrite, expected = await without_secret(store, log)
    other = apsw.Connection(str(tmp_path / DATABASE), flags=apsw.SQLITE_OPEN_READONLY)
    other.execute("BEGIN; SELECT count(*) FROM chunks")
    with pytest.raises(StoreBusy, match="ask again"):
        await store.rewrite([rewrite])
    assert await everything(store, log) == expected
    assert places(tmp_path, SECRETS[log])
    await store.append(log, append_of("others go on"))
    other.close()
    await store.rewrite([])
    assert places(tmp_path, SECRETS[log]) == {}
