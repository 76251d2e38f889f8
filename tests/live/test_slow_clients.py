"""Thousands of connections that want nothing but to be open: everybody else is served meanwhile."""

from __future__ import annotations

import resource
import select
import socket
import statistics
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.answers import Answers
from tests.contract.api import Api
from tests.exchange import PATIENCE_SECONDS
from tests.servers import ServerProcess

pytestmark = pytest.mark.live

DRIPPING = 2_000
DESCRIPTORS = 256
HEAD_SECONDS = 10
ROUNDS = 300
MAX_P99_SECONDS = 0.25
"""Of a request that takes a millisecond; for a machine that has more to do."""


class FewDescriptors(ServerProcess):
    """A server that may open few files."""

    def command(self) -> list[str]:
        return ["prlimit", f"--nofile={DESCRIPTORS}:{DESCRIPTORS}", *super().command()]


@pytest.fixture
def many_files() -> Iterator[None]:
    """Descriptors enough for both ends of all of them."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = before[1] if before[1] != resource.RLIM_INFINITY else 2**20
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, max(before[0], 8192)), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def connected(url: str, count: int) -> list[socket.socket]:
    """So many connections, made at the same time."""
    host, port = url.removeprefix("http://").split(":")
    made = [socket.socket() for _ in range(count)]
    for one in made:
        one.setblocking(False)
        one.connect_ex((host, int(port)))
    return made


def p99_seconds(client: Answers, path: str) -> float:
    """How long the longest of a hundred requests takes."""
    taken = []
    for _ in range(ROUNDS):
        began = time.monotonic()
        client.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert client.next()[0] == 200
        taken.append(time.monotonic() - began)
    return statistics.quantiles(taken, n=100)[-1]


@pytest.mark.usefixtures("many_files")
def test_thousands_who_drip_disturb_nobody(server: ServerProcess) -> None:
    """2,000 heads, a byte now and then. Somebody else's requests are answered as ever, and after
    ten seconds all of those are told that it is over.

    Caught: no deadline for a head; a timer for each."""
    api = Api(server.url)
    path = f"/v1/deployments/{api.create()}/log"
    with Answers(server.url) as client:
        alone = p99_seconds(client, path)
        began = time.monotonic()
        dripping = connected(server.url, DRIPPING)
        try:
            for one in dripping:
                one.settimeout(PATIENCE_SECONDS * 3)
                one.send(b"GET / HTTP/1.1\r\nX: ")
            crowded = 0.0
            for byte in b"abc":
                for one in dripping:
                    one.send(bytes([byte]))
                crowded = max(crowded, p99_seconds(client, path))
            print(f"p99 alone {alone * 1000:.1f} ms, among {DRIPPING} {crowded * 1000:.1f} ms")
            assert crowded < MAX_P99_SECONDS
            check_all_told(dripping)
            assert time.monotonic() - began > HEAD_SECONDS * 0.9
        finally:
            for one in dripping:
                one.close()
        assert p99_seconds(client, path) < MAX_P99_SECONDS
    api.close()


def check_all_told(dripping: list[socket.socket]) -> None:
    """Each hears that it was too slow, or finds itself cut off where thousands were."""
    told = 0
    for one in dripping:
        with suppress(ConnectionResetError):
            told += one.recv(12) == b"HTTP/1.1 408"
    assert told > DRIPPING * 0.9


def test_without_descriptors_who_is_there_stays(tmp_path: Path) -> None:
    """More connections than the server may have: a watcher and a producer who are there go on,
    those who come are refused with 503, and once there is room again, all is as before.

    Caught: an accept loop that spins, or a store that cannot open its files."""
    with FewDescriptors(tmp_path / "data") as server:
        api = Api(server.url)
        deployment = api.create()
        api.append(deployment, "first")
        with api.follow(deployment) as watcher:
            assert [record["text"] for record in watcher.batch().records] == ["first"]
            crowd = connected(server.url, 2 * DESCRIPTORS)
            refused = wait_for_refusals(crowd)
            assert api.append(deployment, "amid").status_code == 204
            assert [record["text"] for record in watcher.batch().records] == ["amid"]
            for one in crowd:
                one.close()
            wait_for_room(server.url)
            assert api.append(deployment, "after").status_code == 204
            assert [record["text"] for record in watcher.batch().records] == ["after"]
        assert api.texts(deployment) == ["first", "amid", "after"]
        assert refused > DESCRIPTORS / 2
        assert "connections are refused" in server.messages
        assert "Too many open files" not in server.messages
        api.close()


def wait_for_refusals(crowd: list[socket.socket]) -> int:
    """How many were told that there is no room, once as many were as must be."""
    refused = 0
    deadline = time.monotonic() + PATIENCE_SECONDS
    waiting = list(crowd)
    while time.monotonic() < deadline and refused <= DESCRIPTORS / 2:
        readable, _, _ = select.select(waiting, [], [], 0.05)
        for one in readable:
            waiting.remove(one)
            refused += one.recv(12) == b"HTTP/1.1 503"
    return refused


def wait_for_room(url: str) -> None:
    """Return when a new connection is served."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with Answers(url) as answers:
            answers.socket.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            if answers.next()[0] == 200:
                return
    raise AssertionError("nobody is let in again")
