"""`/metrics`: true figures under Prometheus' names, of one server, and of nobody in particular."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families as families
from websockets.sync.client import connect

from tests.exchange import PATIENCE_SECONDS, Exchange
from tests.own_server import OURS, PLAIN, OwnServer
from tests.servers import ServerProcess, new_deployment
from tests.websocket import log_path, ws_url

Figures = dict[tuple[str, tuple[str, ...]], float]


def scraped(url: str) -> Figures:
    """Every sample, by its name and the values of its labels."""
    text = httpx2.get(f"{url}/metrics").text
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in families(text)
        for sample in family.samples
    }


def grown(url: str, before: Figures, name: str, *labels: str) -> float:
    """By how much a counter has grown."""
    key = (f"logflume_{name}", labels)
    return scraped(url)[key] - before.get(key, 0.0)


def until(condition: Callable[[], bool]) -> None:
    """Wait for the condition."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@contextmanager
def live(url: str, path: str, query: str) -> Iterator[Exchange]:
    """A live answer that has begun."""
    with Exchange("GET", f"{url}{path}?{query}", chunked=False) as exchange:
        yield exchange


def take_until(exchange: Exchange, last: bytes) -> None:
    """Take what comes until this has."""
    came = b""
    while last not in came:
        came += exchange.read()


def test_what_is_appended_is_counted(shared_server: ServerProcess) -> None:
    """Requests, records and bytes, repeated ones and refused ones too; by kind. Caught: requests
    that are not parsed are not counted."""
    url = shared_server.url
    log = url + log_path(new_deployment(url))
    stream = f"{url}/v1/stream/counted"
    before = scraped(url)
    with httpx2.Client() as client:
        for _ in range(3):
            client.post(log, content="one\ntwo\n", headers={"Content-Type": "text/plain"})
        client.post(log, content="{", headers={"Content-Type": "application/x-ndjson"})
        client.put(stream, headers={"Content-Type": "text/plain"})
        for _ in range(4):
            client.post(stream, content="abc", headers={"Content-Type": "text/plain"})
    assert grown(url, before, "append_requests_total", "deployment") == 4
    assert grown(url, before, "appended_records_total", "deployment") == 6
    assert grown(url, before, "appended_bytes_total", "deployment") > 100
    assert grown(url, before, "append_requests_total", "stream") == 4
    assert grown(url, before, "appended_records_total", "stream") == 4
    assert grown(url, before, "appended_bytes_total", "stream") == 12
    assert grown(url, before, "commit_seconds_count") >= 7
    assert grown(url, before, "commit_changes_sum") >= 7


@pytest.mark.parametrize("options", [OURS, PLAIN], ids=["own", "plain uvicorn"])
def test_what_is_delivered_is_counted_by_pattern(options: dict[str, Any]) -> None:
    """As often as it was written to somebody, whichever way. Caught: a round counts as one, what a
    follower reads alone is left out, a repeated poll is left out."""
    with OwnServer(options=options) as own:
        url = own.url
        path = log_path(new_deployment(url))
        append: dict[str, Any] = {"content": "a\nb\n", "headers": {"Content-Type": "text/plain"}}
        httpx2.post(url + path, **append)
        before = scraped(url)
        httpx2.get(f"{url}{path}")
        assert grown(url, before, "delivered_records_total", "history") == 2
        httpx2.head(f"{url}{path}")
        assert grown(url, before, "delivered_records_total", "history") == 2
        with httpx2.Client() as client:
            offset = "-1"
            for _ in range(2):
                query = {"live": "long-poll", "offset": offset}
                offset = client.get(url + path, params=query).headers["Stream-Next-Offset"]
                httpx2.post(url + path, **append)
        assert grown(url, before, "delivered_records_total", "long-poll") == 4
        with (
            live(url, path, "live=sse&offset=-1") as one,
            live(url, path, "live=sse&offset=-1") as two,
            live(url, path, "live=follow&offset=-1") as third,
            connect(ws_url(url, path), compression=None) as socket,
        ):
            socket.recv(PATIENCE_SECONDS)
            for exchange in (one, two, third):
                take_until(exchange, b'"n":6')
            httpx2.post(url + path, **append)
            for exchange in (one, two, third):
                take_until(exchange, b'"n":8')
            socket.recv(PATIENCE_SECONDS)
        assert grown(url, before, "delivered_records_total", "sse") == 16
        assert grown(url, before, "delivered_records_total", "follow") == 8
        assert grown(url, before, "delivered_records_total", "websocket") == 8


def test_watchers_are_those_of_the_moment(server: ServerProcess) -> None:
    """By pattern, and back to none. Caught: a poll that was answered waits on."""
    url = server.url
    path = log_path(new_deployment(url))

    def watchers() -> dict[str, float]:
        figures = scraped(url)
        return {
            labels[0]: value
            for (name, labels), value in figures.items()
            if name == "logflume_watchers"
        }

    none = {"sse": 0, "follow": 0, "websocket": 0, "long-poll": 0}
    assert watchers() == none
    with (
        live(url, path, "live=sse&offset=-1"),
        live(url, path, "live=sse&offset=-1"),
        live(url, path, "live=follow&offset=-1"),
        live(url, path, "live=long-poll&offset=-1"),
        connect(ws_url(url, path), compression=None),
    ):
        until(lambda: watchers() == {"sse": 2, "follow": 1, "websocket": 1, "long-poll": 1})
        assert scraped(url)["logflume_open_logs", ()] == 1
    until(lambda: watchers() == none)
    with live(url, path, "live=long-poll&offset=-1"):
        until(lambda: watchers() == {**none, "long-poll": 1})
        httpx2.post(url + path, content="x", headers={"Content-Type": "text/plain"})
        until(lambda: watchers() == none)


