"""Bad input over raw sockets: each is answered as `tests/bad_requests.py` says, nothing is stored,
the next good request is served at once, and the server neither grows nor stalls."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

import httpx2
import pytest

from tests.answers import Answers
from tests.appending import Log
from tests.bad_requests import HOST, REQUESTS, Sent
from tests.exchange import PATIENCE_SECONDS, Exchange
from tests.server_memory import Memory
from tests.servers import ServerProcess

MAX_GROWN_MIB = 48
"""For the whole of this file: a bomb of any kind is larger."""

MAX_LAG_SECONDS = 1.0
"""A request of somebody else's takes a millisecond; this is for a machine that has more to do."""


class Neighbour:
    """Somebody else, who asks all the time and notes how long it took at the longest."""

    def __init__(self, url: str) -> None:
        self.worst_seconds = 0.0
        self.asked = 0
        self._client = httpx2.Client(base_url=url, timeout=PATIENCE_SECONDS, trust_env=False)
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()

    def _ask(self) -> None:
        while not self._ends.wait(0.002):
            began = time.monotonic()
            assert self._client.get("/healthz").status_code == 200
            self.worst_seconds = max(self.worst_seconds, time.monotonic() - began)
            self.asked += 1

    def close(self) -> None:
        self._ends.set()
        self._thread.join()
        self._client.close()


@pytest.fixture(scope="module")
def log(shared_server: ServerProcess) -> Iterator[Log]:
    """A log to which nothing is ever appended, while a neighbour is served and memory is flat."""
    made = Log(shared_server.url)
    memory = Memory(shared_server)
    neighbour = Neighbour(shared_server.url)
    yield made
    neighbour.close()
    made.close()
    print(f"grown by {memory.grown_mib():.0f} MiB; the neighbour waited {neighbour.worst_seconds}")
    assert neighbour.asked > 0
    assert neighbour.worst_seconds < MAX_LAG_SECONDS
    assert memory.grown_mib() < MAX_GROWN_MIB


def check_well(log: Log) -> None:
    """Nothing is stored, and the next good request is served."""
    answer = log.client.get(log.path)
    assert (answer.status_code, answer.content) == (200, b"[]")


@pytest.mark.parametrize("bad", REQUESTS, ids=lambda bad: f"{bad.number} {bad.name}")
def test_it_is_refused(log: Log, bad: Sent) -> None:
    """With a problem document that says what to do, and the connection ends where nobody can know
    what comes next on it. Caught: a parser that is lenient in any of these."""
    with Answers(log.server_url) as answers:
        answers.socket.sendall(bad.sent.replace(b"{log}", log.path.encode()))
        status, headers, body = answers.next()
        assert status == bad.status, body
        assert headers["content-type"] == "application/problem+json"
        assert headers["x-content-type-options"] == "nosniff"
        problem = json.loads(body)
        assert problem["type"] == f"urn:logflume:problem:{bad.problem}"
        assert len(problem["detail"]) > 10
        if bad.status == 405:
            assert headers["allow"]
        assert (headers.get("connection") == "close") == bad.closes
        if bad.closes:
            assert answers.ends()
    check_well(log)


def test_100000_chunks_of_a_byte(log: Log) -> None:
    """Row 13: they are taken, and nobody else waits."""
    other = Log(log.server_url)
    head = f"POST {other.path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    other.answers.socket.sendall(head.encode() + b"1\r\nx\r\n" * 100_000 + b"0\r\n\r\n")
    assert other.answers.next()[0] == 204
    assert "".join(other.texts()) == "x" * 100_000
    other.close()


@pytest.mark.parametrize("breaks", ["close", "reset"])
def test_a_batch_that_breaks_off_is_absent(log: Log, breaks: str) -> None:
    """Row 14: the one that was answered before stays. Caught: storing what has come of a batch."""
    other = Log(log.server_url)
    whole = other.request(b"one\ntwo\n")
    other.answers.socket.sendall(whole)
    assert other.answers.next()[0] == 204
    other.answers.socket.sendall(whole[:-2])
    other.answers.close()
    other.append(b"three\n")
    assert other.texts() == ["one", "two", "three"]
    other.close()


def test_10000_ranges(log: Log) -> None:
    """Row 20: nothing here is served in ranges, so they are ignored as RFC 9110 allows; too many
    of them are too large a header."""
    began = time.monotonic()
    for count, status in ((3_000, 200), (10_000, 431)):
        ranges = ",".join(f"{n}-{n}" for n in range(count))
        asked = f"GET {log.path} HTTP/1.1\r\nHost: localhost\r\nRange: bytes={ranges}\r\n\r\n"
        with Answers(log.server_url) as answers:
            answers.socket.sendall(asked.encode())
            assert answers.next()[0] == status
    assert time.monotonic() - began < 1
    check_well(log)


def test_who_forwards_must_be_trusted(log: Log) -> None:
    """Row 19: a stranger's `X-Forwarded-For` and `-Proto` change nothing; those of a proxy on this
    machine do. 127.0.0.2 is a stranger: only 127.0.0.1 is trusted."""
    asked = b"POST /v1/deployments HTTP/1.1\r\n" + HOST
    asked += b"X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n"
    asked += b"Content-Type: application/json\r\nContent-Length: 15\r\n\r\n" + b'{"project":"a"}'
    for source, scheme in (("127.0.0.2", "http"), ("127.0.0.1", "https")):
        with Answers(log.server_url, source) as answers:
            answers.socket.sendall(asked)
            status, _, body = answers.next()
            assert status == 201
            assert json.loads(body)["links"]["page"].startswith(f"{scheme}://localhost/")


def test_a_pattern_that_hangs_others(log: Log) -> None:
    """Row 81: `(a+)+$` over lines that all but match. Caught: a matcher that goes back."""
    other = Log(log.server_url)
    other.append((b"a" * 10_000 + b"!\n") * 100)
    began = time.monotonic()
    found = other.client.get(f"{other.path}/search", params={"regex": "(a+)+$"})
    assert found.status_code == 200
    assert found.json()["numbers"] == []
    assert time.monotonic() - began < 2
    other.close()


def test_an_expectation_is_met_before_the_body(log: Log) -> None:
    """Row 15: who waits to be told to go on is told, or refused before the body is sent."""
    with Exchange(
        "POST",
        f"{log.server_url}{log.path}",
        {"Expect": "100-continue", "Content-Type": "application/xml", "Content-Length": "5000"},
        chunked=False,
    ) as exchange:
        assert exchange.status == 415
    check_well(log)
