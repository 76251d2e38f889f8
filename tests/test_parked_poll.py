"""Long polling over lent connections: many answers on one connection, each as HTTP wants it.

What long polling answers is examined in `contract/protocol_poll.py`; here it is the connection.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import httpx2
import pytest

from tests.answers import Answers
from tests.servers import ServerProcess, new_deployment


def poll(path: str, offset: str, *headers: str, cursor: str = "", version: str = "1.1") -> bytes:
    query = (f"cursor={cursor}&" if cursor else "") + f"live=long-poll&offset={offset}"
    lines = [f"GET {path}?{query} HTTP/{version}", "Host: localhost", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


class Log:
    """A deployment's log, and what is appended to it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client = httpx2.Client(base_url=url, verify=False)
        self.id = new_deployment(url)
        self.path = f"/v1/deployments/{self.id}/log"

    def append(self, text: str) -> str:
        answer = self.client.post(self.path, content=text)
        assert answer.status_code == 204
        return str(answer.headers["stream-next-offset"])

    def tail(self) -> str:
        return str(self.client.head(self.path).headers["stream-next-offset"])


@pytest.fixture
def log(memory_server: ServerProcess) -> Iterator[Log]:
    made = Log(memory_server.url)
    yield made
    made.client.close()


@pytest.fixture
def answers(log: Log) -> Iterator[Answers]:
    made = Answers(log.url)
    yield made
    made.close()


def texts(body: bytes) -> list[str]:
    return [record["text"] for record in json.loads(body)]


def asked_before(answers: Answers, log: Log) -> str:
    """Ask twice, so that the next request repeats one; the offset to go on from."""
    log.append("before")
    answers.socket.sendall(poll(log.path, "-1"))
    offset = answers.next()[1]["stream-next-offset"]
    for n in (1, 2):
        answers.socket.sendall(poll(log.path, offset))
        log.append(f"asked {n}")
        status, headers, _ = answers.next()
        assert status == 200
        offset = headers["stream-next-offset"]
    return offset


def test_a_hundred_answers_follow_each_other_on_one_connection(answers: Answers, log: Log) -> None:
    """Every line once and in order, the cursor echoed as clients do."""
    offset, cursor, seen = log.tail(), "", []
    for n in range(100):
        answers.socket.sendall(poll(log.path, offset, cursor=cursor))
        if n % 3:
            log.append(f"line {n}\n")
        else:
            log.append(f"line {n}\nand {n}\n")
        status, headers, body = answers.next()
        assert status == 200
        assert int(headers["content-length"]) == len(body)
        assert not cursor or int(headers["stream-cursor"]) > int(cursor)
        offset, cursor = headers["stream-next-offset"], headers["stream-cursor"]
        seen += texts(body)
    expected = [
        t for n in range(100) for t in ([f"line {n}"] if n % 3 else [f"line {n}", f"and {n}"])
    ]
    assert seen == expected


def test_a_repeat_behind_the_tail_is_answered_at_once(answers: Answers, log: Log) -> None:
    """From the ring, and from the store what the ring no longer has."""
    offset = asked_before(answers, log)
    for n in range(40):
        log.append(f"{n}:" + "x" * 60_000)
    seen: list[str] = []
    while len(seen) < 40:
        answers.socket.sendall(poll(log.path, offset))
        status, headers, body = answers.next()
        assert status == 200
        offset = headers["stream-next-offset"]
        seen += texts(body)
    assert [text.split(":")[0] for text in seen] == [str(n) for n in range(40)]


def test_requests_sent_before_their_turn_are_answered_in_order(answers: Answers, log: Log) -> None:
    """Pipelined while one waits: the others wait behind it."""
    offset = asked_before(answers, log)
    answers.socket.sendall(poll(log.path, offset))
    answers.socket.sendall(
        poll(log.path, "-1") + b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    )
    log.append("at last")
    assert texts(answers.next()[2]) == ["at last"]
    assert texts(answers.next()[2]) == ["before", "asked 1", "asked 2", "at last"]
    assert json.loads(answers.next()[2]) == {"status": "alive"}


def test_two_requests_in_one_packet_are_both_answered(answers: Answers, log: Log) -> None:
    """The second is already there when the first begins to wait."""
    offset = log.tail()
    answers.socket.sendall(poll(log.path, offset) + poll(log.path, "-1"))
    log.append("one")
    assert texts(answers.next()[2]) == ["one"]
    assert texts(answers.next()[2]) == ["one"]


