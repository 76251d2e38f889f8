"""Follow by WebSocket: the same records and places as everywhere, many logs on one socket."""

from __future__ import annotations

import json
import uuid
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.contract.api import Api, offset_at
from tests.websocket import Closed, RawSocket, WsReader, log_path, ws_url

FEED = "/v1/deployments/feed"
MISSING = log_path("dep_" + "0" * 37)


def follow(api: Api, path: str, query: str = "offset=-1", **options: Any) -> WsReader:
    """A WebSocket at this address."""
    return WsReader(ws_url(api.url, path, query), **options)


def new_log(api: Api, content_type: str, *bodies: bytes) -> str:
    """A generic log with these appended to it; its address."""
    path = f"/v1/stream/test/{uuid.uuid4().hex}"
    headers = {"Content-Type": content_type}
    assert api.request("PUT", path, headers=headers).status_code == 201
    for body in bodies:
        assert api.request("POST", path, content=body, headers=headers).status_code == 204
    return path


def problem_name(message: dict[str, Any]) -> str:
    """The name of the problem in an error message."""
    assert message["type"] == "error", message
    return str(message["problem"]["type"].rpartition(":")[2])


class TestOpening:
    def test_it_begins_where_it_is_told(self, api: Api) -> None:
        """`offset` at the start, in the middle, at the tail; `tail=N`.

        Caught: every socket begins at the start."""
        deployment = api.create()
        api.append_lines(deployment, 1, 10)
        tail = api.tail(deployment)
        places = {"offset=-1": 1, f"offset={offset_at(tail, 4)}": 5, "tail=3": 8, "tail=99": 1}
        for query, first in {**places, f"offset={tail}": 11, "offset=now": 11}.items():
            with follow(api, log_path(deployment), query) as socket:
                assert [r["n"] for r in socket.records()] == list(range(first, 11))

    def test_what_is_known_before_is_an_ordinary_answer(self, api: Api) -> None:
        """No place, a bad one, another pattern: 400; an unknown log 404, an offset of an earlier
        log 409, one beyond the tail 416; each a problem document, and no WebSocket.

        Caught: 403 for everything."""
        deployment = api.create()
        path, tail = log_path(deployment), api.tail(deployment)
        other_epoch = f"{1:016d}_{0:016d}"
        refused = {
            (path, ""): (400, "bad-request"),
            (path, "offset=1"): (400, "bad-request"),
            (path, "offset=now&tail=1"): (400, "bad-request"),
            (path, "offset=now&limit=1"): (400, "bad-request"),
            (path, "offset=now&live=sse"): (400, "bad-request"),
            ("/v1/stream/.hidden", "offset=-1"): (400, "bad-request"),
            (MISSING, "offset=-1"): (404, "no-such-log"),
            (log_path("feed"), "offset=-1"): (404, "no-such-log"),
            ("/v1/stream/nothing", "offset=-1"): (404, "no-such-log"),
            ("/v1/deployments", "offset=-1"): (404, "not-found"),
            (path, f"offset={other_epoch}"): (409, "wrong-epoch"),
            (path, f"offset={offset_at(tail, 9)}"): (416, "ahead-of-tail"),
        }
        for (address, query), expected in refused.items():
            with pytest.raises(InvalidStatus) as refusal:
                follow(api, address, query)
            answer = refusal.value.response
            problem = json.loads(answer.body or b"")
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert (answer.status_code, problem["type"].rpartition(":")[2]) == expected
            assert answer.headers["X-Content-Type-Options"] == "nosniff"

    def test_a_deleted_log_that_has_forks_is_gone(self, api: Api) -> None:
        """410 before the handshake is answered."""
        source = new_log(api, "text/plain", b"one")
        fork = f"/v1/stream/test/{uuid.uuid4().hex}"
        api.request("PUT", fork, headers={"Stream-Forked-From": source})
        assert api.request("DELETE", source).status_code == 204
        with pytest.raises(InvalidStatus) as refusal:
            follow(api, source)
        assert refusal.value.response.status_code == 410

    def test_pages_of_other_sites_are_refused(self, api: Api) -> None:
        """403 `foreign-origin` before the upgrade, whether or not there is such a log.

        Caught: an origin that only begins like ours, `null`, another port."""
        path = log_path(api.create())
        host = api.url.removeprefix("http://")
        foreign = ["null", "", "http://evil.example", f"http://{host}.evil.example"]
        foreign += [f"http://evil.example/{host}", f"http://{host}@evil.example", "file://"]
        foreign += [f"http://{host.split(':')[0]}", f"http://{host}0", f"chrome://{host}"]
        foreign += [f"http://{host}, http://evil.example", f"http://{host}/"]
        for origin in foreign:
            for log in (path, MISSING):
                url = ws_url(api.url, log)
                with RawSocket(url, {"Origin": origin or " "}) as socket:
                    assert socket.head().startswith("HTTP/1.1 403 "), origin

    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "http://logs.localhost", "Host": "logs.localhost"},
            {"Origin": "http://logs.localhost", "Host": "logs.localhost:80"},
            {"Origin": "https://logs.localhost", "Host": "LOGS.localhost:443"},
            {"Origin": "https://logs.localhost:443", "Host": "logs.localhost"},
            {"Origin": "https://logs.localhost:8443", "Host": "logs.localhost:8443"},
            {"Origin": "http://[::1]:8080", "Host": "[::1]:8080"},
            {"Origin": "https://logs.example", "X-Forwarded-Host": "logs.example"},
            {"Origin": "https://logs.example", "X-Forwarded-Host": "logs.example, inner"},
            {},
        ],
    )
    def test_our_own_pages_may(self, api: Api, headers: dict[str, str]) -> None:
        """The origin's host and port are those of the request, or those a proxy knows it by; who
        sends none is no browser.

        Caught: ports that are not said are not compared with those that are."""
        with RawSocket(ws_url(api.url, log_path(api.create())), headers) as socket:
            assert socket.head().startswith("HTTP/1.1 101 ")


