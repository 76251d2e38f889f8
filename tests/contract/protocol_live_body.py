"""`live=follow`: the log as one body that goes on as long as the log does."""

from __future__ import annotations

import json
from contextlib import ExitStack

import pytest

from tests.contract.api import Api, check_problem, offset_at
from tests.contract.generic import BYTES, JSON, TEXT, GenericLog
from tests.contract.live_body import follow_body
from tests.sse import SseReader
from tests.websocket import log_path

FORMS = {
    "format=ndjson": "application/x-ndjson",
    "format=text": "text/plain; charset=utf-8",
    "": "application/x-ndjson",
}


class TestLiveBody:
    @pytest.mark.parametrize("query", FORMS)
    def test_it_is_the_history_and_then_what_comes(self, api: Api, query: str) -> None:
        """Byte for byte what the history of the finished log is, and its end is told.

        Caught: something in it that is not the log's; a body that stays open after the end."""
        deployment = api.create()
        api.append_lines(deployment, 1, 20)
        with follow_body(api, log_path(deployment), f"offset=-1&{query}") as body:
            assert body.status == 200
            assert body.headers["content-type"] == FORMS[query]
            read = body.read()
            for number in range(21, 30):
                api.append(deployment, f"line {number}\n", stream="stderr")
                read += body.read()
            api.append(deployment, "x" * 70_000 + "\nlast")
            api.finish(deployment)
            read += body.read_all()
        whole = api.request("GET", f"{log_path(deployment)}?{query or 'format=ndjson'}")
        assert read == whole.content

    def test_its_head_says_where_it_begins_and_that_nobody_may_hold_it_back(self, api: Api) -> None:
        """At once, though there is nothing to read yet; HEAD says the same, and ends."""
        deployment = api.create()
        api.append_lines(deployment, 1, 5)
        path = log_path(deployment)
        said = {
            "stream-start-offset": offset_at(api.tail(deployment), 5),
            "cache-control": "no-cache, no-transform",
            "x-accel-buffering": "no",
            "content-type": "application/x-ndjson",
            "vary": "Accept",
        }
        with follow_body(api, path, "offset=now") as body:
            assert body.headers.items() >= said.items()
        head = api.request("HEAD", f"{path}?live=follow&offset=now", timeout=2)
        assert (head.status_code, head.content) == (200, b"")
        assert dict(head.headers).items() >= said.items()
        assert head.headers.get("connection") != "close"

    @pytest.mark.parametrize(
        ("query", "first"),
        [("offset=-1", 1), ("tail=3", 8), ("from=4", 4), ("offset=now", 11), ("tail=99", 1)],
    )
    def test_it_begins_where_it_is_told(self, api: Api, query: str, first: int) -> None:
        """And goes on from the tail without a seam."""
        deployment = api.create()
        api.append_lines(deployment, 1, 10)
        with follow_body(api, log_path(deployment), query) as body:
            assert body.status == 200
            api.append_lines(deployment, 11, 12)
            api.finish(deployment)
            records = [json.loads(line) for line in body.read_all().splitlines()]
        assert [record["n"] for record in records] == list(range(first, 14))

    @pytest.mark.parametrize(
        ("content_type", "first", "then", "form"),
        [
            (JSON, b"[1,[2]]", b'[{"a":3}]', "application/x-ndjson"),
            (TEXT, b"a\r\nb", b" c\n", TEXT),
            (BYTES, bytes(range(256)), b"0\r\n\r\n", BYTES),
        ],
    )
    def test_a_generic_log_is_followed_so_too(
        self, api: Api, content_type: str, first: bytes, then: bytes, form: str
    ) -> None:
        """JSON as a message a line, anything else byte for byte: what looks like the end of a
        body is none."""
        log = GenericLog(api).make(content_type, first)
        with follow_body(api, log.path) as body:
            assert body.headers["content-type"] == form
            read = body.read()
            log.append(then, content_type)
            read += body.read()
            log.close()
            assert body.read() == b""
        assert read == log.content("format=ndjson" if content_type == JSON else "")

    def test_a_closed_log_ends_at_once(self, api: Api) -> None:
        """Whether there is something to read or not."""
        log = GenericLog(api).make(JSON, "[1]")
        log.close()
        for query, said in (("offset=-1", b"1\n"), ("offset=now", b"")):
            with follow_body(api, log.path, query) as body:
                assert body.status == 200
                assert body.read_all() == said

    def test_records_without_a_text_do_not_end_a_text(self, api: Api) -> None:
        """Nothing is sent for them. Caught: an empty chunk, which is the last one."""
        deployment = api.create(status="queued")
        with follow_body(api, log_path(deployment), "offset=-1&format=text") as body:
            assert body.status == 200
            api.change(deployment, status="running")
            api.append(deployment, "said\n")
            assert body.read() == b"said\n"

    @pytest.mark.parametrize("query", ["offset=-1", "offset=now&format=text"])
    def test_a_deleted_log_breaks_off(self, api: Api, query: str) -> None:
        """What came before is there, and the body is not ended: a reader must not take it for all.

        Caught: an end like that of a log that was closed."""
        deployment = api.create()
        api.append_lines(deployment, 1, 3)
        with follow_body(api, log_path(deployment), query) as body:
            assert body.status == 200
            api.append_lines(deployment, 4, 4)
            read = body.read()
            while b"line 4" not in read:
                read += body.read()
            api.request("DELETE", f"/v1/deployments/{deployment}")
            assert body.breaks_off() == b""

    def test_many_and_other_patterns_are_told_the_same(self, api: Api) -> None:
        """Those who follow in this form or that, and an event stream, one beside the other; more
        than are told one by one.

        Caught: a crowd of one form that is told another's bytes."""
        deployment = api.create()
        path = log_path(deployment)
        with ExitStack() as open_ones:
            follow = [
                open_ones.enter_context(follow_body(api, path, f"offset=now&format={form}"))
                for form in ("ndjson", "text") * 12
            ]
            stream = open_ones.enter_context(SseReader(f"{api.url}{path}?live=sse&offset=now"))
            stream.batch()
            assert {one.status for one in follow} == {200}
            for number in range(1, 6):
                api.append_lines(deployment, number, number)
                [record] = stream.batch().records
                for one in follow[::2]:
                    assert json.loads(one.read()) == record
                for one in follow[1::2]:
                    assert one.read() == f"line {number}\n".encode()

    @pytest.mark.parametrize("query", ["format=json", "format=raw", "limit=3", "before=now"])
    def test_what_has_an_end_does_not_go_on(self, api: Api, query: str) -> None:
        """An array, a page."""
        deployment = api.create()
        answer = api.request("GET", f"{log_path(deployment)}?live=follow&offset=-1&{query}")
        check_problem(answer, 400, "bad-request")

    @pytest.mark.parametrize(
        ("accept", "form"),
        [
            ("*/*", "application/x-ndjson"),
            ("application/json", "application/x-ndjson"),
            ("text/event-stream", "application/x-ndjson"),
            ("text/html, text/plain;q=0.5", "text/plain; charset=utf-8"),
            ("application/json, text/plain", "text/plain; charset=utf-8"),
        ],
    )
    def test_accept_picks_among_the_forms_that_go_on(
        self, api: Api, accept: str, form: str
    ) -> None:
        """The first that it names; NDJSON if it names none."""
        path = f"{log_path(api.create())}?live=follow&offset=-1"
        head = api.request("HEAD", path, headers={"Accept": accept})
        assert head.headers["content-type"] == form

    def test_it_must_be_said_where_to_begin(self, api: Api) -> None:
        """As of every live reading."""
        answer = api.request("GET", f"{log_path(api.create())}?live=follow")
        assert "from" in check_problem(answer, 400, "bad-request")["detail"]
