"""Reading what is stored by a state that is a moment old: trimmed meanwhile is not damaged."""

from __future__ import annotations

import pytest

from logflume.errors import StoreCorrupt, Trimmed
from logflume.lineage import stored
from logflume.records import Append, Gap, Seq, State
from logflume.store.memory import MemoryStore
from tests.contract.store import EMPTY, LOG, append_of


class World:
    """A log of nine records, of which some go after its state was read."""

    def __init__(self) -> None:
        self.store = MemoryStore()

    async def trimmed(self, after: int, *untils: int) -> State:
        """The state before the last trim."""
        await self.store.create(LOG, EMPTY)
        state = await self.store.append(LOG, append_of(*"abcdefghi"))
        for until in untils:
            state = await self.store.state(LOG)
            gap = Gap(Seq(after), Seq(until), 1)
            await self.store.append(LOG, Append(1, trim=gap))
        return state

    async def read(self, state: State, after: int, until: int = 9) -> list[tuple[int, int]]:
        """First and last number of each chunk."""
        chunks = await stored(self.store, LOG, state, Seq(after), until=Seq(until), max_bytes=10**9)
        return [(chunk.first, chunk.last) for chunk in chunks]


@pytest.mark.parametrize("untils", [(5,), (4, 5)])
async def test_a_state_from_before_reads_up_to_the_gap_and_over_it(untils: tuple[int, ...]) -> None:
    """Caught: a read that goes on behind the gap as if nothing lay in it."""
    world = World()
    old = await world.trimmed(2, *untils)
    for state in (old, await world.store.state(LOG)):
        assert await world.read(state, 0) == [(1, 2)]
        assert await world.read(state, 2) in ([(3, 5)], [(3, untils[0])])
        assert (await world.read(state, 4))[0][0] == 5
        assert await world.read(state, 5) == [(6, 9)]


async def test_a_part_of_the_gap_is_told_as_that_part() -> None:
    """Whatever part is asked for, its numbers and no others."""
    world = World()
    await world.trimmed(2, 7)
    state = await world.store.state(LOG)
    for after in range(2, 7):
        for until in range(after + 1, 10):
            assert await world.read(state, after, until) == [(after + 1, min(until, 7))]


async def test_a_start_that_is_gone_is_refused() -> None:
    """By a state that knows it, and by one that does not."""
    world = World()
    old = await world.trimmed(0, 3, 5)
    for state in (old, await world.store.state(LOG)):
        with pytest.raises(Trimmed) as trimmed:
            await world.read(state, 4)
        assert trimmed.value.earliest == str(state.offset(Seq(5)))
        assert await world.read(state, 5) == [(6, 9)]


async def test_what_is_missing_for_no_reason_is_damage() -> None:
    """A gap elsewhere does not explain it."""
    world = World()
    await world.trimmed(2, 4)
    state = await world.store.state(LOG)
    lying = await world.store.read(LOG, Seq(4), until=Seq(9), max_bytes=1)
    assert lying
    world.store._logs[LOG].chunks = world.store._logs[LOG].chunks[:1]
    with pytest.raises(StoreCorrupt):
        await world.read(state, 4)
