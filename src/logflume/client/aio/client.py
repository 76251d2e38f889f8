"""Everything that can be asked of a Logflume server, in Python's own terms. Begin here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Self

from logflume.client.aio.calls import AsyncCalls
from logflume.client.aio.connection import AsyncConnection
from logflume.client.aio.following import (
    AsyncFollower,
    AsyncHistory,
    AsyncRecords,
)
from logflume.client.aio.json_log import AsyncJsonLog
from logflume.client.aio.patience import AsyncPatience
from logflume.client.aio.producer import AsyncProducer
from logflume.client.aio.transports import opening
from logflume.client.aio.writer import PATIENCE_SECONDS, AsyncWriter
from logflume.client.errors import ServerAway
from logflume.client.follow import START, Query, Seam, TransportName
from logflume.client.masking import masks_of
from logflume.client.records import Deployment, LogRecord, Project, Redacted, decode
from logflume.client.requests import deployment_path, log_path, said
from logflume.client.search import search_query


class AsyncClient:
    """One server. `token`, if given, is sent as a bearer token.

    Each call asks the server once and raises ServerAway if it does not answer, or says "later";
    Refused if it says no (LogGone for what is not there). Only what writes a log, and what follows
    one, asks again by itself. Raises ValueError for what is not a server's address.
    """

    def __init__(self, server: str, token: str | None = None) -> None:
        self._connection = AsyncConnection(server, token)
        self.calls = AsyncCalls(self._connection)
        """The same one level below: one request each, bytes as they are."""

    @property
    def server(self) -> str:
        """The server's address."""
        return self._connection.server

    @property
    def token(self) -> str | None:
        """What is sent as a bearer token."""
        return self._connection.token

    async def create(
        self,
        project: str,
        *,
        environment: str | None = None,
        title: str | None = None,
        ref: str | None = None,
        commit: str | None = None,
        url: str | None = None,
        metadata: Mapping[str, str] | None = None,
        status: str | None = None,
        retry_of: str | None = None,
        id: str | None = None,  # noqa: A002 - it is the field's name
    ) -> Deployment:
        """Create a deployment; it is `running` unless `status` says that it is `queued`. Its log
        begins with that of `retry_of`, a deployment's id, up to the section that failed.

        With an `id`, which `new_id` makes, the call may be repeated: it is created once.
        """
        texts = {"title": title, "ref": ref, "commit": commit, "url": url}
        body = said(project=project, environment=environment, metadata=metadata, **texts)
        return await self.calls.create({**body, **said(status=status, retry_of=retry_of, id=id)})

    async def deployment(self, deployment_id: str) -> Deployment:
        """What the server knows of a deployment."""
        return decode(await self.calls.deployment(deployment_id), Deployment)

    async def deployments(
        self,
        *,
        project: str | None = None,
        environment: str | None = None,
        status: str | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[Deployment]:
        """Deployments, newest first: all that fit, or the first `limit`. Asked for page by page."""
        named = {"project": project, "environment": environment, "status": status}
        query: Query = {name: value for name, value in named.items() if value is not None}
        async for raw in self.calls.deployments(query, limit):
            yield decode(raw, Deployment)

    async def update(
        self,
        deployment_id: str,
        *,
        status: str | None = None,
        exit_code: int | None = None,
        title: str | None = None,
        ref: str | None = None,
        commit: str | None = None,
        url: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Deployment:
        """Change what is given. The same change may be repeated."""
        texts = {"title": title, "ref": ref, "commit": commit, "url": url}
        change = said(status=status, exit_code=exit_code, metadata=metadata, **texts)
        return await self.calls.update(deployment_id, change)

    async def finish(
        self, deployment_id: str, status: str = "succeeded", *, exit_code: int | None = None
    ) -> Deployment:
        """End a deployment as `succeeded`, `failed` or `cancelled`: its log is closed with that."""
        return await self.update(deployment_id, status=status, exit_code=exit_code)

    async def delete(self, deployment_id: str) -> None:
        """Delete a deployment and its log; whoever follows it is told."""
        await self.calls.delete(deployment_path(deployment_id))

    async def redact(
        self, deployment_id: str, text: str, *, lines: Sequence[int] | None = None
    ) -> Redacted:
        """Take a leaked secret out of a deployment for good: out of these lines of its log, or out
        of all. Asked for until all is done. The same call may be repeated.

        Whoever has seen it has seen it: change the secret, too.
        """
        asked = said(text=text, lines=None if lines is None else list(lines))
        done = await self.calls.redact(deployment_id, asked)
        while not done.complete:
            done = done.and_then(await self.calls.redact(deployment_id, asked))
        return done

    def writer(
        self,
        deployment_id: str,
        *,
        masks: Iterable[str] = (),
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> AsyncWriter:
        """Something to write lines into. They are sent in batches, repeated while the server is
        away for up to `patience_seconds`, and stored once.

        `masks` are secrets: in what is written they become `***`, in any usual form, if they have
        at least 4 characters.
        """
        patience = AsyncPatience(patience_seconds)
        producer = AsyncProducer(self.calls, log_path(deployment_id), patience)
        return AsyncWriter(producer, masks_of(masks))

    def read(
        self, deployment_id: str, *, offset: str = START, tail: int | None = None
    ) -> AsyncRecords[LogRecord]:
        """The records after `offset`, or the last `tail`, as far as the log is by now.

        Asked for page by page; a page that fails raises, and reading on asks for it again.
        """
        start = _start(offset, tail)
        history = AsyncHistory(self.calls, log_path(deployment_id), Seam(start, LogRecord))
        return AsyncRecords(history)

    def follow(
        self,
        deployment_id: str,
        *,
        offset: str = START,
        tail: int | None = None,
        transport: TransportName = "sse",
        on_away: Callable[[ServerAway], None] | None = None,
        on_back: Callable[[], None] | None = None,
    ) -> AsyncRecords[LogRecord]:
        """The records after `offset`, or the last `tail`, then each as it comes, until the log is
        closed. Connections that break are made anew, for as long as it takes.

        Raises ServerAway only if the first connection cannot be made; LogGone, LogTrimmed or
        LogReset if the log is no longer what it was, Refused for any other no; LogBroken if a
        number is missing or comes twice. ValueError for an offset or a transport that is none.

        `on_away` is told once that the connection is lost,
        `on_back` once that it is found again.
        """
        seam = Seam(_start(offset, tail), LogRecord)
        path, open_transport = log_path(deployment_id), opening(transport)
        follower = AsyncFollower(self.calls, path, open_transport, seam, on_away, on_back)
        return AsyncRecords(follower)

    async def search(
        self,
        deployment_id: str,
        text: str | None = None,
        *,
        regex: str | None = None,
        case: bool = False,
        level: str | Sequence[str] = (),
        stream: str | Sequence[str] = (),
        kind: str | Sequence[str] = (),
        offset: str = START,
        limit: int | None = None,
    ) -> AsyncIterator[LogRecord]:
        """The records after `offset` that match, as far as the log is by now; the first `limit`,
        if it is given. Asked for part by part, so the first ones come before the log was gone
        through.

        At least one of `text`, `regex`, `level`, `stream` and `kind` is given; a record matches if
        it is all of that. `level="error"` also finds lines whose text tells of an error.
        """
        query = search_query(text, regex, case=case, level=level, stream=stream, kind=kind)
        path = log_path(deployment_id)
        async for raw in self.calls.search(path, {**query, "offset": offset}, limit):
            yield decode(raw, LogRecord)

    async def project(self, project: str) -> Project:
        """What a project has set for its deployments."""
        return await self.calls.project(project)

    async def set_project(self, project: str, **changes: object) -> Project:
        """Change some of a project's settings: `keep_days`, `keep_bytes`, `max_log_bytes` (None
        is what the server has for all) and `masks`. Raises Refused for what cannot be, and when
        somebody else changed them in the same moment; ValueError for a setting that is none.
        """
        known = await self.calls.project(project)
        return await self.calls.set_project(project, known.changed(changes), known.tag)

    def log(self, name: str, *, patience_seconds: float = PATIENCE_SECONDS) -> AsyncJsonLog:
        """A log of JSON values that is no deployment's."""
        return AsyncJsonLog(self.calls, name, patience_seconds)

    async def aclose(self) -> None:
        """Close all connections, those of logs that are followed too. May be called again."""
        await self._connection.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def _start(offset: str, tail: int | None) -> Query:
    return {"offset": offset} if tail is None else {"tail": tail}


__all__ = ["AsyncClient"]
