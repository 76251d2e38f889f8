"""A deployment tried again: what its log begins with, and that it is whole like any other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from logflume.cursor import Cursor
from logflume.deployments.deployment import Change, Deployment, NewDeployment
from logflume.deployments.deployments import FEED, Deployments, log_of
from logflume.deployments.line_records import encode_lines
from logflume.errors import Conflict, LogClosed, LogGone, NoSuchLog
from logflume.store import Store
from logflume.store.memory import MemoryStore
from logflume.store.sqlite import SqliteStore
from logflume.tail import Tails

FAILED = ["checkout", "::group::build", "built", "::endgroup::", "::group::deploy", "failed"]
"""The last section begins with the fifth."""


class World:
    """Deployments over a store, and what their logs hold."""

    def __init__(self, store: Store) -> None:
        ticks, numbers = count(1_795_435_200_000_000, 1000), count()
        self.store = store
        self.deployments = Deployments(
            store, clock=lambda: next(ticks), random=lambda size: next(numbers).to_bytes(size)
        )

    async def ended(self, texts: list[str], retry_of: str | None = None) -> Deployment:
        """A deployment that said this and failed."""
        made = await self.made(retry_of=retry_of)
        await self.say(made.id, *texts)
        return await self.deployments.change(made.id, Change(status="failed", exit_code=1))

    async def made(self, **fields: Any) -> Deployment:
        deployment, is_new = await self.deployments.create(NewDeployment(project="p", **fields))
        assert is_new
        return deployment

    async def say(self, deployment: str, *texts: str) -> None:
        lines = [(text, False) for text in texts]
        await self.deployments.append(log_of(deployment), encode_lines(lines, "stdout", 0))

    async def history(self, deployment: str) -> bytes:
        """Every byte of the log, as a reader gets it."""
        cursor = await Cursor.at(self.store, Tails(self.store), log_of(deployment), None)
        body = b""
        while not (batch := await cursor.read()).up_to_date:
            body += b"".join(chunk.body for chunk in batch.chunks)
        return body + b"".join(chunk.body for chunk in batch.chunks)

    async def records(self, deployment: str) -> list[dict[str, Any]]:
        found = [json.loads(line) for line in (await self.history(deployment)).splitlines()]
        assert [record["n"] for record in found] == list(range(1, len(found) + 1))
        return found

    async def texts(self, deployment: str) -> list[str]:
        records = await self.records(deployment)
        return [str(record.get("text", record.get("kind"))) for record in records]

    async def check_end(self, deployment: Deployment) -> None:
        """The end counts and hashes all that stands before it, whoever said it."""
        *before, last = (await self.history(deployment.id)).splitlines(keepends=True)
        end = json.loads(last)
        assert end["digest"] == "sha256:" + hashlib.sha256(b"".join(before)).hexdigest()
        assert end["lines"] == len(before)
        assert (deployment.lines, deployment.size_bytes) == (len(before), len(b"".join(before)))


@pytest.fixture(params=["memory", "sqlite"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    if request.param == "memory":
        store: Store = MemoryStore()
    else:
        store = await SqliteStore.open(tmp_path, on_failure=lambda _: None)
    world = World(store)
    await world.deployments.start()
    yield world
    await store.close()


async def test_a_retry_begins_with_what_stood_before_the_section_that_failed(world: World) -> None:
    """The very bytes, then the line that says whose retry it is; numbered on.

    Caught: a log that begins with the section itself, or one record too early."""
    old = await world.ended(FAILED)
    new = await world.made(retry_of=old.id)
    assert (new.retry_of, new.lines, new.status) == (old.id, 5, "running")
    *above, line = await world.records(new.id)
    assert [record["text"] for record in above] == FAILED[:4]
    assert (line["n"], line["stream"]) == (5, "system")
    assert line["text"].startswith(f"retry of {old.id}")
    inherited = b"".join((await world.history(old.id)).splitlines(keepends=True)[:4])
    assert (await world.history(new.id)).startswith(inherited)


@pytest.mark.parametrize(
    ("texts", "above"),
    [
        (["no", "sections"], 0),
        (["::group::the first"], 0),
        ([], 0),
        (["x", "\x1b[0Ksection_start:1:a\r\x1b[0Ka", "\x1b[0Ksection_start:2:b\r\x1b[0Kb"], 1),
        (["x", "section_start:1:a\ra", "section_end:2:a\rsection_start:2:b\rb", "y"], 2),
        (["x"] * 20_000 + ["::group::deploy"] + ["y"] * 20_000, 20_000),
    ],
)
async def test_where_there_are_no_sections_nothing_is_taken_over(
    world: World, texts: list[str], above: int
) -> None:
    """Nor of a first section; of nested ones the outer one begins it; of a long log all of it is
    looked at."""
    old = await world.ended(texts)
    new = await world.made(retry_of=old.id)
    assert new.lines == above + 1
    state = await world.store.state(log_of(new.id))
    assert state.ancestors[-1].until == above
    finished = await world.deployments.change(new.id, Change(status="succeeded"))
    await world.check_end(finished)


async def test_the_end_of_a_retry_counts_what_it_inherited(world: World) -> None:
    """Lines, bytes and digest are of the whole history, also after a restart of the server.

    Caught: a digest of the retry's own records."""
    old = await world.ended(FAILED)
    new = await world.made(retry_of=old.id)
    await world.say(new.id, "::group::deploy", "deployed")
    finished = await world.deployments.change(new.id, Change(status="succeeded"))
    assert await world.texts(new.id) == [
        *FAILED[:4],
        f"retry of {old.id}, whose log up to its last section stands above",
        "::group::deploy",
        "deployed",
        "end",
    ]
    await world.check_end(finished)
    await world.check_end(old)