class TestMessages:
    def test_a_batch_is_written_as_promised(self, api: Api) -> None:
        """Each byte of a finished log's message: the history's array and SSE's control object.

        Caught: records and control in two messages."""
        deployment = api.create()
        api.append(deployment, 'one "quoted" \x1b[1m\u2028\ntwo\n')
        api.finish(deployment)
        array = api.read(deployment).text
        with api.follow(deployment) as events:
            _, control = list(events)
        with follow(api, log_path(deployment)) as socket:
            assert len(socket.rest()) == 3
        path = log_path(deployment)
        expected = f'{{"type":"batch","log":"{path}","data":{array},"control":{control.data}}}'
        assert socket.raw == [expected]

    def test_without_records_there_is_no_data(self, api: Api) -> None:
        """The first message at the tail says where that is; then one a batch."""
        path = log_path(deployment := api.create())
        with follow(api, path, "offset=now") as socket:
            first = socket.batch(path)
            assert "data" not in first
            assert first["control"].pop("streamCursor").isdigit()
            assert first["control"] == {"streamNextOffset": api.tail(deployment), "upToDate": True}
            api.append_lines(deployment, 1, 3)
            assert [record["n"] for record in socket.records()] == [1, 2, 3]

    def test_only_the_tail_is_up_to_date(self, api: Api) -> None:
        """A log of several batches: all records in order, and only the last one is `upToDate`."""
        deployment = api.create()
        for part in range(20):
            api.append(deployment, f"{part} {'x' * 40_000}\n")
        with follow(api, log_path(deployment)) as socket:
            records: list[dict[str, Any]] = []
            marks: list[bool] = []
            while not (marks and marks[-1]):
                batch = socket.batch()
                records += batch["data"]
                marks.append(batch["control"].get("upToDate", False))
        assert records == api.records(deployment)
        assert marks == [False] * (len(marks) - 1) + [True]
        assert len(marks) > 1

    def test_text_is_a_string(self, api: Api) -> None:
        """Of a text log `data` is its text; what is not UTF-8 becomes U+FFFD."""
        path = new_log(api, "text/plain", b'one\r\n"two"', b"\xff\x00\xc3\xa9")
        with follow(api, path) as socket:
            batch = socket.batch(path)
            assert batch["data"] == 'one\r\n"two"\ufffd\x00\u00e9'
            assert "encoding" not in batch

    def test_binary_is_base64(self, api: Api) -> None:
        """Of any other log `data` is base64, and `encoding` says so.

        Caught: bytes taken for text."""
        path = new_log(api, "application/octet-stream", bytes(range(256)), b"\x00")
        with follow(api, path) as socket:
            batch = socket.batch(path)
            assert batch["encoding"] == "base64"
            assert b64decode(batch["data"]) == bytes(range(256)) + b"\x00"

    def test_json_is_an_array(self, api: Api) -> None:
        """Of a JSON log `data` is its messages, as they were written."""
        path = new_log(api, "application/json", b'[{"a": 1.50}, "\xc3\xa9"]', b"[[2]]")
        with follow(api, path) as socket:
            socket.batch(path)
        assert '"data":[{"a":1.50},"\u00e9",[2]],' in socket.raw[0]

    def test_the_feed_is_followed_too(self, api: Api) -> None:
        """A deployment that is made is told to who follows the list."""
        with follow(api, FEED, "offset=now") as socket:
            socket.batch(FEED)
            deployment = api.create(title="by websocket")
            told: list[dict[str, Any]] = []
            while not any(record["deployment"]["id"] == deployment for record in told):
                told += socket.records()

    def test_the_end_of_a_log_ends_the_socket(self, api: Api) -> None:
        """The last records and `streamClosed` in one message, then 1000 with a reason; also for
        who comes when all is over.

        Caught: a socket that stays open, or closes before the end is told."""
        path = log_path(deployment := api.create())
        with follow(api, path) as socket:
            socket.batch()
            api.append_lines(deployment, 1, 2)
            api.finish(deployment, "failed")
            records = socket.rest()
        assert [record.get("kind", "line") for record in records] == ["line", "line", "end"]
        with follow(api, path, "offset=now") as late:
            end = {"streamNextOffset": api.tail(deployment), "upToDate": True, "streamClosed": True}
            assert late.batch()["control"] == end
            assert late.closed() == Closed(1000, "every log that was followed has ended")

    def test_a_deleted_log_is_gone(self, api: Api) -> None:
        """`gone` is its last message; it was the only log, so the socket ends.

        Caught: an error, or silence."""
        path = log_path(deployment := api.create())
        with follow(api, path) as socket:
            socket.batch()
            assert api.request("DELETE", f"/v1/deployments/{deployment}").status_code == 204
            assert socket.next() == {"type": "gone", "log": path}
            assert socket.closed().code == 1000

    def test_history_then_live_without_a_seam(self, api: Api) -> None:
        """Sockets that open while the log grows: each gets every record once, in order."""
        deployment = api.create()

        def read(query: str) -> list[int]:
            with follow(api, log_path(deployment), query) as socket:
                return [record["n"] for record in socket.rest()]

        with ThreadPoolExecutor(10) as threads:
            reading = []
            for first in range(1, 1000, 10):
                api.append_lines(deployment, first, first + 9)
                if first % 100 == 1:
                    middle = offset_at(api.tail(deployment), first + 3)
                    reading.append((first + 4, threads.submit(read, f"offset={middle}")))
            api.finish(deployment)
            for first, numbers in reading:
                assert numbers.result() == list(range(first, 1002))
