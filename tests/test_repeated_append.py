"""A producer's appends over one connection: each is answered as the first one is, and as any other.

What an append answers is examined in `contract/protocol_append.py`; here it is the requests that
repeat one, whose way through the server is another.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.answers import Answers
from tests.appending import MARK, Log
from tests.exchange import PATIENCE_SECONDS
from tests.servers import ServerProcess


@pytest.fixture
def log(memory_server: ServerProcess) -> Iterator[Log]:
    made = Log(memory_server.url)
    yield made
    made.close()


@pytest.fixture
def kept_log(server: ServerProcess) -> Iterator[Log]:
    """One on a disk, where an append takes a moment."""
    made = Log(server.url)
    yield made
    made.close()


def without_date(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != "date"}


def test_a_repeat_is_answered_as_the_first_was(kept_log: Log) -> None:
    """Status, headers and place, on an open connection; every line is there once, in order."""
    answered = [kept_log.ask(f"line {n}\n".encode()) for n in range(30)]
    assert {status for status, _, _ in answered} == {204}
    assert len({tuple(headers) for _, headers, _ in answered}) == 1
    offsets = [headers["stream-next-offset"] for _, headers, _ in answered]
    assert [int(offset[-16:]) for offset in offsets] == list(range(1, 31))
    assert kept_log.texts() == [f"line {n}" for n in range(30)]


def test_bodies_of_every_length_are_taken(log: Log) -> None:
    """Nothing, one byte, more than is given on at once, and then a short one again."""
    sizes = [1, 0, 5, 1000, 70_000, 3, 127_000, 128 * 1024, 200_000, 2]
    for size in sizes:
        assert log.ask((b"x" * 99 + b"\n") * (size // 100) + b"y" * (size % 100))[0] == 204
    whole = log.client.get(log.path, headers={"Accept": "text/plain"}).content
    assert len(whole) == sum(size + (size % 100 > 0) for size in sizes)


@pytest.mark.parametrize("content_type", ["application/x-ndjson", "application/json"])
def test_json_may_be_repeated_too(log: Log, content_type: str) -> None:
    """A bad one is refused, with its line, and the next one is taken."""
    texts = ["a", "b", "c"]
    for text in texts:
        assert log.ask(json.dumps({"text": text}).encode(), content_type)[0] == 204
    status, headers, body = log.ask(b'{"text": 1}', content_type)
    assert (status, headers["content-type"]) == (422, "application/problem+json")
    assert json.loads(body)["type"] == "urn:logflume:problem:bad-record"
    assert log.ask(b'{"text": "d"}', content_type)[0] == 204
    assert log.texts() == [*texts, "d"]


def test_a_producers_numbers_are_watched(log: Log) -> None:
    """A repeated number is stored once, a gap is refused; both say where the producer stands."""
    for seq in range(3):
        status, headers, _ = log.ask(b"x\n", **MARK, Producer_Seq=str(seq))
        assert (status, headers["producer-seq"], headers["producer-epoch"]) == (200, str(seq), "0")
    status, headers, _ = log.ask(b"x\n", **MARK, Producer_Seq="1")
    assert (status, headers["producer-seq"]) == (204, "2")
    status, headers, body = log.ask(b"x\n", **MARK, Producer_Seq="7")
    assert (status, headers["producer-expected-seq"]) == (409, "3")
    assert json.loads(body)["type"] == "urn:logflume:problem:producer-gap"
    assert log.ask(b"x\n", **MARK, Producer_Seq="3")[0] == 200
    assert log.texts() == ["x"] * 4


def test_a_refused_repeat_is_answered_as_any_is(log: Log, memory_server: ServerProcess) -> None:
    """By the same problem document and headers as on a new connection."""
    log.ask(b"one\n")
    log.client.patch(log.path.removesuffix("/log"), json={"status": "succeeded"})
    log.send(b"two\n")
    status, headers, body = log.answers.next()
    fresh = Answers(memory_server.url)
    fresh.socket.sendall(log.request(b"two\n"))
    ordinary = fresh.next()
    fresh.close()
    assert (status, json.loads(body)) == (409, json.loads(ordinary[2]))
    for name in ("content-type", "stream-closed", "stream-next-offset", "cache-control"):
        assert headers[name] == ordinary[1][name]


def test_a_repeat_finds_its_log_gone(log: Log) -> None:
    """Deleted between two requests of one connection."""
    assert log.ask(b"one\n")[0] == 204
    assert log.client.delete(log.path.removesuffix("/log")).status_code == 204
    assert log.ask(b"one\n")[0] == 404


@pytest.mark.parametrize("size", [10, 3000])
def test_a_repeat_may_come_in_pieces(log: Log, size: int) -> None:
    """Head and body apart, as many clients send them; cut anywhere."""
    log.ask(b"first\n")
    whole = log.request(b"z" * size + b"\n")
    head = whole.index(b"\r\n\r\n") + 4
    for cut in (head, head + 1, len(whole) - 1, head - 2, 5):
        for piece in (whole[:cut], whole[cut:]):
            log.answers.socket.sendall(piece)
            assert log.client.get("/healthz").status_code == 200  # the server has read it
        assert log.answers.next()[0] == 204
    assert log.texts() == ["first", *["z" * size] * 5]


def test_a_first_request_in_pieces_may_be_repeated(log: Log) -> None:
    """Its pattern is all of it, not the last piece."""
    whole = log.request(b"line\n")
    log.answers.socket.sendall(whole[:-5])
    assert log.client.get("/healthz").status_code == 200
    log.answers.socket.sendall(whole[-5:])
    assert log.answers.next()[0] == 204
    assert log.ask(b"next\n")[0] == 204
    assert log.texts() == ["line", "next"]


def test_appends_sent_before_their_turn_are_stored_in_order(kept_log: Log) -> None:
    """Thousands at once, cut wherever a packet ends; a question among them waits for its turn."""
    lines = [f"line {n}" for n in range(3000)]
    requests = [kept_log.request(line.encode() + b"\n") for line in lines]
    question = f"GET {kept_log.path}?tail=1 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    data = b"".join([*requests[:2000], question, *requests[2000:]])
    assert kept_log.ask(b"first\n")[0] == 204
    sent = 0
    for number in range(3001):
        while sent < len(data) and sent < 60_000 + number * len(requests[0]):
            sent += kept_log.answers.socket.send(data[sent : sent + 20_000])
        status, _, body = kept_log.answers.next()
        assert status == (200 if number == 2000 else 204)
        if number == 2000:
            assert json.loads(body)[0]["text"] == "line 1999"
    assert kept_log.texts() == ["first", *lines]


def test_half_a_repeat_stores_nothing(log: Log) -> None:
    """The client goes away in the middle of a body whose length it told."""
    assert log.ask(b"first\n")[0] == 204
    log.answers.socket.sendall(log.request(b"second\nthird\n")[:-3])
    assert log.client.get("/healthz").status_code == 200
    log.answers.close()
    assert log.client.get("/healthz").status_code == 200
    assert log.texts() == ["first"]


def test_a_whole_repeat_is_stored_though_its_client_is_gone(kept_log: Log) -> None:
    """What has come is stored, and the server goes on."""
    assert kept_log.ask(b"first\n")[0] == 204
    kept_log.send(b"second\n")
    kept_log.answers.close()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while kept_log.texts() != ["first", "second"]:
        assert time.monotonic() < deadline


@pytest.mark.parametrize(
    ("body", "more"),
    [
        (b'{"text": "other"}', {"content_type": "application/json"}),
        (b"other\n", {"Producer_Id": "q", "Producer_Epoch": "0", "Producer_Seq": "0"}),
        (b"other\n", {"X_Other": "header"}),
        (b"other\n", {"Content_Encoding": "identity"}),
    ],
)
def test_another_request_goes_its_own_way(log: Log, body: bytes, more: dict[str, str]) -> None:
    """And one like the first is taken after it as before."""
    assert log.ask(b"one\n")[0] == log.ask(b"two\n")[0] == 204
    assert log.ask(body, **more)[0] in (200, 204)
    assert log.ask(b"three\n")[0] == log.ask(b"four\n")[0] == 204
    assert log.texts() == ["one", "two", "other", "three", "four"]


def test_a_generic_logs_appends_may_be_repeated_too(log: Log) -> None:
    """With a producer's numbers; a bad body is refused, and what is stored has its borders."""
    log.path = "/v1/stream/repeated"
    json_type = {"Content-Type": "application/json"}
    assert log.client.put(log.path, headers=json_type).status_code in (200, 201)
    for seq in range(5):
        answer = log.ask(b'[{"a":%d}]' % seq, "application/json", **MARK, Producer_Seq=str(seq))
        assert (answer[0], answer[1]["producer-seq"]) == (200, str(seq))
    assert log.ask(b"[]", "application/json", **MARK, Producer_Seq="5")[0] == 400
    assert log.ask(b"", "application/json", **MARK, Producer_Seq="5")[0] == 400
    assert log.ask(b"[5]", "application/json", **MARK, Producer_Seq="4")[0] == 204
    assert log.ask(b"[5]", "application/json", **MARK, Producer_Seq="5")[0] == 200
    assert log.client.get(f"{log.path}?offset=-1").json() == [*({"a": n} for n in range(5)), 5]
    log.client.delete(log.path)


