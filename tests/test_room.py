"""Little room on the disk: what is refused, what goes on, and that it is over by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from logflume.cli.keeping import MEBIBYTE, Keeping, watch_room
from logflume.deployments.deployment import Change, NewDeployment
from logflume.deployments.deployments import log_of
from logflume.errors import StoreLow, StoreUnavailable
from logflume.generic.logs import Logs, NewLog
from logflume.records import Append, LogId
from logflume.room import Free, Room
from logflume.store.memory import MemoryStore
from logflume.store.sqlite import SqliteStore
from tests.contract.store import append_of
from tests.servers import ServerProcess, new_deployment
from tests.trimmed import World

STREAM = LogId("stream/x")


@pytest.fixture
async def world() -> World:
    return await World.started(MemoryStore())


@pytest.mark.parametrize(
    ("free", "low"),
    [
        (Free(1000), False),
        (Free(999), True),
        (Free(250, 750), False),
        (Free(249, 10**9), True),
        (Free(250, 749), True),
    ],
)
def test_the_mark(free: Free, low: bool) -> None:
    """Room within the database counts, but not alone: its write-ahead log needs the disk's."""
    room = Room(1000)
    assert room.note(free) is low
    assert room.low is low
    assert room.note(free) is False


def test_where_the_mark_is() -> None:
    """256 MiB, a tenth of a small disk, or as it is said; in memory there is none."""
    assert Keeping().room(10**12).min_bytes == 256 * MEBIBYTE
    assert Keeping().room(10**9).min_bytes == 10**8
    assert Keeping(min_free_mib=5).room(10**12).min_bytes == 5 * MEBIBYTE
    assert Keeping(min_free_mib=0).room(10).note(Free(0)) is False
    assert Keeping().room(None).min_bytes == 0


async def test_what_goes_on_and_what_does_not(world: World) -> None:
    """Nothing new is taken; ending and deleting are. Caught: a log that cannot be ended."""
    deployment, other = await world.made(), await world.made()
    await world.say(deployment, ["before"])
    logs = Logs(world.store, clock=world.clock, room=world.room)
    await logs.create(STREAM, NewLog())
    world.room.note(Free(10))
    with pytest.raises(StoreLow):
        await world.say(deployment, ["more"])
    with pytest.raises(StoreLow):
        await world.made()
    with pytest.raises(StoreLow):
        await logs.append(STREAM, append_of("x"))
    with pytest.raises(StoreLow):
        await logs.create(LogId("stream/y"), NewLog())
    assert (await logs.append(STREAM, Append(1, close=True))).closed
    assert not (await logs.create(STREAM, NewLog(closed=True)))[1]
    again, is_new = await world.deployments.create(_same_as(other))
    assert (again.id, is_new) == (other, False)
    ended = await world.deployments.change(deployment, Change(status="failed", exit_code=1))
    assert ended.lines == 1
    await world.deployments.delete(other)
    await logs.delete(STREAM)
    world.room.note(Free(1000))
    await world.made()
    assert (await world.store.state(log_of(deployment))).closed


def _same_as(deployment: str) -> NewDeployment:
    return NewDeployment(project="p", id=deployment)


async def test_the_disk_is_looked_at_until_there_is_room(caplog: pytest.LogCaptureFixture) -> None:
    """Said once when it is low, and once when it is over; not knowing changes nothing."""
    room, looks = Room(4 * MEBIBYTE), iter([5, 3, 3, None, 8])
    low: list[bool] = []

    async def free() -> Free:
        low.append(room.low)
        mebibytes = next(looks, None)
        if len(low) > 5:
            raise asyncio.CancelledError
        if mebibytes is None:
            raise StoreUnavailable("it is away")
        return Free(mebibytes * MEBIBYTE)

    with pytest.raises(asyncio.CancelledError):
        await watch_room(room, free, look_seconds=0)
    assert low == [False, False, True, True, True, False]
    said = [record.levelname for record in caplog.records]
    assert said == ["ERROR", "WARNING", "WARNING"]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = await SqliteStore.open(tmp_path, on_failure=lambda error: None)
    yield store
    await store.close()


async def test_what_is_deleted_is_room_again(store: SqliteStore) -> None:
    """The file never shrinks, but what is free in it counts. Caught: a server that stays full
    although everything was deleted."""
    world = await World.started(store)
    deployment = await world.made()
    await world.say(deployment, ["x" * 60_000] * 50)
    assert (await store.free_bytes())[1] < MEBIBYTE
    await world.deployments.delete(deployment)
    while (await store.free_bytes())[1] < 2 * MEBIBYTE:
        pass  # rows go bit by bit
    disk_bytes, _ = await store.free_bytes()
    assert 0 < disk_bytes < store.disk_bytes


class Low(ServerProcess):
    """A server that is told to keep more free than there is."""

    def command(self) -> list[str]:
        return [*super().command(), "--min-free-mib", str(2**30)]


@pytest.mark.live
def test_a_low_disk_as_clients_see_it(tmp_path: Path) -> None:
    """507 with `Retry-After`, for one line and for a stream; reading, ending, deleting work."""
    with ServerProcess(tmp_path / "data") as server:
        deployment = new_deployment(server.url)
    with Low(tmp_path / "data") as server:
        one = f"{server.url}/v1/deployments/{deployment}"
        while (answer := httpx2.post(f"{one}/log", content="x\n")).status_code == 204:
            pass  # until it has looked
        answers = [answer, httpx2.post(f"{one}/log", content=iter([b"x\n"] * 3))]
        answers += [httpx2.post(f"{server.url}/v1/deployments", json={"project": "p"})]
        answers += [httpx2.put(f"{server.url}/v1/stream/x", content="y")]
        for answer in answers:
            assert answer.status_code == 507
            assert answer.json()["type"].endswith(":disk-low")
            assert int(answer.headers["retry-after"]) > 0
        assert httpx2.get(f"{one}/log").status_code == 200
        assert httpx2.patch(one, json={"status": "succeeded"}).status_code == 200
        assert httpx2.delete(one).status_code == 204
        assert server.messages.count("are left for logs, less than") == 1
