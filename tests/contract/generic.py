"""A generic log under test, as the protocol suite speaks of it: thin and without opinion."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import httpx2

from tests.contract.api import Api
from tests.sse import SseReader

JSON = "application/json"
TEXT = "text/plain"
BYTES = "application/octet-stream"


class GenericLog:
    """The log at `/v1/stream/<name>`, of a name that nobody else has. Nothing is made yet."""

    def __init__(self, api: Api, name: str | None = None) -> None:
        self.api = api
        self.name = name or f"test-{secrets.token_hex(8)}"
        self.path = f"/v1/stream/{self.name}"
        self.url = f"{api.url}{self.path}"

    def request(
        self,
        method: str,
        body: bytes | str = b"",
        content_type: str | None = None,
        *,
        query: str = "",
        **headers: str,
    ) -> httpx2.Response:
        """A header `Stream-TTL` is said as `Stream_TTL`."""
        fields = {
            name.replace("_", "-"): value.encode("latin-1") for name, value in headers.items()
        }
        if content_type is not None:
            fields["Content-Type"] = content_type.encode("latin-1")
        options: dict[str, Any] = {"headers": fields}
        if body or method in ("POST", "PUT"):
            options["content"] = body.encode() if isinstance(body, str) else body
        return self.api.request(method, f"{self.path}?{query}" if query else self.path, **options)

    def make(self, content_type: str = TEXT, body: bytes | str = b"", **headers: str) -> GenericLog:
        answer = self.request("PUT", body, content_type, **headers)
        assert answer.status_code == 201, answer.text
        return self

    def append(
        self, body: bytes | str, content_type: str = TEXT, **headers: str
    ) -> httpx2.Response:
        answer = self.request("POST", body, content_type, **headers)
        assert answer.status_code in (200, 204), answer.text
        return answer

    def close(self) -> None:
        assert self.request("POST", Stream_Closed="true").status_code == 204

    def fork(self, **headers: str) -> GenericLog:
        """A new log that begins with this one's records."""
        fork = GenericLog(self.api)
        answer = fork.request("PUT", Stream_Forked_From=self.path, **headers)
        assert answer.status_code == 201, answer.text
        return fork

    def get(self, query: str = "", **headers: str) -> httpx2.Response:
        return self.request("GET", query=query, **headers)

    def content(self, query: str = "") -> bytes:
        answer = self.get(query)
        assert answer.status_code == 200, answer.text
        return answer.content

    def messages(self, query: str = "") -> list[Any]:
        """What a log of JSON holds."""
        found: list[Any] = self.get(query).json()
        return found

    def tail(self) -> str:
        answer = self.request("HEAD")
        assert answer.status_code == 200
        return str(answer.headers["stream-next-offset"])

    def follow(
        self, query: str = "offset=-1", headers: Mapping[str, str] | None = None
    ) -> SseReader:
        return SseReader(f"{self.url}?live=sse&{query}", headers)


__all__ = ["BYTES", "JSON", "TEXT", "GenericLog"]
