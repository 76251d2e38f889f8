"""A deployment's log on a real server, and what is asked of it: for tests of search."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from tests.servers import new_deployment

ONE = "/v1/deployments/{id}"
NDJSON = {"Content-Type": "application/x-ndjson"}
TEXT = {"Content-Type": "text/plain"}


class Log:
    """A deployment's log, and what is asked of it."""

    def __init__(self, url: str, **fields: object) -> None:
        self.client = httpx2.Client(base_url=url, timeout=20)
        self.id = new_deployment(url, **fields)
        self.path = f"/v1/deployments/{self.id}"

    def append(self, *lines: str) -> None:
        self._post("".join(f"{line}\n" for line in lines).encode(), TEXT)

    def records(self, *records: dict[str, Any]) -> None:
        self._post(b"".join(json.dumps(record).encode() + b"\n" for record in records), NDJSON)

    def finish(self, status: str = "failed") -> None:
        self.client.patch(self.path, json={"status": status}).raise_for_status()

    def ask(self, **query: Any) -> httpx2.Response:
        if "from_" in query:
            query["from"] = query.pop("from_")
        return self.client.get(f"{self.path}/log/search", params=query)

    def search(self, **query: Any) -> dict[str, Any]:
        answer = self.ask(**query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def numbers(self, **query: Any) -> list[int]:
        return [number for part in self.parts(**query) for number in part["numbers"]]

    def parts(self, **query: Any) -> Iterator[dict[str, Any]]:
        """All answers of a search that goes on to the tail."""
        part = self.search(**query)
        yield part
        query.pop("from_", None)
        while part["next"] is not None:
            part = self.search(**{**query, "offset": part["next"]})
            yield part

    def _post(self, body: bytes, headers: dict[str, str]) -> None:
        self.client.post(f"{self.path}/log", content=body, headers=headers).raise_for_status()


@contextmanager
def logs_of(url: str) -> Iterator[Callable[..., Log]]:
    """Makes logs on this server; their connections are closed at the end."""
    logs: list[Log] = []

    def make(**fields: object) -> Log:
        logs.append(Log(url, **fields))
        return logs[-1]

    yield make
    for log in logs:
        log.client.close()


__all__ = ["ONE", "Log", "logs_of"]
