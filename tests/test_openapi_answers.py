"""The OpenAPI document is true of deployments, their logs and the server: what they answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import httpx2
import pytest

from logflume.http.openapi import examples
from tests.openapi_checks import DOCUMENT, checked, faults, of_schema
from tests.servers import ServerProcess, new_deployment


@pytest.fixture(scope="module")
def api(shared_server: ServerProcess) -> Iterator[httpx2.Client]:
    """One connection for all: a client for each request would be most of the work."""
    with httpx2.Client(base_url=shared_server.url) as client:
        yield client


def made(api: httpx2.Client, **fields: object) -> str:
    """A new deployment's path."""
    return f"/v1/deployments/{new_deployment(str(api.base_url).rstrip('/'), **fields)}"


def test_deployments_have_the_documented_fields(api: httpx2.Client) -> None:
    """Created, listed, shown, changed and deleted, each answers as documented."""
    path, one = "/v1/deployments", "/v1/deployments/{id}"
    created = api.post(path, json={"project": "openapi", "metadata": {"a": "b"}})
    address = checked(created, path)["links"]["self"]
    made(api, project="openapi")
    checked(api.get(path, params={"project": "openapi", "limit": 1}), path)
    checked(api.get(address), one)
    checked(api.patch(address, json={"status": "failed", "exit_code": 1}), one)
    checked(api.patch(address, json={"status": "succeeded"}), one)
    checked(api.patch(address, json={"title": "late"}), one)
    checked(api.head(address), one)
    checked(api.delete(address), one)
    checked(api.get(address), one)


def test_the_examples_work(api: httpx2.Client) -> None:
    """A deployment made as the examples make it gives the examples' text."""
    one = "/v1/deployments/{id}"
    address = made(api, **examples.said(examples.NEW))
    log = f"{address}/log"
    checked(api.patch(address, json={"status": "running"}), one)
    checked(api.post(log, content=examples.TEXT), f"{one}/log")
    body = examples.said(examples.FINISHED)
    checked(api.patch(address, json=body), one)
    told = checked(api.get(log), f"{one}/log")
    changing = ("time", "digest")
    without = [{k: v for k, v in record.items() if k not in changing} for record in told]
    assert without == [
        {k: v for k, v in record.items() if k not in changing} for record in examples.HISTORY
    ]
    assert api.get(log, params={"format": "text"}).text == examples.PLAIN


def test_logs_have_the_documented_fields(api: httpx2.Client) -> None:
    """Appends and readings of every form answer as documented, and so do their problems."""
    log = f"{made(api)}/log"
    path = "/v1/deployments/{id}/log"
    checked(api.post(log, json=examples.INCOMING), path)
    line = {"text": "x", "sent": "2026-01-01T00:00:00Z", "level": "info", "partial": True}
    checked(api.post(log, json=line), path)
    sections = "section_end:1:a\r\x1b[0Ksection_start:1:b[collapsed=true]\r\x1b[0Kb"
    body = f"::group::a\n::endgroup::\n::error::x\n{sections}\n~~~ c\n^^^ +++\n"
    checked(api.post(log, content=body, params={"markers": "buildkite"}), path)
    for sequence in (0, 0, 2):
        marks = {"Producer-Id": "p", "Producer-Epoch": "1", "Producer-Seq": str(sequence)}
        checked(api.post(log, content=b"a\n", headers=marks), path)
    for form in ("json", "ndjson", "text"):
        checked(api.get(log, params={"format": form, "tail": 9}), path)
    fenced = {"Producer-Id": "p", "Producer-Epoch": "0", "Producer-Seq": "0"}
    checked(api.post(log, content=b"a\n", headers=fenced), path)
    checked(api.post(log, json=[1]), path)
    checked(api.post(log, content=b"{", headers={"Content-Type": "application/json"}), path)
    checked(api.post(log, content=b"a", headers={"Content-Type": "image/png"}), path)
    for offset in ("x", f"{16 * '0'}_{16 * '0'}"):
        checked(api.get(log, params={"offset": offset}), path)
    epoch = api.head(log).headers["Stream-Next-Offset"][:16]
    checked(api.get(log, params={"offset": f"{epoch}_{99:016d}"}), path)
    checked(api.post(log, content=b"a", headers={"Stream-Closed": "true"}), path)


