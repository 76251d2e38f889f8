"""How many connections are let in: who is counted, who is refused, and who is let go again."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator

import pytest

from logflume.cli.door import RESERVED_DESCRIPTORS, Door, place, room_for_connections
from logflume.http.watchers import Watchers
from tests.answers import Answers
from tests.contract.api import Api
from tests.own_server import OwnServer

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"
FEW = 4


@pytest.fixture
def server() -> Iterator[OwnServer]:
    """One that takes few connections from each address, loopback's too."""
    with OwnServer(room={"per_address": FEW, "place_of": str}) as running:
        yield running


def ask(answers: Answers) -> int:
    answers.socket.sendall(HEALTH)
    return answers.next()[0]


def check_refused(answers: Answers, status: int, name: str) -> None:
    """Loudly: why, and when to come again."""
    found, headers, body = answers.next()
    assert found == status
    assert 2 <= int(headers["retry-after"]) <= 10
    assert headers["connection"] == "close"
    assert json.loads(body)["type"].endswith(name)
    assert answers.ends()


def test_one_too_many_from_one_address_is_told_so(server: OwnServer) -> None:
    """429; another address is served, those who are there stay, and who leaves makes room.

    Caught: one who is refused counts for ever."""
    inside = [Answers(server.url) for _ in range(FEW)]
    assert [ask(one) for one in inside] == [200] * FEW
    for _ in range(3):
        with Answers(server.url) as refused:
            check_refused(refused, 429, "too-many-connections")
    with Answers(server.url, "127.0.0.2") as other:
        assert ask(other) == 200
    assert [ask(one) for one in inside] == [200] * FEW
    inside.pop().close()
    server.until(lambda: server.door._inside["127.0.0.1"] == FEW - 1)
    with Answers(server.url) as again:
        assert ask(again) == 200
    for one in inside:
        one.close()
    server.until(lambda: not server.door._inside)


@pytest.mark.parametrize("live", ["sse", "ws"])
def test_a_watcher_counts_while_it_watches(server: OwnServer, live: str) -> None:
    """Though its connection has left the request machinery. Caught: connections that are given
    away are forgotten, or never counted out."""
    api = Api(server.url)
    path = f"/v1/deployments/{api.create()}/log?live={live}&offset=-1"
    api.close()
    upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    upgrade += "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    watching = [Answers(server.url) for _ in range(FEW)]
    server.until(lambda: server.door._inside["127.0.0.1"] == FEW)
    for one in watching:
        asked = f"GET {path} HTTP/1.1\r\nHost: h\r\n{upgrade if live == 'ws' else ''}\r\n"
        one.socket.sendall(asked.encode())
        assert one.socket.recv(12) in (b"HTTP/1.1 200", b"HTTP/1.1 101")
    server.until(lambda: len(server.watchers()) == FEW)
    with Answers(server.url) as refused:
        check_refused(refused, 429, "too-many-connections")
    for one in watching:
        one.close()
    server.until(lambda: not server.door._inside and not server.door._given_away)


def test_one_too_many_in_all_is_told_so() -> None:
    """503, watchers counted."""
    with OwnServer(room={"in_all": FEW}) as server:
        inside = [Answers(server.url) for _ in range(FEW)]
        assert [ask(one) for one in inside] == [200] * FEW
        with Answers(server.url) as refused:
            check_refused(refused, 503, "server-full")
        assert [ask(one) for one in inside] == [200] * FEW
        for one in inside:
            one.close()


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("127.0.0.1", ""),
        ("127.8.8.8", ""),
        ("::1", ""),
        ("::ffff:127.0.0.1", ""),
        ("", ""),
        ("/run/logflume.sock", ""),
    ],
)
def test_what_is_counted_as_one(address: str, counted: str) -> None:
    """An address, a network of IPv6 (whoever has one address there has all of them), and nothing
    for this machine, where the proxy is that everybody comes through."""
    assert place(address) == counted


def test_without_a_bound_nothing_is_counted() -> None:
    """Nor kept."""
    door = Door(Watchers())
    assert all(door.enter("192.0.2.7", 10**6) is None for _ in range(10))
    assert not door._inside


def test_descriptors_are_asked_for_and_some_kept_back() -> None:
    """As many as the system gives; with hardly any, half."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        hard = min(before[1], 4096) if before[1] != resource.RLIM_INFINITY else 4096
        resource.setrlimit(resource.RLIMIT_NOFILE, (512, before[1]))
        assert room_for_connections() >= hard - RESERVED_DESCRIPTORS
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= hard
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
