"""One server's HTTP API as calls, one request each; what they mean is `AsyncClient`'s.

Every call either returns what the server said or raises ServerAway (try again) or Refused (do
not). Nothing is retried here: what may be repeated, and when, is for the caller to know.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import httpx2
import msgspec

from logflume.client.aio.connection import SILENCE_SECONDS, AsyncConnection
from logflume.client.answers import Page, page_of
from logflume.client.follow import START, Query
from logflume.client.records import Deployment, Project, Redacted, decode, not_logflume
from logflume.client.requests import (
    DEPLOYMENTS,
    JSON,
    MOST_PER_PAGE,
    NDJSON,
    PAGE_RECORDS,
    ProducerMark,
    deployment_path,
    project_path,
)
from logflume.client.search import page_query, search_answer

REDACTION_SECONDS = 600.0
"""A log of the largest size is read, hashed and written back: a minute, on a slow disk some."""


class DeploymentPage(msgspec.Struct):
    """One answer of the list."""

    deployments: list[msgspec.Raw]


class AsyncCalls:
    """The calls, over `connection`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection
        self._call = connection.call

    async def create(self, deployment: Mapping[str, object]) -> Deployment:
        """Create a deployment. With an `id` of the caller's it may be repeated."""
        answer = await self._call("POST", DEPLOYMENTS, json=deployment)
        return decode(answer.content, Deployment)

    async def deployment(self, deployment_id: str) -> msgspec.Raw:
        """The deployment as the server wrote it; `decode` makes a Deployment of it."""
        return msgspec.Raw((await self._call("GET", deployment_path(deployment_id))).content)

    async def deployments(self, query: Query, limit: int | None) -> AsyncIterator[msgspec.Raw]:
        """The newest `limit` deployments that `query` selects, or all, page by page."""
        left = MOST_PER_PAGE if limit is None else limit
        params: Query = {**query, "limit": min(left, MOST_PER_PAGE)}
        while left > 0:
            answer = await self._call("GET", DEPLOYMENTS, params=params)
            page = decode(answer.content, DeploymentPage).deployments
            for raw in page[:left]:
                yield raw
            left -= 0 if limit is None else len(page)
            if "next" not in answer.links or not page:
                return
            # Only its query: a link to another host must not be given the token.
            params = dict(httpx2.URL(answer.links["next"]["url"]).params)

    async def update(self, deployment_id: str, change: Mapping[str, object]) -> Deployment:
        """Change a deployment. The same change may be repeated."""
        answer = await self._call("PATCH", deployment_path(deployment_id), json=change)
        return decode(answer.content, Deployment)

    async def delete(self, path: str) -> None:
        """Delete a deployment or a log, with all that is in it."""
        await self._call("DELETE", path)

    async def redact(self, deployment_id: str, asked: Mapping[str, object]) -> Redacted:
        """Take a text out of a deployment's log, as far as one request goes. May be repeated."""
        path = f"{deployment_path(deployment_id)}/redactions"
        answer = await self._call("POST", path, json=asked, answer_seconds=REDACTION_SECONDS)
        return decode(answer.content, Redacted)

    async def put(self, path: str) -> None:
        """Make a JSON log. One that is there already is left as it is, so it may be repeated."""
        await self._call("PUT", path, headers={"content-type": JSON})

    async def project(self, project: str) -> Project:
        """A project's settings."""
        return _project(await self._call("GET", project_path(project)))

    async def set_project(
        self, project: str, settings: Mapping[str, object], tag: str = ""
    ) -> Project:
        """Set all of a project's settings, if those that they replace have this tag. Raises
        Refused when they are others by now."""
        headers = {"if-match": tag} if tag else {}
        answer = await self._call("PUT", project_path(project), json=settings, headers=headers)
        return _project(answer)

    async def append(
        self, path: str, body: bytes, mark: ProducerMark, content_type: str = NDJSON
    ) -> None:
        """Append records. Repeated with the same bytes and mark, they are still stored once."""
        headers = {"content-type": content_type, **mark.headers()}
        await self._call("POST", path, content=body, headers=headers)

    async def end(self, path: str) -> None:
        """Close a log that is no deployment's. May be repeated."""
        await self._call("POST", path, headers={"stream-closed": "true"})

    async def read(self, path: str, query: Query, etag: str = "") -> Page:
        """A stretch of a log, as `query` says: `offset`, `limit`, `tail`, `before`."""
        headers = {"accept": NDJSON, **({"if-none-match": etag} if etag else {})}
        return page_of(await self._call("GET", path, params=query, headers=headers))

    async def page(self, path: str, query: Query, etag: str = "") -> Page:
        """The same of no more records than fit into memory, and of one epoch."""
        limit = PAGE_RECORDS
        while True:
            page = await self.read(path, {**query, "limit": limit}, etag)
            if not page.spans_epochs:
                return page
            limit = page.body.count(b"\n") // 2

    async def place(self, path: str, number: int) -> str:
        """The offset of the place after this record of a deployment's log; it must be there."""
        if number == 0:
            return START
        query: Query = {"offset": START, "limit": number}
        return page_of(await self._call("HEAD", path, params=query)).next_offset

    async def search(
        self, path: str, query: Query, limit: int | None = None
    ) -> AsyncIterator[msgspec.Raw]:
        """The first `limit` records of a deployment's log that match, or all, part by part."""
        left, place = limit, query
        while left is None or left > 0:
            params = page_query(query, place, left)
            found = search_answer(
                (await self._call("GET", f"{path}/search", params=params)).content
            )
            for raw in found.records:
                yield raw
            left = None if left is None else left - len(found.records)
            follow = found.follow()
            if follow is None:
                return
            place = follow

    async def poll(self, path: str, query: Query) -> Page:
        """What follows a place, as soon as there is something; after a while, that nothing is."""
        params: Query = {**query, "live": "long-poll"}
        headers = {"accept": NDJSON}
        answer = await self._call(
            "GET", path, params=params, headers=headers, answer_seconds=SILENCE_SECONDS
        )
        return page_of(answer)

    async def events(self, path: str, query: Query) -> httpx2.Response:
        """The log's event stream from a place on; it must be closed."""
        headers = {"accept": "text/event-stream"}
        answer = await self.connection.open(path, {**query, "live": "sse"}, headers)
        if not answer.headers.get("content-type", "").startswith("text/event-stream"):
            await answer.aclose()
            raise not_logflume("that is no event stream")
        return answer


def _project(answer: httpx2.Response) -> Project:
    tag = answer.headers.get("etag", "")
    return msgspec.structs.replace(decode(answer.content, Project), tag=tag)


__all__ = ["AsyncCalls"]
