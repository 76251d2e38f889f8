"""Long polling where the time, the end and the client's going are the test's to decide.

It runs below no server, so this is the ordinary way: `test_parked_poll.py` has the other one.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Sequence
from typing import Any

import pytest

from logflume.errors import StoreUnavailable
from logflume.records import Append, Chunk, Offset
from logflume.store.memory import MemoryStore
from tests.asgi import Answer, App, Client, log_of

AT_ONCE = 5
"""Seconds in which what is to happen at once happens on any machine."""


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits are over soon."""
    monkeypatch.setattr("logflume.http.long_poll.WAIT_SECONDS", 0.01)


class Log:
    """A deployment's log, to which lines are appended that show their numbers."""

    def __init__(self, app: App, deployment: str) -> None:
        self.app = app
        self.id = log_of(deployment)
        self.path = f"/v1/deployments/{deployment}/log"

    async def append(self, *texts: str) -> str:
        return str((await self.app.append(self.id, *texts)).tail_offset)

    async def tail(self) -> str:
        return str((await self.app.store.state(self.id)).tail_offset)

    async def poll(self, offset: str, query: str = "") -> Answer:
        return await self.app.call("GET", f"{self.path}?live=long-poll&offset={offset}&{query}")

    def waiting(self, client: Client, offset: str) -> asyncio.Task[None]:
        """A request that has to wait, and has begun to once the loop has turned."""
        address = f"{self.path}?live=long-poll&offset={offset}"
        return asyncio.ensure_future(self.app.run(client, "GET", address))

    def waiters(self) -> int:
        return sum(len(tail._waiters) for tail in self.app.tails._tails.values())


@pytest.fixture
async def log() -> Log:
    app = App()
    return Log(app, await app.deployment())


async def until_waiting(log: Log, number: int = 1) -> None:
    for _ in range(1000):
        if log.waiters() == number:
            return
        await asyncio.sleep(0)
    raise AssertionError(f"{log.waiters()} wait, not {number}")


@pytest.mark.usefixtures("short")
async def test_when_its_time_is_up_it_tells_the_offset_that_was_asked_for(log: Log) -> None:
    """204: nothing came, go on from where you are; and nobody may keep it."""
    offset = await log.append("a")
    answer = await log.poll(offset)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["stream-next-offset"] == offset
    assert answer.headers["stream-up-to-date"] == "true"
    assert answer.headers["stream-cursor"].isdigit()
    assert answer.headers["cache-control"] == "no-store"
    assert "stream-closed" not in answer.headers
    assert "content-length" not in answer.headers
    assert log.waiters() == 0


