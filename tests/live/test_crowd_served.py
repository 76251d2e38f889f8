"""The real program with a crowd of watchers of each pattern, with io_uring and where a sandbox
refuses it: all have every record, some of them long after the others."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.contract.api import Api
from tests.refusals import IO_URING_SETUP, NEEDS_IO_URING
from tests.servers import ServerProcess
from tests.sse import SseReader
from tests.websocket import PING, PONG, RawSocket, log_path, ws_url

pytestmark = pytest.mark.live

EACH = 25
"""Watchers of each pattern."""

SLOW = 5
"""Of them, who take nothing for a while."""

LINES, LINE_BYTES = 100, 15_000
"""Appended at once; three times that is more than the kernels keep for who takes nothing."""

SAID_WHERE_REFUSED = "no io_uring"


class Sandboxed(ServerProcess):
    """The server where io_uring is refused from the start."""

    def command(self) -> list[str]:
        return [sys.executable, "-m", "tests.refusals", str(IO_URING_SETUP), *super().command()]


@pytest.fixture(
    params=[
        pytest.param(ServerProcess, id="io_uring", marks=NEEDS_IO_URING),
        pytest.param(Sandboxed, id="refused"),
    ]
)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServerProcess]:
    with request.param(tmp_path / "data") as running:
        yield running


class Streamed:
    """A watcher by SSE."""

    def __init__(self, api: Api, deployment: str) -> None:
        self._reader = SseReader(f"{api.url}{log_path(deployment)}?offset=-1&live=sse")
        self.numbers: list[int] = []

    def take(self) -> None:
        """Wait for some more."""
        self.numbers += [record["n"] for record in self._reader.batch().records]

    def close(self) -> None:
        self._reader.close()


class Socketed:
    """A watcher by WebSocket."""

    def __init__(self, api: Api, deployment: str) -> None:
        self._socket = RawSocket(ws_url(api.url, log_path(deployment)))
        self._socket.head()
        self.numbers: list[int] = []

    def take(self) -> None:
        """Wait for some more."""
        opcode, payload = self._socket.next()
        if opcode == PING:  # on a busy machine
            self._socket.send(PONG, payload)
            return
        self.numbers += [record["n"] for record in json.loads(payload).get("data", [])]

    def close(self) -> None:
        self._socket.close()


def test_all_have_everything(server: ServerProcess) -> None:
    """While some take nothing, and while some go; the server says once that it is refused."""
    api = Api(server.url)
    deployment = api.create()
    watchers = [make(api, deployment) for _ in range(EACH) for make in (Streamed, Socketed)]
    with ExitStack() as open_ones:
        for one in (api, *watchers):
            open_ones.callback(one.close)
        for one in watchers:
            one.take()
        told = 0
        slow, quick = watchers[: 2 * SLOW], watchers[2 * SLOW :]
        for _ in range(3):
            api.append(deployment, ("x" * LINE_BYTES + "\n") * LINES)
            told += LINES
            for number in range(1, 11):
                api.append_lines(deployment, number, number)
                told += 1
                all_take(quick, told)
            quick.pop().close()
            quick.pop(0).close()
        all_take(slow, told)
        api.append_lines(deployment, 1, 1)
        all_take(slow + quick, told + 1)
    refused = isinstance(server, Sandboxed)
    assert server.messages.count(SAID_WHERE_REFUSED) == refused, server.messages


def all_take(watchers: list[Streamed | Socketed], told: int) -> None:
    """Have each take what was told so far."""
    for one in watchers:
        while len(one.numbers) < told:
            one.take()
        assert one.numbers == list(range(1, told + 1))
