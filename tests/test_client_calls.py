"""The client's calls against a real server, and against answers that no Logflume gives."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from logflume import AsyncClient, Client, ClientError, LogGone, Refused, ServerAway, new_id
from logflume.client.records import Deployment, decode
from logflume.client.requests import ProducerMark, log_path
from tests.client_tools import BUSY, CLOSE, TRANSPORTS, Script, answer
from tests.servers import ServerProcess


@pytest.fixture
def client(shared_server: ServerProcess) -> Iterator[Client]:
    """A client of a server that is there."""
    with Client(shared_server.url) as client:
        yield client


@pytest.fixture
async def async_client(shared_server: ServerProcess) -> AsyncIterator[AsyncClient]:
    """The other one."""
    async with AsyncClient(shared_server.url) as client:
        yield client


def test_a_deployment_from_beginning_to_end(client: Client) -> None:
    """Create, append, finish, read: each may be repeated, and nothing is there twice."""
    fresh, mark = new_id(), ProducerMark("p", 0)
    for _ in range(2):
        assert client.create("shop", id=fresh).status == "running"
    for _ in range(2):
        client.calls.append(log_path(fresh), b'{"text":"one"}\n{"text":"two"}\n', mark)
    for _ in range(2):
        assert client.finish(fresh, "failed", exit_code=3).finished
    client.calls.append(log_path(fresh), b'{"text":"one"}\n{"text":"two"}\n', mark)
    page = client.calls.read(log_path(fresh), {"offset": "-1"})
    assert [json.loads(row).get("text") for row in page.body.splitlines()] == ["one", "two", None]
    assert (page.up_to_date, page.closed) == (True, True)
    assert client.deployment(fresh).lines == 2
    assert client.deployment(fresh).exit_code == 3


async def test_the_same_awaited(async_client: AsyncClient) -> None:
    """What blocks and what is awaited is one implementation."""
    fresh = (await async_client.create("shop", environment="production")).id
    async with async_client.writer(fresh) as log:
        await log.write("one")
        await log.write("two", stream="stderr", level="error")
    await async_client.finish(fresh)
    records = [record async for record in async_client.read(fresh)]
    assert [(record.text, record.stream) for record in records[:2]] == [
        ("one", "stdout"),
        ("two", "stderr"),
    ]
    assert records[-1].kind == "end"
    assert records == [record async for record in async_client.follow(fresh)]
    found = [known.id async for known in async_client.deployments(project="shop", limit=1)]
    assert found == [fresh]
    await async_client.delete(fresh)
    with pytest.raises(LogGone):
        await async_client.deployment(fresh)


def test_what_a_deployment_is(client: Client) -> None:
    """Everything that can be said of one is said, known and changed; what is not said stays."""
    said = {"environment": "production", "title": "T", "ref": "main", "commit": "c0ffee"}
    made = client.create("shop", **said, url="https://a.test", metadata={"a": "b"}, status="queued")
    known = client.deployment(made.id)
    assert (known.environment, known.title, known.ref, known.commit) == tuple(said.values())
    assert (known.url, known.metadata, known.status) == ("https://a.test", {"a": "b"}, "queued")
    assert known.started_at is None
    changed = client.update(made.id, status="running", title="U", metadata={"c": "d"})
    assert (changed.status, changed.title, changed.ref) == ("running", "U", "main")
    assert changed.metadata == {"c": "d"}


def test_records_are_typed(client: Client) -> None:
    """A line, a change of status and the end, each with what belongs to it."""
    made = client.create("shop", status="queued")
    client.update(made.id, status="running")
    sent = datetime(2026, 11, 23, 15, 37, tzinfo=UTC)
    with client.writer(made.id) as log:
        log.write("boom", stream="stderr", level="error", sent=sent)
    client.finish(made.id, "failed", exit_code=7)
    status, line, end = client.read(made.id)
    assert (status.n, status.kind, status.status) == (1, "status", "running")
    assert (line.kind, line.stream, line.level, line.text) == ("line", "stderr", "error", "boom")
    assert datetime.fromisoformat(line.sent) == sent
    assert abs(line.received - datetime.now(UTC)) < timedelta(minutes=5)
    assert (end.kind, end.status, end.exit_code, end.lines) == ("end", "failed", 7, 2)
    assert end.digest.startswith("sha256:")


def test_the_list_is_read_page_by_page(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many deployments as asked for, newest first, over as many pages as it takes."""
    monkeypatch.setattr("logflume.client.blocking.calls.MOST_PER_PAGE", 2)
    project = new_id()
    created = [client.create(project).id for _ in range(5)]
    for limit in (0, 1, 2, 3, 5, 9, None):
        found = [known.id for known in client.deployments(project=project, limit=limit)]
        assert found == created[::-1][:limit]
    assert list(client.deployments(project=project, status="failed")) == []


