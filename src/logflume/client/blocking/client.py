# Made by scripts/generate-client from client/aio/client.py: change that one, then run it.
"""Everything that can be asked of a Logflume server, in Python's own terms. Begin here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Self

from logflume.client.blocking.calls import Calls
from logflume.client.blocking.connection import Connection
from logflume.client.blocking.following import (
    Follower,
    History,
    Records,
)
from logflume.client.blocking.json_log import JsonLog
from logflume.client.blocking.patience import Patience
from logflume.client.blocking.producer import Producer
from logflume.client.blocking.transports import opening
from logflume.client.blocking.writer import PATIENCE_SECONDS, Writer
from logflume.client.errors import ServerAway
from logflume.client.follow import START, Query, Seam, TransportName
from logflume.client.masking import masks_of
from logflume.client.records import Deployment, LogRecord, Project, Redacted, decode
from logflume.client.requests import deployment_path, log_path, said
from logflume.client.search import search_query


class Client:
    """One server. `token`, if given, is sent as a bearer token.

    Each call asks the server once and raises ServerAway if it does not answer, or says "later";
    Refused if it says no (LogGone for what is not there). Only what writes a log, and what follows
    one, asks again by itself. Raises ValueError for what is not a server's address.
    """

    def __init__(self, server: str, token: str | None = None) -> None:
        self._connection = Connection(server, token)
        self.calls = Calls(self._connection)
        """The same one level below: one request each, bytes as they are."""

    @property
    def server(self) -> str:
        """The server's address."""
        return self._connection.server

    @property
    def token(self) -> str | None:
        """What is sent as a bearer token."""
        return self._connection.token

    def create(
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
        return self.calls.create({**body, **said(status=status, retry_of=retry_of, id=id)})

    def deployment(self, deployment_id: str) -> Deployment:
        """What the server knows of a deployment."""
        return decode(self.calls.deployment(deployment_id), Deployment)

    def deployments(
        self,
        *,
        project: str | None = None,
        environment: str | None = None,
        status: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Deployment]:
        """Deployments, newest first: all that fit, or the first `limit`. Asked for page by page."""
        named = {"project": project, "environment": environment, "status": status}
        query: Query = {name: value for name, value in named.items() if value is not None}
        for raw in self.calls.deployments(query, limit):
            yield decode(raw, Deployment)

    def update(
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
        return self.calls.update(deployment_id, change)

    def finish(
        self, deployment_id: str, status: str = "succeeded", *, exit_code: int | None = None
    ) -> Deployment:
        """End a deployment as `succeeded`, `failed` or `cancelled`: its log is closed with that."""
        return self.update(deployment_id, status=status, exit_code=exit_code)

    def delete(self, deployment_id: str) -> None:
        """Delete a deployment and its log; whoever follows it is told."""
        self.calls.delete(deployment_path(deployment_id))

    def redact(
        self, deployment_id: str, text: str, *, lines: Sequence[int] | None = None
    ) -> Redacted:
        """Take a leaked secret out of a deployment for good: out of these lines of its log, or out
        of all. Asked for until all is done. The same call may be repeated.

        Whoever has seen it has seen it: change the secret, too.
        """
        asked = said(text=text, lines=None if lines is None else list(lines))
        done = self.calls.redact(deployment_id, asked)
        while not done.complete:
            done = done.and_then(self.calls.redact(deployment_id, asked))
        return done

    def writer(
        self,
        deployment_id: str,
        *,
        masks: Iterable[str] = (),
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> Writer:
        """Something to write lines into. They are sent in batches, repeated while the server is
        away for up to `patience_seconds`, and stored once.

        `masks` are secrets: in what is written they become `***`, in any usual form, if they have
        at least 4 characters.
        """
        patience = Patience(patience_seconds)
        producer = Producer(self.calls, log_path(deployment_id), patience)
        return Writer(producer, masks_of(masks))

    def read(
        self, deployment_id: str, *, offset: str = START, tail: int | None = None
    ) -> Records[LogRecord]:
        """The records after `offset`, or the last `tail`, as far as the log is by now.

        Asked for page by page; a page that fails raises, and reading on asks for it again.
        """
        start = _start(offset, tail)
        history = History(self.calls, log_path(deployment_id), Seam(start, LogRecord))
        return Records(history)

    def follow(
        self,
        deployment_id: str,
        *,
        offset: str = START,
        tail: int | None = None,
        transport: TransportName = "sse",
        on_away: Callable[[ServerAway], None] | None = None,
        on_back: Callable[[], None] | None = None,
    ) -> Records[LogRecord]:
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
        follower = Follower(self.calls, path, open_transport, seam, on_away, on_back)
        return Records(follower)

    def search(
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
    ) -> Iterator[LogRecord]:
        """The records after `offset` that match, as far as the log is by now; the first `limit`,
        if it is given. Asked for part by part, so the first ones come before the log was gone
        through.

        At least one of `text`, `regex`, `level`, `stream` and `kind` is given; a record matches if
        it is all of that. `level="error"` also finds lines whose text tells of an error.
        """
        query = search_query(text, regex, case=case, level=level, stream=stream, kind=kind)
        path = log_path(deployment_id)
        for raw in self.calls.search(path, {**query, "offset": offset}, limit):
            yield decode(raw, LogRecord)

    def project(self, project: str) -> Project:
        """What a project has set for its deployments."""
        return self.calls.project(project)

    def set_project(self, project: str, **changes: object) -> Project:
        """Change some of a project's settings: `keep_days`, `keep_bytes`, `max_log_bytes` (None
        is what the server has for all) and `masks`. Raises Refused for what cannot be, and when
        somebody else changed them in the same moment; ValueError for a setting that is none.
        """
        known = self.calls.project(project)
        return self.calls.set_project(project, known.changed(changes), known.tag)

    def log(self, name: str, *, patience_seconds: float = PATIENCE_SECONDS) -> JsonLog:
        """A log of JSON values that is no deployment's."""
        return JsonLog(self.calls, name, patience_seconds)

    def close(self) -> None:
        """Close all connections, those of logs that are followed too. May be called again."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _start(offset: str, tail: int | None) -> Query:
    return {"offset": offset} if tail is None else {"tail": tail}


__all__ = ["Client"]
