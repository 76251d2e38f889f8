"""How long a generic log lives: until a moment, or while it is used. The clock is the test's."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from logflume import forks as forks_module
from logflume.errors import Conflict, LogExpired, LogGone, NoSuchLog
from logflume.generic.logs import ForkPoint, Logs, NewLog
from logflume.generic.names import log_of
from logflume.records import USES_NOTED, Append, Lifetime, LogId, State
from logflume.store.memory import MemoryStore
from tests.contract.store import append_of

LOG, FORK = log_of("log"), log_of("fork")
IDLE = NewLog("text/plain", Lifetime(idle_seconds=10))
SECOND = 1_000_000
NOON_US = 1_795_435_200 * SECOND


class World:
    """Generic logs over a store, and a clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now_us = NOON_US
        self.store = WritesCounted()
        self.logs = Logs(self.store, clock=lambda: self.now_us)

    async def read(self, log: LogId = LOG) -> None:
        """What reading the log does to its lifetime."""
        await self.logs.use(log, await self.store.state(log))

    async def kept(self) -> set[LogId]:
        return {log for log, _ in await self.store.logs("", {}, before=None, limit=99)}


class WritesCounted(MemoryStore):
    """Counts the appends."""

    def __init__(self) -> None:
        super().__init__()
        self.appends = 0

    async def append(self, log: LogId, append: Append) -> State:
        self.appends += 1
        return await super().append(log, append)


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("idle_seconds", [1, 10, 3600])
@pytest.mark.parametrize("step_us", [1, 1_000, 60_000, 624_999, 625_000, 700_000])
async def test_a_log_lives_as_long_as_it_is_read(
    world: World, idle_seconds: int, step_us: int
) -> None:
    """Read again and again, it never expires; left alone, it lives its idle time at least, and a
    sixteenth longer at most.

    Caught: an idle time that is counted from the making, or from a use that was not noted."""
    idle_us = idle_seconds * SECOND
    await world.logs.create(LOG, NewLog("text/plain", Lifetime(idle_seconds=idle_seconds)))
    for _ in range(40):
        world.now_us += min(step_us * 7, idle_us)
        await world.read()
    last_us = world.now_us
    world.now_us = last_us + idle_us
    assert not (await world.store.state(LOG)).expired(world.now_us)
    world.now_us = last_us + idle_us + idle_us // USES_NOTED
    with pytest.raises(LogExpired):
        await world.read()
    assert await world.kept() == set()


@pytest.mark.parametrize("reads", [1, 15, 16, 17, 100, 1000])
async def test_uses_are_noted_sixteen_times_in_an_idle_time_at_most(
    world: World, reads: int
) -> None:
    """However often the log is read: each is a write. Caught: a write with every read."""
    await world.logs.create(LOG, IDLE)
    for n in range(1, reads + 1):
        world.now_us = NOON_US + n * 10 * SECOND // reads
        await world.read()
    assert 1 <= world.store.appends <= USES_NOTED


async def test_an_append_is_a_use_and_a_look_at_the_state_is_none(world: World) -> None:
    """Of ten seconds. Caught: HEAD that keeps a log alive for ever."""
    await world.logs.create(LOG, IDLE)
    world.now_us += 9 * SECOND
    await world.logs.append(LOG, append_at(world.now_us))
    for _ in range(10):
        world.now_us += SECOND
        await world.logs.state(LOG)
    await world.logs.append(LOG, Append(world.now_us, close=True))
    world.now_us += 11 * SECOND
    with pytest.raises(LogExpired):
        await world.logs.state(LOG)
    with pytest.raises(NoSuchLog):
        await world.store.state(LOG)


async def test_a_log_without_an_idle_time_costs_no_write_when_it_is_read(world: World) -> None:
    """Most logs. Caught: a use that is noted for nothing."""
    await world.logs.create(LOG, NewLog("text/plain"))
    await world.logs.create(FORK, NewLog("text/plain", Lifetime(expires_us=NOON_US + SECOND)))
    for _ in range(5):
        world.now_us += SECOND // 10
        await world.read(LOG)
        await world.read(FORK)
    assert world.store.appends == 0


CALLS = ("state", "use", "append", "delete", "fork")


@pytest.mark.parametrize("call", CALLS)
async def test_a_log_ends_at_its_moment_whatever_is_asked_of_it(world: World, call: str) -> None:
    """A microsecond before it is all there; then it is as if it had never been, and is removed by
    whoever finds out."""
    lifetime = Lifetime(expires_us=NOON_US + 5 * SECOND)
    state, _ = await world.logs.create(LOG, NewLog("text/plain", lifetime))
    world.now_us = NOON_US + 5 * SECOND - 1
    await world.read()
    await world.logs.append(LOG, append_at(world.now_us))
    world.now_us += 1
    calls = {
        "state": lambda: world.logs.state(LOG),
        "use": lambda: world.logs.use(LOG, state),
        "append": lambda: world.logs.append(LOG, append_at(world.now_us)),
        "delete": lambda: world.logs.delete(LOG),
        "fork": lambda: world.logs.create(FORK, NewLog(fork=ForkPoint(LOG))),
    }
    with pytest.raises(NoSuchLog) as refused:
        await calls[call]()  # type: ignore[no-untyped-call]
    assert not isinstance(refused.value, LogGone)
    assert await world.kept() == set()


