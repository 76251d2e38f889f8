"""A secret taken out of deployments: what every reader finds afterwards, over each store."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from logflume.access.audit import AUDIT, Audit
from logflume.deployments.deployment import Change
from logflume.deployments.deployments import FEED, log_of
from logflume.deployments.line_records import encode_lines, text_of
from logflume.deployments.lines import Line
from logflume.deployments.markers import marks_of
from logflume.deployments.redaction_request import Asked, Redacted
from logflume.deployments.visible import visible
from logflume.errors import BadRecord, LogGone, NoSuchLog, StoreBusy
from logflume.records import Seq
from logflume.store import Store
from logflume.store.memory import MemoryStore
from logflume.store.sqlite import SqliteStore
from logflume.store.sqlite_file import DATABASE
from tests.asgi import App
from tests.test_retries import World
from tests.test_secret import naive
from tests.test_store_wiped import places

SECRET = "hunter2!"


@pytest.fixture(params=["memory", "sqlite"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    store: Store = MemoryStore()
    if request.param == "sqlite":
        store = await SqliteStore.open(tmp_path, on_failure=lambda _: None)
    made = World(store)
    await made.deployments.start()
    yield made
    await store.close()


async def redact(world: World, deployment: str, **asked: Any) -> Redacted:
    async def note(*_: object) -> None:
        pass

    asked.setdefault("text", SECRET)
    return await world.deployments.redact(deployment, Asked(**asked), note)


async def records(world: World, deployment: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (await world.history(deployment)).splitlines()]


async def check(world: World, deployment: str) -> dict[str, Any]:
    """That the log agrees with its end record, and both with the deployment; the end record."""
    *before, last = (await world.history(deployment)).splitlines(keepends=True)
    end, shown = json.loads(last), await world.deployments.get(deployment)
    assert end["digest"] == "sha256:" + hashlib.sha256(b"".join(before)).hexdigest()
    assert [json.loads(line)["n"] for line in before] == list(range(1, end["lines"] + 1))
    assert (shown.lines, shown.size_bytes) == (len(before), len(b"".join(before)))
    assert (end.get("redacted", 0), end.get("redacted_at")) == (shown.redacted, shown.redacted_at)
    state = await world.store.state(log_of(deployment))
    assert state.size_bytes == len(b"".join([*before, last]))
    result: dict[str, Any] = end
    return result


async def test_a_finished_log_says_that_it_was_redacted_and_agrees_with_its_digest(
    world: World,
) -> None:
    """Numbers, times and the other lines stay. Caught: the digest of the old bytes kept."""
    old = await world.ended(["one", f"password {SECRET} and {SECRET}", "three", SECRET])
    before, end = await records(world, old.id), await check(world, old.id)
    told = await redact(world, old.id)
    assert told == Redacted([2, 4], 3, [], [], complete=True)
    after = await records(world, old.id)
    expected = [dict(record) for record in before]
    expected[1] |= {"text": "password [redacted] and [redacted]", "redacted": 2}
    expected[3] |= {"text": "[redacted]", "redacted": 1}
    assert after[:-1] == expected[:-1]
    new = await check(world, old.id)
    assert (new["redacted"], new["time"]) == (2, end["time"])
    assert new["digest"] != end["digest"]
    assert await redact(world, old.id) == Redacted([], 0, [], [], complete=True)
    assert await records(world, old.id) == after


async def test_a_running_log_tells_its_watchers(world: World) -> None:
    """By a record of its own, and at its end. Caught: the running digest going on as it was."""
    made = await world.made()
    await world.say(made.id, "one", SECRET, "three")
    await redact(world, made.id)
    told = (await records(world, made.id))[-1]
    assert (told["kind"], told["numbers"], told["text"]) == ("redacted", [2], "redacted: line 2")
    await world.say(made.id, "four")
    await world.deployments.change(made.id, Change(status="succeeded"))
    assert (await check(world, made.id))["redacted"] == 1


async def test_only_the_lines_that_are_named_change(world: World) -> None:
    """But all of what the secret reaches over. Caught: looking only at the records named."""
    made = await world.made()
    lines: list[Line] = [(SECRET, False)] * 3 + [("a hun", True), ("ter", True), ("2! b", False)]
    await world.deployments.append(log_of(made.id), encode_lines(lines, "stdout", 0))
    assert (await redact(world, made.id, line=2)).lines == [2]
    assert (await redact(world, made.id, lines=[5])).lines == [4, 5, 6]
    texts = [record.get("text") for record in await records(world, made.id)]
    assert texts[:6] == [SECRET, "[redacted]", SECRET, "a [redacted]", "", " b"]
    with pytest.raises(BadRecord, match="has 8 records"):
        await redact(world, made.id, line=9)


async def test_lines_of_other_streams_between_the_parts_are_no_reason_to_miss_it(
    world: World,
) -> None:
    """Nor is a line end of a terminal's in a secret of several lines."""
    made = await world.made()
    log = log_of(made.id)
    said: list[tuple[list[Line], str]] = [
        ([("-----BEGIN", False)], "stdout"),
        ([("hun", True)], "stderr"),
        ([("MII\r", False), ("-----END--", False)], "stdout"),
        ([("ter2!", False)], "stderr"),
    ]
    for texts, stream in said:
        await world.deployments.append(log, encode_lines(texts, stream, 0))
    assert (await redact(world, made.id)).lines == [2, 5]
    assert (await redact(world, made.id, text="BEGIN\r\nMII\n-----END\n")).lines == [1, 3, 4]
    found = [record["text"] for record in await records(world, made.id) if "text" in record]
    assert found[:5] == ["-----[redacted]", "[redacted]", "[redacted]\r", "[redacted]--", ""]


