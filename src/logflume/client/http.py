"""One server's HTTP API as calls. Blocking; a Client belongs to one thread.

Every call either returns what the server said or raises ServerAway (try again) or Refused (do
not). Nothing is retried here: what may be repeated, and when, is for the caller to know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

import httpx2
import msgspec

from logflume.client.addresses import normal_server
from logflume.client.errors import answer_error, translated
from logflume.client.records import Deployment, decode, not_logflume

CONNECT_SECONDS = 5.0
"""A server that is up accepts at once; more is an address that swallows packets."""

ANSWER_SECONDS = 30.0
"""An append waits for a commit, and a busy store may take its time."""

SILENCE_SECONDS = 45.0
"""Heartbeats come every 15 seconds at most: after three missed ones the connection is dead."""

MOST_PER_PAGE = 1000
"""What the server gives in one answer of the list."""

Query = Mapping[str, str | int]
Raw = msgspec.Raw


@dataclass(frozen=True, slots=True)
class ProducerMark:
    """What makes an append's retry never a duplicate: who appends, and which append it is."""

    id: str
    seq: int
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """A reading of a log: its records as NDJSON, where it goes on, whether that is the tail."""

    body: bytes
    next_offset: str
    up_to_date: bool
    closed: bool


class DeploymentPage(msgspec.Struct):
    """One answer of the list."""

    deployments: list[Raw]


class Client:
    """The calls of one server's API. Raises ValueError for what is not a server's address."""

    def __init__(self, server: str, token: str | None = None) -> None:
        self.server = normal_server(server)
        parts = urlsplit(self.server)
        self._http = httpx2.Client(
            base_url=self.server,
            headers={"authorization": f"Bearer {token}"} if token else {},
            timeout=httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            # Loading the certificates takes longer than most calls; plain HTTP needs none.
            verify=parts.scheme == "https",
            # A proxy of the environment is never meant for the machine itself.
            trust_env=parts.hostname not in ("127.0.0.1", "localhost", "::1"),
        )

    def create(self, deployment: Mapping[str, object]) -> Deployment:
        """Create a deployment. With an `id` of the caller's it may be repeated."""
        answer = self._call("POST", "/v1/deployments", json=deployment)
        return decode(answer.content, Deployment)

    def deployment(self, deployment_id: str) -> Raw:
        """The deployment as the server wrote it; `decode` makes a Deployment of it."""
        return Raw(self._call("GET", f"/v1/deployments/{deployment_id}").content)

    def deployments(self, query: Query, limit: int) -> Iterator[Raw]:
        """The newest `limit` deployments that `query` selects, page by page."""
        params: Query = {**query, "limit": min(limit, MOST_PER_PAGE)}
        while limit > 0:
            answer = self._call("GET", "/v1/deployments", params=params)
            page = decode(answer.content, DeploymentPage).deployments
            yield from page[:limit]
            limit -= len(page)
            if "next" not in answer.links or not page:
                return
            # Only its query: a link to another host must not be given the token.
            params = dict(httpx2.URL(answer.links["next"]["url"]).params)

    def update(self, deployment_id: str, change: Mapping[str, object]) -> Deployment:
        """Change a deployment. The same change may be repeated."""
        answer = self._call("PATCH", f"/v1/deployments/{deployment_id}", json=change)
        return decode(answer.content, Deployment)

    def append(self, deployment_id: str, ndjson: bytes, mark: ProducerMark) -> None:
        """Append records. Repeated with the same bytes and mark, they are still stored once."""
        headers = {
            "content-type": "application/x-ndjson",
            "producer-id": mark.id,
            "producer-epoch": str(mark.epoch),
            "producer-seq": str(mark.seq),
        }
        self._call("POST", f"/v1/deployments/{deployment_id}/log", content=ndjson, headers=headers)

    def read(self, deployment_id: str, query: Query) -> Page:
        """A stretch of the log, as `query` says: `offset`, `limit`, `tail`, `before`."""
        headers = {"accept": "application/x-ndjson"}
        url = f"/v1/deployments/{deployment_id}/log"
        answer = self._call("GET", url, params=query, headers=headers)
        if "stream-next-offset" not in answer.headers:
            raise not_logflume("an offset is missing")
        return Page(
            answer.content,
            answer.headers["stream-next-offset"],
            answer.headers.get("stream-up-to-date") == "true",
            answer.headers.get("stream-closed") == "true",
        )

    @contextmanager
    def events(self, deployment_id: str, query: Query) -> Iterator[Iterator[bytes]]:
        """The log's event stream from `query` on, as the pieces of its body that arrive.

        Reading on raises ServerAway when the connection breaks or was silent for too long.
        """
        url = f"/v1/deployments/{deployment_id}/log"
        timeout = httpx2.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)
        headers = {"accept": "text/event-stream"}
        params = {**query, "live": "sse"}
        with (
            translated(),
            self._http.stream(
                "GET", url, params=params, headers=headers, timeout=timeout
            ) as answer,
        ):
            if not answer.is_success:
                answer.read()
                raise answer_error(answer)
            if not answer.headers.get("content-type", "").startswith("text/event-stream"):
                raise not_logflume("that is no event stream")
            yield answer.iter_bytes()

    def close(self) -> None:
        """Close the connections. May be called again."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _call(
        self,
        method: str,
        url: str,
        *,
        params: Query | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        json: Mapping[str, object] | None = None,
    ) -> httpx2.Response:
        with translated():
            answer = self._http.request(
                method, url, params=params, headers=headers, content=content, json=json
            )
        if not answer.is_success:
            raise answer_error(answer)
        return answer


__all__ = ["Client", "Page", "ProducerMark", "Query"]
