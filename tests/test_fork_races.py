"""Forking, deleting and making again, in the orders in which their steps at the store can happen.

Whoever comes second sees the first: there is never a fork without records, never records without a
reader, and never a log gone that nobody deleted.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import count

from logflume.errors import CallerError, NoSuchLog
from logflume.forks import Forks
from logflume.generic.logs import ForkPoint, Logs, NewLog
from logflume.generic.names import log_of
from logflume.lineage import stored
from logflume.records import Lifetime, LogId, Offset, Seq, State
from logflume.store import Store
from tests.contract.store import append_of
from tests.interleaved import Interleaved, SteppedStore, explore

EVERY = 99
"""Interruptions: all the orders that there are, of two tasks."""

SOURCE, FORK, OTHER, ROOT = (log_of(name) for name in ("source", "fork", "other", "root"))


class Clock:
    """Microseconds since 1970, a second further with every look at it."""

    def __init__(self) -> None:
        self._seconds = count(1_795_435_200)
        self.ahead_seconds = 0

    def __call__(self) -> int:
        return (next(self._seconds) + self.ahead_seconds) * 1_000_000


def logs_of(store: Store, clock: Clock | None = None) -> Logs:
    return Logs(store, clock=clock or Clock())


def fork_of(source: LogId, offset: Offset | None = None) -> NewLog:
    return NewLog(fork=ForkPoint(source, offset))


async def made(logs: Logs, log: LogId, *bodies: str, source: LogId | None = None) -> State:
    """A new log of these records, after those of `source`."""
    state, _ = await logs.create(log, fork_of(source) if source else NewLog("text/plain"))
    for body in bodies:
        state = await logs.append(log, append_of(body))
    return state


async def texts(store: Store, log: LogId) -> list[str]:
    """Every record of the log, wherever it is stored."""
    state = await store.state(log)
    found: list[str] = []
    while len(found) < state.tail:
        after = Seq(len(found))
        chunks = await stored(store, log, state, after, until=state.tail, max_bytes=10**6)
        records = [record for chunk in chunks for record in chunk.records()]
        found += [record.decode().split(":")[1].strip() for record in records]
    return found


async def check_nothing_leaks(store: Store) -> None:
    """What is out of use has a fork, and whatever a living log begins with is there."""
    found = await store.logs("", {}, before=None, limit=99)
    sources = {state.labels.get("forked_from") for _, state in found}
    assert [log for log, state in found if state.deleted and log not in sources] == []
    for log, state in found:
        if not state.deleted:
            await texts(store, log)


async def check_empty(store: Store) -> None:
    assert await store.logs("", {}, before=None, limit=99) == []


def test_a_log_is_forked_while_it_is_deleted() -> None:
    """Either the fork is whole, or it is refused and not there.

    Caught: looking whether the source is in use only before the fork is made; looking for forks
    before the log is out of use."""

    async def scenario(store: SteppedStore, interleaved: Interleaved) -> None:
        logs = logs_of(store)
        await made(logs, SOURCE, "a", "b")
        fork, deletion = await interleaved(logs.create(FORK, fork_of(SOURCE)), logs.delete(SOURCE))
        assert deletion is None
        if isinstance(fork, CallerError):
            await check_empty(store)
        else:
            assert await texts(store, FORK) == ["a", "b"]
            assert (await store.state(SOURCE)).deleted

    assert explore(scenario, interruptions=EVERY) > 50


def test_two_fork_a_log_while_it_is_deleted() -> None:
    """One may be whole and the other refused; then the source stays for the one.

    Caught: a refused fork that takes its source with it."""

    async def scenario(store: SteppedStore, interleaved: Interleaved) -> None:
        logs = logs_of(store)
        await made(logs, SOURCE, "a")
        *forks, deletion = await interleaved(
            logs.create(FORK, fork_of(SOURCE)),
            logs.create(OTHER, fork_of(SOURCE)),
            logs.delete(SOURCE),
        )
        assert deletion is None
        for log, fork in zip((FORK, OTHER), forks, strict=True):
            if not isinstance(fork, CallerError):
                assert await texts(store, log) == ["a"]
        await check_nothing_leaks(store)

    assert explore(scenario) > 100


def test_the_last_fork_is_deleted_while_its_source_is() -> None:
    """Both go, whoever is first. Caught: each leaves the removal to the other."""

    async def scenario(store: SteppedStore, interleaved: Interleaved) -> None:
        logs = logs_of(store)
        await made(logs, SOURCE, "a")
        await made(logs, FORK, "b", source=SOURCE)
        assert await interleaved(logs.delete(FORK), logs.delete(SOURCE)) == [None, None]
        await check_empty(store)

    assert explore(scenario, interruptions=EVERY) > 50


def test_what_is_out_of_use_goes_with_the_last_of_two_forks() -> None:
    """Whoever is last, and the root of all of them with it; a sweep meanwhile does no harm.

    Caught: a collector that gives up because another one was quicker."""

    async def scenario(store: SteppedStore, interleaved: Interleaved) -> None:
        logs = logs_of(store)
        await made(logs, ROOT, "r")
        await made(logs, SOURCE, "a", source=ROOT)
        for log in (FORK, OTHER):
            await made(logs, log, source=SOURCE)
        await logs.delete(ROOT)
        await logs.delete(SOURCE)
        await interleaved(logs.delete(FORK), logs.delete(OTHER), logs.sweep())
        await check_empty(store)

    assert explore(scenario, interruptions=1) > 20


def test_a_log_is_deleted_twice_at_once() -> None:
    """One of them deletes it; the other finds it deleted, or nothing."""

    async def scenario(store: SteppedStore, interleaved: Interleaved) -> None:
        logs = logs_of(store)
        await made(logs, SOURCE, "a")
        results = await interleaved(logs.delete(SOURCE), logs.delete(SOURCE))
        assert None in results
        assert all(result is None or isinstance(result, NoSuchLog) for result in results)
        await check_empty(store)

    explore(scenario)


def test_a_name_is_taken_again_while_the_last_forks_of_the_old_log_go() -> None:
    """Who was told that the new log is made finds it, though two collect what is left of the old.

    Caught: removing by its name what was looked at a step ago."""

    async def scenario(store: SteppedStore, interleaved: Interleaved) -> None:
        logs = logs_of(store)
        await made(logs, SOURCE, "old")
        for log in (FORK, OTHER):
            await made(logs, log, source=SOURCE)
        await logs.delete(SOURCE)
        forks = Forks(store)
        *_, again = await interleaved(
            forks.delete(FORK, 1),
            forks.delete(OTHER, 1),
            logs.create(SOURCE, NewLog("text/plain")),
        )
        if not isinstance(again, CallerError):
            assert not (await store.state(SOURCE)).deleted
        await check_nothing_leaks(store)

    explore(scenario)


def test_an_expired_log_is_made_again_while_others_find_it_expired() -> None:
    """Who was told that the new log is made finds it: the old one's lifetime is over, not its own.

    Caught: deleting by its name what was found expired a step ago."""

    async def scenario(store: SteppedStore, interleaved: Interleaved) -> None:
        clock = Clock()
        logs = logs_of(store, clock)
        mortal = NewLog("text/plain", Lifetime(idle_seconds=60))
        old, _ = await logs.create(SOURCE, mortal)
        clock.ahead_seconds = 3600
        _, again, _ = await interleaved(
            logs.use(SOURCE, old), logs.create(SOURCE, mortal), logs.sweep()
        )
        assert isinstance(again, tuple)
        assert not (await store.state(SOURCE)).deleted

    explore(scenario)


def test_a_log_is_forked_while_its_source_is_deleted_and_made_again() -> None:
    """The fork begins with the records of the log that it was told to fork, or is refused; also
    where those are its source's own source's.

    Caught: taking a log of the same name for the same log."""

    async def scenario(store: SteppedStore, interleaved: Interleaved) -> None:
        logs = logs_of(store)
        at = (await made(logs, ROOT, "r")).tail_offset
        await made(logs, SOURCE, "s", source=ROOT)
        await logs.delete(ROOT)

        async def replace_source() -> None:
            await logs.delete(SOURCE)
            await made(logs, SOURCE, "new")

        fork, _ = await interleaved(logs.create(FORK, fork_of(SOURCE, at)), replace_source())
        if not isinstance(fork, CallerError):
            assert await texts(store, FORK) == ["r"]
        await check_nothing_leaks(store)

    explore(scenario)


def test_a_log_is_deleted_while_it_is_deleted_and_made_again_as_a_fork() -> None:
    """A deletion that is late meets another log of the name: what that one inherits stays its own.

    Caught: labels of the old log put on the new one."""

    async def scenario(store: SteppedStore, interleaved: Interleaved) -> None:
        logs = logs_of(store)
        await made(logs, ROOT, "r")
        await made(logs, SOURCE, "s")

        async def replace_source() -> None:
            with suppress(NoSuchLog):
                await logs.delete(SOURCE)
            await made(logs, SOURCE, source=ROOT)
            await made(logs, FORK, source=SOURCE)
            await logs.delete(ROOT)

        _, replaced = await interleaved(logs.delete(SOURCE), replace_source())
        if not isinstance(replaced, CallerError):
            assert await texts(store, FORK) == ["r"]
        await check_nothing_leaks(store)

    explore(scenario, interruptions=3)
