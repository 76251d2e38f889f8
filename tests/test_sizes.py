"""Logs that become too large: what stays of them, and that every number is accounted for."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from logflume.cursor import Cursor
from logflume.deployments.deployment import Change
from logflume.deployments.deployments import log_of
from logflume.deployments.line_records import encode_lines
from logflume.deployments.projects import MIN_LOG_BYTES, ProjectSettings
from logflume.errors import TooLarge
from logflume.generic.logs import Logs, NewLog
from logflume.records import Append, LogId, State
from logflume.store import Store
from logflume.store.memory import MemoryStore
from logflume.store.sqlite import SqliteStore
from logflume.tail import Tails
from tests.contract.store import append_of
from tests.trimmed import World, check_dense, check_end, numbers_in

LIMIT = MIN_LOG_BYTES
SETTINGS = ProjectSettings(0, 0, LIMIT)


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    store = await SqliteStore.open(tmp_path, on_failure=lambda error: None)
    yield store
    await store.close()


async def history(store: Store, deployment: str) -> bytes:
    """Every byte of the log, as a new reader gets it."""
    cursor = await Cursor.at(store, Tails(store), log_of(deployment), None)
    body = b""
    while (batch := await cursor.read()).chunks:
        body += b"".join(chunk.body for chunk in batch.chunks)
    return body


async def write(world: World, deployment: str, size_bytes: int, seed: int) -> State:
    """Lines of any length up to so many bytes together, in batches of any size."""
    chance = random.Random(seed)
    state = await world.store.state(log_of(deployment))
    while state.size_bytes < size_bytes:
        lengths = [chance.choice([10, 100, 1000, 20_000]) for _ in range(chance.choice([1, 40]))]
        state = await world.say(deployment, ["x" * length for length in lengths])
    return state


async def settled(world: World, deployment: str, limit: int = LIMIT) -> State:
    """The state of the log once it is within its limit."""
    while True:
        state = await world.store.state(log_of(deployment))
        if state.kept_bytes <= limit:
            return state
        await asyncio.sleep(0)


@pytest.mark.parametrize("seed", range(3))
async def test_ten_times_the_limit_keeps_head_and_tail(store: Store, seed: int) -> None:
    """Numbers stay, the middle is told, the digest holds. Caught: a head or a tail that goes."""
    print(f"seed {seed}")
    world = await World.started(store, SETTINGS)
    deployment = await world.made()
    last = await write(world, deployment, 10 * LIMIT, seed)
    state = await settled(world, deployment)
    assert state.tail == last.tail
    assert state.gap is not None
    assert LIMIT // 16 <= state.gap.begins_bytes <= LIMIT // 16 + 21_000
    assert state.kept_bytes > LIMIT - LIMIT // 16 - 21_000
    body = await history(store, deployment)
    check_dense(body, 1, state.tail)
    [omitted] = [row for row in body.splitlines(keepends=True) if b'"kind":"omitted"' in row]
    assert len(body) == state.kept_bytes + len(omitted)
    await world.deployments.change(deployment, Change(status="succeeded"))
    end = check_end(await history(store, deployment))
    assert end["omitted"] == state.gap.until - state.gap.after


async def test_a_log_within_its_limit_loses_nothing(store: Store) -> None:
    """To the last byte. Caught: trimming at the limit, or ahead of it."""
    limit = LIMIT + 50_000
    world = await World.started(store, ProjectSettings(0, 0, limit))
    deployment = await world.made()
    state = await world.say(deployment, ["x" * 1000 for _ in range(900)])
    missing = limit - state.size_bytes
    state = await world.say(deployment, ["x" * 60_000 for _ in range(missing // 61_000)])
    frame = len(b'{"n":900,"time":"2026-11-23T12:00:00.000000Z","stream":"stdout","text":""}\n')
    state = await world.say(deployment, ["x" * (limit - state.size_bytes - frame)])
    assert state.size_bytes == limit
    for _ in range(50):  # whatever was begun has its time
        await asyncio.sleep(0)
        assert (await world.store.state(log_of(deployment))).gap is None
    await world.say(deployment, ["one more"])
    assert (await settled(world, deployment, limit)).gap is not None


async def test_a_restart_changes_nothing(store: Store) -> None:
    """What was omitted before goes on from there. Caught: a second gap, or one that starts anew."""
    first = await World.started(store, SETTINGS)
    deployment = await first.made()
    await write(first, deployment, 2 * LIMIT, 1)
    before = await settled(first, deployment)
    second = await World.started(store, SETTINGS)  # beside the first, which hears the same
    await write(second, deployment, 4 * LIMIT, 2)
    after = await settled(second, deployment)
    assert before.gap is not None
    assert after.gap is not None
    assert after.gap.after == before.gap.after
    assert after.gap.until > before.gap.until
    check_dense(await history(store, deployment), 1, after.tail)


class Hurried(MemoryStore):
    """A log that has been trimmed to its limit has grown once more, and its state is announced,
    when whoever trimmed it hears of that: as where commits follow each other quickly."""

    def __init__(self) -> None:
        super().__init__()
        self.hurries = True

    async def append(self, log: LogId, append: Append) -> State:
        state = await super().append(log, append)
        if self.hurries and append.trim is not None and state.kept_bytes <= LIMIT:
            self.hurries = False
            lines = [("x" * 1000, False)] * (LIMIT // 1000)
            await super().append(log, Append(1, encode_lines(lines, "stdout", 1)))
        return state


async def test_what_comes_during_the_last_step_is_trimmed() -> None:
    """Nothing more need come. Caught: growth that is taken for what is being trimmed already, and a
    log that stays too large until somebody writes to it again."""
    world = await World.started(Hurried(), SETTINGS)
    deployment = await world.made()
    await write(world, deployment, LIMIT + 1, 1)
    for _ in range(1000):  # many more than it takes
        await asyncio.sleep(0)
    state = await world.store.state(log_of(deployment))
    assert state.size_bytes > 2 * LIMIT
    assert state.kept_bytes <= LIMIT


async def test_a_project_may_have_a_limit_of_its_own(store: Store) -> None:
    """It counts from when it is set. Caught: the server's for all."""
    world = await World.started(store, ProjectSettings(0, 0, 100 * LIMIT))
    deployment = await world.made("small")
    other = await world.made("large")
    await world.projects.put("small", ProjectSettings(max_log_bytes=LIMIT))
    for each in (deployment, other):
        await write(world, each, 2 * LIMIT, 1)
    await settled(world, deployment)
    assert (await world.store.state(log_of(other))).gap is None


