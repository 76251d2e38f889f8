"""How much of a log one answer to a search covers, and what becomes of one nobody waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from logflume.deployments.line_records import encode_end
from logflume.deployments.patterns import MAX_EFFORT, Regex
from logflume.deployments.search import CONTEXT_CHARS, LOOK_BACK
from logflume.http import findings as findings_module
from logflume.http import search as search_module
from logflume.http.findings import MAX_NUMBERS, Findings
from logflume.http.search import AT_ONCE
from logflume.records import Append, Chunk, LogId, Seq
from logflume.store.memory import MemoryStore
from tests.asgi import App, Client

ENDLESS = 10.0**9
TEXT = {"Content-Type": "text/plain"}


async def made(*appends: bytes, store: MemoryStore | None = None) -> tuple[App, str]:
    """A log of these appends, and the path of a search."""
    app = App(store)
    path = f"/v1/deployments/{await app.deployment()}/log"
    for append in appends:
        assert (await app.call("POST", path, TEXT, append)).status == 204
    return app, f"{path}/search"


async def parts(app: App, path: str, query: str) -> list[dict[str, Any]]:
    """All answers of a search."""
    found: list[dict[str, Any]] = []
    offset = "-1"
    while offset:
        answer = await app.call("GET", f"{path}?{query}&offset={offset}")
        assert answer.status == 200
        found.append(msgspec.json.decode(answer.body))
        offset = found[-1]["next"]
    return found


async def test_an_answer_ends_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """But it always brings the search further."""
    monkeypatch.setattr(search_module, "WORK_SECONDS", 0)
    app, path = await made(*[b"x\ny\n" * 100] * 5)
    found = await parts(app, path, "q=x")
    assert [part["searched"]["last"] for part in found] == [200, 400, 600, 800, 1000]
    assert [n for part in found for n in part["numbers"]] == list(range(1, 1001, 2))


async def test_an_answer_is_given_however_little_was_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow disk keeps nobody waiting."""
    monkeypatch.setattr(search_module, "WORK_SECONDS", ENDLESS)
    monkeypatch.setattr(search_module, "LATEST_SECONDS", 0)
    monkeypatch.setattr(search_module, "READ_BYTES", 1)
    app, path = await made(*[b"x\n" * 100] * 3)
    found = await parts(app, path, "q=x")
    assert len(found) > 1
    assert [n for part in found for n in part["numbers"]] == list(range(1, 301))


