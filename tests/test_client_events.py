"""Following by Server-Sent Events, connection by connection: what is asked, taken and told."""

from __future__ import annotations

import json

import pytest

from logflume.client.errors import (
    ClientError,
    LogBroken,
    LogGone,
    LogReset,
    LogTrimmed,
    Refused,
    ServerAway,
)
from tests.client_tools import BUSY, HELD, Script, answer, offset, record

OK = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
GONE = b"event: gone\ndata:{}\n\n"


def data(*numbers: int) -> bytes:
    """A data event of these records."""
    records = json.dumps([record(number) for number in numbers])
    return f"id: {offset(numbers[-1])}\nevent: data\ndata:{records}\n\n".encode()


def control(number: int, **state: bool) -> bytes:
    """A control event after this record."""
    said = {"streamNextOffset": offset(number), **state}
    return f"event: control\ndata:{json.dumps(said)}\n\n".encode()


def end(number: int) -> bytes:
    """The end of a log of so many records."""
    return control(number, upToDate=True, streamClosed=True)


def problem(status: int, name: str, **members: str) -> bytes:
    """A problem document."""
    said = {"type": f"urn:logflume:problem:{name}", "status": status, "detail": name, **members}
    return json.dumps(said).encode()


def refusal(status: int, name: str, **members: str) -> bytes:
    """An answer that says no."""
    body = problem(status, name, **members)
    return answer(body, f"{status} No", content_type="application/problem+json")


def test_one_connection() -> None:
    """A log that is read in one go is read in one go."""
    script = Script(OK + data(1, 2) + control(2) + data(3) + end(3))
    watch = script.watched()
    assert watch.numbers == [1, 2, 3]
    assert script.asked == ["offset=-1&live=sse"]
    assert watch.told == []


def test_a_connection_that_breaks() -> None:
    """After a break it goes on at the last batch's end, whether its control came or not."""
    script = Script(
        OK + data(1, 2) + control(2),
        OK + data(3) + f"id: {offset(5)}\nevent: data\n".encode() + b'data:[{"n":4',
        BUSY,
        OK + data(4, 5),
        OK + end(5),
    )
    watch = script.watched()
    assert watch.numbers == [1, 2, 3, 4, 5]
    assert script.asked[1:] == [f"offset={offset(n)}&live=sse" for n in (2, 3, 3, 5)]
    assert watch.told == ["away", "back"] * 3


def test_a_tail_that_breaks_at_once() -> None:
    """A connection that brought nothing is made again as it was."""
    script = Script(OK, OK + data(7, 8) + end(8))
    assert script.watched(tail=2).numbers == [7, 8]
    assert script.asked == ["tail=2&live=sse"] * 2


def test_numbers_are_dense_over_connections() -> None:
    """What a new connection brings must follow what the one before brought."""
    watch = Script(OK + data(1, 2), OK + data(2, 3)).watched()
    assert isinstance(watch.error, LogBroken)
    assert str(watch.error).startswith("record 3 was due and record 2 came")
    assert watch.numbers == [1, 2]


@pytest.mark.parametrize(
    ("connections", "kind", "words"),
    [
        ([OK + data(1) + GONE], LogGone, "deleted"),
        ([OK + data(1), refusal(404, "no-such-log")], LogGone, "no-such-log"),
        ([OK + data(1), refusal(410, "log-gone")], LogGone, "log-gone"),
        ([OK + data(1), refusal(409, "wrong-epoch")], LogReset, "wrong-epoch"),
        ([OK + data(1), refusal(416, "ahead-of-tail")], LogReset, "ahead-of-tail"),
        ([OK + data(1), refusal(410, "trimmed", earliest="x")], LogTrimmed, "trimmed"),
        ([OK + data(1), refusal(403, "not-allowed")], Refused, "not-allowed"),
        ([OK + b"event: data\ndata:nonsense\n\n"], Refused, "without their offset"),
        ([OK + b"id: 1\nevent: data\ndata:nonsense\n\n"], Refused, "as Logflume does"),
        ([OK + b"event: problem\ndata:" + problem(409, "log-closed") + b"\n\n"], Refused, "closed"),
        ([answer(b"hello", content_type="text/html")], Refused, "no event stream"),
        ([BUSY], ServerAway, "503"),
    ],
)
def test_ends_that_are_errors(
    connections: list[bytes], kind: type[ClientError], words: str
) -> None:
    """A log that is gone, trimmed or another one, a final no, nonsense, a server that is away from
    the beginning: each is an error of its own."""
    error = Script(*connections).watched().error
    assert type(error) is kind
    assert words in str(error)


def test_where_a_trimmed_log_begins() -> None:
    """What was removed is said with where to go on."""
    error = Script(refusal(410, "trimmed", earliest=offset(5))).watched().error
    assert isinstance(error, LogTrimmed)
    assert error.earliest == offset(5)
    assert error.status == 410


def test_a_store_that_fails_for_a_while() -> None:
    """A stream that ends with a problem that may pass is begun anew."""
    failing = b"event: problem\ndata:" + problem(503, "store-unavailable") + b"\n\n"
    watch = Script(OK + data(1) + control(1) + failing, OK + data(2) + end(2)).watched()
    assert watch.numbers == [1, 2]
    assert watch.told == ["away", "back"]


def test_silence_is_a_broken_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that brings not even a heartbeat is given up for a new one."""
    monkeypatch.setattr("logflume.client.blocking.connection.SILENCE_SECONDS", 0.2)
    watch = Script(OK + data(1) + control(1) + HELD, OK + data(2) + end(2)).watched()
    assert watch.numbers == [1, 2]
    assert watch.told == ["away", "back"]
