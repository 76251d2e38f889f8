"""What WebSockets do that a client cannot see: one frame for many, no records kept for anybody."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import pytest
from websockets.exceptions import InvalidStatus

from logflume.cli import websocket_protocol
from logflume.deployments.deployments import FEED, Deployments
from logflume.errors import Conflict, StoreUnavailable
from logflume.generic.logs import Logs
from logflume.http import outlet
from logflume.http.context import Context, Message
from logflume.http.log_addresses import address_of, log_at
from logflume.http.outlet import Outlet
from logflume.http.subscriptions import MAX_SUBSCRIPTIONS, Subscriptions
from logflume.records import Append, Chunk, LogId, Seq, State
from logflume.store.memory import MemoryStore
from logflume.tail import Tails
from logflume.wire.websocket import framed, message_of
from tests.contract.api import Api
from tests.contract.protocol_websocket import FEED as FEED_PATH
from tests.contract.protocol_websocket import follow, problem_name
from tests.own_server import PLAIN, OwnServer
from tests.websocket import TEXT, log_path

LOG = LogId("stream/lines")


class Taken:
    """A client that takes every frame, or none until it is told to."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.takes = asyncio.Event()
        self.takes.set()
        self._came = asyncio.Event()

    def write_frame(self, frame: bytes) -> bool:
        self.frames.append(frame)
        self._came.set()
        return self.takes.is_set()

    async def drained(self) -> None:
        await self.takes.wait()

    async def count(self, frames: int) -> None:
        while len(self.frames) < frames:
            self._came.clear()
            await self._came.wait()


async def nothing(_: Message) -> None:
    """The rest of what an endpoint may say."""


def context_of(store: MemoryStore) -> Context:
    deployments = Deployments(store, clock=lambda: 0, random=bytes)
    return Context(store, Tails(store), deployments, Logs(store, clock=lambda: 0), lambda: 0)


def subscriptions(context: Context, taken: Taken) -> Subscriptions:
    return Subscriptions(context, Outlet({"extensions": {outlet.EXTENSION: taken}}, nothing))


async def append(store: MemoryStore, record: bytes, log: LogId = LOG) -> None:
    await store.append(log, Append(0, lambda first: Chunk.of(first, [record])))


async def test_the_same_bytes_go_to_every_socket() -> None:
    """A batch is framed once: not an equal frame for each, but one object.

    Caught: what a frame holds of one socket."""
    store = MemoryStore()
    await store.create(LOG, State(1, "text/plain"))
    context, takers = context_of(store), [Taken() for _ in range(3)]
    async with asyncio.TaskGroup() as tasks:
        writing = []
        for taken in takers:
            many = subscriptions(context, taken)
            many.add(LOG, await context.cursor(LOG))
            writing.append(tasks.create_task(many.write()))
            await taken.count(1)
        await append(store, b"one")
        for taken in takers:
            await taken.count(2)
        for task in writing:
            task.cancel()
    assert len({id(taken.frames[1]) for taken in takers}) == 1


async def test_one_who_takes_nothing_has_one_batch_under_way() -> None:
    """Of a hundred logs that grow, one frame is written; the rest is read when it is taken, all of
    it, each log in its order.

    Caught: every log reads as soon as it has news."""
    store, taken = MemoryStore(), Taken()
    context = context_of(store)
    many = subscriptions(context, taken)
    logs = [LogId(f"stream/{number}") for number in range(100)]
    async with asyncio.TaskGroup() as tasks:
        writing = tasks.create_task(many.write())
        for log in logs:
            await store.create(log, State(1, "application/json"))
            many.add(log, await context.cursor(log))
        await taken.count(len(logs))
        taken.takes.clear()
        for number in range(3):
            for log in logs:
                await append(store, b"%d\n" % number, log)
                await asyncio.sleep(0)
        assert len(taken.frames) == len(logs) + 1
        taken.takes.set()
        await taken.count(2 * len(logs) + 1)
        writing.cancel()
    numbers: dict[str, list[int]] = {address_of(log): [] for log in logs}
    for frame in taken.frames:
        message = json.loads(message_of(frame))
        numbers[message["log"]] += message.get("data", [])
    assert all(found == [0, 1, 2] for found in numbers.values())


