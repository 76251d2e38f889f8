"""Ten thousand watchers and two hundred producers at ten thousand lines a second, for a minute; and
a server that was stopped by SIGSTOP for as long, beside it.

`make soak` makes it ten minutes.
"""

from __future__ import annotations

import os
import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from tests.cli_tools import until
from tests.contract.api import Api
from tests.contract.protocol_append import mark
from tests.counted_server import CountedServer
from tests.load import Load
from tests.servers import ServerProcess

SECONDS = float(os.environ.get("LOGFLUME_LOAD_SECONDS", "60"))
WATCHERS = 10_000
PRODUCERS = 200
LINES = 25
EVERY_SECONDS = 0.5
"""With so many lines a request: 10,000 a second of all producers."""

LATE_SECONDS = 30
"""By which it may all take longer: the load and the server share two cores with whatever else."""

ROUND_SECONDS = 5
"""Memory is looked at each time that so much has been appended and all watchers have it: what the
server holds for who is late on a busy machine is not kept."""

WARM_SECONDS = min(40, SECONDS * 2 / 3)
"""Until the tails of all logs hold as much as they ever will; of appending, however long it takes.
"""

MOST_GROWTH_MIB = 8
"""Of memory, from then to the end; a line that is kept would make a hundred of it a minute."""

MOST_WAL_BYTES = 64 * 1024 * 1024
READERS_DESCRIPTORS = 16
"""Of the store's readers, who open the database when they are first needed."""

DESCRIPTORS = WATCHERS + PRODUCERS + 500

pytestmark = [pytest.mark.live, pytest.mark.timeout(SECONDS + 180)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[CountedServer]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, DESCRIPTORS), hard))
    try:
        with CountedServer(tmp_path / "data") as running:
            yield running
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[Sleeper]:
    with ServerProcess(tmp_path / "asleep") as running:
        made = Sleeper(running)
        yield made
        made.close()


def slope_mib(samples: list[tuple[float, float]]) -> float:
    """By how much a line through the samples rises from the first to the last."""
    times, sizes = [time for time, _ in samples], [size for _, size in samples]
    middle, mean = sum(times) / len(times), sum(sizes) / len(sizes)
    spread = sum((time - middle) ** 2 for time in times)
    rise = sum((time - middle) * (size - mean) for time, size in samples) / spread
    return rise * (times[-1] - times[0])


class Sleeper:
    """A server with a follower and a long poll, stopped in the middle of ingest."""

    def __init__(self, server: ServerProcess) -> None:
        self._server = server
        self.api = Api(server.url)
        self.deployment = self.api.create()
        self.log = f"{server.url}/v1/deployments/{self.deployment}/log"
        self.api.append(self.deployment, "before\n", headers=mark(0))
        self.reader = self.api.follow(self.deployment)
        self.reader.records_until(lambda record: record.get("text") == "before")
        offset = self.api.tail(self.deployment)
        self.answers: dict[str, httpx2.Response] = {}
        self._threads = [
            threading.Thread(target=self._ask, args=("GET", f"?offset={offset}&live=long-poll")),
            threading.Thread(target=self._ask, args=("POST", "")),
        ]
        self._threads[0].start()
        os.kill(server.pid, signal.SIGSTOP)
        self._threads[1].start()

    def close(self) -> None:
        self.reader.close()
        self.api.close()

    def wake(self) -> None:
        assert not {"POST"} & self.answers.keys(), "it was not asleep"
        os.kill(self._server.pid, signal.SIGCONT)
        for thread in self._threads:
            thread.join()

    def _ask(self, method: str, query: str) -> None:
        headers = mark(1) if method == "POST" else {}
        body = "meanwhile\n" if method == "POST" else None
        with suppress(httpx2.TransportError):  # the test has failed and ends the server
            self.answers[method] = httpx2.request(
                method, self.log + query, content=body, headers=headers, timeout=SECONDS + 120
            )


def test_ten_thousand_watchers_miss_nothing_and_leave_nothing_behind(
    server: CountedServer, sleeper: Sleeper
) -> None:
    """No gap, no repeat, each line within the time; memory stays, the write-ahead log is small; and
    when all have gone, descriptors and tasks are what they were. And a server that slept all that
    time, in the middle of ingest, goes on as if nothing was: no loss, no repeat, the right order.

    Caught: a task or a line that is kept for each watcher, a log that is never written back, a
    watcher who is taken for dead because the server slept."""
    api = Api(server.url)
    paths = [f"/v1/deployments/{api.create()}/log" for _ in range(PRODUCERS)]
    before = server.descriptors(), server.tasks()
    samples: list[tuple[float, float]] = []
    took = 0.0
    wal = server.data / "logflume.db-wal"
    wal_bytes = [0]

    def look(_: float) -> None:
        wal_bytes.append(wal.stat().st_size)

    load = Load(server.url)
    try:
        for path in paths:
            load.watch(path, WATCHERS // PRODUCERS)
            load.produce(path, LINES)
        for number in range(1, round(SECONDS / ROUND_SECONDS) + 1):
            took += load.run(ROUND_SECONDS, EVERY_SECONDS, look)
            assert load.faults == []
            if number * ROUND_SECONDS >= WARM_SECONDS:
                samples.append((number, server.resident_mib()))
        assert {one.sent for one in load.producers} == {round(SECONDS / EVERY_SECONDS) * LINES}
    finally:
        load.close()
    grown = slope_mib(samples)
    print([f"{mib:.1f}" for _, mib in samples])
    print(f"{took:.1f} s, memory {samples[0][1]:.0f} MiB and {grown:+.1f}, WAL {max(wal_bytes):,}")
    assert took < SECONDS + LATE_SECONDS
    assert grown < MOST_GROWTH_MIB
    assert max(wal_bytes) <= MOST_WAL_BYTES
    until(lambda: server.descriptors() <= before[0] + READERS_DESCRIPTORS)
    assert server.tasks() <= before[1]
    api.close()

    check_awake(sleeper)


def check_awake(sleeper: Sleeper) -> None:
    """What was sent while it slept is there once, between what came before and after."""
    sleeper.wake()
    api, deployment = sleeper.api, sleeper.deployment
    assert sleeper.answers["GET"].status_code in (200, 204)
    assert sleeper.answers["POST"].is_success
    assert api.append(deployment, "meanwhile\n", headers=mark(1)).status_code == 204
    assert api.append(deployment, "after\n", headers=mark(2)).is_success
    api.finish(deployment)
    assert [record["n"] for record in sleeper.reader.rest()] == [2, 3, 4]
    assert api.texts(deployment) == ["before", "meanwhile", "after"]
