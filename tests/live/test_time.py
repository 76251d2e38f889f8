"""Time that passes and time that jumps: repeats of any age, a wrong clock."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.bent_server import BentServer
from tests.cli_tools import until
from tests.contract.api import Api
from tests.contract.generic import TEXT, GenericLog
from tests.contract.protocol_append import mark

HOUR = 3600.0
DAY = 24 * HOUR
TEN_YEARS = 10 * 365 * DAY

pytestmark = pytest.mark.live


@pytest.fixture
def server(tmp_path: Path) -> Iterator[BentServer]:
    with BentServer(tmp_path / "data") as running:
        yield running


@pytest.fixture
def api(server: BentServer) -> Iterator[Api]:
    client = Api(server.url)
    yield client
    client.close()


def reads(text: str) -> Callable[[dict[str, Any]], bool]:
    return lambda record: record.get("text") == text


def lose_the_reply(url: str, deployment: str, seq: int, body: str) -> None:
    """Send an append and be gone before it is answered."""
    parts = urlsplit(url)
    head = f"POST /v1/deployments/{deployment}/log HTTP/1.1\r\nHost: {parts.netloc}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in mark(seq).items())
    head += f"Content-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection((parts.hostname or "", parts.port or 0)) as one:
        one.sendall(f"{head}{body}".encode())
        one.shutdown(socket.SHUT_WR)


def test_a_repeat_is_never_a_duplicate_however_late(api: Api, server: BentServer) -> None:
    """Its reply was lost; it comes again after a second, after a restart, after a day, also if
    others appended meanwhile. Each time it is told that it is stored, by its number.

    Caught: marks that are forgotten with the process, or with time."""
    deployment = api.create()
    lose_the_reply(server.url, deployment, 0, "once\n")
    until(lambda: api.texts(deployment) == ["once"])
    late = ["at once", "a second", "a restart", "a day", "two days, a restart"]
    for number, (ahead, what) in enumerate(zip((0, 1, 1, DAY, 2 * DAY), late, strict=True)):
        server.set_clock(ahead)
        if "restart" in what:
            server.kill()
            server.start()
        again = api.append(deployment, "once\n", headers=mark(0))
        assert (again.status_code, again.headers["producer-seq"]) == (204, "0"), what
        assert api.append(deployment, f"{what}\n", headers=mark(number, id="other")).is_success
    assert api.texts(deployment) == ["once", *late]


@pytest.mark.parametrize("jump", [HOUR, -HOUR, TEN_YEARS, -TEN_YEARS])
def test_a_clock_that_jumps_changes_no_order_and_ends_nothing(
    api: Api, server: BentServer, jump: float
) -> None:
    """Numbers go on, a follower gets each of them at once, a producer's repeat is a repeat, and a
    log that lives an hour is there when the clock is right again.

    Caught: lifetimes by a clock that somebody has set wrong; timers by it."""
    deployment = api.create()
    mortal = GenericLog(api).make(TEXT, b"kept", Stream_TTL="3600")
    with api.follow(deployment) as reader:
        for seq, ahead in enumerate([0, jump, 0, jump]):
            server.set_clock(ahead)
            begun = time.monotonic()
            api.append(deployment, f"{seq}\n", headers=mark(seq))
            got = reader.records_until(reads(str(seq)))
            assert time.monotonic() - begun < 5
            assert [record["n"] for record in got] == [seq + 1]
            assert httpx2.get(f"{mortal.url}?offset=-1").text == "kept"
            assert mortal.request("POST", b"", TEXT).status_code == 400
        api.finish(deployment)
        rest = reader.rest()
    assert [record["n"] for record in rest] == [5]
    assert api.append(deployment, "3\n", headers=mark(3)).status_code == 204
    assert [record["n"] for record in api.records(deployment)] == [1, 2, 3, 4, 5]
    server.set_clock(0)
    server.kill()
    server.start()
    assert httpx2.get(f"{mortal.url}?offset=-1").text == "kept"
