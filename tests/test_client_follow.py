"""Following a log: every record once and in order over broken connections, or an error."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from logflume.client.backoff import FIRST_SECONDS, Backoff
from logflume.client.errors import ClientError, LogBroken, Refused, ServerAway
from logflume.client.follow import Follower
from logflume.client.http import Client, ProducerMark, Query
from tests.servers import ServerProcess, new_deployment

OK = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
BUSY = b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
HELD = b"(the connection is held open from here on)"
GONE = b"event: gone\ndata:{}\n\n"


def data(*numbers: int) -> bytes:
    """A data event of these records."""
    records = [{"n": n, "time": "2026-11-23T15:37:00.000000Z", "text": str(n)} for n in numbers]
    return f"id: at_{numbers[-1]}\nevent: data\ndata:{json.dumps(records)}\n\n".encode()


def control(number: int, **state: bool) -> bytes:
    """A control event after this record."""
    said = {"streamNextOffset": f"at_{number}", **state}
    return f"event: control\ndata:{json.dumps(said)}\n\n".encode()


def end(number: int) -> bytes:
    """The end of a log of so many records."""
    return control(number, upToDate=True, streamClosed=True)


class Script:
    """What a server says, connection by connection, and what it was asked."""

    def __init__(self, *connections: bytes) -> None:
        self._connections = connections
        self.asked: list[str] = []
        self.told: list[str] = []

    def follow(self, start: Query) -> list[int]:
        """The numbers that a follower brings."""
        with self._serving() as url, Client(url) as client:
            follower = Follower(
                client,
                "dep_x",
                start,
                on_away=lambda error: self.told.append("away"),
                on_back=lambda: self.told.append("back"),
            )
            return [record.n for batch in follower.batches() for record in batch.records]

    @contextmanager
    def _serving(self) -> Iterator[str]:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            thread = threading.Thread(target=self._serve, args=(listening,))
            thread.start()
            try:
                yield f"http://127.0.0.1:{listening.getsockname()[1]}"
            finally:
                thread.join()

    def _serve(self, listening: socket.socket) -> None:
        for answer in self._connections:
            connection, _ = listening.accept()
            with connection:
                asked = connection.recv(65536).split(b" ")[1].decode()
                self.asked.append(asked.partition("?")[2])
                connection.sendall(answer.removesuffix(HELD))
                if answer.endswith(HELD):
                    connection.recv(1)  # until the client hangs up


def test_one_connection() -> None:
    """A log that is read in one go is read in one go."""
    script = Script(OK + data(1, 2) + control(2) + data(3) + end(3))
    assert script.follow({"offset": "-1"}) == [1, 2, 3]
    assert script.asked == ["offset=-1&live=sse"]
    assert script.told == []


def test_a_connection_that_breaks() -> None:
    """After a break it goes on at the last batch's end, whether its control came or not."""
    script = Script(
        OK + data(1, 2) + control(2),
        OK + data(3) + b'id: at_5\nevent: data\ndata:[{"n":4',
        BUSY,
        OK + data(4, 5),
        OK + end(5),
    )
    assert script.follow({"offset": "-1"}) == [1, 2, 3, 4, 5]
    assert script.asked[1:] == [
        "offset=at_2&live=sse",
        "offset=at_3&live=sse",
        "offset=at_3&live=sse",
        "offset=at_5&live=sse",
    ]
    assert script.told == ["away", "back"] * 3


def test_a_tail_that_breaks_at_once() -> None:
    """A connection that brought nothing is made again as it was."""
    script = Script(OK, OK + data(7, 8) + end(8))
    assert script.follow({"tail": 2}) == [7, 8]
    assert script.asked == ["tail=2&live=sse"] * 2


@pytest.mark.parametrize(
    "broken",
    [
        OK + data(1, 3),
        OK + data(2),
        OK + data(1) + control(1) + data(1),
        OK + data(1, 2) + control(2) + data(4),
    ],
)
def test_numbers_that_are_not_dense(broken: bytes) -> None:
    """A record that is missing or comes twice is an error, not a shorter or longer log."""
    with pytest.raises(LogBroken, match="not the whole log"):
        Script(broken).follow({"offset": "-1"})


def test_numbers_are_dense_over_connections() -> None:
    """What a new connection brings must follow what the one before brought."""
    with pytest.raises(LogBroken, match="record 3 was due and record 2 came"):
        Script(OK + data(1, 2), OK + data(2, 3)).follow({"offset": "-1"})


@pytest.mark.parametrize(
    ("connections", "kind"),
    [
        ([OK + data(1) + GONE], Refused),
        ([OK + data(1), b"HTTP/1.1 404 Gone\r\ncontent-length: 0\r\n\r\n"], Refused),
        ([OK + b"event: data\ndata:nonsense\n\n"], Refused),
        ([b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 0\r\n\r\n"], Refused),
        ([BUSY], ServerAway),
    ],
)
def test_ends_that_are_errors(connections: list[bytes], kind: type[ClientError]) -> None:
    """A deleted log, a final no, nonsense, and a server that is away from the beginning."""
    with pytest.raises(kind):
        Script(*connections).follow({"offset": "-1"})


def test_a_real_log(shared_server: ServerProcess) -> None:
    """A real server's events are understood, from the start, the tail and the closed end."""
    done = new_deployment(shared_server.url)
    with Client(shared_server.url) as client:
        lines = b"".join(b'{"text":"%d"}\n' % number for number in range(1, 2001))
        client.append(done, lines, ProducerMark("p", 0))
        client.update(done, {"status": "succeeded"})
        batches = list(Follower(client, done, {"offset": "-1"}).batches())
        assert [record.n for batch in batches for record in batch.records] == list(range(1, 2002))
        assert batches[-1].closed
        [last] = [b.records for b in Follower(client, done, {"tail": 3}).batches() if b.records]
        assert [record.n for record in last] == [1999, 2000, 2001]


def test_silence_is_a_broken_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that brings not even a heartbeat is given up for a new one."""
    monkeypatch.setattr("logflume.client.http.SILENCE_SECONDS", 0.2)
    script = Script(OK + data(1) + control(1) + HELD, OK + data(2) + end(2))
    assert script.follow({"offset": "-1"}) == [1, 2]
    assert script.told == ["away", "back"]


def test_waiting_times() -> None:
    """Back-off doubles, is never more than the longest, honours the server, begins anew."""
    backoff = Backoff(longest_seconds=1)
    for wanted in (FIRST_SECONDS, FIRST_SECONDS * 2, FIRST_SECONDS * 4):
        assert wanted / 2 <= backoff.failed() <= wanted
    for _ in range(2000):
        assert backoff.failed() <= 1
    backoff.succeeded()
    assert backoff.failed() <= FIRST_SECONDS
    assert 0.4 <= backoff.failed(0.8) <= 0.8
    assert 0.5 <= backoff.failed(60) <= 1
