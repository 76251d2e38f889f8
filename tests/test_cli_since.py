"""`--since`: from a time to a place in a log."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from logflume import Client
from logflume.cli.since import offset_since, parse_since
from logflume.client.requests import ProducerMark, log_path
from tests.servers import ServerProcess, new_deployment

NOW = datetime(2026, 11, 23, 15, 37, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("10m", NOW - timedelta(minutes=10)),
        ("90s", NOW - timedelta(seconds=90)),
        ("1h30m", NOW - timedelta(minutes=90)),
        ("2d", NOW - timedelta(days=2)),
        ("2026-11-23T15:37:00Z", NOW),
        ("2026-11-23T16:37:00+01:00", NOW),
        ("2026-11-23T15:37:00.5Z", NOW + timedelta(seconds=0.5)),
    ],
)
def test_times(text: str, time: datetime) -> None:
    """Durations before now, and RFC 3339."""
    assert parse_since(text, NOW) == time


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10",
        "m",
        "-5m",
        "5m1h",
        "1.5h",
        "٣m",
        "yesterday",
        "2026-11-23",
        "15:37",
        "2026-11-23T15:37:00",
    ],
)
def test_what_is_no_time(text: str) -> None:
    """Without a unit or a zone nobody knows what is meant; it is refused."""
    with pytest.raises(ValueError, match="is no time"):
        parse_since(text, NOW)


def test_the_place_of_a_time(shared_server: ServerProcess) -> None:
    """It is before the first record of that time or later, wherever in the log that is."""
    done = new_deployment(shared_server.url)
    path = log_path(done)
    with Client(shared_server.url) as client:
        calls = client.calls
        assert offset_since(calls, done, NOW) == "-1"
        for seq in range(9):
            calls.append(path, b'{"text":"x"}\n{"text":"y"}\n', ProducerMark("p", seq))
            started = time.time()
            while time.time() < started + 0.002:
                pass  # the next append is to have a later time
        rows = calls.read(path, {"offset": "-1"}).body.splitlines()
        times = [datetime.fromisoformat(json.loads(row)["time"]) for row in rows]
        assert len(set(times)) == 9
        early, late = times[0] - timedelta(hours=1), times[-1] + timedelta(hours=1)
        for wanted in {*times, early, late, times[3] + timedelta(microseconds=1)}:
            page = calls.read(path, {"offset": offset_since(calls, done, wanted)})
            kept = [json.loads(row)["n"] for row in page.body.splitlines()]
            assert kept == [n for n, received in enumerate(times, 1) if received >= wanted]


def test_a_retry(shared_server: ServerProcess) -> None:
    """A place may lie in what a deployment has of the one that it is a retry of."""
    with Client(shared_server.url) as client:
        old = client.create("shop").id
        with client.writer(old) as log:
            for number in range(10):
                log.write("::group::last" if number == 7 else str(number))
        client.finish(old, "failed")
        retry = client.create("shop", retry_of=old).id
        with client.writer(retry) as log:
            log.write("own")
        records = list(client.read(retry))
        assert [record.text for record in records[:7]] == [str(number) for number in range(7)]
        for record in records:
            place = offset_since(client.calls, retry, record.received)
            assert next(client.read(retry, offset=place)).time == record.time