def test_asking_again_is_documented(api: httpx2.Client) -> None:
    """The log so far, 304 where nothing is new, and a page that can never change."""
    log = f"{made(api)}/log"
    path = "/v1/deployments/{id}/log"
    api.post(log, content=b"a\nb\n")
    told = api.get(log)
    checked(told, path)
    again = api.get(log, headers={"If-None-Match": told.headers["ETag"]})
    checked(again, path)
    assert again.status_code == 304
    checked(api.get(log, params={"limit": 1}), path)
    checked(api.head(log), path)


def test_long_polling_is_documented(api: httpx2.Client) -> None:
    """What is there, and the end of a finished log."""
    address = made(api)
    log, path = f"{address}/log", "/v1/deployments/{id}/log"
    api.post(log, content=b"a\n")
    told = api.get(log, params={"offset": "-1", "live": "long-poll"})
    checked(told, path)
    api.patch(address, json={"status": "succeeded"})
    for offset in (told.headers["Stream-Next-Offset"], "now"):
        known = {"offset": offset, "live": "long-poll", "cursor": told.headers["Stream-Cursor"]}
        last = api.get(log, params=known)
        checked(last, path)
        assert last.headers["Stream-Closed"] == "true"
    assert last.status_code == 204
    assert api.get(log, params={"offset": "-1", "live": "ws"}).status_code == 426
    checked(api.get(log, params={"offset": "-1", "live": "ws"}), path)


def test_retries_have_the_documented_fields(api: httpx2.Client) -> None:
    """One retried after it ended, one too early; and a deployment whose retry outlives it."""
    path, one = "/v1/deployments", "/v1/deployments/{id}"
    address = made(api)
    retry = {"project": "test", "retry_of": address.rsplit("/", 1)[1]}
    checked(api.post(path, json=retry), path)
    api.post(f"{address}/log", content=b"::group::a\n::group::b\n")
    api.patch(address, json={"status": "failed"})
    made_again = checked(api.post(path, json=retry), path)
    checked(api.get(made_again["links"]["log"]), f"{one}/log")
    checked(api.delete(address), one)
    for answer in (api.get(address), api.patch(address, json={"title": "t"}), api.delete(address)):
        assert answer.status_code == 410
        checked(answer, one)
    for answer in (api.get(f"{address}/log"), api.post(f"{address}/log", content=b"a")):
        assert answer.status_code == 410
        checked(answer, f"{one}/log")


def test_the_feed_has_the_documented_fields(api: httpx2.Client) -> None:
    """Its records of creation, change and deletion are as documented."""
    address = made(api)
    api.patch(address, json={"title": "t"})
    api.delete(address)
    feed = checked(api.get("/v1/deployments/feed"), "/v1/deployments/feed")
    assert {record["kind"] for record in feed} == {"restart", "created", "changed", "deleted"}


def test_live_events_have_the_documented_fields(api: httpx2.Client) -> None:
    """A finished log, followed: the control event's fields, and 204 for who comes back."""
    path = "/v1/deployments/{id}/log"
    address = made(api)
    api.patch(address, json={"status": "cancelled"})
    params = {"offset": "-1", "live": "sse"}
    text = checked(api.get(f"{address}/log", params=params), path)
    [control] = re.findall(r"event: control\ndata:(.*)\n\n", text)
    assert faults(json.loads(control), of_schema("ControlEvent")) == []
    seen = {"Last-Event-ID": json.loads(control)["streamNextOffset"]}
    assert api.get(f"{address}/log", params=params, headers=seen).status_code == 204


def test_a_backup_answers_as_documented(api: httpx2.Client) -> None:
    """A database; its bytes are compared elsewhere."""
    answer = api.post("/v1/backup")
    assert answer.status_code == 200
    told = DOCUMENT["paths"]["/v1/backup"]["post"]["responses"]["200"]
    assert answer.headers["content-type"] in told["content"]
    assert set(told["headers"]) == {"Content-Digest"}


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/openapi.json"])
def test_the_server_itself_answers_as_documented(api: httpx2.Client, path: str) -> None:
    """Alive, ready, and described."""
    assert api.get(path).status_code == 200
    if path != "/openapi.json":
        checked(api.get(path), path)