async def test_nothing_is_skipped_though_each_wait_ends_at_once(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Appends race with the end of each wait: what an answer does not bring, the next one does.

    Caught: an answer without records that names the tail of the moment it is written."""
    monkeypatch.setattr("logflume.http.long_poll.WAIT_SECONDS", 0)
    seen: list[str] = []
    statuses: set[int] = set()

    async def produce() -> None:
        for n in range(200):
            await log.append(str(n))
            for _ in range(n % 5):
                await asyncio.sleep(0)
        await log.app.store.append(log.id, Append(1, close=True))

    producing = asyncio.ensure_future(produce())
    offset = await log.tail()
    while True:
        answer = await log.poll(offset)
        statuses.add(answer.status)
        seen += [line.split(":")[1] for line in answer.body.decode().strip("[]").split(",") if line]
        offset = answer.headers["stream-next-offset"]
        if "stream-closed" in answer.headers:
            break
    await producing
    assert seen == [str(n) for n in range(200)]
    assert statuses == {200, 204}


async def test_an_append_ends_the_wait(log: Log) -> None:
    """Of all who wait, with the same bytes for each."""
    clients = [Client() for _ in range(5)]
    tail = await log.tail()
    requests = [log.waiting(client, tail) for client in clients]
    await until_waiting(log, 5)
    assert not any(client.sent for client in clients)
    offset = await log.append("a", "b")
    await asyncio.wait_for(asyncio.gather(*requests), AT_ONCE)
    answers = [client.answer for client in clients]
    assert {(answer.status, answer.body) for answer in answers} == {(200, b"[1:a,2:b]")}
    assert {answer.headers["stream-next-offset"] for answer in answers} == {offset}
    assert log.waiters() == 0


async def test_a_change_of_the_deployment_does_not_end_the_wait(log: Log) -> None:
    """Nothing to read has come. Caught: an empty answer for each change of a title."""
    client = Client()
    request = log.waiting(client, await log.tail())
    await until_waiting(log)
    state = await log.app.store.state(log.id)
    await log.app.store.append(log.id, Append(1, document=state.document, revision=state.revision))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not request.done()
    await log.append("a")
    await asyncio.wait_for(request, AT_ONCE)
    assert client.answer.status == 200


async def test_the_end_ends_the_wait(log: Log) -> None:
    """204 that says closed; asked again, it is said at once."""
    client, tail = Client(), await log.tail()
    request = log.waiting(client, tail)
    await until_waiting(log)
    await log.app.store.append(log.id, Append(1, close=True))
    await asyncio.wait_for(request, AT_ONCE)
    for answer in (client.answer, await asyncio.wait_for(log.poll(tail), AT_ONCE)):
        assert (answer.status, answer.headers["stream-closed"]) == (204, "true")
        assert answer.headers["stream-next-offset"] == tail


@pytest.mark.parametrize("retried", [False, True])
async def test_a_deletion_ends_the_wait(log: Log, retried: bool) -> None:
    """With the problem that everybody is told from then on: there is no such log, or no longer.

    Caught: a wait that goes on for a log that nobody can append to."""
    client = Client()
    request = log.waiting(client, await log.tail())
    await until_waiting(log)
    if retried:
        await log.app.store.append(log.id, Append(1, delete=True, labels={}))
    else:
        await log.app.store.delete(log.id)
    await asyncio.wait_for(request, AT_ONCE)
    assert client.answer.status in ((404, 410) if retried else (404,))
    assert json.loads(client.answer.body)["type"].startswith("urn:logflume:problem:")
    again = await log.poll("-1")
    assert again.status == (410 if retried else 404)


async def test_who_goes_away_leaves_nothing_behind(log: Log) -> None:
    """No waiter, no task, no tail. Caught: a wait that goes on for nobody."""
    before = asyncio.all_tasks()
    clients = [Client() for _ in range(20)]
    tail = await log.tail()
    requests = [log.waiting(client, tail) for client in clients]
    await until_waiting(log, 20)
    for client in clients:
        client.gone.set()
    await asyncio.wait_for(asyncio.gather(*requests), AT_ONCE)
    assert log.waiters() == 0
    assert asyncio.all_tasks() == before
    assert not any(client.sent for client in clients)
    del requests, clients
    assert not log.app.tails._tails


async def test_a_server_that_stops_answers_at_once(log: Log) -> None:
    """204 to who waits, and to who comes late: they ask again, another server perhaps.

    Caught: a stop that waits for the waits to be over."""
    client, tail = Client(), await log.tail()
    request = log.waiting(client, tail)
    await until_waiting(log)
    log.app.tails.stop()
    await asyncio.wait_for(request, AT_ONCE)
    late = await asyncio.wait_for(log.poll(tail), AT_ONCE)
    for answer in (client.answer, late):
        assert (answer.status, answer.headers["stream-next-offset"]) == (204, tail)
        assert "stream-closed" not in answer.headers


async def test_a_stop_at_any_moment_is_answered(log: Log) -> None:
    """However far the request has come by then: after none of its turns of the loop, after one, and
    so on. Caught: a stop between the last look at it and the wait, which then goes on."""
    tail = await log.tail()
    for turns in itertools.count():
        log.app.tails.stopping = False
        client = Client()
        request = log.waiting(client, tail)
        for _ in range(turns):
            await asyncio.sleep(0)
        waits = log.waiters() == 1
        log.app.tails.stop()
        await asyncio.wait_for(request, AT_ONCE)
        assert client.answer.status == 204
        if waits:
            break
    assert turns > 0


class FailingStore(MemoryStore):
    """A store that cannot be read any more."""

    async def read(self, *_: Any, **__: Any) -> Sequence[Chunk]:
        raise StoreUnavailable("planted")


async def test_a_store_that_fails_is_told_as_a_problem() -> None:
    """With its status, since nothing has been answered yet."""
    app = App(FailingStore())
    log = Log(app, await app.deployment())
    await log.append("a")
    answer = await log.poll("-1")
    assert answer.status == 503
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_reader_of_an_earlier_log_is_told_so(log: Log) -> None:
    """Rather than left waiting for a number that this one may never reach."""
    state = await log.app.store.state(log.id)
    wrong = await log.poll(str(Offset(state.epoch - 1, state.tail)))
    ahead = await log.poll(str(Offset(state.epoch, type(state.tail)(state.tail + 1))))
    assert (wrong.status, ahead.status) == (409, 416)