async def test_colours_are_no_reason_to_miss_it(world: World) -> None:
    """In a chunk of whole lines, too, whose stored bytes do not have it. They stay."""
    made = await world.made()
    await world.say(made.id, "one", "say hun\x1b[1mter\x1b[0m2! \x1b[31mx")
    assert (await redact(world, made.id)).lines == [2]
    assert (await records(world, made.id))[1]["text"] == "say [redacted]\x1b[1m\x1b[0m \x1b[31mx"


async def test_every_text_of_a_marker_is_looked_through(world: World) -> None:
    """Groups keep their fields, and what a record says in fixed form stays."""
    made = await world.made()
    await say_marked(world, made.id, [f"::group::{SECRET}"])
    assert (await redact(world, made.id)).marks == 2
    record = (await records(world, made.id))[0]
    assert (record["kind"], record["open"], record["group"]) == ("group", True, "[redacted]")


async def test_the_deployment_and_the_feed_lose_it_too(world: World) -> None:
    """Also what the feed told of it earlier. Names by which it is found stay, and that is told."""
    made = await world.made(
        environment=SECRET,
        title=f"with {SECRET}",
        url=f"https://x/?t={SECRET}",
        metadata={SECRET: "a", "b": SECRET},
    )
    await world.deployments.change(made.id, Change(title="other"))
    other = await world.made(title=SECRET)
    told = await redact(world, made.id)
    assert (told.fields, told.left_in) == (["url", "metadata"], ["environment"])
    shown = await world.deployments.get(made.id)
    assert shown.url == "https://x/?t=[redacted]"
    assert shown.metadata == {"[redacted]": "a", "b": "[redacted]"}
    state = await world.store.state(FEED)
    chunks = await world.store.read(FEED, Seq(0), until=state.tail, max_bytes=10**9)
    body = b"".join(chunk.body for chunk in chunks)
    assert state.size_bytes == len(body)
    fed = [json.loads(line) for line in body.splitlines()]
    assert [record["n"] for record in fed] == list(range(1, len(fed) + 1))
    about = [record.get("deployment") or {} for record in fed]
    mine = [record for record in about if record.get("id") == made.id]
    assert [record["title"] for record in mine] == ["with [redacted]", "other", "other"]
    assert SECRET not in str([{**record, "environment": ""} for record in mine])
    assert [record["title"] for record in about if record.get("id") == other.id] == [SECRET]


