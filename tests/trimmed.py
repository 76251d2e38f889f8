"""Logs of which something is no longer kept, for tests that read them."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator
from typing import Any, Self

import httpx2

from logflume.deployments.deployment import NewDeployment
from logflume.deployments.deployments import FEED, Deployments, log_of
from logflume.deployments.line_records import encode_feed, encode_lines
from logflume.deployments.projects import Projects, ProjectSettings
from logflume.records import Append, Gap, Seq, State
from logflume.room import Room
from logflume.store import Store
from tests.own_server import OwnServer
from tests.servers import new_deployment

NDJSON = {"accept": "application/x-ndjson"}
LINES = 200

NOON_US = 1_795_435_200_000_000


class World:
    """Deployments over a store, with a clock that ticks or is set."""

    def __init__(self, store: Store, settings: ProjectSettings | None = None) -> None:
        self.store = store
        self.now_us = NOON_US
        self.room = Room(1000)
        numbers = itertools.count()
        self.projects = Projects(
            store, clock=self.clock, **({"defaults": settings} if settings else {})
        )
        self.deployments = Deployments(
            store,
            clock=self.clock,
            random=lambda size: next(numbers).to_bytes(size),
            projects=self.projects,
            room=self.room,
        )

    @classmethod
    async def started(cls, store: Store, settings: ProjectSettings | None = None) -> Self:
        world = cls(store, settings)
        await world.deployments.start()
        return world

    def clock(self) -> int:
        self.now_us += 1000
        return self.now_us

    async def made(self, project: str = "p", **fields: Any) -> str:
        made, _ = await self.deployments.create(NewDeployment(project=project, **fields))
        return made.id

    async def say(self, deployment: str, texts: Iterable[str]) -> State:
        lines = [(text, False) for text in texts]
        encode = encode_lines(lines, "stdout", self.clock())
        return await self.deployments.append(log_of(deployment), encode)


class Served:
    """A server, a deployment of 200 lines of which 51 to 150 are not kept, and its feed; or of as
    many as are said."""

    def __init__(
        self, server: OwnServer, *, lines: int = LINES, after: int = 50, until: int = 150
    ) -> None:
        self.server = server
        self.client = httpx2.Client()
        self.id = new_deployment(server.url)
        self.log = f"{server.url}/v1/deployments/{self.id}/log"
        self.feed = f"{server.url}/v1/deployments/feed"

        async def prepare() -> State:
            store = server.context.store
            texts = [(f"line {n}", False) for n in range(1, lines + 1)]
            await store.append(log_of(self.id), Append(1, encode_lines(texts, "stdout", 1)))
            self.news = (await store.state(FEED)).tail
            for _ in range(20):
                await store.append(FEED, Append(1, encode_feed("restart", None, 1)))
            return await self.trim(after, until)

        self.state = server.call(prepare())

    async def trim(self, after: int, until: int) -> State:
        gap = Gap(Seq(after), Seq(until), 1)
        return await self.server.context.store.append(log_of(self.id), Append(1, trim=gap))

    def trim_feed(self) -> State:
        """Of 20 new records let 10 go, and all before them."""

        async def trim() -> State:
            gap = Gap(Seq(0), Seq(self.news + 10), 1)
            return await self.server.context.store.append(FEED, Append(1, trim=gap))

        return self.server.call(trim())

    def get(self, query: str, **headers: str) -> httpx2.Response:
        return self.client.get(f"{self.log}?{query}", headers={**NDJSON, **headers})


def numbers_in(history: bytes) -> Iterator[range]:
    """The numbers that each record of a history stands for."""
    for row in history.splitlines():
        record = json.loads(row)
        yield range(record.get("from", record["n"]), record["n"] + 1)


def check_dense(history: bytes, first: int, last: int) -> None:
    """Every number once, in order, whichever record says it."""
    found = [number for numbers in numbers_in(history) for number in numbers]
    assert found == list(range(first, last + 1))


def check_end(history: bytes) -> dict[str, Any]:
    """The end's count and digest agree with what stands before it; the end."""
    *before, last = history.splitlines(keepends=True)
    end: dict[str, Any] = json.loads(last)
    assert end["digest"] == "sha256:" + hashlib.sha256(b"".join(before)).hexdigest()
    assert end["lines"] == len(before) + max(0, end.get("omitted", 1) - 1) == end["n"] - 1
    return end