def test_another_log_on_the_same_connection_gets_its_own(log: Log) -> None:
    """By turns: no line strays."""
    other = Log(str(log.client.base_url))
    for number in range(6):
        target = (log, other)[number % 2]
        log.answers.socket.sendall(target.request(f"line {number}\n".encode()))
        assert log.answers.next()[0] == 204
    assert log.texts() == ["line 0", "line 2", "line 4"]
    assert other.texts() == ["line 1", "line 3", "line 5"]
    other.close()


def test_a_stopping_server_answers_what_it_has_taken(server: ServerProcess) -> None:
    """Each line that was acknowledged is there after a restart, and at most one that was not: the
    one that was under way on each connection."""
    logs = [Log(server.url) for _ in range(10)]
    acknowledged = dict.fromkeys(range(10), 0)
    for number, log in itertools.product(range(20), logs):
        log.ask(f"line {number}\n".encode())
        acknowledged[logs.index(log)] += 1
    for log in logs:
        log.send(b"line 20\n")
    server.stop()
    for index, log in enumerate(logs):
        with suppress(AssertionError, ConnectionError):  # it was not read any more
            acknowledged[index] += log.answers.next()[0] == 204
    server.start()
    for index, log in enumerate(logs):
        expected = [f"line {number}" for number in range(21)]
        assert log.texts()[: acknowledged[index]] == expected[: acknowledged[index]]
        assert len(log.texts()) - acknowledged[index] in (0, 1)
        log.close()