async def test_what_retries_have_of_a_line_changes_with_it(world: World) -> None:
    """Whichever of them is asked for, with the digests of all; a line of one's own stays its own.

    Caught: the digest of a fork left as it was; the record looked for in the fork."""
    said = [SECRET, "::group::build", "::endgroup::", f"after {SECRET}"]
    old = await world.made()
    await say_marked(world, old.id, said)
    await world.deployments.change(old.id, Change(status="failed"))
    first = await world.made(retry_of=old.id)
    await say_marked(world, first.id, [f"first {SECRET}"])
    await world.deployments.change(first.id, Change(status="failed"))
    second = await world.made(retry_of=old.id)
    await world.deployments.delete(old.id)
    told = await redact(world, second.id)
    assert told.lines == [1]
    for retry in (first, second):
        assert (await records(world, retry.id))[0]["text"] == "[redacted]"
    assert (await check(world, first.id))["redacted"] == 1
    assert SECRET in str(await records(world, first.id))
    assert (await redact(world, first.id)).lines == [3]
    assert SECRET not in str(await records(world, first.id))
    await check(world, first.id)
    await world.deployments.change(second.id, Change(status="succeeded"))
    assert (await check(world, second.id))["redacted"] == 1
    with pytest.raises(LogGone):
        await redact(world, old.id)


async def say_marked(world: World, deployment: str, texts: list[str]) -> None:
    lines = [(text, False) for text in texts]
    marks = marks_of(lines, "\n".join(texts).encode())
    await world.deployments.append(log_of(deployment), encode_lines(lines, "stdout", 0, marks))


async def test_what_is_refused(world: World) -> None:
    """A text that is nearly everywhere, unless lines are named; nothing at all; no deployment."""
    made = await world.made(title="a 42")
    await world.say(made.id, "pin 42", "42")
    with pytest.raises(BadRecord, match="name the lines"):
        await redact(world, made.id, text="42")
    with pytest.raises(BadRecord, match="empty"):
        await redact(world, made.id, text="\n\r\n", line=1)
    assert (await redact(world, made.id, text="42", line=1)).lines == [1]
    assert (await world.deployments.get(made.id)).title == "a 42"
    with pytest.raises(NoSuchLog):
        await redact(world, "dep_" + "0" * 37)