def test_a_request_in_pieces_is_understood(answers: Answers, log: Log) -> None:
    """Cut anywhere, after one that could be repeated."""
    offset = asked_before(answers, log)
    for cut in (1, 20, 90):
        request = poll(log.path, offset)
        answers.socket.sendall(request[:cut])
        time.sleep(0.01)  # so that the pieces arrive one by one
        answers.socket.sendall(request[cut:])
        log.append(f"cut at {cut}")
        status, headers, body = answers.next()
        assert (status, texts(body)) == (200, [f"cut at {cut}"])
        offset = headers["stream-next-offset"]


def test_another_kind_of_request_goes_on_on_the_same_connection(answers: Answers, log: Log) -> None:
    """What does not repeat the last one is read as any request."""
    offset = asked_before(answers, log)
    answers.socket.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert answers.next()[0] == 200
    answers.socket.sendall(poll(log.path, offset, "Accept: application/x-ndjson"))
    log.append("other form")
    status, headers, body = answers.next()
    assert (status, headers["content-type"]) == (200, "application/x-ndjson")
    assert texts(b"[" + body + b"]") == ["other form"]


def test_a_bad_offset_in_a_repeat_is_refused_like_any(answers: Answers, log: Log) -> None:
    """Malformed, of another log's epoch, beyond the tail; then the reader goes on."""
    offset = asked_before(answers, log)
    epoch, seq = offset.split("_")
    for wrong, status in (
        ("17", 400),
        (f"0000000000000001_{seq}", 409),
        (f"{epoch}_9999999999999999", 416),
    ):
        answers.socket.sendall(poll(log.path, wrong))
        assert answers.next()[0] == status
    answers.socket.sendall(poll(log.path, offset))
    log.append("on")
    assert texts(answers.next()[2]) == ["on"]


def test_a_log_deleted_while_a_repeat_waits_is_not_found(answers: Answers, log: Log) -> None:
    """A problem document, and the connection stays."""
    offset = asked_before(answers, log)
    answers.socket.sendall(poll(log.path, offset))
    assert httpx2.delete(log.url + log.path.removesuffix("/log")).status_code == 204
    status, headers, body = answers.next()
    assert (status, headers["content-type"]) == (404, "application/problem+json")
    assert json.loads(body)["type"].endswith("no-such-log")
    answers.socket.sendall(poll(log.path, offset))
    assert answers.next()[0] == 404


def test_the_end_of_the_log_is_told_at_once(answers: Answers, log: Log) -> None:
    """The last record with the news that it is the last, and then 204 without waiting."""
    offset = asked_before(answers, log)
    answers.socket.sendall(poll(log.path, offset))
    httpx2.patch(log.url + log.path.removesuffix("/log"), json={"status": "succeeded"})
    status, headers, body = answers.next()
    assert (status, headers["stream-closed"]) == (200, "true")
    assert json.loads(body)[-1]["kind"] == "end"
    answers.socket.sendall(poll(log.path, headers["stream-next-offset"]))
    status, headers, body = answers.next()
    assert (status, headers["stream-closed"], body) == (204, "true", b"")


@pytest.mark.parametrize(
    ("headers", "version"), [(["Connection: close"], "1.1"), ([], "1.0")], ids=["close", "1.0"]
)
def test_a_connection_that_is_not_kept_is_closed_after_the_answer(
    answers: Answers, log: Log, headers: list[str], version: str
) -> None:
    """As the client asked, or its version of HTTP has it."""
    answers.socket.sendall(poll(log.path, log.tail(), *headers, version=version))
    log.append("only")
    assert texts(answers.next()[2]) == ["only"]
    assert answers.socket.recv(1) == b""


def test_a_stopping_server_answers_who_waits(server: ServerProcess) -> None:
    """204 and not a torn connection; the reader asks the next server from where it was."""
    log = Log(server.url)
    answers = Answers(server.url)
    offset = asked_before(answers, log)
    answers.socket.sendall(poll(log.path, offset))
    # One thread reads all connections, in the order in which bytes came.
    assert httpx2.get(f"{server.url}/healthz").status_code == 200
    server.stop()
    status, headers, _ = answers.next()
    assert (status, headers["stream-next-offset"]) == (204, offset)
    answers.close()
    log.client.close()
