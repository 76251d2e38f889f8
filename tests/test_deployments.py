"""Deployments over a store: the end and its digest, changes that race with appends, the feed."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import apsw
import pytest

from logflume.deployments.deployment import Change, NewDeployment
from logflume.deployments.deployments import FEED, Deployments, log_of
from logflume.deployments.line_records import encode_lines
from logflume.errors import Conflict, LogClosed, NoSuchLog, StoreCorrupt, StoreFull
from logflume.records import Append, LogId, Seq, State
from logflume.store import Store
from logflume.store.memory import MemoryStore
from logflume.store.sqlite import SqliteStore
from logflume.store.sqlite_file import DATABASE


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    if request.param == "memory":
        made: Store = MemoryStore()
    else:
        made = await SqliteStore.open(tmp_path, on_failure=lambda _: None)
    yield made
    await made.close()


async def started(store: Store) -> Deployments:
    ticks = count(1_795_435_200_000_000, 1000)
    numbers = count()
    deployments = Deployments(
        store, clock=lambda: next(ticks), random=lambda size: next(numbers).to_bytes(size)
    )
    await deployments.start()
    return deployments


async def history(store: Store, log: LogId) -> bytes:
    state = await store.state(log)
    body = b""
    while (after := body.count(b"\n")) < state.tail:
        chunks = await store.read(log, Seq(after), until=state.tail, max_bytes=10**6)
        body += b"".join(chunk.body for chunk in chunks)
    return body


def end_of(body: bytes) -> tuple[dict[str, Any], bytes]:
    """The end record, and every byte before it."""
    *before, last = body.splitlines(keepends=True)
    return json.loads(last), b"".join(before)


def lines(number: int) -> Any:
    return encode_lines([(f"line {k}", False) for k in range(number)], "stdout", 0)


async def test_the_end_record_holds_count_and_digest_of_what_stands_before(store: Store) -> None:
    """Caught: a digest that counts the end record too, or misses an append."""
    deployments = await started(store)
    deployment, _ = await deployments.create(NewDeployment(project="p"))
    log = log_of(deployment.id)
    for number in (3, 1, 500):
        await deployments.append(log, lines(number))
    finished = await deployments.change(deployment.id, Change(status="failed", exit_code=3))
    body = await history(store, log)
    end, before = end_of(body)
    assert (end["status"], end["exit_code"], end["lines"]) == ("failed", 3, 504)
    assert end["digest"] == "sha256:" + hashlib.sha256(before).hexdigest()
    assert (finished.lines, finished.size_bytes) == (504, len(before))
    assert (await store.state(log)).closed


async def test_the_digest_is_computed_again_after_a_restart(store: Store) -> None:
    """From the store; the running hash is a convenience."""
    deployments = await started(store)
    deployment, _ = await deployments.create(NewDeployment(project="p"))
    log = log_of(deployment.id)
    await deployments.append(log, lines(10))
    again = await started(store)
    await again.append(log, lines(10))
    await again.change(deployment.id, Change(status="succeeded"))
    end, before = end_of(await history(store, log))
    assert end["digest"] == "sha256:" + hashlib.sha256(before).hexdigest()


async def test_a_deployment_ends_while_many_append(store: Store) -> None:
    """The end comes in soon, what was appended before is counted, what comes after is refused.

    Caught: appends that are let in while the end tries, and put it off for ever.
    """
    deployments = await started(store)
    deployment, _ = await deployments.create(NewDeployment(project="p"))
    log = log_of(deployment.id)

    busy = asyncio.Event()

    async def produce() -> int:
        stored = 0
        while True:
            try:
                await deployments.append(log, lines(2))
            except LogClosed:
                return stored
            stored += 2
            if stored == 10:
                busy.set()
            await asyncio.sleep(0)

    producers = [asyncio.ensure_future(produce()) for _ in range(20)]
    await busy.wait()
    await asyncio.wait_for(deployments.change(deployment.id, Change(status="cancelled")), 10)
    stored = sum(await asyncio.gather(*producers))
    end, before = end_of(await history(store, log))
    assert end["lines"] == stored
    assert end["digest"] == "sha256:" + hashlib.sha256(before).hexdigest()


async def test_changes_at_once_are_all_made(store: Store) -> None:
    """One after another. Caught: the last writer overwriting the others' fields."""
    deployments = await started(store)
    deployment, _ = await deployments.create(NewDeployment(project="p"))
    changes = [Change(title="t"), Change(ref="r"), Change(commit="c"), Change(url="http://u")]
    await asyncio.gather(*(deployments.change(deployment.id, change) for change in changes))
    found = await deployments.get(deployment.id)
    assert (found.title, found.ref, found.commit, found.url) == ("t", "r", "c", "http://u")


