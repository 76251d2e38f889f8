"""A connection on which something else comes than requests, or too late: what is answered, in which
order, and who is left alone."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from logflume.cli.receipt import Deadlines
from logflume.cli.server import IDLE_SECONDS
from tests.answers import Answers
from tests.appending import Log
from tests.exchange import PATIENCE_SECONDS
from tests.own_server import OURS, OwnServer

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"
GARBAGE = b"\x16\x03\x01\x02\x00\x01\x00"
SOON = Deadlines(idle=2, head=0.2, body=0.6, linger=0.5)


@pytest.fixture(scope="module")
def server() -> Iterator[OwnServer]:
    with OwnServer(options={**OURS, "timeout_keep_alive": IDLE_SECONDS}) as running:
        yield running


@pytest.fixture(scope="module")
def hasty() -> Iterator[OwnServer]:
    """A server whose deadlines are short."""
    with OwnServer(deadlines=SOON) as running:
        yield running


@pytest.fixture
def log(server: OwnServer) -> Iterator[Log]:
    made = Log(server.url)
    yield made
    made.close()


@pytest.fixture
def hasty_log(hasty: OwnServer) -> Iterator[Log]:
    made = Log(hasty.url)
    yield made
    made.close()


def check_refusal(answers: Answers, status: int, name: str) -> dict[str, object]:
    """A problem document that says what it is, that nothing may guess, and that it was the last."""
    found, headers, body = answers.next()
    assert found == status, body
    assert headers["content-type"] == "application/problem+json"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["connection"] == "close"
    problem: dict[str, object] = json.loads(body)
    assert problem["type"] == f"urn:logflume:problem:{name}"
    assert answers.ends()
    return problem


def test_a_refusal_comes_after_the_answers_before_it(log: Log) -> None:
    """An append and then garbage: the append is answered as such. Caught: a refusal at once, which
    the client takes for that of its append, and sends it again."""
    whole = log.request(b"first\n")
    log.answers.socket.sendall(whole + HEALTH + GARBAGE)
    assert [log.answers.next()[0] for _ in range(2)] == [204, 200]
    check_refusal(log.answers, 400, "malformed-request")
    assert log.texts() == ["first"]


@pytest.mark.parametrize("chunk", [b"x\r\n", b"5\r\nabcde-", b"fffffffffffffffff\r\n"])
def test_a_body_that_breaks_the_rules_is_refused_in_its_turn(log: Log, chunk: bytes) -> None:
    """Behind another request that is not answered yet it is never begun."""
    head = f"POST {log.path} HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-ndjson\r\n"
    bad = head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + chunk
    log.answers.socket.sendall(HEALTH * 2 + bad)
    assert [log.answers.next()[0] for _ in range(2)] == [200, 200]
    check_refusal(log.answers, 400, "malformed-request")
    assert log.texts() == []


def test_what_a_stream_brought_before_it_broke_the_rules_stays(log: Log) -> None:
    """Its lines were seen already."""
    head = f"POST {log.path} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    log.answers.socket.sendall(head.encode() + b"4\r\none\n\r\n")
    log.wait_for(["one"])
    log.answers.socket.sendall(b"0x4\r\ntwo\n\r\n")
    check_refusal(log.answers, 400, "malformed-request")
    assert log.texts() == ["one"]


def test_what_stands_behind_a_body_is_no_header(log: Log) -> None:
    """A trailer that closes a stream, or says who asks, does not. Caught: trailers that come with
    the head are headers like any other."""
    path = "/v1/stream/trailers"
    head = f"PUT {path} HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\n"
    body = b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nStream-Closed: true\r\n\r\n"
    log.answers.socket.sendall(head.encode() + body)
    status, headers, _ = log.answers.next()
    assert (status, headers.get("stream-closed")) == (201, None)


def test_who_sends_on_though_refused_reads_why(log: Log) -> None:
    """Megabytes behind the head that was too long. Caught: closing at once, which resets the
    connection under the answer."""
    log.answers.socket.sendall(b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\n")
    log.answers.socket.sendall(b"y" * 1_000_000)
    check_refusal(log.answers, 414, "uri-too-long")


@pytest.mark.parametrize("endless", [b"GET / HTTP/1.1\r\nHost: ", b"\r\n", b"GET /?"])
def test_a_head_without_an_end_is_not_kept(server: OwnServer, endless: bytes) -> None:
    """It is refused as soon as it is too long. Caught: a header that grows in the parser."""
    with Answers(server.url) as answers:
        answers.socket.sendall(endless * (60_000 if endless == b"\r\n" else 1) + b"x" * 60_000)
        status, _, _ = answers.next()
        assert status in (400, 414, 431)
        assert answers.ends()


def test_trailers_without_an_end_are_not_kept(log: Log) -> None:
    """Nor what stands behind a chunk's size."""
    for endless in (b"0\r\nX: ", b"1;"):
        with Answers(log.server_url) as answers:
            head = f"POST {log.path} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
            answers.socket.sendall(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + endless)
            answers.socket.sendall(b"x" * 80_000)
            check_refusal(answers, 431, "headers-too-large")


