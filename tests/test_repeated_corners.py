"""Requests that come in odd ways on a connection whose requests are repeated: each is answered as
if it had come alone, and no byte of one is taken for part of another."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.appending import MARK, Log
from tests.servers import ServerProcess

OFFER = {
    "Connection": "Upgrade, HTTP2-Settings",
    "Upgrade": "h2c",
    "HTTP2-Settings": "AAMAAABkAAQAoAAAAAIAAAAA",
}
"""What Java's client says with every request that it makes without TLS."""


@pytest.fixture
def log(memory_server: ServerProcess) -> Iterator[Log]:
    made = Log(memory_server.url)
    yield made
    made.close()


def arrived(log: Log) -> None:
    """One thread reads all connections, in the order in which bytes came."""
    assert log.client.get("/healthz").status_code == 200


def poll(log: Log, query: str, *headers: str) -> bytes:
    lines = [f"GET {log.path}?live=long-poll&{query} HTTP/1.1", "Host: localhost", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def test_the_rest_of_a_head_is_no_pattern_for_a_request(log: Log) -> None:
    """A header of one request, cut where another may begin, does not decide where that one goes."""
    other = Log(str(log.client.base_url))
    request = other.request(b"for the other\n")
    log.answers.socket.sendall(f"POST {log.path} HTTP/1.1\r\nX-Any: ".encode())
    arrived(log)
    for _ in range(2):
        log.answers.socket.sendall(request)
        assert log.answers.next()[0] == 204
    assert log.texts() == other.texts() == ["for the other"]
    other.close()


def test_a_request_whose_head_comes_in_pieces_may_be_repeated(log: Log) -> None:
    """By the same pieces and by others."""
    whole = log.request(b"line\n")
    for cut in (4, 30, 30, len(whole) - 9, len(whole) - 5):
        log.answers.socket.sendall(whole[:cut])
        arrived(log)
        log.answers.socket.sendall(whole[cut:])
        assert log.answers.next()[0] == 204
        assert log.ask(b"whole\n")[0] == 204
    assert log.texts() == ["line", "whole"] * 5


@pytest.mark.parametrize("seq", ["\t0", "  0", " \t 0"])
def test_a_number_may_be_written_with_space_before_it(log: Log, seq: str) -> None:
    """As HTTP allows; asked again it is the same append, and the next one is the next."""
    asked = [log.ask(b"x\n", **MARK, Producer_Seq=seq) for _ in range(2)]
    assert [status for status, _, _ in asked] == [200, 204]
    assert [headers["producer-seq"] for _, headers, _ in asked] == ["0", "0"]
    assert log.ask(b"x\n", **MARK, Producer_Seq=seq.replace("0", "1"))[0] == 200
    assert log.texts() == ["x", "x"]


@pytest.mark.parametrize("length", ["\t2", "2 ", "02", "002\t"])
def test_a_length_may_be_written_in_other_ways(log: Log, length: str) -> None:
    """What HTTP takes for a length is one, each time."""
    request = log.request(b"x\n").replace(b"Length: 2", b"Length: " + length.encode())
    for _ in range(3):
        log.answers.socket.sendall(request)
        assert log.answers.next()[0] == 204
    assert log.texts() == ["x"] * 3


def test_a_body_that_looks_like_a_request_is_a_body(log: Log) -> None:
    """However often it is sent, and whatever lengths it tells of."""
    inner = log.request(b"inner\n")
    for body in (b"first\n", inner, inner[:-3], b"\r\n\r\n" + inner, inner * 2):
        assert log.ask(body)[0] == 204
    assert [text for text in log.texts() if text == "inner"] == ["inner"] * 4
    assert len(log.texts()) == 1 + 6 + 6 + 8 + 12


def test_lines_left_between_requests_are_nobodys(log: Log) -> None:
    """Some clients end a body with a line end that they do not count."""
    for _ in range(3):
        log.answers.socket.sendall(log.request(b"x\n") + b"\r\n")
        assert log.answers.next()[0] == 204
    assert log.texts() == ["x"] * 3


def test_closing_again_is_told_as_it_is_to_anybody(log: Log) -> None:
    """An append of nothing that closes changes nothing, where the one before it closed the log."""
    log.path = "/v1/stream/closed-again"
    plain = {"Content-Type": "text/plain"}
    log.client.put(log.path, headers=plain)
    asked = [log.ask(body, Stream_Closed="true")[0] for body in (b"end", b"", b"more", b"")]
    assert asked == [204, 204, 409, 204]
    log.client.delete(log.path)


@pytest.mark.parametrize("query", ["offset=now&cursor=7", "cursor=7&tail=1"])
def test_a_place_that_moves_is_looked_up_each_time(log: Log, query: str) -> None:
    """Who asks for the end of now is told what comes after it, each time anew."""
    for number in range(3):
        log.answers.socket.sendall(poll(log, query))
        arrived(log)
        if number == 0 or "now" in query:
            log.client.post(log.path, content=f"{number}\n")
        status, _, body = log.answers.next()
        found = [record["text"] for record in json.loads(body)]
        assert (status, found) == (200, [str(number if "now" in query else 0)])


@pytest.mark.parametrize(
    ("query", "header", "begins"),
    [
        ("offset={}", "Last-Event-ID: {one}", 2),
        ("offset=-1&x=?offset={}", "X: y", 1),
        ("offset=-1#&offset={}", "X: y", 1),
    ],
)
def test_what_only_looks_like_an_offset_is_none(
    log: Log, query: str, header: str, begins: int
) -> None:
    """And what counts more than the offset counts more in a repeat."""
    log.ask(b"1\n2\n3\n4\n")
    epoch = log.client.head(log.path).headers["stream-next-offset"][:17]
    for seq in (2, 3, 2):
        place = f"{epoch}{seq:016}"
        asked = poll(log, query.format(place), header.format(one=f"{epoch}{1:016}"))
        log.answers.socket.sendall(asked)
        assert json.loads(log.answers.next()[2])[0]["n"] == begins


def test_an_append_that_offers_an_upgrade_is_stored(log: Log) -> None:
    """The offer is declined, and the body is the append's: whole, in pieces, in chunks, twice."""
    texts = ["one", "two", "three"]
    for text in texts:
        assert log.ask(text.encode() + b"\n", **OFFER)[0] == 204
    request = log.request(b"four\n", **OFFER)
    for cut in (10, len(request) - 7, len(request) - 5, len(request) - 1):
        log.answers.socket.sendall(request[:cut])
        arrived(log)
        log.answers.socket.sendall(request[cut:])
        assert log.answers.next()[0] == 204
    chunked = log.request(b"", **OFFER).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    log.answers.socket.sendall(chunked + b"5\r\nfive\n\r\n0\r\n\r\n")
    assert log.answers.next()[0] == 204
    assert log.texts() == [*texts, *["four"] * 4, "five"]


def test_requests_that_offer_an_upgrade_may_come_together(log: Log) -> None:
    """More than a thousand, which must not be a thousand steps deep; and what is behind them."""
    request = log.request(b"x\n", **OFFER)
    log.answers.socket.sendall(request * 1200 + log.request(b"last\n"))
    assert {log.answers.next()[0] for _ in range(1201)} == {204}
    assert log.texts() == [*["x"] * 1200, "last"]


def test_a_tunnel_is_not_what_we_are(log: Log) -> None:
    """Nor is it tried for ever."""
    log.answers.socket.sendall(b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n")
    assert log.answers.next()[0] in (400, 404, 405)
    arrived(log)
