"""More watchers than there are seats, more appends than are let: told, and when to come back."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from logflume.access.callers import Caller
from logflume.errors import TooManyAppends, TooManyWatchers
from logflume.http.rates import Rates
from logflume.http.seats import Seats
from logflume.records import LogId
from tests.own_server import OURS, PLAIN, OwnServer
from tests.servers import new_deployment
from tests.sse import SseReader
from tests.websocket import WsReader, ws_url

A, B = LogId("a"), LogId("b")


def test_a_log_and_all_together_have_seats() -> None:
    """One log's watchers leave room for another's; a seat that is left can be had again."""
    seats = Seats(3, 2)
    seats.take(A)
    seats.take(A)
    with pytest.raises(TooManyWatchers, match="this log"):
        seats.take(A)
    seats.take(B)
    with pytest.raises(TooManyWatchers, match="this server"):
        seats.take(B)
    seats.leave(A)
    seats.take(B)
    for log in (A, B, B):
        seats.leave(log)
    assert seats.taken == 0


def test_a_caller_may_append_so_often() -> None:
    """A second's worth at once, then as fast as it fills; each caller has his own. Caught: a bucket
    that overflows, or a refusal that costs."""
    now = 0.0
    limited = Rates(10, steady=lambda: now)
    bucket = limited.take(Caller("one"))
    assert bucket is not None
    for _ in range(9):
        bucket.take()
    for _ in range(100):
        with pytest.raises(TooManyAppends) as refused:
            bucket.take()
    assert refused.value.retry_seconds == 1
    limited.take(Caller("other"))
    now = 0.5
    for _ in range(5):
        limited.take(Caller("one"))
    with pytest.raises(TooManyAppends):
        bucket.take()
    now = 1000.0
    for _ in range(10):
        bucket.take()
    with pytest.raises(TooManyAppends):
        bucket.take()
    assert Rates(None).take(Caller("one")) is None


@pytest.fixture(scope="module", params=["ours", "plain"])
def server(request: pytest.FixtureRequest) -> Iterator[OwnServer]:
    with OwnServer(options=OURS if request.param == "ours" else PLAIN) as server:
        object.__setattr__(server.context, "seats", Seats(100, 2))
        yield server


@pytest.fixture
def log(server: OwnServer) -> Iterator[str]:
    """A log whose seats are taken, and given back after it."""
    path = f"/v1/deployments/{new_deployment(server.url)}/log"
    address = f"{server.url}{path}?offset=now"
    with SseReader(f"{address}&live=sse") as first, SseReader(f"{address}&live=sse") as second:
        assert first.batch().records == second.batch().records == []
        yield address
    while server.context.seats.taken:
        pass


def test_an_event_source_is_told_and_comes_back(log: str) -> None:
    """200, a `problem` event and `retry:`, and nothing that a log could say. Caught: a bare 429,
    upon which an EventSource gives up for good."""
    with SseReader(f"{log}&live=sse") as refused:
        assert refused.status == 200
        [event] = list(refused)
        assert (event.id, event.event) == ("", "problem")
        assert event.json["status"] == 429
        assert event.json["type"].endswith(":too-many-watchers")
        assert 5000 <= refused.retries_ms[0] <= 15_000


@pytest.mark.parametrize("live", ["long-poll", "follow"])
def test_who_waits_otherwise_is_refused(log: str, live: str) -> None:
    """429 with `Retry-After`; what need not wait is answered."""
    address = f"{log}&live={live}".replace("follow", "follow&format=ndjson")
    answer = httpx2.get(address)
    assert answer.status_code == 429
    assert answer.json()["type"].endswith(":too-many-watchers")
    assert 5 <= int(answer.headers["retry-after"]) <= 15
    assert httpx2.get(log).status_code == 200
    httpx2.post(log.split("?")[0], content="line\n")
    polled = httpx2.get(log.replace("offset=now", "offset=-1&live=long-poll"))
    assert polled.status_code == 200


def test_a_web_socket_is_closed_to_be_tried_again(server: OwnServer, log: str) -> None:
    """1013 where it has nothing else; a log that it asks for besides is refused alone."""
    address = log.replace("http:", "ws:")
    with WsReader(f"{address}&live=ws") as socket:
        assert socket.closed().code == 1013
    path = log.removeprefix(server.url).split("?")[0]
    other = new_deployment(server.url)
    with WsReader(ws_url(server.url, f"/v1/deployments/{other}/log", "offset=now")) as socket:
        assert socket.next()["type"] == "batch"
        socket.subscribe(path, offset="now")
        refused = socket.next()
        assert (refused["type"], refused["log"]) == ("error", path)
        assert refused["problem"]["status"] == 429


def test_appends_are_limited_on_every_way(server: OwnServer) -> None:
    """The first request of a connection and those that repeat it; reading and ending go on."""
    deployment = f"{server.url}/v1/deployments/{new_deployment(server.url)}"
    stream = f"{server.url}/v1/stream/limited-{deployment[-10:]}"
    with httpx2.Client() as client:
        client.put(stream, headers={"content-type": "text/plain"})
        try:
            for address in (f"{deployment}/log", stream):
                object.__setattr__(server.context, "rates", Rates(5))
                answers = [
                    client.post(address, content="x\n", headers={"content-type": "text/plain"})
                    for _ in range(40)
                ]
                refused = [answer for answer in answers if answer.status_code != 204]
                assert 40 > len(refused) > 20
                for answer in refused:
                    assert answer.status_code == 429
                    assert answer.json()["type"].endswith(":too-many-appends")
                    assert answer.headers["retry-after"] == "1"
            assert client.post(stream, headers={"stream-closed": "true"}).status_code == 204
            assert client.patch(deployment, json={"status": "failed"}).status_code == 200
        finally:
            object.__setattr__(server.context, "rates", Rates())
