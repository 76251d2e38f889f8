"""Random interleavings of joins, leaves, pauses, resumptions, appends and the log's end: every
member of a crowd is told every record once, in order, whatever the ring still holds."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from logflume.http import rounds
from tests.followers import World, check, end_of, turns

small = st.integers(1, 3)
whom = st.integers(0, 7)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("append"), small, small),
        st.tuples(st.just("join"), whom, small),
        st.tuples(st.just("leave"), whom, small),
        st.tuples(st.just("fill"), whom, small),
        st.tuples(st.just("drain"), whom, small),
        st.tuples(st.just("turn"), small, small),
        st.tuples(st.just("beat"), small, small),
    ),
    min_size=15,
    max_size=60,
)
ends = st.sampled_from(["nothing", "close", "close with records", "delete", "stop"])


async def take_step(world: World, name: str, number: int, room: int) -> None:
    some = [one for one in world.watchers if not one.left]
    if name == "append":
        await world.append(*"x" * number)
    elif name == "join":
        await world.join(min(number, world.tail), room)
    elif name == "turn":
        await turns(number)
    elif name == "beat":
        (await world.crowd()).beat()
    elif some:
        one = some[number % len(some)]
        if name == "leave":
            one.leave()
        elif name == "fill":
            one.fill()
        else:
            one.drain(room)


async def follow(ring_bytes: int, script: list[tuple[str, int, int]], end: str) -> None:
    world = await World.made(ring_bytes=ring_bytes)
    for step in script:
        await take_step(world, *step)
    await end_of(world, end)
    staying = [one for one in world.watchers if not one.left]
    for one in staying:
        one.drain()
    await world.quiet()
    check(world, end)
    if end == "nothing" and staying:
        before = [one.heartbeats for one in staying]
        members = await world.crowd()
        members.beat()
        members.beat()
        await world.quiet()
        told = [one.heartbeats for one in staying]
        assert [n - b for n, b in zip(told, before, strict=True)] in (
            [1] * len(staying),
            [2] * len(staying),
        ), "somebody who has all is not in the crowd"


@settings(max_examples=400, deadline=None)
@example(
    10_000,
    1,
    [
        *(("join", 0, 3), ("join", 0, 3), ("append", 1, 1), ("append", 1, 1)),
        *(("join", 0, 3), ("leave", 1, 1), ("turn", 1, 1), ("fill", 0, 1)),
    ],
    "nothing",
)
@given(st.sampled_from([1, 12, 10_000]), st.sampled_from([1, 2, 256]), steps, ends)
def test_everybody_is_told_every_record_once(
    ring_bytes: int, slice_size: int, script: list[tuple[str, int, int]], end: str
) -> None:
    """In order, up to the end that the log came to, of which each is told once; whoever has left
    is told nothing; and once all is quiet, everybody is in the crowd."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rounds, "SLICE", slice_size)
        asyncio.run(follow(ring_bytes, script, end))
