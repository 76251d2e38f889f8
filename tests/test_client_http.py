"""The client's calls against a real server, and against answers that no Logflume gives."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from logflume.client.errors import ClientError, Refused, ServerAway
from logflume.client.http import Client, ProducerMark
from logflume.client.records import Deployment, decode
from logflume.deployments.ids import RANDOM_BYTES, new_deployment_id
from tests.servers import ServerProcess

FINISHED = {"status": "succeeded", "exit_code": 0}


@pytest.fixture
def client(shared_server: ServerProcess) -> Iterator[Client]:
    """A client of a server that is there."""
    with Client(shared_server.url) as client:
        yield client


@pytest.fixture
def fresh() -> str:
    """An id that nobody has used."""
    return new_deployment_id(time.time_ns() // 1000, time.time_ns().to_bytes(RANDOM_BYTES))


def test_a_deployment_from_beginning_to_end(client: Client, fresh: str) -> None:
    """Create, append, finish, read: each may be repeated, and nothing is there twice."""
    mark = ProducerMark("p", 0)
    for _ in range(2):
        assert client.create({"id": fresh, "project": "shop"}).status == "running"
    for _ in range(2):
        client.append(fresh, b'{"text":"one"}\n{"text":"two"}\n', mark)
    for _ in range(2):
        assert client.update(fresh, FINISHED).finished
    client.append(fresh, b'{"text":"one"}\n{"text":"two"}\n', mark)
    page = client.read(fresh, {"offset": "-1"})
    assert [json.loads(row).get("text") for row in page.body.splitlines()] == ["one", "two", None]
    assert page.closed
    assert page.up_to_date
    assert decode(client.deployment(fresh), Deployment).lines == 2


def test_the_list_is_read_page_by_page(
    client: Client, fresh: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many deployments as asked for, newest first, over as many pages as it takes."""
    monkeypatch.setattr("logflume.client.http.MOST_PER_PAGE", 2)
    created = [client.create({"project": fresh}).id for _ in range(5)]
    for limit in (0, 1, 2, 3, 5, 9):
        found = [
            decode(raw, Deployment).id for raw in client.deployments({"project": fresh}, limit)
        ]
        assert found == created[::-1][:limit]


def test_a_refusal_says_why(client: Client, fresh: str) -> None:
    """A 4xx is Refused, with the status and the problem document's words."""
    with pytest.raises(Refused, match=r"\w") as refused:
        client.deployment(fresh)
    assert refused.value.status == 404


def test_nobody_answers() -> None:
    """A server that is not there is away, in words."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with Client(f"http://127.0.0.1:{port}") as client, pytest.raises(ServerAway, match="refused"):
        client.create({"project": "shop"})


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (b"HTTP/1.1 503 Busy\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n", ServerAway, "503"),
        (b"HTTP/1.1 429 Slow\r\ncontent-length: 0\r\n\r\n", ServerAway, "429"),
        (b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nhi", Refused, "404 Not Found"),
        (
            b"HTTP/1.1 302 Found\r\nlocation: https://b.test\r\ncontent-length: 0\r\n\r\n",
            Refused,
            "b.t",
        ),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", Refused, "as Logflume does"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", Refused, "as Logflume does"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhello", ServerAway, "."),
        (b"", ServerAway, "."),
        (b"220 mail.test ESMTP\r\n", ServerAway, "."),
    ],
)
def test_other_answers(answer: bytes, kind: type[ClientError], words: str) -> None:
    """Whatever answers, the error is one of ours: try again, or do not."""
    with (
        _answering(answer) as url,
        Client(url) as client,
        pytest.raises(kind, match=words) as error,
    ):
        client.create({"project": "shop"})
    if isinstance(error.value, ServerAway) and b"retry" in answer:
        assert error.value.retry_seconds == 7


@contextmanager
def _answering(answer: bytes) -> Iterator[str]:
    """A port whose every connection gets these bytes once it has asked something."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join()