async def test_more_lines_than_are_changed_at_once_are_changed_by_asking_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each answer says whether it was all, and the log agrees with its digest in between."""
    monkeypatch.setattr("logflume.deployments.redaction.MAX_RECORDS", 3)
    old = await world.ended([SECRET] * 7)
    answers: list[Redacted] = []
    while not answers or not answers[-1].complete:
        answers.append(await redact(world, old.id))
        await check(world, old.id)
    assert [answer.lines for answer in answers] == [[1, 2, 3], [4, 5, 6], [7]]


async def test_appends_and_the_end_may_come_meanwhile(world: World) -> None:
    """Lines appended during a redaction are kept, whole and in order, and the end agrees."""
    made = await world.made()
    await world.say(made.id, SECRET, "x")

    async def write() -> None:
        for n in range(100):
            await world.say(made.id, f"line {n}")
        await world.deployments.change(made.id, Change(status="succeeded"))

    async def take() -> None:
        for line in range(3):
            await redact(world, made.id, text=f"line {line}")
            await redact(world, made.id)

    await asyncio.gather(write(), take())
    await check(world, made.id)
    said = [r["text"] for r in await records(world, made.id) if r.get("stream") == "stdout"]
    assert said[0] == "[redacted]"
    assert [text for text in said if text.startswith("line")][-1] == "line 99"
    assert len(said) == 102


async def test_a_redaction_whose_old_bytes_another_program_keeps_is_told_of(tmp_path: Path) -> None:
    """Whoever asked hears that there is more to do, everybody else that it is done; asking again
    does the rest. Caught: a feed that hears nothing of it."""
    store = await SqliteStore.open(tmp_path, on_failure=lambda _: None)
    world = World(store)
    await world.deployments.start()
    old = await world.ended([SECRET])
    other = apsw.Connection(str(tmp_path / DATABASE), flags=apsw.SQLITE_OPEN_READONLY)
    other.execute("BEGIN; SELECT count(*) FROM chunks")
    before = (await store.state(FEED)).tail
    with pytest.raises(StoreBusy, match="ask again"):
        await redact(world, old.id)
    assert (await store.state(FEED)).tail == before + 1
    assert (await check(world, old.id))["redacted"] == 1
    other.close()
    assert (await redact(world, old.id)).lines == []
    assert places(tmp_path, SECRET.encode()) == {}
    await store.close()


@pytest.mark.parametrize("seed", range(14))
async def test_a_redacted_log_is_what_search_and_replace_would_make_of_it(
    world: World, seed: int
) -> None:
    """Random lines, whole and cut, of two streams, with colours anywhere, redacted while the log
    grows and after its end."""
    chance = random.Random(seed)
    secret = chance.choice([SECRET, "abab", "aXbX", "s3cret\nsecond"])
    made = await world.made()
    for _ in range(chance.randrange(1, 12)):
        stream = chance.choice(["stdout", "stderr"])
        lines = some_lines(chance, secret)
        await world.deployments.append(log_of(made.id), encode_lines(lines, stream, 0))
    before = [r for r in await records(world, made.id) if r.get("kind") != "status"]
    if chance.random() < 0.5:
        await redact(world, made.id, text=secret)
    await world.deployments.change(made.id, Change(status="failed"))
    await redact(world, made.id, text=secret)
    await check(world, made.id)
    after = await records(world, made.id)
    lines_after = [r for r in after if r.get("kind") not in ("status", "redacted", "end")]
    assert [r["n"] for r in lines_after] == [r["n"] for r in before], seed
    for old, new in zip(before, lines_after, strict=True):
        cut = new.pop("redacted", 0)
        assert new == {**old, "text": new["text"]}
        assert (cut > 0) is (old["text"] != new["text"])
    for stream in ("stdout", "stderr"):
        old_text, new_text = shown(before, stream), shown(lines_after, stream)
        expected = naive(old_text, secret)
        if "\n" in secret:  # each line of it has a mark of its own, where there was something
            assert secret not in new_text, seed
            new_text = new_text.replace("[redacted]\n[redacted]", "[redacted]")
        assert new_text == expected, (seed, old_text)


def some_lines(chance: random.Random, secret: str) -> list[Line]:
    words = ["a", "b", "X", " ", "\x1b[31m", "\x1b[0m", *secret.split("\n"), secret.split("\n")[0]]
    lines: list[Line] = []
    for _ in range(chance.randrange(1, 6)):
        line = "".join(chance.choices(words, k=chance.randrange(1, 9)))
        while chance.random() < 0.4:
            place = chance.randrange(len(line) + 1)
            lines.append((line[:place], True))
            line = line[place:]
        lines.append((line, False))
    return lines


def shown(found: list[dict[str, Any]], stream: str) -> str:
    """What is seen of a stream's lines."""
    mine = [json.dumps(record) + "\n" for record in found if record["stream"] == stream]
    text = text_of("".join(mine).encode()).decode()
    return "\n".join(visible(line) for line in text.split("\n"))


async def test_the_audit_log_has_who_asked_and_what_changed_and_never_the_text() -> None:
    """Before the answer. What changes nothing is not noted."""
    app = App()
    audit = Audit(app.store, clock=lambda: 1)
    await audit.start()
    deployment = await app.deployment()
    path = f"/v1/deployments/{deployment}"
    headers = {"Content-Type": "text/plain"}
    await app.call("POST", f"{path}/log", headers, f"one\n{SECRET}\n".encode())
    asked = json.dumps({"text": SECRET}).encode()
    headers = {"Content-Type": "application/json"}
    for _ in range(2):
        assert (await app.call("POST", f"{path}/redactions", headers, asked)).status == 200
    [chunk] = await app.store.read(AUDIT, Seq(0), until=Seq(9), max_bytes=10**9)
    [noted] = [json.loads(record) for record in chunk.records()]
    assert (noted["kind"], noted["by"], noted["deployment"]) == ("redacted", "anybody", deployment)
    assert (noted["lines"], noted["fields"]) == ([2], [])
    assert SECRET not in str(noted)
