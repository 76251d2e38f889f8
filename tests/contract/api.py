"""The HTTP API of the server under test, as the protocol suite speaks it: thin and without opinion.

It asserts only what every answer promises, whatever its status: `nosniff`, and a problem document
for every error.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx2

from tests.exchange import Exchange
from tests.sse import SseReader

NDJSON = {"Accept": "application/x-ndjson"}
TEXT = {"Accept": "text/plain"}


class Api:
    """A client of the server at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._http = httpx2.Client(
            base_url=self.url,
            timeout=20,
            trust_env=False,
            event_hooks={"response": [_check]},
        )

    def close(self) -> None:
        self._http.close()

    def request(self, method: str, path: str, **options: Any) -> httpx2.Response:
        return self._http.request(method, path, **options)

    def create(self, **fields: Any) -> str:
        """A new deployment; its id."""
        answer = self.request("POST", "/v1/deployments", json={"project": "test", **fields})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def get(self, deployment: str) -> dict[str, Any]:
        answer = self.request("GET", f"/v1/deployments/{deployment}")
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    def change(self, deployment: str, **fields: Any) -> httpx2.Response:
        return self.request("PATCH", f"/v1/deployments/{deployment}", json=fields)

    def finish(self, deployment: str, status: str = "succeeded") -> None:
        answer = self.change(deployment, status=status)
        assert answer.status_code == 200, answer.text

    def append(
        self,
        deployment: str,
        body: bytes | str,
        content_type: str = "text/plain",
        *,
        headers: Mapping[str, str] | None = None,
        **query: str,
    ) -> httpx2.Response:
        """Append, with a Content-Length."""
        content = body.encode() if isinstance(body, str) else body
        fields = {"Content-Type": content_type, **_encoded(headers or {})}
        path = f"/v1/deployments/{deployment}/log"
        return self.request("POST", path, params=query, content=content, headers=fields)

    def append_lines(self, deployment: str, first: int, last: int) -> None:
        """Append `line <first>` to `line <last>`, in one batch."""
        body = "".join(f"line {number}\n" for number in range(first, last + 1))
        assert self.append(deployment, body).status_code == 204

    def stream(
        self, deployment: str, content_type: str = "text/plain", query: str = ""
    ) -> Exchange:
        """An append whose body is sent chunk by chunk."""
        url = f"{self.url}/v1/deployments/{deployment}/log{query}"
        return Exchange("POST", url, {"Content-Type": content_type}, chunked=True)

    def read(
        self,
        deployment: str,
        query: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        path = f"/v1/deployments/{deployment}/log"
        return self.request("GET", path, params=dict(query or {}), headers=dict(headers or {}))

    def records(self, deployment: str, **query: str | int) -> list[dict[str, Any]]:
        """The records of the log, or those that `query` asks for."""
        answer = self.read(deployment, query)
        assert answer.status_code == 200, answer.text
        records: list[dict[str, Any]] = answer.json()
        return records

    def texts(self, deployment: str, **query: str | int) -> list[str]:
        return [record["text"] for record in self.records(deployment, **query) if "text" in record]

    def ndjson(self, deployment: str) -> bytes:
        """Every byte of the log's history."""
        return self.read(deployment, headers=NDJSON).content

    def text(self, deployment: str) -> bytes:
        return self.read(deployment, headers=TEXT).content

    def tail(self, deployment: str) -> str:
        """The offset of the log's end."""
        answer = self.request("HEAD", f"/v1/deployments/{deployment}/log")
        assert answer.status_code == 200
        return str(answer.headers["stream-next-offset"])

    def follow(
        self,
        deployment: str,
        query: str = "offset=-1",
        headers: Mapping[str, str] | None = None,
    ) -> SseReader:
        """A live reader; `deployment` may be a deployment's log or the feed."""
        path = "feed" if deployment == "feed" else f"{deployment}/log"
        return SseReader(f"{self.url}/v1/deployments/{path}?live=sse&{query}", headers)


def _encoded(headers: Mapping[str, str]) -> dict[str, Any]:
    """The client would encode them as ASCII."""
    return {name: value.encode("latin-1") for name, value in headers.items()}


def seq_of(offset: str) -> int:
    """The number in an offset. Only tests of how offsets are built look into them."""
    return int(offset.partition("_")[2])


def offset_at(tail: str, seq: int) -> str:
    """The offset after record `seq` in the log whose tail this is."""
    return f"{tail.partition('_')[0]}_{seq:016d}"


def check_problem(answer: httpx2.Response, status: int, name: str) -> dict[str, Any]:
    """Assert that this is the problem of that name; its document."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text[:500]}"
    problem: dict[str, Any] = answer.json()
    assert problem["type"].rpartition(":")[2] == name, problem
    return problem


def _check(answer: httpx2.Response) -> None:
    assert answer.headers.get("x-content-type-options") == "nosniff", answer.url
    assert answer.status_code < 500, f"{answer.request.method} {answer.url}: {answer.status_code}"
    if answer.status_code < 400 or answer.request.method == "HEAD":
        return
    assert answer.headers["content-type"] == "application/problem+json"
    problem = json.loads(answer.read())
    assert problem["status"] == answer.status_code
    assert all(isinstance(problem[name], str) for name in ("type", "title", "detail")), problem
    assert problem["title"]
    assert problem["detail"], problem


__all__ = ["NDJSON", "TEXT", "Api", "check_problem", "offset_at", "seq_of"]