async def test_a_socket_follows_a_thousand_logs_and_no_more() -> None:
    """One more is refused, and so is one that is followed; one less, and there is room.

    Caught: no bound to what one client may ask for."""
    store = MemoryStore()
    context, many = context_of(store), subscriptions(context_of(store), Taken())
    for number in range(MAX_SUBSCRIPTIONS):
        log = LogId(f"stream/{number}")
        await store.create(log, State(1, "text/plain"))
        with many.expecting(log):
            many.add(log, await context.cursor(log))
    with pytest.raises(Conflict, match="at most"), many.expecting(LogId("stream/more")):
        pass
    with pytest.raises(Conflict, match="already"), many.expecting(LogId("stream/7")):
        pass
    many.remove(LogId("stream/7"))
    with many.expecting(LogId("stream/more")):
        pass


class _FailingStore(MemoryStore):
    """Fails to read the records of one log."""

    fails = LogId("stream/fails")

    async def read(self, log: LogId, after: Seq, *, until: Seq, max_bytes: int) -> Sequence[Chunk]:
        if log == self.fails:
            raise StoreUnavailable("the store is closed")
        return await super().read(log, after, until=until, max_bytes=max_bytes)


def test_a_store_that_fails_for_one_log_ends_that_one() -> None:
    """An error message for it, and the other log goes on.

    Caught: the socket ends, or nobody is told."""
    with OwnServer(_FailingStore()) as server:
        api = Api(server.url)
        path = log_path(deployment := api.create())
        fails = f"/v1/stream/{_FailingStore.fails.removeprefix('stream/')}"
        headers = {"Content-Type": "text/plain"}
        api.request("PUT", fails, content=b"lost", headers=headers)
        with follow(api, path) as socket:
            socket.batch(path)
            socket.subscribe(fails, offset="-1")
            error = socket.next()
            assert (problem_name(error), error["log"]) == ("store-unavailable", fails)
            api.append_lines(deployment, 1, 1)
            assert socket.records()[0]["n"] == 1
            socket.subscribe(fails, offset="now")
            assert "data" not in socket.batch(fails)
        api.close()


def test_below_any_other_server_it_is_the_same() -> None:
    """uvicorn as it comes frames the messages itself: history, live, a second log, an error, the
    end; and refuses before the upgrade.

    Caught: frames where a server wants messages."""
    with OwnServer(options=PLAIN) as server:
        api = Api(server.url)
        first, second = api.create(), api.create()
        api.append_lines(first, 1, 500)
        with follow(api, log_path(first)) as socket:
            assert len(socket.records()) == 500
            socket.subscribe(log_path(second), offset="-1")
            socket.batch(log_path(second))
            socket.connection.send("nonsense")
            assert problem_name(socket.next()) == "bad-request"
            for deployment in (first, second):
                api.finish(deployment)
                assert socket.batch(log_path(deployment))["control"]["streamClosed"]
            assert socket.closed().code == 1000
        with pytest.raises(InvalidStatus, match="403"):
            follow(api, FEED_PATH, origin="http://evil.example")
        api.close()


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536, 300_000])
def test_a_frame_has_its_length_in_front(length: int) -> None:
    """In as many bytes as it takes (RFC 6455, section 5.2), and the message can be had back."""
    message = ("x" * length).encode()
    frame = framed(message)
    head = frame[: len(frame) - length]
    assert (head[0] & 0x0F, head[0] >> 4) == (TEXT, 0b1000)
    assert head[1] == {4: 126, 10: 127}.get(len(head), length)
    assert len(head) == 2 or int.from_bytes(head[2:]) == length
    assert len(head) == 2 + 2 * (125 < length < 1 << 16) + 8 * (length >= 1 << 16)
    assert message_of(frame) == message.decode()


@pytest.mark.parametrize(
    "address",
    [FEED_PATH, log_path("dep_" + "0" * 37), "/v1/stream/a", "/v1/stream/a/b.c~_-"],
)
def test_an_address_is_a_log_and_back(address: str) -> None:
    """One log, one spelling."""
    assert address_of(log_at(address)) == address


def test_the_feed_has_an_address_of_its_own() -> None:
    """It is not a deployment called feed."""
    assert log_at(FEED_PATH) == FEED


def test_both_sides_call_it_by_the_same_name() -> None:
    """The application finds the server's way to take frames where the server puts it."""
    assert outlet.EXTENSION == websocket_protocol.FRAMES
