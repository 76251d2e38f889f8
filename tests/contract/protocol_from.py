"""Reading from a record's number on: the log so far, and live in every pattern."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.contract.api import Api, check_problem, offset_at
from tests.contract.generic import BYTES, JSON, TEXT, GenericLog
from tests.contract.live_body import follow_body
from tests.exchange import Exchange
from tests.sse import SseReader
from tests.websocket import WsReader, log_path, ws_url

COUNT = 30
LASTING = "max-age="


@pytest.fixture(scope="module")
def thirty(api: Api) -> str:
    """An open log of 30 lines in several appends, which no test changes."""
    deployment = api.create()
    for first in range(1, COUNT, 7):
        api.append_lines(deployment, first, min(first + 6, COUNT))
    return deployment


def by_sse(api: Api, log: str, query: str) -> list[int]:
    with SseReader(f"{api.url}{log_path(log)}?live=sse&{query}") as reader:
        return [record["n"] for record in reader.batch().records]


def by_long_poll(api: Api, log: str, query: str) -> list[int]:
    with Exchange("GET", f"{api.url}{log_path(log)}?live=long-poll&{query}", chunked=False) as asks:
        return [record["n"] for record in json.loads(asks.read_all())]


def by_websocket(api: Api, log: str, query: str) -> list[int]:
    with WsReader(ws_url(api.url, log_path(log), query)) as reader:
        return [record["n"] for record in reader.records()]


def by_follow(api: Api, log: str, query: str) -> list[int]:
    with follow_body(api, log_path(log), query) as body:
        return [json.loads(line)["n"] for line in body.read().splitlines()]


LIVE = {
    "sse": by_sse,
    "long-poll": by_long_poll,
    "ws": by_websocket,
    "follow": by_follow,
}
"""What each pattern brings at once."""

Brings = Callable[[Api, str, str], list[int]]


class TestFrom:
    @pytest.mark.parametrize(
        ("query", "first", "last"),
        [
            ("from=1", 1, 30),
            ("from=7", 7, 30),
            ("from=8", 8, 30),
            ("from=30", 30, 30),
            ("from=31", 31, 30),
            ("from=32", 31, 30),
            ("from=9999999999999999999", 31, 30),
            ("from=1&limit=1", 1, 1),
            ("from=6&limit=3", 6, 8),
            ("from=29&limit=9", 29, 30),
            ("from=40&limit=9", 31, 30),
        ],
    )
    def test_a_number_and_a_length(
        self, api: Api, thirty: str, query: str, first: int, last: int
    ) -> None:
        """Exactly these records, and the headers say where they begin and where to read on; beyond
        the tail none, and reading goes on at the tail.

        Caught: one record too many or too few; an offset of records that are yet to come."""
        answer = api.request("GET", f"{log_path(thirty)}?{query}")
        assert [record["n"] for record in answer.json()] == list(range(first, last + 1))
        tail = api.tail(thirty)
        assert answer.headers["stream-start-offset"] == offset_at(tail, first - 1)
        assert answer.headers["stream-next-offset"] == offset_at(tail, last)
        assert answer.headers.get("stream-up-to-date") == ("true" if last == COUNT else None)

    @pytest.mark.parametrize(
        "query",
        [
            *("from=0", "from=-1", "from=01", "from=1.5", "from=x", "from=", "from=1&from=2"),
            *("from=1&offset=-1", "from=1&tail=1", "from=1&before=now"),
        ],
    )
    def test_what_is_no_number_or_a_second_place_is_refused(
        self, api: Api, thirty: str, query: str
    ) -> None:
        """In history and live. Caught: a parameter that another one silently overrides."""
        answer = api.request("GET", f"{log_path(thirty)}?{query}")
        assert "from" in check_problem(answer, 400, "bad-request")["detail"]
        for live in ("sse", "long-poll", "follow"):
            answer = api.request("GET", f"{log_path(thirty)}?{query}&live={live}")
            check_problem(answer, 400, "bad-request")

    @pytest.mark.parametrize(
        ("query", "open_lasts", "grows"),
        [
            ("from=1&limit=2", True, False),
            ("from=2&limit=1", True, False),
            ("from=1&limit=3", False, False),
            ("from=3", False, True),
            ("from=4", False, True),
            ("from=9&limit=2", False, True),
        ],
    )
    def test_only_what_never_changes_may_be_kept(
        self, api: Api, query: str, open_lasts: bool, grows: bool
    ) -> None:
        """Records before the tail stay what they are; where the tail answers, or what is beyond it,
        a cache has to ask, until the log is closed.

        Caught: an empty answer that is kept when the record has come."""
        log = GenericLog(api).make(JSON, "[1,2,3]")
        answer = log.get(query)
        assert (LASTING in answer.headers["cache-control"]) == open_lasts
        assert open_lasts or "no-cache" in answer.headers["cache-control"]
        tag = answer.headers["etag"]
        assert log.get(query, If_None_Match=tag).status_code == 304
        log.append(b"[4,5,6,7,8,9]", JSON)
        assert (log.get(query, If_None_Match=tag).status_code == 200) == grows
        log.close()
        assert LASTING in log.get(query).headers["cache-control"]

    @pytest.mark.parametrize("content_type", [TEXT, BYTES])
    def test_of_bytes_appends_are_counted(self, api: Api, content_type: str) -> None:
        """Each append is a record, whatever is in it."""
        log = GenericLog(api).make(content_type, "a")
        for body in ("b\nb", "c", "d"):
            log.append(body, content_type)
        assert log.content("from=2&limit=2") == b"b\nbc"
        assert log.content("from=4") == b"d"

    def test_a_forks_records_are_counted_with_its_sources(self, api: Api) -> None:
        """From a number of the shared part on, of its own part, and just between.

        Caught: an offset of the wrong epoch where a record is an ancestor's."""
        source = GenericLog(api).make(JSON, "[1,2,3]")
        fork = source.fork()
        fork.append(b"[4,5]", JSON)
        for first in (1, 3, 4, 5, 6):
            assert fork.messages(f"from={first}") == list(range(first, 6))
        assert fork.get("from=2").headers["stream-start-offset"] == offset_at(source.tail(), 1)
        assert fork.get("from=5").headers["stream-start-offset"] == offset_at(fork.tail(), 4)

    @pytest.mark.parametrize("brings", LIVE.values(), ids=list(LIVE))
    def test_every_pattern_begins_there(self, api: Api, thirty: str, brings: Brings) -> None:
        """In the middle of an append and at its border."""
        for first in (1, 8, 17, 30):
            assert brings(api, thirty, f"from={first}") == list(range(first, COUNT + 1))

    @pytest.mark.parametrize("live", ["sse", "long-poll", "follow"])
    def test_who_follows_from_beyond_the_next_record_is_refused(
        self, api: Api, thirty: str, live: str
    ) -> None:
        """416 with the tail: what comes next would not be what was asked for. From the next record
        on is what a reader asks who has all.

        Caught: a reader that begins at the tail, and takes one record for another."""
        answer = api.request("GET", f"{log_path(thirty)}?live={live}&from={COUNT + 2}")
        assert check_problem(answer, 416, "ahead-of-tail")["tail"] == api.tail(thirty)
        assert answer.headers["stream-next-offset"] == api.tail(thirty)

    def test_who_follows_from_the_next_record_on_gets_it(self, api: Api) -> None:
        """And nothing before it."""
        deployment = api.create()
        api.append_lines(deployment, 1, 3)
        with (
            SseReader(f"{api.url}{log_path(deployment)}?live=sse&from=4") as stream,
            WsReader(ws_url(api.url, log_path(deployment), "from=4")) as socket,
            follow_body(api, log_path(deployment), "from=4") as body,
        ):
            assert stream.batch().records == []
            assert "data" not in socket.batch()
            assert body.status == 200
            api.append_lines(deployment, 4, 4)
            assert [record["n"] for record in stream.batch().records] == [4]
            assert [record["n"] for record in socket.records()] == [4]
            assert json.loads(body.read())["n"] == 4

    def test_a_socket_adds_a_log_from_a_number_on(self, api: Api, thirty: str) -> None:
        """As from an offset; a number beyond the next record's is an error message."""
        other = api.create()
        with WsReader(ws_url(api.url, log_path(other))) as socket:
            socket.batch()
            socket.subscribe(log_path(thirty), **{"from": 29})
            assert [record["n"] for record in socket.records()] == [29, 30]
            socket.unsubscribe(log_path(thirty))
            assert socket.next()["type"] == "unsubscribed"
            socket.subscribe(log_path(thirty), **{"from": COUNT + 2})
            assert socket.next()["problem"]["status"] == 416
            socket.subscribe(log_path(thirty), **{"from": 1, "tail": 1})
            assert socket.next()["problem"]["status"] == 400
