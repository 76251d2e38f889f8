"""The orders in which the steps of concurrent tasks can happen, tried one after the other.

The store under test stops before each call until it is let on. The same scenario runs again and
again, each time in another order, until none is left that interrupts a task at most so often:
what is wrong between two or three tasks shows with two interruptions, or hardly ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any

from logflume.records import Append, Chunk, LogId, Seq, State
from logflume.store.memory import MemoryStore

Interleaved = Callable[..., Awaitable[list[object]]]
"""Runs the coroutines it is given, interleaved; what each returned or raised."""


class SteppedStore(MemoryStore):
    """The memory store, each of whose calls happens when it is let on."""

    def __init__(self) -> None:
        super().__init__()
        self.stepping = False
        self.waiting: dict[asyncio.Task[Any], asyncio.Future[None]] = {}

    async def create(self, log: LogId, state: State, first: Append | None = None) -> State:
        await self._step()
        return await super().create(log, state, first)

    async def append(self, log: LogId, append: Append) -> State:
        await self._step()
        return await super().append(log, append)

    async def state(self, log: LogId) -> State:
        await self._step()
        return await super().state(log)

    async def read(self, log: LogId, after: Seq, *, until: Seq, max_bytes: int) -> Sequence[Chunk]:
        await self._step()
        return await super().read(log, after, until=until, max_bytes=max_bytes)

    async def delete(self, log: LogId, **options: Any) -> None:
        await self._step()
        await super().delete(log, **options)

    async def logs(
        self, prefix: str, labels: Mapping[str, str], *, before: LogId | None, limit: int
    ) -> Sequence[tuple[LogId, State]]:
        await self._step()
        return await super().logs(prefix, labels, before=before, limit=limit)

    async def _step(self) -> None:
        task = asyncio.current_task()
        if self.stepping and task is not None:
            self.waiting[task] = asyncio.get_running_loop().create_future()
            await self.waiting[task]


class _Order:
    """One order: at each step the place of the task that goes on among those that can."""

    def __init__(self, choices: list[int], interruptions: int) -> None:
        self._choices = choices
        self._interruptions = interruptions
        self._last: asyncio.Task[Any] | None = None
        self.options: list[int] = []

    def next(self, waiting: Sequence[asyncio.Task[Any]]) -> asyncio.Task[Any]:
        """Who goes on; the one that went last comes first, so that 0 interrupts nobody."""
        last = [task for task in waiting if task is self._last]
        others = [task for task in waiting if task is not self._last]
        able = [*last, *others] if self._interruptions or not last else last
        step = len(self.options)
        choice = self._choices[step] if step < len(self._choices) else 0
        self._interruptions -= bool(last) and choice > 0
        self.options.append(len(able))
        self._last = able[choice]
        return self._last

    def following(self) -> list[int] | None:
        """The order after this one, if there is one."""
        choices = self._choices + [0] * (len(self.options) - len(self._choices))
        while choices and choices[-1] + 1 == self.options[len(choices) - 1]:
            choices.pop()
        return [*choices[:-1], choices[-1] + 1] if choices else None


Scenario = Callable[[SteppedStore, Interleaved], Awaitable[None]]
"""Prepares the store, has tasks interleaved, and checks what came of it."""


def explore(scenario: Scenario, *, interruptions: int = 2) -> int:
    """Run `scenario` in every order with so many interruptions; how many orders there were."""
    return asyncio.run(_explore(scenario, interruptions))


async def _explore(scenario: Scenario, interruptions: int) -> int:
    orders = 0
    choices: list[int] | None = []
    while choices is not None:
        order = _Order(choices, interruptions)
        await _run(scenario, order)
        choices = order.following()
        orders += 1
    return orders


async def _run(scenario: Scenario, order: _Order) -> None:
    store = SteppedStore()

    async def interleaved(*coroutines: Coroutine[Any, Any, object]) -> list[object]:
        store.stepping = True
        tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
        while not all(task.done() for task in tasks):
            await asyncio.sleep(0)
            if len(store.waiting) == sum(not task.done() for task in tasks) > 0:
                store.waiting.pop(order.next(list(store.waiting))).set_result(None)
        store.stepping = False
        return list(await asyncio.gather(*tasks, return_exceptions=True))

    await scenario(store, interleaved)


__all__ = ["Interleaved", "Scenario", "SteppedStore", "explore"]
