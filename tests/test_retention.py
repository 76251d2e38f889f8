"""What goes by itself, and above all what does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import apsw
import pytest

from logflume.access.audit import AUDIT, Audit
from logflume.deployments import retention
from logflume.deployments.deployment import Change
from logflume.deployments.deployments import FEED, log_of
from logflume.deployments.projects import ProjectSettings
from logflume.deployments.reckoning import HOLD_SECONDS, MAX_STEP_SECONDS, Reckoning
from logflume.deployments.retention import Retention, trim_to
from logflume.errors import NoSuchLog
from logflume.records import LogId, Seq
from logflume.store.memory import MemoryStore
from logflume.store.sqlite import SqliteStore
from logflume.store.sqlite_file import DATABASE
from tests.trimmed import World

DAY_US = 24 * 3600 * 1_000_000


class Kept:
    """A world with its retention, and the days that pass in it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.steady = 0.0
        self.audit = Audit(world.store, clock=world.clock)
        self.retention = self.restarted()

    def restarted(self) -> Retention:
        world = self.world
        reckoning = Reckoning(world.store, clock=world.clock, steady=lambda: self.steady)
        return Retention(world.store, world.deployments, self.audit, reckoning, clock=world.clock)

    @classmethod
    async def started(cls, settings: ProjectSettings) -> Kept:
        kept = cls(await World.started(MemoryStore(), settings))
        await kept.audit.start()
        await kept.sweep()
        return kept

    async def ended(self, project: str = "p", lines: int = 1, **fields: str) -> str:
        made = await self.world.made(project, **fields)
        await self.world.say(made, ["x" * 1000] * lines)
        await self.world.deployments.change(made, Change(status="succeeded", exit_code=0))
        return made

    async def days(self, days: float) -> int:
        """Let them pass with a sweep each, as a server that runs has it; how many went."""
        gone = 0
        while days > 0:
            step = min(1.0, days)
            self.world.now_us += int(step * DAY_US)
            self.steady += step * 86_400
            gone += await self.sweep()
            days -= step
        return gone

    async def sweep(self) -> int:
        return await self.retention.sweep()

    async def there(self, *deployments: str) -> list[bool]:
        found = []
        for deployment in deployments:
            try:
                await self.world.deployments.get(deployment)
                found.append(True)
            except NoSuchLog:
                found.append(False)
        return found

    async def records(self, log: LogId) -> list[dict[str, Any]]:
        state = await self.world.store.state(log)
        chunks = await self.world.store.read(log, Seq(0), until=state.tail, max_bytes=10**9)
        return [json.loads(record) for chunk in chunks for record in chunk.records()]


async def test_nothing_goes_unless_somebody_said_so() -> None:
    """By default everything is kept. Caught: a default that deletes."""
    kept = await Kept.started(ProjectSettings(0, 0, 2**30))
    old = await kept.ended()
    assert await kept.days(1000) == 0
    assert await kept.there(old) == [True]


async def test_what_claims_to_be_of_times_to_come_goes_too() -> None:
    """An id is its client's word. Caught: one that says the year 3000, and is kept till then."""
    kept = await Kept.started(ProjectSettings(30, 0, 2**30))
    ahead = await kept.ended(id="dep_" + "z" * 11 + "0" * 26)
    others = [await kept.ended() for _ in range(retention.PAGE + 1)]
    assert await kept.days(31) == len(others) + 1
    assert await kept.there(ahead, others[0], others[-1]) == [False] * 3


async def test_what_ended_long_ago_goes() -> None:
    """Counted from its end, not from its beginning; what still runs stays. The feed and the audit
    log tell it."""
    kept = await Kept.started(ProjectSettings(30, 0, 2**30))
    running = await kept.world.made()
    old = await kept.ended()
    late = await kept.world.made()
    await kept.days(20)
    await kept.world.deployments.change(late, Change(status="failed", exit_code=1))
    assert await kept.days(9.9) == 0
    assert await kept.days(0.2) == 1
    assert await kept.there(old, late, running) == [False, True, True]
    told = (await kept.records(FEED))[-1]
    assert (told["kind"], told["deployment"]["id"]) == ("deleted", old)
    note = (await kept.records(AUDIT))[-1]
    assert note["kind"] == "deployment-expired"
    assert (note["deployment"], note["why"], note["by"]) == (old, "keep_days", "retention")
    assert await kept.days(1000) == 1
    assert await kept.there(late, running) == [False, True]


async def test_the_oldest_go_when_a_project_is_too_large() -> None:
    """Until the rest fits; the newest stays however large it is, and what runs is not touched."""
    kept = await Kept.started(ProjectSettings(0, 35_000, 2**30))
    running = await kept.world.made()
    await kept.world.say(running, ["x" * 1000] * 2)
    first, second, third = [await kept.ended(lines=10) for _ in range(3)]
    assert await kept.sweep() == 0
    fourth = await kept.ended(lines=10)
    other = await kept.ended("other", lines=30)
    assert await kept.sweep() == 1
    assert await kept.there(first, second, third, fourth, other) == [False, True, True, True, True]
    large = await kept.ended(lines=100)
    await kept.sweep()
    assert await kept.there(second, third, fourth, large) == [False, False, False, True]
    assert await kept.there(other, running) == [True, True]