async def test_a_retry_of_a_large_deployment_is_whole(store: Store) -> None:
    """A fork has its source's gap, and may make it longer; the source keeps what it has. Caught: a
    fork that looks for records which are gone, or trims those of its source."""
    world = await World.started(store, SETTINGS)
    source = await world.made()
    await write(world, source, 2 * LIMIT, 3)
    await settled(world, source)
    await world.say(source, ["::group::deploy", "failed"])
    await world.deployments.change(source, Change(status="failed", exit_code=1))
    whole = await history(store, source)
    fork = await world.made(retry_of=source)
    state = await world.store.state(log_of(fork))
    body = await history(store, fork)
    check_dense(body, 1, state.tail)
    assert body.splitlines()[:20] == whole.splitlines()[:20]
    await write(world, fork, 4 * LIMIT, 4)
    state = await settled(world, fork)
    check_dense(await history(store, fork), 1, state.tail)
    assert await history(store, source) == whole
    await world.deployments.change(fork, Change(status="failed", exit_code=1))
    check_end(await history(store, fork))


async def test_readers_who_catch_up_meanwhile_have_every_number(store: Store) -> None:
    """Wherever they are when it goes. Caught: a read that takes what is trimmed for damage."""
    world = await World.started(store, SETTINGS)
    deployment = await world.made()
    tails = Tails(store)
    seen: list[bytes] = [b"", b"", b""]
    cursors = [await Cursor.at(store, tails, log_of(deployment), None) for _ in seen]
    state = await world.store.state(log_of(deployment))
    for turn in itertools.count():
        if state.size_bytes >= 5 * LIMIT:
            break
        state = await world.say(deployment, ["y" * 1000] * 50)
        for place, cursor in enumerate(cursors):
            if turn % (9, 3, 1)[place]:
                continue
            batch = await cursor.read(max_bytes=[1, 30_000, 10**6][place])
            seen[place] += b"".join(chunk.body for chunk in batch.chunks)
    await settled(world, deployment)
    for place, cursor in enumerate(cursors):
        while (batch := await cursor.read()).chunks:
            seen[place] += b"".join(chunk.body for chunk in batch.chunks)
        check_dense(seen[place], 1, state.tail)
    assert sum(len(numbers) > 1 for numbers in numbers_in(seen[0])) >= 1


async def test_a_generic_log_takes_no_more(store: Store) -> None:
    """Nothing is left out of it: what would make it larger is refused whole, and it can be ended.
    Caught: a limit that is looked at too late."""
    logs = Logs(store, clock=lambda: 1, max_log_bytes=20)
    log = LogId("stream/x")
    await logs.create(log, NewLog("text/plain"))
    await logs.append(log, append_of("x" * 17))
    with pytest.raises(TooLarge):
        await logs.append(log, append_of(""))
    state = await logs.append(log, Append(1, close=True))
    assert (state.size_bytes, state.tail, state.closed) == (20, 1, True)