@pytest.mark.parametrize("swept", [False, True])
async def test_the_name_of_an_expired_log_may_be_taken_again(world: World, swept: bool) -> None:
    """By another log of another type, with nothing of the old one.

    Caught: an expired log that is found when it is made again."""
    old, _ = await world.logs.create(LOG, IDLE)
    await world.logs.append(LOG, append_at(world.now_us))
    world.now_us += 20 * SECOND
    if swept:
        await world.logs.sweep()
        assert await world.kept() == set()
    state, is_new = await world.logs.create(LOG, NewLog("application/json"))
    assert is_new
    assert (state.tail, state.content_type, state.lifetime) == (0, "application/json", None)
    assert state.epoch > old.epoch


async def test_a_sweep_removes_what_nobody_asks_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many logs those whose time is over, and no other.

    Caught: a sweep of the first page; one that takes those that are in use."""
    monkeypatch.setattr(forks_module, "SWEEP_PAGE", 4)
    lifetimes: Mapping[int, Lifetime | None] = {
        0: None,
        1: Lifetime(idle_seconds=10),
        2: Lifetime(idle_seconds=100),
        3: Lifetime(expires_us=NOON_US + 20 * SECOND),
        4: Lifetime(expires_us=NOON_US + 21 * SECOND),
    }
    for n in range(25):
        await world.logs.create(log_of(f"{n:02}"), NewLog("text/plain", lifetimes[n % 5]))
    world.now_us += 20 * SECOND
    await world.logs.sweep()
    assert await world.kept() == {log_of(f"{n:02}") for n in range(25) if n % 5 in (0, 2, 4)}


async def test_a_fork_lives_by_the_lifetime_of_its_source_unless_it_has_its_own(
    world: World,
) -> None:
    """Its own idle time begins when it is made; a moment is the same for both.

    Caught: a fork that expires with its source's last use."""
    await world.logs.create(LOG, IDLE)
    world.now_us += 9 * SECOND
    like_it, _ = await world.logs.create(FORK, NewLog(fork=ForkPoint(LOG)))
    other, _ = await world.logs.create(
        log_of("other"), NewLog(lifetime=Lifetime(idle_seconds=99), fork=ForkPoint(LOG))
    )
    assert (like_it.lifetime, like_it.used_us) == (IDLE.lifetime, world.now_us)
    assert other.lifetime == Lifetime(idle_seconds=99)
    world.now_us += 9 * SECOND
    await world.read(FORK)
    with pytest.raises(LogExpired):
        await world.logs.state(LOG)


async def test_the_records_of_an_expired_log_stay_with_its_fork(world: World) -> None:
    """It is out of use, its name is not free, and it goes with the fork.

    Caught: a sweep that removes what a fork needs."""
    await world.logs.create(LOG, IDLE)
    await world.logs.append(LOG, append_at(world.now_us))
    await world.logs.create(FORK, NewLog(lifetime=Lifetime(idle_seconds=1000), fork=ForkPoint(LOG)))
    world.now_us += 20 * SECOND
    await world.logs.sweep()
    assert await world.kept() == {LOG, FORK}
    with pytest.raises(LogGone):
        await world.logs.state(LOG)
    with pytest.raises(Conflict):
        await world.logs.create(LOG, NewLog("text/plain"))
    world.now_us += 2000 * SECOND
    await world.logs.sweep()
    assert await world.kept() == set()


@pytest.mark.parametrize(
    "lifetime", [Lifetime(idle_seconds=0), Lifetime(expires_us=NOON_US), Lifetime(expires_us=0)]
)
@pytest.mark.parametrize("new", [{}, {"body": b"x"}, {"closed": True}])
async def test_a_log_may_be_made_whose_time_is_over(
    world: World, lifetime: Lifetime, new: dict[str, object]
) -> None:
    """It is made as it was asked for, and gone with the next look at it, whatever it begins with.

    Caught: a first append that finds its own log expired."""
    made = NewLog("text/plain", lifetime, **new)  # type: ignore[arg-type]
    _, is_new = await world.logs.create(LOG, made)
    assert is_new
    with pytest.raises(NoSuchLog):
        await world.logs.state(LOG)
    assert await world.kept() == set()


@pytest.mark.parametrize("lifetime", [Lifetime(idle_seconds=0), Lifetime(expires_us=NOON_US)])
async def test_a_fork_may_be_made_whose_time_is_over(world: World, lifetime: Lifetime) -> None:
    """Like any log, and its source is left as it was.

    Caught: a fork that is found expired while it is made."""
    await world.logs.create(LOG, NewLog("text/plain", body=b"x"))
    _, is_new = await world.logs.create(FORK, NewLog(lifetime=lifetime, fork=ForkPoint(LOG)))
    assert is_new
    with pytest.raises(NoSuchLog):
        await world.logs.state(FORK)
    assert await world.kept() == {LOG}
    await world.logs.delete(LOG)
    assert await world.kept() == set()


def append_at(at_us: int) -> Append:
    return Append(at_us, append_of("x").encode)
