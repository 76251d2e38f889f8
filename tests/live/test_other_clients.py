"""Clients that others wrote follow a deployment's log: every number once, and the end by itself.

The official Durable Streams client by SSE and by long polling, and EventSource as Node and as
Chromium have it. Each follows while lines arrive, and the server goes away and comes back under it.
"""

from __future__ import annotations

import random
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial

import httpx2
import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.cli_tools import until
from tests.other_clients import Client, in_chromium, in_node
from tests.page.browsing import ARGUMENTS, CHROMIUM
from tests.servers import ServerProcess, new_deployment

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]

EventSource = Callable[[str], AbstractContextManager[Client]]
"""Opens one on an address."""

LINES = 500
BATCH_LINES = 10
STOP, KILL = signal.SIGTERM, signal.SIGKILL


class Producer:
    """Appends numbered lines in uneven batches, each sent again until it is acknowledged."""

    def __init__(self, server: str) -> None:
        seed = random.randrange(2**32)
        print(f"seed {seed}")
        self.random = random.Random(seed)
        self.deployment = f"{server}/v1/deployments/{new_deployment(server)}"
        self.log = f"{self.deployment}/log"
        self.lines = 0
        self._batches = 0
        self._http = httpx2.Client(timeout=10)

    def append(self, lines: int) -> None:
        goal = self.lines + lines
        while self.lines < goal:
            last = min(goal, self.lines + self.random.randint(1, BATCH_LINES))
            body = "".join(f"line {n}\n" for n in range(self.lines + 1, last + 1))
            until(partial(self._acknowledged, body))
            self.lines = last
            self._batches += 1

    def finish(self) -> list[int]:
        """End the deployment; the numbers of all its records."""
        answer = self._http.patch(self.deployment, json={"status": "succeeded"})
        answer.raise_for_status()
        return list(range(1, self.lines + 2))

    def close(self) -> None:
        self._http.close()

    def _acknowledged(self, body: str) -> bool:
        marks = {"Producer-Id": "test", "Producer-Epoch": "0", "Producer-Seq": str(self._batches)}
        try:
            answer = self._http.post(self.log, content=body, headers=marks)
        except httpx2.TransportError:
            return False
        assert answer.status_code in (200, 204, 503), answer.text
        return answer.status_code != 503


@pytest.fixture
def producer(request: pytest.FixtureRequest) -> Iterator[Producer]:
    """With a new deployment and the first lines in its log; on the shared server, unless the test
    asks for a server of its own.
    """
    name = "server" if "server" in request.fixturenames else "shared_server"
    server: ServerProcess = request.getfixturevalue(name)
    producer = Producer(server.url)
    producer.append(LINES)
    yield producer
    producer.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS) as chromium,
    ):
        yield chromium


@pytest.fixture(params=["node", "chromium"])
def event_source(request: pytest.FixtureRequest) -> EventSource:
    if request.param == "node":
        return partial(in_node, "event-source.mjs")
    return partial(in_chromium, request.getfixturevalue("browser"))


def restart(server: ServerProcess, producer: Producer, ending: signal.Signals) -> None:
    """The server goes, at some line, and comes back; lines are appended all the time."""
    with ThreadPoolExecutor(1) as pool:
        line = producer.lines + producer.random.randrange(LINES)
        before = pool.submit(producer.append, LINES)
        until(lambda: producer.lines >= line)
        server.stop(ending)
        after = pool.submit(producer.append, LINES)
        server.start()
        before.result()
        after.result()


def check(
    client: Client, server: ServerProcess, producer: Producer, ending: signal.Signals
) -> None:
    """It reads what is there, follows live, over a restart, and ends with the log."""
    until(lambda: len(client.numbers()) >= LINES)
    producer.append(LINES)
    until(lambda: len(client.numbers()) >= 2 * LINES)
    restart(server, producer, ending)
    numbers = producer.finish()
    until(client.ended, lambda: f"{len(client.numbers())} records, {client.answers()}")
    assert client.numbers() == numbers


@pytest.mark.parametrize(
    ("live", "ending"), [("sse", STOP), ("long-poll", STOP), ("long-poll", KILL)]
)
def test_official_client(
    live: str, ending: signal.Signals, server: ServerProcess, producer: Producer
) -> None:
    """History first, then live in the way that was asked for and no other. An SSE answer that is
    cut off is an error to this client, so with SSE the server only stops in order.

    Caught: an offset after a batch that is not the batch's last record, an end that is not told.
    """
    with in_node("follow.mjs", producer.log, live) as client:
        check(client, server, producer, ending)
        first, *rest = client.answers()
    assert first.live is None
    assert {answer.live for answer in rest} == {live}


@pytest.mark.parametrize("ending", [STOP, KILL])
def test_event_source(
    ending: signal.Signals, event_source: EventSource, server: ServerProcess, producer: Producer
) -> None:
    """It comes back by itself where it was, and does not once the log has ended.

    Caught: events without `id`, an address that counts more than `Last-Event-ID`.
    """
    with event_source(f"{producer.log}?live=sse&offset=-1") as client:
        check(client, server, producer, ending)
        assert [answer.status for answer in client.answers()] == [200, 200, 204]


def test_event_source_that_has_seen_nothing(
    event_source: EventSource, server: ServerProcess, producer: Producer
) -> None:
    """One that began at the tail comes back to where that was, also if nothing came before the
    server went away.

    Caught: a first event without `id`, so that `now` is a later place when it comes back.
    """
    with event_source(f"{producer.log}?live=sse&offset=now") as client:
        until(client.caught_up)
        server.stop()
        with ThreadPoolExecutor(1) as pool:
            appended = pool.submit(producer.append, LINES)
            server.start()
            appended.result()
        numbers = producer.finish()
        until(client.ended, lambda: f"{len(client.numbers())} records, {client.answers()}")
        assert client.numbers() == numbers[LINES:]


@pytest.mark.parametrize("offset", ["-1", "now"])
def test_finished_log_is_left_alone(
    offset: str, event_source: EventSource, producer: Producer
) -> None:
    """An EventSource that comes back to a finished log is told to stop, and stops: while a second
    one goes the same way, the first asks for nothing.
    """
    numbers = producer.finish()
    address = f"{producer.log}?live=sse&offset={offset}"
    with event_source(address) as first:
        until(first.ended, lambda: repr(first.answers()))
        with event_source(address) as second:
            until(second.ended, lambda: repr(second.answers()))
            assert second.numbers() == (numbers if offset == "-1" else [])
        assert first.numbers() == (numbers if offset == "-1" else [])
        assert [answer.status for answer in first.answers()] == [200, 204]