@pytest.mark.parametrize("limit", [0, 1])
async def test_an_answer_ends_when_it_has_enough_numbers(
    monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    """Right after the last one."""
    monkeypatch.setattr(search_module, "WORK_SECONDS", ENDLESS)
    app, path = await made(b"x\ny\n" * (MAX_NUMBERS + 10))
    found = await parts(app, path, f"q=x&limit={limit}")
    assert [len(part["numbers"]) for part in found] == [MAX_NUMBERS, 10]
    assert found[0]["searched"]["last"] == found[0]["numbers"][-1] == 2 * MAX_NUMBERS - 1
    assert [len(part["records"]) for part in found] == [limit, limit]


async def test_an_answer_ends_when_it_has_enough_records(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each number below the limit has its own; one record more than fits, so that it gets on."""
    monkeypatch.setattr(search_module, "WORK_SECONDS", ENDLESS)
    monkeypatch.setattr(findings_module, "MAX_RECORDS_BYTES", 1000)
    app, path = await made(*[b"x" * 300 + b"\n"] * 8)
    found = await parts(app, path, "q=x")
    assert [part["numbers"] for part in found] == [[1, 2, 3], [4, 5, 6], [7, 8]]
    for part in found:
        assert [record["n"] for record in part["records"]] == part["numbers"]
    [whole] = await parts(app, path, "q=x&limit=0")
    assert len(whole["numbers"]) == 8


async def test_a_costly_pattern_looks_at_the_clock_more_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its answers cover less, and none takes longer."""
    monkeypatch.setattr(search_module, "WORK_SECONDS", 0)
    app, path = await made(b"abc\n" * 1000)
    costly = ".{0,1000}q"
    assert Regex(costly, case=False).stride_bytes < MAX_EFFORT // 5000
    assert len(await parts(app, path, f"regex={costly}")) > len(await parts(app, path, "regex=q"))


async def test_lines_go_on_over_the_border_of_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """With others between, as many as are looked back on."""
    monkeypatch.setattr(search_module, "WORK_SECONDS", 0)
    app = App()
    path = f"/v1/deployments/{await app.deployment()}/log"
    begun = b'{"text":"need","partial":true}\n'
    between = b'{"text":"-","stream":"stderr"}\n' * (LOOK_BACK - 1)
    for append in (begun, between, b'{"text":"le"}\n'):
        await app.call("POST", path, {"Content-Type": "application/x-ndjson"}, append)
    found = await parts(app, f"{path}/search", "q=needle")
    assert [part["numbers"] for part in found] == [[], [], [LOOK_BACK + 1]]


async def test_a_long_line_is_remembered_by_its_end() -> None:
    """A match may lie across a border as far as is kept of it."""
    app = App()
    path = f"/v1/deployments/{await app.deployment()}/log"
    text = "a" + "b" * (CONTEXT_CHARS - 1)
    body = msgspec.json.encode([{"text": text, "partial": True}, {"text": "c"}])
    await app.call("POST", path, {"Content-Type": "application/json"}, body)
    [found] = await parts(app, f"{path}/search", "regex=ab*c")
    assert found["numbers"] == [2]


class LeavingStore(MemoryStore):
    """Its reader's client leaves when it has read so often."""

    def __init__(self, client: Client, after: int) -> None:
        super().__init__()
        self.reads = 0
        self._client = client
        self._after = after

    async def read(self, log: LogId, after: Seq, *, until: Seq, max_bytes: int) -> Sequence[Chunk]:
        self.reads += 1
        if self.reads == self._after:
            self._client.gone.set()
        return await super().read(log, after, until=until, max_bytes=max_bytes)


async def test_nobody_works_for_a_client_that_has_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search ends, although it has time, and nothing is answered."""
    monkeypatch.setattr(search_module, "WORK_SECONDS", ENDLESS)
    monkeypatch.setattr(search_module, "READ_BYTES", 1)
    client = Client()
    store = LeavingStore(client, after=3)
    app, path = await made(*[b"x" * 300_000] * 20, store=store)
    await app.run(client, "GET", f"{path}?q=x")
    assert client.sent == []
    assert store.reads < 10


class FinishedStore(MemoryStore):
    """Its log is finished while it is read."""

    async def read(self, log: LogId, after: Seq, *, until: Seq, max_bytes: int) -> Sequence[Chunk]:
        chunks = await super().read(log, after, until=until, max_bytes=max_bytes)
        if not (await self.state(log)).closed:
            await self.append(
                log, Append(1, encode_end("failed", 1, until, "0" * 64, 0), close=True)
            )
        return chunks


async def test_what_comes_meanwhile_is_for_the_next_search() -> None:
    """A log that is closed meanwhile has not ended where this search does."""
    app, path = await made(b"x\n" * 3, store=FinishedStore())
    await app.call("POST", path.removesuffix("/search"), TEXT, b"x" * 300_000)
    first = await app.call("GET", f"{path}?kind=line,end&limit=0")
    found = msgspec.json.decode(first.body)
    assert (found["searched"]["last"], found["next"]) == (found["numbers"][-1], None)
    assert first.headers["stream-up-to-date"] == "true"
    assert "stream-closed" not in first.headers
    second = await app.call("GET", f"{path}?kind=end&offset={first.headers['stream-next-offset']}")
    assert msgspec.json.decode(second.body)["numbers"] == [found["searched"]["last"] + 1]
    assert second.headers["stream-closed"] == "true"


class DeletedStore(MemoryStore):
    """Its log is deleted while it is read."""

    async def read(self, log: LogId, after: Seq, *, until: Seq, max_bytes: int) -> Sequence[Chunk]:
        if after:
            await self.delete(log)
        return await super().read(log, after, until=until, max_bytes=max_bytes)


async def test_a_log_that_is_deleted_meanwhile_is_not_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was found of it is not told."""
    monkeypatch.setattr(search_module, "WORK_SECONDS", ENDLESS)
    monkeypatch.setattr(search_module, "READ_BYTES", 1)
    app, path = await made(*[b"x" * 300_000] * 2, store=DeletedStore())
    assert (await app.call("GET", f"{path}?q=x")).status == 404


async def test_who_waits_for_a_turn_may_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    """And others have theirs."""
    app, path = await made(b"x\n")
    client = Client()
    client.gone.set()
    await app.run(client, "GET", f"{path}?q=x")
    answers = await asyncio.gather(*[app.call("GET", f"{path}?q=x") for _ in range(3 * AT_ONCE)])
    assert [answer.status for answer in answers] == [200] * (3 * AT_ONCE)


async def test_few_search_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything else needs the processor, too."""
    working = most = 0

    class Counted(Findings):
        def look(self, *arguments: Any) -> None:
            nonlocal working, most
            working += 1
            most = max(most, working)
            super().look(*arguments)
            working -= 1

    monkeypatch.setattr(search_module, "Findings", Counted)
    app, path = await made(*[b"x" * 60_000 + b"\n"] * 20)
    await asyncio.gather(*[app.call("GET", f"{path}?regex=y") for _ in range(5 * AT_ONCE)])
    assert 0 < most <= AT_ONCE
