"""Both event loops that a server may run on, for what must hold on each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
import uvloop

from tests.exchange import PATIENCE_SECONDS

T = TypeVar("T")

NewLoop = Callable[[], asyncio.AbstractEventLoop]

LOOPS = pytest.mark.parametrize(
    "new_loop", [uvloop.new_event_loop, asyncio.SelectorEventLoop], ids=["uvloop", "asyncio"]
)


def run(new_loop: NewLoop, work: Awaitable[T]) -> T:
    """The result of `work` on a loop of its own. Raises TimeoutError."""

    async def in_time() -> T:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await work

    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(in_time())


async def until(condition: Callable[[], object]) -> None:
    """Return when the condition holds; it is looked at in every turn of the loop."""
    while not condition():  # noqa: ASYNC110 -- nobody would set an event
        await asyncio.sleep(0)


__all__ = ["LOOPS", "NewLoop", "run", "until"]