async def test_projects_have_their_own() -> None:
    """Longer, shorter, or for ever. Caught: the server's for all, or that of the shortest."""
    kept = await Kept.started(ProjectSettings(30, 0, 2**30))
    await kept.world.projects.put("week", ProjectSettings(keep_days=7))
    await kept.world.projects.put("ever", ProjectSettings(keep_days=0))
    week, month, ever = [await kept.ended(name) for name in ("week", "month", "ever")]
    await kept.days(8)
    assert await kept.there(week, month, ever) == [False, True, True]
    await kept.days(60)
    assert await kept.there(month, ever) == [False, True]


@pytest.mark.parametrize("years", [10, -10])
async def test_a_clock_that_jumps_deletes_nothing(
    years: int, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said, and there are hours to set it right. Caught: everything gone at once."""
    kept = await Kept.started(ProjectSettings(30, 0, 2**30))
    deployments = [await kept.ended() for _ in range(3)]
    before = kept.world.now_us
    kept.world.now_us += years * 365 * DAY_US
    for _ in range(10):
        assert await kept.sweep() == 0
        kept.steady += HOLD_SECONDS / 20
    kept.retention = kept.restarted()
    assert await kept.sweep() == 0
    said = [record.getMessage() for record in caplog.records]
    assert sum("the clock is" in text for text in said) == (2 if years > 0 else 0)
    kept.world.now_us = before + DAY_US
    assert await kept.days(1) == 0
    assert all(await kept.there(*deployments))


async def test_a_clock_that_stays_is_believed() -> None:
    """A server that was away for a month goes on as before, some hours later."""
    kept = await Kept.started(ProjectSettings(30, 0, 2**30))
    await kept.ended()
    kept.world.now_us += 31 * DAY_US
    assert await kept.sweep() == 0
    kept.steady += HOLD_SECONDS - 1
    assert await kept.sweep() == 0
    kept.steady += 1
    assert await kept.sweep() == 1


async def test_a_weekend_off_is_no_jump() -> None:
    """Nothing waits for what happens every week."""
    kept = await Kept.started(ProjectSettings(1, 0, 2**30))
    await kept.ended()
    kept.world.now_us += MAX_STEP_SECONDS * 1_000_000 - 10_000_000
    assert await kept.sweep() == 1


async def test_one_sweep_deletes_no_more_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest waits for the next one, so nobody waits for long."""
    monkeypatch.setattr(retention, "MAX_AT_ONCE", 4)
    monkeypatch.setattr(retention, "PAGE", 3)
    kept = await Kept.started(ProjectSettings(1, 0, 2**30))
    deployments = [await kept.ended() for _ in range(10)]
    kept.world.now_us += int(1.5 * DAY_US)
    assert [await kept.sweep() for _ in range(4)] == [4, 4, 2, 0]
    assert not any(await kept.there(*deployments))


async def test_the_retry_of_what_went_is_whole() -> None:
    """Its lines are its own, though they are its source's."""
    kept = await Kept.started(ProjectSettings(30, 0, 2**30))
    source = await kept.world.made()
    await kept.world.say(source, ["checkout", "::group::deploy", "failed"])
    await kept.world.deployments.change(source, Change(status="failed", exit_code=1))
    await kept.days(20)
    fork = await kept.world.made(retry_of=source)
    await kept.days(11)
    assert await kept.there(source, fork) == [False, True]
    state = await kept.world.store.state(log_of(source))
    assert state.deleted
    assert (await kept.world.store.state(log_of(fork))).tail == 2


async def test_old_news_goes() -> None:
    """Of the feed and the audit log the newest records stay; not one by one."""
    kept = await Kept.started(ProjectSettings(0, 0, 2**30))
    for _ in range(104):
        await kept.audit.note("x", retention.RETENTION)
    await trim_to(kept.world.store, AUDIT, 100, 1)
    assert (await kept.world.store.state(AUDIT)).gap is None
    for _ in range(20):
        await kept.audit.note("x", retention.RETENTION)
    await trim_to(kept.world.store, AUDIT, 100, 1)
    state = await kept.world.store.state(AUDIT)
    assert (state.tail, state.start) == (124, 24)
    await trim_to(kept.world.store, LogId("none"), 100, 1)


async def test_a_damaged_feed_keeps_nothing_else_from_going(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cannot be cut where it is damaged; the old deployments and the old notes go all the same.

    Caught: one damaged row that ends every sweep."""
    store = await SqliteStore.open(tmp_path, on_failure=lambda _: None)
    kept = Kept(await World.started(store, ProjectSettings(30, 0, 2**30)))
    await kept.audit.start()
    for _ in range(30):
        await kept.audit.note("x", retention.RETENTION)
    old = await kept.ended()
    await kept.days(29)
    connection = apsw.Connection(str(tmp_path / DATABASE))
    connection.execute(
        "UPDATE chunks SET crc = crc + 1 WHERE log = (SELECT key FROM logs WHERE id = ?)", (FEED,)
    )
    connection.close()
    monkeypatch.setattr(retention, "MAX_FEED_RECORDS", 1)
    monkeypatch.setattr(retention, "MAX_AUDIT_RECORDS", 20)
    assert await kept.days(2) == 1
    assert await kept.there(old) == [False]
    assert (await store.state(AUDIT)).start > 0
    assert (await store.state(FEED)).start == 0
    await store.close()
