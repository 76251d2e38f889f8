"""Who is told much does not keep others waiting: bounds in turns of the loop, not in time."""

from __future__ import annotations

import pytest

from logflume.http import rounds
from logflume.records import Append, LogId
from tests.contract.store import EMPTY, lines
from tests.followers import Watcher, World, turns

QUIET = LogId("quiet")
SLICE = 50
WATCHERS = 200
BURST = "x" * 65_536


@pytest.fixture(params=[10**7, 1000], ids=["from the ring", "from the store"])
async def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> World:
    """A log with two hundred watchers, and another."""
    monkeypatch.setattr(rounds, "SLICE", SLICE)
    made = await World.made(ring_bytes=request.param)
    await made.store.create(QUIET, EMPTY)
    for _ in range(WATCHERS):
        await made.join()
    return made


async def test_a_flood_to_one_log_does_not_hold_up_another(world: World) -> None:
    """64 KiB come in every turn, so the rounds have no end; whoever watches another log has his
    line before the flooded ones are told more than a slice, and they all have the same.

    Caught: a round in one go, or another that is begun before others had their turn."""
    flooded, one = list(world.watchers), await world.join(log=QUIET)
    for number in range(1, 11):
        for _ in range(3):
            await world.append(BURST)
            await turns(1)
        await world.store.append(QUIET, Append(1, lines("line")))
        before = told(flooded)
        while len(one.seen) < number:
            await turns(1)
        assert told(flooded) - before <= SLICE
    await world.quiet()
    assert flooded[0].seen == list(range(1, 31))
    assert len({tuple(map(id, each.writes[1:])) for each in flooded}) == 1


async def test_a_turn_is_a_slice_of_one_round(world: World) -> None:
    """However much has come. Caught: rounds that follow each other without a turn between."""
    flooded = list(world.watchers)
    for _ in range(5):
        await world.append(BURST)
    most = 0
    while flooded[-1].seen != [1, 2, 3, 4, 5]:
        before = told(flooded)
        await turns(1)
        most = max(most, told(flooded) - before)
    assert 0 < most <= SLICE


def told(watchers: list[Watcher]) -> int:
    return sum(len(one.writes) for one in watchers)
