"""The application called in this process, without a server: for what a socket cannot show.

What is called so goes the way that it goes below any ASGI server but Logflume's own, which lends
its connections.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from itertools import count
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from logflume.deployments.deployment import NewDeployment
from logflume.deployments.deployments import Deployments, log_of
from logflume.deployments.masking import RulesOf, no_rules
from logflume.generic.logs import Logs
from logflume.http.app import application
from logflume.http.context import Context
from logflume.records import Append, LogId, State
from logflume.store import Store
from logflume.store.memory import MemoryStore
from logflume.tail import Tails
from tests.contract.store import lines

Message = dict[str, Any]


class Answer(NamedTuple):
    """What was answered; the header's names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Client:
    """One request's client, who may go away."""

    def __init__(self, body: bytes = b"") -> None:
        self.gone = asyncio.Event()
        self.sent: list[Message] = []
        self._body: bytes | None = body

    async def receive(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.sent.append(dict(message))

    @property
    def answer(self) -> Answer:
        start, *bodies = self.sent
        headers = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
        body = b"".join(message.get("body", b"") for message in bodies)
        return Answer(start["status"], headers, body)


class App:
    """The application over `store`, whose clock stands still but for a microsecond a look."""

    def __init__(self, store: Store | None = None, *, rules: RulesOf = no_rules) -> None:
        numbers = count()
        self.now_us = 1_795_435_200_000_000
        self.store = store or MemoryStore()
        self.tails = Tails(self.store)
        self.deployments = Deployments(
            self.store,
            clock=self._clock,
            random=lambda size: next(numbers).to_bytes(size),
            rules=rules,
        )
        logs = Logs(self.store, clock=self._clock)
        context = Context(self.store, self.tails, self.deployments, logs, self._clock)
        self._app = application(context)

    async def deployment(self) -> str:
        """A new deployment; its id."""
        await self.deployments.start()
        deployment, _ = await self.deployments.create(NewDeployment(project="test"))
        return deployment.id

    async def append(self, log: LogId, *texts: str) -> State:
        return await self.store.append(log, Append(1, lines(*texts)))

    async def call(
        self,
        method: str,
        address: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        client = Client(body)
        await self.run(client, method, address, headers)
        return client.answer

    async def run(
        self, client: Client, method: str, address: str, headers: Mapping[str, str] | None = None
    ) -> None:
        """Serve the request to its end."""
        parts = urlsplit(address)
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "root_path": "",
            "query_string": parts.query.encode(),
            "headers": [(k.lower().encode(), v.encode()) for k, v in (headers or {}).items()],
            "server": ("test", 80),
            "client": ("test", 1),
            "extensions": {},
        }
        await self._app(scope, client.receive, client.send)

    def _clock(self) -> int:
        self.now_us += 1
        return self.now_us


__all__ = ["Answer", "App", "Client", "log_of"]