def test_who_takes_nothing_is_behind() -> None:
    """And counted apart from those who only wait."""
    with OwnServer() as own:
        path = log_path(new_deployment(own.url))
        with live(own.url, path, "live=sse&offset=-1"):
            key = ("logflume_watchers_behind", ("sse",))
            until(lambda: scraped(own.url)["logflume_watchers", ("sse",)] == 1)
            assert scraped(own.url)[key] == 0
            line = b"x" * 60_000 + b"\n"
            for _ in range(200):
                headers = {"Content-Type": "text/plain"}
                httpx2.post(own.url + path, content=line * 5, headers=headers)
                if scraped(own.url)[key] == 1:
                    return
        raise AssertionError("12 MB on their way to who takes nothing, and he is not behind")


def test_refusals_are_counted_by_problem(server: ServerProcess) -> None:
    """Wherever they are answered: by a route, to a body, to a repeat, to a handshake. Caught: those
    of a repeated append are left out."""
    url = server.url
    log = url + log_path(new_deployment(url))
    before = scraped(url)
    httpx2.get(f"{url}/nowhere")
    httpx2.get(f"{url}/v1/deployments/dep_{'0' * 37}/log")
    with httpx2.Client() as client:
        for body in ("{}", '{"text":"a"}', "{}"):
            kind = {"Content-Type": "application/x-ndjson"}
            client.post(log, content=body, headers=kind)
        httpx2.patch(log.removesuffix("/log"), json={"status": "failed"})
        for body in ('{"text":"b"}', '{"text":"c"}'):
            client.post(log, content=body, headers={"Content-Type": "application/x-ndjson"})
    handshake = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Origin": "http://elsewhere",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    assert httpx2.get(f"{log}?live=ws&offset=-1", headers=handshake).status_code == 403
    counted = {
        labels[0]: value
        for (name, labels), value in scraped(url).items()
        if name == "logflume_refusals_total" and value > before.get((name, labels), 0)
    }
    assert counted == {
        "not-found": 1,
        "no-such-log": 1,
        "bad-record": 2,
        "log-closed": 2,
        "foreign-origin": 1,
    }


def test_no_label_tells_who_deploys_what(shared_server: ServerProcess) -> None:
    """No id, project or address of a client is in it, nor what was logged."""
    url = shared_server.url
    deployment = new_deployment(url, project="a-secret-project")
    path = log_path(deployment)
    httpx2.post(url + path, content="a-secret-line", headers={"Content-Type": "text/plain"})
    httpx2.put(f"{url}/v1/stream/a-secret-name", headers={"Content-Type": "text/plain"})
    httpx2.get(f"{url}/a-secret-path?q=a-secret-query")
    text = httpx2.get(f"{url}/metrics").text
    assert "secret" not in text
    assert deployment not in text
    assert "127.0.0.1" not in text


def test_names_are_prometheus_own(shared_server: ServerProcess) -> None:
    """The prefix, base units, `_total` on what only rises; each with a word of help."""
    answer = httpx2.get(f"{shared_server.url}/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    told = list(families(answer.text))
    assert len(told) > 10
    for family in told:
        assert re.fullmatch(r"(logflume|process)_[a-z_]+", family.name)
        assert not re.search(r"_(ms|milliseconds|kb|mb)$", family.name)
        assert family.documentation
        if family.type == "counter":
            assert all(sample.name.endswith("_total") for sample in family.samples)
    open_metrics = httpx2.get(
        f"{shared_server.url}/metrics", headers={"Accept": "application/openmetrics-text"}
    )
    assert open_metrics.text.endswith("# EOF\n")


def test_each_server_counts_for_itself() -> None:
    """Two in one process, as tests and programs have them. Caught: a registry that all share."""
    with OwnServer() as one, OwnServer() as other:
        httpx2.get(f"{one.url}/nowhere")
        assert scraped(one.url)["logflume_refusals_total", ("not-found",)] == 1
        assert ("logflume_refusals_total", ("not-found",)) not in scraped(other.url)


def test_a_loop_that_is_held_up_is_late() -> None:
    """The lag is that of the loop that serves."""
    with OwnServer() as own:
        scraped(own.url)  # the first one starts the watch

        async def hold_up() -> None:
            time.sleep(0.4)  # noqa: ASYNC251 -- this is what is to be found out

        def seen() -> bool:
            own.call(hold_up())
            figures = scraped(own.url)
            late = figures["logflume_event_loop_lag_seconds_bucket", ("+Inf",)]
            return late > figures["logflume_event_loop_lag_seconds_bucket", ("0.1",)]

        until(seen)