async def test_a_change_of_status_is_a_record(store: Store) -> None:
    """So that who follows the log learns of it there."""
    deployments = await started(store)
    deployment, _ = await deployments.create(NewDeployment(project="p", status="queued"))
    running = await deployments.change(deployment.id, Change(status="running"))
    assert deployment.started_at is None
    assert running.started_at is not None
    record = json.loads(await history(store, log_of(deployment.id)))
    assert (record["n"], record["kind"], record["status"]) == (1, "status", "running")


@pytest.mark.parametrize(
    "change",
    [
        Change(status="running"),
        Change(status="failed"),
        Change(exit_code=1),
        Change(status="succeeded", exit_code=7),
    ],
)
async def test_a_finished_deployment_stays_as_it_ended(store: Store, change: Change) -> None:
    """Conflict; but to say the same once more is no error."""
    deployments = await started(store)
    deployment, _ = await deployments.create(NewDeployment(project="p"))
    once = await deployments.change(deployment.id, Change(status="succeeded", exit_code=0))
    assert await deployments.change(deployment.id, Change(status="succeeded", exit_code=0)) == once
    with pytest.raises(Conflict):
        await deployments.change(deployment.id, change)


async def test_a_finished_deployment_can_still_be_renamed(store: Store) -> None:
    """Its log is closed, its description is not. The records stay as they are."""
    deployments = await started(store)
    deployment, _ = await deployments.create(NewDeployment(project="p"))
    await deployments.change(deployment.id, Change(status="succeeded"))
    before = await history(store, log_of(deployment.id))
    renamed = await deployments.change(deployment.id, Change(title="later"))
    assert (renamed.title, renamed.status) == ("later", "succeeded")
    assert await history(store, log_of(deployment.id)) == before


async def test_the_feed_tells_what_happened_to_all(store: Store) -> None:
    """Created, changed, deleted; and that the server started, when something may be missing."""
    deployments = await started(store)
    deployment, _ = await deployments.create(NewDeployment(project="p"))
    await deployments.change(deployment.id, Change(title="t"))
    await deployments.delete(deployment.id)
    with pytest.raises(NoSuchLog):
        await deployments.get(deployment.id)
    await started(store)
    told = [json.loads(line) for line in (await history(store, FEED)).splitlines()]
    assert [record["kind"] for record in told] == [
        "restart",
        "created",
        "changed",
        "deleted",
        "restart",
    ]
    assert told[2]["deployment"]["title"] == "t"


async def test_creating_again_by_the_same_id_finds_what_is_there(store: Store) -> None:
    """A client that was not answered may ask again; another project's id is a conflict."""
    deployments = await started(store)
    deployment, first = await deployments.create(NewDeployment(project="p"))
    again, second = await deployments.create(NewDeployment(project="p", id=deployment.id))
    assert (first, second, again) == (True, False, deployment)
    with pytest.raises(Conflict):
        await deployments.create(NewDeployment(project="other", id=deployment.id))


async def test_the_same_end_many_times_at_once_is_no_error(store: Store) -> None:
    """While other changes wait too. Caught: a lock that a waiter and a newcomer both hold."""
    deployments = await started(store)
    for _ in range(30):
        deployment, _ = await deployments.create(NewDeployment(project="p"))
        ends = [Change(status="succeeded", exit_code=0)] * 3
        changes = [Change(title="t"), *ends]
        done = await asyncio.gather(*(deployments.change(deployment.id, c) for c in changes))
        assert {d.status for d in done[1:]} == {"succeeded"}


async def test_a_log_that_lacks_records_is_not_digested(tmp_path: Path) -> None:
    """Corruption is loud. Caught: a reading that begins again for ever."""
    store = await SqliteStore.open(tmp_path, on_failure=lambda _: None)
    deployments = await started(store)
    deployment, _ = await deployments.create(NewDeployment(project="p"))
    await deployments.append(log_of(deployment.id), lines(10))
    connection = apsw.Connection(str(tmp_path / DATABASE))
    connection.execute("DELETE FROM chunks WHERE log = (SELECT max(key) FROM logs)")
    connection.close()
    again = await started(store)
    with pytest.raises(StoreCorrupt):
        await asyncio.wait_for(again.change(deployment.id, Change(status="failed")), 5)
    await store.close()


class FeedFull(MemoryStore):
    """A store that has no room for the feed, until it has."""

    full = False

    async def append(self, log: LogId, append: Append) -> State:
        if log == FEED and self.full:
            raise StoreFull("no room")
        return await super().append(log, append)


async def test_what_a_full_disk_left_untold_is_made_up_for() -> None:
    """What is stored is answered as stored; the feed says that something is missing in it.

    Caught: a change that is stored and answered with an error.
    """
    store = FeedFull()
    deployments = await started(store)
    store.full = True
    deployment, _ = await deployments.create(NewDeployment(project="p"))
    store.full = False
    await deployments.change(deployment.id, Change(title="t"))
    told = [json.loads(line)["kind"] for line in (await history(store, FEED)).splitlines()]
    assert told == ["restart", "restart", "changed"]
