"""Random interleavings of appends and of watchers who come, stall, take a little, go on and leave,
over real connections: every one has every record once and in order, with io_uring and without."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logflume.http import rounds
from logflume.tail import RING_BYTES
from tests.loopback import LEAVE, LOGS, ONE, OTHER, Loopback, loopback
from tests.loops import LOOPS, NewLoop, run
from tests.refusals import IO_URING_SETUP, forbidden

pytestmark = pytest.mark.live

whom = st.integers(0, 30)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.sampled_from(LOGS), st.integers(1, 60_000)),
        st.tuples(st.just("stream"), whom, whom),
        st.tuples(st.just("socket"), st.sampled_from(LOGS), whom),
        st.tuples(st.just("stall"), whom, whom),
        st.tuples(st.just("sip"), whom, st.integers(1, 20_000)),
        st.tuples(st.just("go on"), whom, whom),
        st.tuples(st.just("leave"), whom, st.sampled_from(sorted(LEAVE))),
        st.tuples(st.just("turn"), st.integers(1, 4), whom),
    ),
    min_size=10,
    max_size=50,
)


async def take_step(logs: Loopback, name: str, which: Any, how: Any) -> None:
    if name == "append":
        await logs.append(which, how)
    elif name == "stream":
        await logs.stream()
    elif name == "socket":
        await logs.follow(await logs.socket(which), OTHER if which == ONE else ONE)
    elif name == "turn":
        await logs.turns(which)
    elif there := [far for far in logs.watchers if not far.gone]:
        far = there[which % len(there)]
        if name == "leave":
            far.leave(how)
        elif name == "sip":
            far.take(how)
        else:
            far.stalls = name == "stall"


@LOOPS
@pytest.mark.parametrize("refused", [False, True], ids=["io_uring", "refused"])
@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from([1, 50_000, RING_BYTES]),
    st.sampled_from([3, 256]),
    st.sampled_from([1, 8]),
    steps,
)
def test_everybody_has_every_record_once(
    new_loop: NewLoop,
    refused: bool,
    ring_bytes: int,
    slice_size: int,
    few: int,
    script: list[tuple[str, Any, Any]],
) -> None:
    """In order, log by log, and no frame within another; who has left has some of it."""

    async def follow() -> None:
        async with loopback(ring_bytes) as logs:
            for _ in range(10):
                await logs.stream()
                await logs.follow(await logs.socket(ONE), OTHER)
            for step in script:
                await take_step(logs, *step)
            await logs.all_have_all()
            for log in LOGS:
                await logs.append(log, 10)
            await logs.all_have_all()
            for far in logs.watchers:
                logs.has_all(far)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rounds, "SLICE", slice_size)
        patch.setattr(rounds, "FEW", few)
        if refused:
            forbidden(IO_URING_SETUP, lambda: run(new_loop, follow()))
        else:
            run(new_loop, follow())