async def test_a_retry_may_be_retried(world: World) -> None:
    """Its last section is looked for in all of its log; so on, up to a bound."""
    old = await world.ended(FAILED)
    new = await world.ended(["::group::deploy", "failed again"], retry_of=old.id)
    again = await world.ended(["deployed"], retry_of=new.id)
    retried = [text for text in await world.texts(again.id) if text.startswith("retry of")]
    assert [text.split(",")[0] for text in retried] == [f"retry of {one.id}" for one in (old, new)]
    await world.check_end(again)
    for _ in range(5):
        again = await world.ended(["failed"], retry_of=again.id)  # no new section, no deeper
    await world.check_end(again)


async def test_a_retry_is_whole_though_the_old_deployment_is_deleted(world: World) -> None:
    """That one is found and listed no more; its lines go with its last retry.

    Caught: a deletion that takes a retry's first lines with it."""
    old = await world.ended(FAILED)
    new = await world.made(retry_of=old.id)
    await world.deployments.delete(old.id)
    await world.say(new.id, "deployed")
    assert (await world.texts(new.id))[:4] == FAILED[:4]
    for call in (
        world.deployments.get(old.id),
        world.deployments.delete(old.id),
        world.deployments.change(old.id, Change(title="x")),
        world.say(old.id, "late"),
        world.history(old.id),
    ):
        with pytest.raises(LogGone):
            await call
    listed = await world.deployments.list({}, after=None, limit=9)
    assert [deployment.id for deployment in listed] == [new.id]
    finished = await world.deployments.change(new.id, Change(status="succeeded"))
    await world.check_end(finished)
    await world.deployments.delete(new.id)
    for log in (log_of(old.id), log_of(new.id)):
        with pytest.raises(NoSuchLog):
            await world.store.state(log)


async def test_a_change_of_a_retry_does_not_forget_whose_retry_it_is(world: World) -> None:
    """Or its source's lines would go. Caught: labels that a change of status replaces."""
    old = await world.ended(FAILED)
    new = await world.made(retry_of=old.id)
    await world.deployments.change(new.id, Change(title="second try"))
    await world.deployments.change(new.id, Change(status="failed"))
    await world.deployments.delete(old.id)
    assert (await world.texts(new.id))[:4] == FAILED[:4]
    listed = await world.deployments.list({"status": "failed"}, after=None, limit=9)
    assert [one.id for one in listed] == [new.id]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 100])
async def test_pages_of_the_list_reach_over_deleted_ones(world: World, limit: int) -> None:
    """Every deployment once, whatever lies between. Caught: a short page taken for the last."""
    listed, kept = [], []
    for n in range(6):
        old = await world.ended(FAILED)
        kept.append((await world.made(retry_of=old.id)).id)
        if n % 3:
            await world.deployments.delete(old.id)
        else:
            kept.append(old.id)
    after = None
    while page := await world.deployments.list({}, after=after, limit=limit):
        assert len(page) <= limit
        listed += [deployment.id for deployment in page]
        after = listed[-1]
    assert listed == sorted(kept, reverse=True)


async def test_only_what_has_ended_is_retried(world: World) -> None:
    """And is there. Nothing is made, nothing is told in the feed."""
    running = await world.made()
    old = await world.ended(FAILED)
    await world.made(retry_of=old.id)
    await world.deployments.delete(old.id)
    never = "dep_" + "0" * 37
    told = (await world.store.state(FEED)).tail
    for wrong in (running.id, old.id, never):
        with pytest.raises(Conflict, match="retry_of"):
            await world.deployments.create(NewDeployment(project="p", retry_of=wrong))
    assert (await world.store.state(FEED)).tail == told


async def test_a_creation_that_is_repeated_finds_the_retry(world: World) -> None:
    """By its own id, also when the old deployment is deleted by then.

    Caught: looking for the source before the deployment itself."""
    old = await world.ended(FAILED)
    new = await world.made(retry_of=old.id, id="dep_" + "1" * 37)
    await world.deployments.delete(old.id)
    asked = NewDeployment(project="p", id=new.id, retry_of=old.id)
    assert await world.deployments.create(asked) == (new, False)


async def test_the_id_of_a_deleted_deployment_whose_retries_remain_is_taken(world: World) -> None:
    """Rather than found as if it were there."""
    old = await world.ended(FAILED)
    new = await world.made(retry_of=old.id)
    await world.deployments.delete(old.id)
    with pytest.raises(Conflict):
        await world.deployments.create(NewDeployment(project="p", id=old.id))
    await world.deployments.delete(new.id)
    _, is_new = await world.deployments.create(NewDeployment(project="p", id=old.id))
    assert is_new


async def test_a_retry_takes_lines_only_until_it_ends(world: World) -> None:
    """Like any other."""
    old = await world.ended(FAILED)
    new = await world.ended([], retry_of=old.id)
    with pytest.raises(LogClosed):
        await world.say(new.id, "late")