def test_a_thousand_requests_at_once_are_answered_in_order(server: OwnServer, log: Log) -> None:
    """Hardly any of them is taken apart before its turn. Caught: a request object for each, as
    soon as they have come."""
    most = 0

    async def look() -> None:
        nonlocal most
        for one in server._server.server_state.connections:
            most = max(most, len(one.pipeline))  # type: ignore[union-attr]

    asked = [f"GET /nothing/{n} HTTP/1.1\r\nHost: h\r\n\r\n".encode() for n in range(1000)]
    for n in range(0, 1000, 2):
        asked[n] = log.request(b"line %d\n" % n)
    log.answers.socket.sendall(b"".join(asked) * 2)
    answered = []
    for n in range(2000):
        answered.append(log.answers.next()[0])
        if n % 200 == 0:
            server.call(look())
    assert answered == [204, 404] * 1000
    assert most < 700
    assert log.texts() == [f"line {n}" for n in range(0, 1000, 2)] * 2


class TestDeadlines:
    def test_a_head_that_drips_is_cut_short(self, hasty: OwnServer) -> None:
        """However steadily it comes. Caught: a deadline that each byte moves."""
        with Answers(hasty.url) as answers:
            answers.socket.sendall(b"GET / HTTP/1.1\r\n")
            answers.socket.settimeout(SOON.head / 10)
            for _ in range(int(PATIENCE_SECONDS / (SOON.head / 10))):
                answers.socket.sendall(b"x")
                try:
                    assert answers.socket.recv(1) == b"H"
                    break
                except TimeoutError:
                    continue
            else:
                pytest.fail("it is still taken")

    def test_it_is_told_so(self, hasty: OwnServer) -> None:
        """As a problem document."""
        with Answers(hasty.url) as answers:
            answers.socket.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n")
            check_refusal(answers, 408, "slow-request")

    def test_a_batch_that_stalls_is_refused(self, hasty_log: Log) -> None:
        """The first and one that repeats it; and nothing of it is stored.

        Caught: no deadline for what is not parsed."""
        whole = hasty_log.request(b"one\ntwo\n")
        for repeats in (0, 1):
            with Answers(hasty_log.server_url) as answers:
                answers.socket.sendall(whole * repeats)
                assert [answers.next()[0] for _ in range(repeats)] == [204] * repeats
                answers.socket.sendall(whole[:-3])
                check_refusal(answers, 408, "slow-request")
        assert hasty_log.texts() == ["one", "two"]

    def test_a_slow_batch_is_taken(self, hasty_log: Log) -> None:
        """One that comes bit by bit for longer than the deadline. Caught: an absolute one."""
        whole = hasty_log.request(b"x" * 12 + b"\n")
        sent = hasty_log.answers.socket
        sent.sendall(whole[:-8])
        sent.settimeout(SOON.body / 5)
        for byte in whole[-8:]:
            with pytest.raises(TimeoutError):
                sent.recv(1)
            sent.sendall(bytes([byte]))
        sent.settimeout(PATIENCE_SECONDS)
        assert hasty_log.answers.next()[0] == 204

    def test_a_stream_may_be_silent(self, hasty_log: Log) -> None:
        """As long as its deployment is. Caught: a deadline for every body."""
        head = f"POST {hasty_log.path} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        sent = hasty_log.answers.socket
        sent.sendall(head.encode() + b"4\r\none\n\r\n")
        hasty_log.wait_for(["one"])
        sent.settimeout(SOON.body * 2)
        with pytest.raises(TimeoutError):
            sent.recv(1)
        sent.settimeout(PATIENCE_SECONDS)
        sent.sendall(b"4\r\ntwo\n\r\n0\r\n\r\n")
        assert hasty_log.answers.next()[0] == 204

    def test_the_batch_behind_a_stream_may_not(self, hasty_log: Log) -> None:
        """Though it came with it. Caught: the leave that one request has is the connection's."""
        head = f"POST {hasty_log.path} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        stream = head.encode() + b"4\r\none\n\r\n0\r\n\r\n"
        hasty_log.answers.socket.sendall(stream + hasty_log.request(b"two\n")[:-3])
        assert hasty_log.answers.next()[0] == 204
        check_refusal(hasty_log.answers, 408, "slow-request")
        assert hasty_log.texts() == ["one"]

    def test_what_waits_for_its_turn_is_not_late(self, hasty_log: Log) -> None:
        """Half a head behind a long poll: it is our turn. Then it is late."""
        polled = f"GET {hasty_log.path}?live=long-poll&offset=now HTTP/1.1\r\nHost: h\r\n\r\n"
        answers = hasty_log.answers
        answers.socket.sendall(polled.encode() + b"GET / HT")
        answers.socket.settimeout(SOON.head * 3)
        with pytest.raises(TimeoutError):
            answers.socket.recv(1)
        answers.socket.settimeout(PATIENCE_SECONDS)
        assert hasty_log.append(b"news\n") == 204
        assert answers.next()[0] == 200
        check_refusal(answers, 408, "slow-request")

    def test_who_asks_for_nothing_is_left_without_a_word(self, hasty: OwnServer) -> None:
        """A connection that a browser opened in advance: another answer would be taken for that of
        its first request."""
        for said in (b"", b"\r\n"):
            with Answers(hasty.url) as answers:
                answers.socket.sendall(said)
                assert answers.ends()

    def test_nothing_is_looked_after_that_is_over(self, server: OwnServer) -> None:
        """A connection between two requests. Caught: one that stays in the set."""
        with Answers(server.url) as answers:
            answers.socket.sendall(HEALTH)
            assert answers.next()[0] == 200
            port = answers.socket.getsockname()[1]
            watched: set[Any] = server.receipt._all
            server.until(lambda: all(one.client[1] != port for one in watched))

    def test_nobody_lingers_for_ever(self, hasty: OwnServer) -> None:
        """Though it sends on."""
        with Answers(hasty.url) as answers:
            answers.socket.sendall(GARBAGE)
            assert answers.next()[0] == 400
            hasty.until(lambda: hasty.door.lingering == 0)


def test_what_was_no_http_is_logged_escaped(
    server: OwnServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Hardly any of it, and none of what stood in a header."""
    caplog.set_level(logging.INFO, "logflume")
    with Answers(server.url) as answers:
        answers.socket.sendall(b"\x1b[31m\r\nX: 1")
        check_refusal(answers, 400, "malformed-request")
    with Answers(server.url) as answers:
        answers.socket.sendall(HEALTH[:-2] + b"Authorization: Bearer secret\0\r\n\r\n")
        check_refusal(answers, 400, "malformed-request")
    assert "it began with b'\\x1b[31m\\r\\nX'" in caplog.text
    assert "\x1b" not in caplog.text
    assert "secret" not in caplog.text
