"""Long polling: at once what is there, else as soon as something comes; each record once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import Any

import pytest

from tests.contract.api import Api, check_problem, offset_at
from tests.contract.generic import BYTES, JSON, TEXT, GenericLog
from tests.exchange import Exchange

CLIENTS = 20


def address(api: Api, deployment: str, query: str) -> str:
    path = "feed" if deployment == "feed" else f"{deployment}/log"
    return f"{api.url}/v1/deployments/{path}?live=long-poll&{query}"


def poll(
    api: Api, deployment: str, query: str, headers: Mapping[str, str] | None = None
) -> Exchange:
    """A request, which may have to wait for its answer."""
    return Exchange("GET", address(api, deployment, query), headers, chunked=False)


def numbers_of(body: bytes) -> list[int]:
    return [record["n"] for record in json.loads(body or b"[]")]


def polled(api: Api, deployment: str, offset: str) -> Iterator[list[dict[str, Any]]]:
    """What one answer after the other brings, each asked for as a client of the protocol does."""
    query = f"offset={offset}"
    while True:
        with poll(api, deployment, query) as exchange:
            assert exchange.status in (200, 204)
            body, headers = exchange.read_all(), exchange.headers
        yield json.loads(body or b"[]")
        if "stream-closed" in headers:
            return
        query = f"offset={headers['stream-next-offset']}&cursor={headers['stream-cursor']}"


def pushed(exchange: Exchange, push: Callable[[], object]) -> bytes:
    """The answer to a request that waits for what comes after it: `push` is done until something
    did."""
    for _ in range(100):
        push()
        with suppress(TimeoutError):
            return exchange.read(0.05) + exchange.read_all()
    raise AssertionError("never answered")


class TestPolling:
    def test_what_is_there_is_answered_at_once(self, api: Api) -> None:
        """Like history, with a cursor to go on with."""
        deployment = api.create()
        api.append_lines(deployment, 1, 3)
        tail = api.tail(deployment)
        for query, first in (
            ("offset=-1", 1),
            (f"offset={offset_at(tail, 1)}", 2),
            ("tail=1", 3),
            ("tail=9", 1),
        ):
            with poll(api, deployment, query) as exchange:
                assert exchange.status == 200
                assert numbers_of(exchange.read_all()) == list(range(first, 4))
                assert exchange.headers["stream-next-offset"] == tail
                assert exchange.headers["stream-up-to-date"] == "true"
                assert exchange.headers["stream-cursor"].isdigit()
                assert exchange.headers["content-type"] == "application/json"
                assert "stream-closed" not in exchange.headers

    @pytest.mark.parametrize("query", ["offset={tail}", "tail=5"])
    def test_what_comes_is_answered_when_it_comes(self, api: Api, query: str) -> None:
        """All that wait are, with the same records; `tail` of an empty log waits, too.

        Caught: a wait that nobody ends; an answer for one of those who share it."""
        deployment = api.create()
        if "tail=5" not in query:
            api.append_lines(deployment, 1, 2)
        asked = query.replace("{tail}", api.tail(deployment))
        with ExitStack() as stack:
            waiting = [stack.enter_context(poll(api, deployment, asked)) for _ in range(CLIENTS)]
            before = len(api.records(deployment))
            api.append_lines(deployment, 3, 4)
            for exchange in waiting:
                assert exchange.status == 200
                assert numbers_of(exchange.read_all()) == [before + 1, before + 2]
                assert exchange.headers["stream-next-offset"] == api.tail(deployment)

    def test_now_is_when_the_request_came(self, api: Api) -> None:
        """What was there before is not answered; what comes after is.

        Caught: `now` that is answered with the log so far."""
        deployment = api.create()
        api.append_lines(deployment, 1, 5)
        with poll(api, deployment, "offset=now") as exchange:
            found = numbers_of(pushed(exchange, lambda: api.append_lines(deployment, 6, 6)))
            assert found == list(range(found[0], found[-1] + 1))
            assert found[0] > 5
            assert "max-age" not in exchange.headers["cache-control"]

    def test_reading_on_gives_each_record_once(self, api: Api) -> None:
        """From one answer to the next, while the log grows, to its end.

        Caught: an offset that is not the place after what was delivered."""
        deployment = api.create()

        def read(offset: str) -> list[int]:
            return [record["n"] for batch in polled(api, deployment, offset) for record in batch]

        with ThreadPoolExecutor(4) as threads:
            reading = [threads.submit(read, "-1") for _ in range(4)]
            for first in range(1, 160, 4):
                api.append_lines(deployment, first, first + 3)
            api.finish(deployment)
            assert [one.result() for one in reading] == [list(range(1, 162))] * 4

    def test_a_long_log_comes_in_pieces(self, api: Api) -> None:
        """Only the last of which is up to date, and says that the log is closed."""
        deployment = api.create()
        for _ in range(3):
            api.append(deployment, "x" * 60_000 + "\n" + "y" * 60_000 + "\n" + "z" * 60_000)
        api.finish(deployment)
        batches = list(polled(api, deployment, "-1"))
        assert [record["n"] for batch in batches for record in batch] == list(range(1, 11))
        assert len(batches) > 1

    def test_the_end_is_said_at_once(self, api: Api) -> None:
        """With the last records, or without any: 204. Nobody waits at a log that is closed."""
        deployment = api.create()
        api.append_lines(deployment, 1, 1)
        tail = api.tail(deployment)
        with poll(api, deployment, f"offset={tail}") as exchange:
            api.finish(deployment)
            assert exchange.status == 200
            assert numbers_of(exchange.read_all()) == [2]
            assert exchange.headers["stream-closed"] == "true"
            end = exchange.headers["stream-next-offset"]
        for query in (f"offset={end}", "offset=now"):
            with poll(api, deployment, query) as exchange:
                assert (exchange.status, exchange.read_all()) == (204, b"")
                assert exchange.headers["stream-closed"] == "true"
                assert exchange.headers["stream-up-to-date"] == "true"
                assert exchange.headers["stream-next-offset"] == end

    def test_closing_without_records_ends_the_wait(self, api: Api) -> None:
        """204 that says so."""
        log = GenericLog(api).make(TEXT, "x")
        with Exchange("GET", f"{log.url}?live=long-poll&offset=now", chunked=False) as exchange:
            log.close()
            assert exchange.status == 204
            assert exchange.headers["stream-closed"] == "true"

    @pytest.mark.parametrize("forked", [False, True])
    def test_a_deletion_ends_the_wait(self, api: Api, forked: bool) -> None:
        """With the problem: there is no such log any more."""
        log = GenericLog(api).make(TEXT, "x")
        if forked:
            log.fork()
        with Exchange("GET", f"{log.url}?live=long-poll&offset=now", chunked=False) as exchange:
            log.request("DELETE")
            assert exchange.status in (404, 410)
            assert exchange.headers["content-type"] == "application/problem+json"
            assert json.loads(exchange.read_all())["status"] == exchange.status

    @pytest.mark.parametrize(
        ("content_type", "body", "held"),
        [(TEXT, b"a\r\nb", b"a\r\nb"), (BYTES, b"\0\xff", b"\0\xff"), (JSON, b"1.0", b"[1.0]")],
    )
    def test_a_log_of_any_type_is_polled(
        self, api: Api, content_type: str, body: bytes, held: bytes
    ) -> None:
        """Its bytes as they are, under its own type."""
        log = GenericLog(api).make(content_type)
        with Exchange("GET", f"{log.url}?live=long-poll&offset=-1", chunked=False) as exchange:
            log.append(body, content_type)
            assert exchange.status == 200
            assert exchange.read_all() == held
            assert exchange.headers["content-type"] == content_type

    @pytest.mark.parametrize(
        ("query", "headers", "body"),
        [
            ("format=ndjson", {}, None),
            ("", {"Accept": "application/x-ndjson"}, None),
            ("format=text", {}, b"line 1\n"),
            ("", {"Accept": "text/plain"}, b"line 1\n"),
        ],
    )
    def test_the_form_is_as_for_history(
        self, api: Api, query: str, headers: dict[str, str], body: bytes | None
    ) -> None:
        """`format`, or else `Accept`."""
        deployment = api.create()
        with poll(api, deployment, f"offset=-1&{query}", headers) as exchange:
            api.append_lines(deployment, 1, 1)
            assert exchange.read_all() == (api.ndjson(deployment) if body is None else body)

    def test_a_cursor_is_never_given_twice(self, api: Api) -> None:
        """Who comes with one that counts as new gets a later one, so that no cache answers the same
        for ever; who comes with an old one gets that of the moment.

        Caught: a cursor that is echoed."""
        deployment = api.create()
        api.append_lines(deployment, 1, 1)

        def cursor(query: str) -> int:
            with poll(api, deployment, f"offset=-1{query}") as exchange:
                return int(exchange.headers["stream-cursor"])

        now = cursor("")
        assert cursor("&cursor=0") - now in (0, 1)
        for had in (now + 1, now + 500, 10**17):
            assert had < cursor(f"&cursor={had}") <= had + 180
        with api.follow(deployment, f"offset=-1&cursor={now + 500}") as reader:
            assert int(reader.batch().control["streamCursor"]) > now + 500

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ("", 400),
            ("offset=", 400),
            ("offset=x", 400),
            ("offset=-1&offset=-1", 400),
            ("offset=-1&limit=1", 400),
            ("before=now", 400),
            ("offset=-1&tail=1", 400),
            ("offset=-1&format=xml", 400),
        ],
    )
    def test_what_is_unclear_is_refused(self, api: Api, query: str, status: int) -> None:
        """Before anybody waits: live reading has to say where it begins."""
        answer = api.request("GET", address(api, api.create(), query).removeprefix(api.url))
        check_problem(answer, status, "bad-request")

    def test_a_place_that_is_not_there_is_refused(self, api: Api) -> None:
        """Beyond the tail, or of another log: 416, 409, not a wait."""
        deployment = api.create()
        tail = api.tail(deployment)
        for offset, status in ((offset_at(tail, 1), 416), (f"{1:016}_{0:016}", 409)):
            with poll(api, deployment, f"offset={offset}") as exchange:
                assert exchange.status == status

    def test_head_does_not_wait(self, api: Api) -> None:
        """It tells what GET would tell now."""
        deployment = api.create()
        path = address(api, deployment, "offset=now").removeprefix(api.url)
        answer = api.request("HEAD", path, timeout=2)
        assert answer.status_code in (200, 204)
        assert answer.headers["stream-next-offset"] == api.tail(deployment)

    def test_who_leaves_disturbs_nobody(self, api: Api) -> None:
        """Clients that go away while they wait, and those that stay get what comes."""
        deployment = api.create()
        with poll(api, deployment, "offset=-1") as stays:
            for _ in range(CLIENTS):
                poll(api, deployment, "offset=-1").abort()
            api.append_lines(deployment, 1, 1)
            assert numbers_of(stays.read_all()) == [1]

    def test_only_what_will_be_the_same_again_may_be_kept(self, api: Api) -> None:
        """An answer to an offset is; one to `now` or to a `tail` is of its moment, and one without
        records is nothing to keep.

        Caught: a cache that gives a new reader the `now` of a minute ago."""
        deployment = api.create()
        api.append_lines(deployment, 1, 3)
        tail = api.tail(deployment)
        for query, lasts in (
            ("offset=-1", True),
            (f"offset={offset_at(tail, 2)}", True),
            ("tail=2", False),
        ):
            with poll(api, deployment, query) as exchange:
                assert ("max-age" in exchange.headers["cache-control"]) == lasts
                assert ("etag" in exchange.headers) == lasts

    def test_the_feed_is_polled_too(self, api: Api) -> None:
        """What happens to deployments, as it happens."""
        before = api.request("HEAD", "/v1/deployments/feed").headers["stream-next-offset"]
        with poll(api, "feed", f"offset={before}") as exchange:
            deployment = api.create()
            told = json.loads(exchange.read_all())
            assert told[0]["deployment"]["id"] == deployment
