"""The OpenAPI document is true of generic logs: every method, and what each of them refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import httpx2
import pytest

from logflume.http.openapi import stream_examples as examples
from logflume.http.streams import REQUEST_HEADERS
from tests.openapi_checks import DOCUMENT, checked, faults, of_schema
from tests.servers import ServerProcess

PATH = "/v1/stream/{name}"
JSON = {"Content-Type": "application/json"}
TEXT = {"Content-Type": "text/plain"}
START = f"{0:016d}_{0:016d}"

names = count()


@pytest.fixture(scope="module")
def api(shared_server: ServerProcess) -> Iterator[httpx2.Client]:
    """One connection for all: a client for each request would be most of the work."""
    with httpx2.Client(base_url=shared_server.url) as client:
        yield client


@pytest.fixture
def log() -> str:
    """The path of a log that nobody has made yet."""
    return f"/v1/stream/openapi/{next(names)}"


def expect(status: int, answer: httpx2.Response) -> Any:
    """The answer, which is documented and has this status."""
    assert answer.status_code == status, answer.text
    return checked(answer, PATH)


def test_making_is_documented(api: httpx2.Client, log: str) -> None:
    """Made, found, and refused in each way."""
    expect(201, api.put(log, content=b"a", headers={**TEXT, "Stream-Closed": "true"}))
    expect(200, api.put(log, headers={**TEXT, "Stream-Closed": "true"}))
    expect(409, api.put(log, headers=JSON))
    expect(400, api.put(f"{log}/json", content=b"{", headers=JSON))
    expect(400, api.put(f"{log}/ttl", headers={"Stream-TTL": "soon"}))
    expect(415, api.put(f"{log}/br", content=b"a", headers={"Content-Encoding": "br"}))
    expect(413, api.put(f"{log}/large", content=bytes(20 * 1024 * 1024 + 1)))


def test_appending_is_documented(api: httpx2.Client, log: str) -> None:
    """Stored, repeated, closed, and refused in each way."""
    expect(404, api.post(log, content=b"a", headers=TEXT))
    api.put(log, headers=TEXT)
    expect(204, api.post(log, content=b"a", headers={**TEXT, "Stream-Seq": "b"}))
    expect(409, api.post(log, content=b"a", headers={**TEXT, "Stream-Seq": "a"}))
    expect(409, api.post(log, content=b"1", headers=JSON))
    expect(400, api.post(log, headers=TEXT))
    expect(415, api.post(log, content=b"a", headers={**TEXT, "Content-Encoding": "br"}))
    for epoch, seq, status in ((1, 0, 200), (1, 0, 204), (1, 2, 409), (0, 0, 403)):
        marks = {"Producer-Id": "p", "Producer-Epoch": str(epoch), "Producer-Seq": str(seq)}
        expect(status, api.post(log, content=b"a", headers={**TEXT, **marks}))
    last = {"Producer-Id": "p", "Producer-Epoch": "1", "Producer-Seq": "1"}
    expect(200, api.post(log, content=b"z", headers={**TEXT, **last, "Stream-Closed": "true"}))
    expect(204, api.post(log, headers={"Stream-Closed": "true"}))
    expect(409, api.post(log, content=b"a", headers=TEXT))


def test_reading_is_documented(api: httpx2.Client, log: str) -> None:
    """Every form, 304, long polling, and what is refused."""
    api.put(log, content=json.dumps(examples.MESSAGES), headers=JSON)
    told = api.get(log)
    assert expect(200, told) == examples.HISTORY
    expect(304, api.get(log, headers={"If-None-Match": told.headers["ETag"]}))
    assert expect(200, api.get(log, params={"format": "ndjson"})) == examples.LINES
    expect(200, api.get(log, params={"limit": 1}))
    expect(200, api.get(log, params={"offset": "-1", "live": "long-poll"}))
    expect(426, api.get(log, params={"offset": "-1", "live": "ws"}))
    expect(400, api.get(log, params={"offset": "x"}))
    expect(409, api.get(log, params={"offset": START}))
    epoch = told.headers["Stream-Next-Offset"][:16]
    expect(416, api.get(log, params={"offset": f"{epoch}_{9:016d}"}))
    expect(404, api.get(f"{log}/none"))
    api.post(log, headers={"Stream-Closed": "true"})
    expect(200, api.get(log))
    expect(204, api.get(log, params={"offset": "now", "live": "long-poll"}))


@pytest.mark.parametrize("content_type", ["text/plain", "image/png"])
def test_other_types_are_documented(api: httpx2.Client, log: str, content_type: str) -> None:
    """Text and binary: as they came, and live."""
    headers = {"Content-Type": content_type, "Stream-Closed": "true"}
    api.put(log, content=examples.TEXT, headers=headers)
    assert expect(200, api.get(log)) == examples.PLAIN
    live = expect(200, api.get(log, params={"offset": "-1", "live": "sse"}))
    [control] = re.findall(r"event: control\ndata:(.*)\n\n", live)
    assert faults(json.loads(control), of_schema("ControlEvent")) == []
    last = {"Last-Event-ID": json.loads(control)["streamNextOffset"]}
    expect(204, api.get(log, params={"offset": "-1", "live": "sse"}, headers=last))


def test_lifetimes_are_documented(api: httpx2.Client, log: str) -> None:
    """Both kinds are told by HEAD."""
    api.put(log, headers={"Stream-TTL": "60"})
    expect(200, api.head(log))
    assert api.head(log).headers["Stream-TTL"] == "60"
    api.put(f"{log}/until", headers={"Stream-Expires-At": "2999-01-01T00:00:00Z"})
    expect(200, api.head(f"{log}/until"))
    assert "Stream-Expires-At" in api.head(f"{log}/until").headers
    expect(404, api.head(f"{log}/none"))


def test_forks_are_documented(api: httpx2.Client, log: str) -> None:
    """Made, refused, and what becomes of the source when it is deleted first."""
    fork = f"{log}/fork"
    expect(404, api.put(fork, headers={"Stream-Forked-From": log}))
    api.put(log, content=json.dumps(examples.MESSAGES), headers=JSON)
    point = {"Stream-Fork-Offset": START, "Stream-Fork-Sub-Offset": "1"}
    expect(400, api.put(fork, headers=point))
    expect(201, api.put(fork, headers={"Stream-Forked-From": log, **point}))
    assert expect(200, api.get(fork)) == examples.HISTORY[:1]
    expect(204, api.delete(log))
    for answer in (api.get(log), api.head(log), api.delete(log), api.post(log, content=b"1")):
        expect(410, answer)
    expect(409, api.put(log, headers=JSON))
    expect(409, api.put(f"{log}/late", headers={"Stream-Forked-From": log}))
    expect(204, api.delete(fork))
    expect(404, api.delete(fork))


def test_options_are_documented(api: httpx2.Client, log: str) -> None:
    """The methods and the request headers are those that the document has."""
    answer = api.options(log)
    expect(204, answer)
    operations = DOCUMENT["paths"][PATH]
    assert {method.lower() for method in answer.headers["Allow"].split(", ")} == set(operations)
    told = {
        parameter["name"]
        for operation in operations.values()
        for parameter in operation["parameters"]
        if parameter["in"] == "header"
    }
    by_http = {"Authorization", "Content-Type"}
    for_tools = {"Content-Encoding", "Origin", "X-Forwarded-Host"}
    assert set(REQUEST_HEADERS.split(", ")) - by_http == told - for_tools
