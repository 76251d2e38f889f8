"""The logs of one socket: one frame for many sockets, no records kept for anybody, turns."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Sequence
from typing import Any

import pytest

from logflume.cursor import MAX_BATCH_BYTES
from logflume.deployments.deployments import Deployments
from logflume.errors import Conflict
from logflume.generic.logs import Logs
from logflume.http.context import Context
from logflume.http.descriptors import NO_DESCRIPTOR
from logflume.http.log_addresses import address_of
from logflume.http.subscriptions import MAX_SUBSCRIPTIONS, Subscriptions
from logflume.records import Append, Chunk, LogId, Seq, State
from logflume.store.memory import MemoryStore
from logflume.tail import RING_BYTES, Tails
from logflume.wire.frames import message_of

LOG = LogId("stream/lines")


class Taken:
    """A client that takes every frame, or as many as it is told to."""

    logs: Subscriptions
    descriptor = NO_DESCRIPTOR

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.room: float = math.inf
        """Frames that it takes before it takes no more."""
        self._came = asyncio.Event()

    @property
    def writable(self) -> bool:
        return self.room > 0

    def write(self, frame: bytes) -> None:
        self.frames.append(frame)
        self._came.set()
        self.room -= 1
        if self.room == 0:
            self.logs.pause()

    def close(self, code: int, reason: str) -> None:
        raise AssertionError("no socket ends here")

    def take(self, frames: float = math.inf) -> None:
        self.room = frames
        self.logs.resume()

    async def count(self, frames: int) -> None:
        while len(self.frames) < frames:
            self._came.clear()
            await self._came.wait()

    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(message_of(frame)) for frame in self.frames]


def context_of(store: MemoryStore, ring_bytes: int = RING_BYTES) -> Context:
    deployments = Deployments(store, clock=lambda: 0, random=bytes)
    tails = Tails(store, ring_bytes=ring_bytes)
    return Context(store, tails, deployments, Logs(store, clock=lambda: 0), lambda: 0)


def subscriptions(context: Context, taken: Taken) -> Subscriptions:
    taken.logs = Subscriptions(context.crowds, context.seats, taken)
    return taken.logs


async def append(store: MemoryStore, record: bytes, log: LogId = LOG) -> None:
    await store.append(log, Append(0, lambda first: Chunk.of(first, [record])))


async def logs_of(store: MemoryStore, count: int) -> list[LogId]:
    logs = [LogId(f"stream/{number}") for number in range(count)]
    for log in logs:
        await store.create(log, State(1, "application/json"))
    return logs


async def test_the_same_bytes_go_to_every_socket() -> None:
    """A batch is framed once: not an equal frame for each, but one object; for who stands at the
    tail and for who comes to it from behind.

    Caught: what a frame holds of one socket."""
    store = MemoryStore()
    await store.create(LOG, State(1, "text/plain"))
    context, takers = context_of(store), [Taken() for _ in range(4)]
    sockets = [subscriptions(context, taken) for taken in takers]
    for many in sockets:
        many.add(await context.cursor(LOG))
    takers[3].room = 0
    sockets[3].pause()
    await append(store, b"one")
    for taken in takers[:3]:
        await taken.count(2)
    takers[3].take()
    await takers[3].count(2)
    assert len({id(taken.frames[1]) for taken in takers}) == 1
    assert takers[0].messages()[1]["data"] == "one"


async def test_one_who_takes_nothing_has_one_batch_under_way() -> None:
    """Of a hundred logs that grow, one frame is written; the rest is read when it is taken, all of
    it, each log in its order.

    Caught: every log is told as soon as it has news."""
    store, taken = MemoryStore(), Taken()
    context = context_of(store)
    many = subscriptions(context, taken)
    logs = await logs_of(store, 100)
    for log in logs:
        many.add(await context.cursor(log))
    await taken.count(len(logs))
    taken.room = 1
    for number in range(3):
        for log in logs:
            await append(store, b"%d\n" % number, log)
            await asyncio.sleep(0)
    assert len(taken.frames) == len(logs) + 1
    taken.take()
    await taken.count(2 * len(logs) + 1)
    numbers: dict[str, list[int]] = {address_of(log): [] for log in logs}
    for message in taken.messages():
        numbers[message["log"]] += message.get("data", [])
    assert all(found == [0, 1, 2] for found in numbers.values())


class _CountingStore(MemoryStore):
    """Counts how often records are read, and takes a turn of the loop for it, as a file does."""

    reads = 0

    async def read(self, log: LogId, after: Seq, *, until: Seq, max_bytes: int) -> Sequence[Chunk]:
        self.reads += 1
        await asyncio.sleep(0)
        return await super().read(log, after, until=until, max_bytes=max_bytes)


@pytest.mark.parametrize(("ring_bytes", "reads"), [(1, 9), (16 * MAX_BATCH_BYTES, 0)])
async def test_long_logs_share_a_socket_that_takes_little(ring_bytes: int, reads: int) -> None:
    """A batch of each before the second of any, one at a time, and nothing twice, wherever it is
    read.

    Caught: the first log has the socket until it has been read; each that must read the store
    writes what it finds, taken or not, or reads it in vain."""
    store, taken = _CountingStore(), Taken()
    context = context_of(store, ring_bytes)
    many = subscriptions(context, taken)
    logs = await logs_of(store, 3)
    cursors = [await context.cursor(log) for log in logs]
    for number in range(3):
        for log in logs:
            await append(store, b'"%d%b"\n' % (number, b"x" * MAX_BATCH_BYTES), log)
    taken.room = 0
    for cursor in cursors:
        many.add(cursor)
    for frames in range(9):
        taken.take(1)
        await taken.count(frames + 1)
        for _ in logs:  # whoever waits for a turn sees that nothing is taken
            await asyncio.sleep(0)
        assert len(taken.frames) == frames + 1
    told = [([record[0] for record in one["data"]], one["log"]) for one in taken.messages()]
    rounds = [sorted(told[first : first + 3]) for first in (0, 3, 6)]
    assert rounds == [[([number], address_of(log)) for log in logs] for number in "012"]
    assert store.reads == reads


async def test_a_log_that_is_added_while_nothing_is_taken_begins_with_its_place() -> None:
    """As it does otherwise, although there is nothing to read.

    Caught: a client that cannot tell an empty log from one that was never subscribed to."""
    store, taken = MemoryStore(), Taken()
    await store.create(LOG, State(1, "text/plain"))
    context = context_of(store)
    many = subscriptions(context, taken)
    taken.room = 0
    many.add(await context.cursor(LOG))
    assert taken.frames == []
    taken.take()
    await append(store, b"one")
    await taken.count(2)
    assert ["data" in message for message in taken.messages()] == [False, True]


async def test_a_socket_follows_a_thousand_logs_and_no_more() -> None:
    """One more is refused, and so is one that is followed; one less, and there is room.

    Caught: no bound to what one client may ask for."""
    store = MemoryStore()
    context, many = context_of(store), subscriptions(context_of(store), Taken())
    for number in range(MAX_SUBSCRIPTIONS):
        log = LogId(f"stream/{number}")
        await store.create(log, State(1, "text/plain"))
        with many.expecting(log):
            many.add(await context.cursor(log))
    with pytest.raises(Conflict, match="at most"), many.expecting(LogId("stream/more")):
        pass
    with pytest.raises(Conflict, match="already"), many.expecting(LogId("stream/7")):
        pass
    many.remove(LogId("stream/7"))
    with many.expecting(LogId("stream/more")):
        pass
