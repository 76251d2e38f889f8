"""What is no longer kept, as the client and the command line tell it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from logflume.client.blocking.client import Client
from logflume.client.errors import LogTrimmed
from logflume.client.follow import TransportName
from logflume.client.records import LogRecord, numbers_of
from logflume.store.memory import MemoryStore
from tests.cli_tools import CommandLine
from tests.own_server import OwnServer
from tests.trimmed import LINES, Served


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with OwnServer(MemoryStore()) as server:
        served = Served(server)
        body = {"status": "failed", "exit_code": 3}
        httpx2.patch(served.log.removesuffix("/log"), json=body).raise_for_status()
        yield served
        served.client.close()


def check(records: list[LogRecord]) -> None:
    """Everything is there, the middle in one."""
    [omitted] = [record for record in records if record.kind == "omitted"]
    assert (omitted.first, omitted.n, omitted.stands_for, omitted.lines) == (51, 150, 100, 100)
    assert numbers_of(records) == LINES + 1
    assert (records[-1].kind, records[-1].lines, records[-1].omitted) == ("end", LINES, 100)


@pytest.mark.parametrize("transport", ["sse", "websocket", "long-poll", "poll"])
def test_following_takes_it_for_no_loss(served: Served, transport: TransportName) -> None:
    """On every way. Caught: LogBroken for what is said."""
    with Client(served.server.url) as client, client.follow(served.id, transport=transport) as log:
        check(list(log))


def test_reading_goes_on_from_any_record(served: Served) -> None:
    """The place after each record is where the next reading begins. Caught: an offset that counts
    records instead of numbers."""
    with Client(served.server.url) as client:
        check(list(client.read(served.id)))
        for count in (1, 50, 51, 52, 101):
            reading = client.read(served.id)
            first = [next(reading) for _ in range(count)]
            rest = list(client.read(served.id, offset=reading.offset))
            assert numbers_of([*first, *rest]) == LINES + 1
            assert first[-1].n + 1 == (rest[0].first or rest[0].n)


def test_what_is_gone_is_an_error_of_its_own(served: Served) -> None:
    """It says where the log begins now."""
    state = served.trim_feed()
    with Client(served.server.url) as client, pytest.raises(LogTrimmed) as trimmed:
        client.calls.read("/v1/deployments/feed", {"from": 1})
    assert trimmed.value.earliest == str(state.offset(state.start))


@pytest.mark.live
def test_tail_says_what_is_missing(served: Served, tmp_path: Path) -> None:
    """In its place, among the lines; and ends with the deployment."""
    logflume = CommandLine(tmp_path, served.server.url)
    shown = logflume("tail", served.id, "--exit-status")
    lines = shown.stdout.decode().splitlines()
    assert lines[49:52] == [
        "line 50",
        "lines 51 to 150 are not kept: the log is larger than its project's limit",
        "line 151",
    ]
    assert (len(lines), shown.returncode) == (101, 3)