def test_history_is_read_page_by_page(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log of many pages is read whole, and from any place or its tail."""
    monkeypatch.setattr("logflume.client.blocking.calls.PAGE_RECORDS", 7)
    made = client.create("shop").id
    with client.writer(made) as log:
        for number in range(100):
            log.write(str(number))
    records = client.read(made)
    assert [next(records).n for _ in range(31)] == list(range(1, 32))
    assert [r.n for r in client.read(made, offset=records.offset)] == list(range(32, 101))
    assert [r.n for r in client.read(made, tail=10)] == list(range(91, 101))
    assert [r.n for r in records] == list(range(32, 101))
    assert [*client.read(made, offset=records.offset)] == []


def test_a_page_that_fails_can_be_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in the middle of a history is raised, and what follows is read by reading on."""
    rows = [b'{"n":%d,"time":""}\n' % number for number in (1, 2)]
    place = "0000000000000007_000000000000000"
    script = Script(
        answer(rows[0], stream_next_offset=f"{place}1"),
        BUSY,
        answer(rows[1], stream_next_offset=f"{place}2", stream_up_to_date="true"),
    )
    with script.serving() as url, Client(url) as client:
        records = client.read("dep_x")
        assert next(records).n == 1
        with pytest.raises(ServerAway, match="503"):
            next(records)
        assert [record.n for record in records] == [2]


def test_a_refusal_says_why(client: Client) -> None:
    """A 4xx is Refused, with the status and the problem document's words."""
    with pytest.raises(LogGone, match="no deployment") as gone:
        client.deployment(new_id())
    assert gone.value.status == 404
    with pytest.raises(Refused, match="status") as refused:
        client.update(client.create("shop").id, status="nonsense")
    assert refused.value.status == 422


def test_an_id_is_no_address(client: Client) -> None:
    """What is given for an id is one, whatever stands in it."""
    made = client.create("shop").id
    for strange in (f"{made}?a", f"{made}#a", f"x/../{made}"):
        with pytest.raises(Refused):
            client.deployment(strange)


def test_nobody_answers() -> None:
    """A server that is not there is away, in words."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with Client(f"http://127.0.0.1:{port}") as client, pytest.raises(ServerAway, match="refused"):
        client.create("shop")


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        (
            b"HTTP/1.1 503 Busy\r\nretry-after: 7\r\ncontent-length: 0\r\n" + CLOSE,
            ServerAway,
            "503",
        ),
        (answer(status="429 Slow"), ServerAway, "429"),
        (answer(b"hi", "404 Not Found"), Refused, "404 Not Found"),
        (answer(status="302 Found", location="https://b.test"), Refused, "b.t"),
        (answer(b"hello"), Refused, "as Logflume does"),
        (answer(b"{}"), Refused, "as Logflume does"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n" + CLOSE + b"hello", ServerAway, "."),
        (b"", ServerAway, "."),
        (b"220 mail.test ESMTP\r\n", ServerAway, "."),
    ],
)
def test_other_answers(said: bytes, kind: type[ClientError], words: str) -> None:
    """Whatever answers, the error is one of ours: try again, or do not."""
    with (
        Script(said).serving() as url,
        Client(url) as client,
        pytest.raises(kind, match=words) as error,
    ):
        client.create("shop")
    assert type(error.value) is kind
    if isinstance(error.value, ServerAway) and b"retry" in said:
        assert error.value.retry_seconds == 7


def test_a_token_goes_with_every_request() -> None:
    """A bearer token, on calls and on live readings of every kind."""
    for transport in TRANSPORTS:
        script = Script(answer(status="403 No"))
        with (
            script.serving() as url,
            Client(url, "secret") as client,
            pytest.raises(Refused),
        ):
            next(client.follow("dep_x", transport=transport))
        assert b"authorization: bearer secret" in script.requests[0].lower()


def test_more_readers_than_a_pool_has_connections(client: Client) -> None:
    """However many logs are followed with one client, none waits for another."""
    made = client.create("shop").id
    with client.writer(made) as log:
        log.write("one")
    readings = [client.follow(made) for _ in range(120)]
    assert [next(records).n for records in readings] == [1] * 120
    assert decode(client.calls.deployment(made), Deployment).lines == 1
