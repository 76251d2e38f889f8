"""Logs of JSON values that are no deployment's: made, appended to, read and followed."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from logflume import AsyncClient, Client, LogGone, LogReset, Refused, ServerAway, new_id
from logflume.client.follow import TransportName
from tests.client_tools import TRANSPORTS, Cutter
from tests.servers import ServerProcess

VALUES = [1, "two\n", {"three": [None, 4.5]}, [], "é\u2028"]


@pytest.fixture
def client(shared_server: ServerProcess) -> Iterator[Client]:
    """A client of a server that is there."""
    with Client(shared_server.url) as client:
        yield client


def test_values(client: Client) -> None:
    """Any JSON, each value a record; nothing is a record of its own."""
    log = client.log(f"test/{new_id()}")
    for _ in range(2):
        log.create()
    log.append(VALUES)
    log.append([])
    log.append([[]])
    assert list(log.read()) == [*VALUES, []]
    records = log.read()
    assert [next(records) for _ in range(2)] == VALUES[:2]
    assert list(log.read(offset=records.offset)) == [*VALUES[2:], []]
    log.finish()
    with pytest.raises(Refused, match="closed"):
        log.append([1])


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_following(client: Client, transport: TransportName) -> None:
    """What is there and what comes, by each transport, to the end."""
    name = new_id()
    log = client.log(name)
    log.create()
    log.append(VALUES)
    with Client(client.server) as other:
        follow = other.log(name).follow(transport=transport)
        assert [next(follow) for _ in VALUES] == VALUES
        log.append(["more"])
        assert next(follow) == "more"
        log.finish()
        assert list(follow) == []


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_log_that_is_made_anew(client: Client, transport: TransportName) -> None:
    """An offset of the log before is of no use in this one, and that is said."""
    log = client.log(new_id())
    log.create()
    log.append(VALUES)
    old = log.read()
    assert len(list(old)) == 5
    log.delete()
    with pytest.raises(LogGone):
        next(log.follow(offset=old.offset, transport=transport))
    log.create()
    log.append([*VALUES, 6])
    with pytest.raises(LogReset):
        next(log.follow(offset=old.offset, transport=transport))


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_fork(client: Client, transport: TransportName) -> None:
    """What it has of another log and what is its own are one log to who reads it."""
    source, name = new_id(), new_id()
    log = client.log(source)
    log.create()
    log.append([1, 2, 3])
    headers = {"stream-forked-from": f"/v1/stream/{source}"}
    httpx2.put(f"{client.server}/v1/stream/{name}", headers=headers).raise_for_status()
    fork = client.log(name)
    fork.append([4])
    fork.append([5])
    log.append(["another"])
    fork.finish()
    assert list(fork.follow(transport=transport)) == list(fork.read()) == [1, 2, 3, 4, 5]
    for begun in (fork.follow(transport=transport), fork.read()):
        for count in range(1, 6):
            assert next(begun) == count
            rest = fork.follow(offset=begun.offset, transport=transport)
            assert list(rest) == list(range(count + 1, 6))


@pytest.mark.parametrize("answered", ["before", "after"])
def test_an_append_that_is_given_up(client: Client, answered: str) -> None:
    """Whether it was stored nobody knows; that the next one is, everybody does."""
    name = new_id()
    log = client.log(name)
    log.create()
    with Cutter(client.server, answered).serving() as url, Client(url) as through:
        cut = through.log(name, patience_seconds=0)
        with pytest.raises(ServerAway):
            cut.append([1])
        cut.append([2])
        cut.append([3])
    assert list(log.read()) == ([2, 3] if answered == "before" else [1, 2, 3])


def test_an_append_that_is_repeated(client: Client) -> None:
    """An answer that is lost costs no second record."""
    name = new_id()
    log = client.log(name)
    log.create()
    with Cutter(client.server, "after", "before").serving() as url, Client(url) as through:
        through.log(name).append([1])
        through.log(name).append([2])
    assert list(log.read()) == [1, 2]


async def test_the_same_awaited(shared_server: ServerProcess) -> None:
    """So it is with the other client."""
    async with AsyncClient(shared_server.url) as client:
        log = client.log(new_id())
        await log.create()
        await log.append(VALUES)
        await log.finish()
        assert [value async for value in log.read()] == VALUES
        assert [value async for value in log.follow(transport="websocket")] == VALUES
        await log.delete()
