"""A long history: in which pieces it is read and sent, and what is known of its length."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest

from logflume.http import history as history_module
from logflume.http.forms import PIECE_BYTES
from logflume.http.history import MAX_READ_BYTES, READ_BYTES
from logflume.records import Chunk, LogId, Rewrite, Seq
from logflume.store.memory import MemoryStore
from tests.asgi import App, Client

PATH = "/v1/stream/log"
FORK = "/v1/stream/fork"
JSON = {"Content-Type": "application/json"}
ENDLESS = 10**9


class NotingStore(MemoryStore):
    """Notes how much is read of it at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[int] = []

    async def read(self, log: LogId, after: Seq, *, until: Seq, max_bytes: int) -> Sequence[Chunk]:
        self.reads.append(max_bytes)
        return await super().read(log, after, until=until, max_bytes=max_bytes)


async def made(size_bytes: int, piece_bytes: int = 50_000) -> App:
    """A log of JSON of this length, appended in pieces of this length."""
    app = App(NotingStore())
    assert (await app.call("PUT", PATH, JSON)).status == 201
    text = b'"' + b"x" * 97 + b'"'  # and a newline
    for _ in range(size_bytes // piece_bytes):
        body = b"[" + b",".join([text] * (piece_bytes // 100)) + b"]"
        assert (await app.call("POST", PATH, JSON, body)).status == 204
    return app


async def of_lines(thousands: int) -> tuple[App, str]:
    """A deployment's log of so many thousand lines, and its path."""
    app = App()
    path = f"/v1/deployments/{await app.deployment()}/log"
    for _ in range(thousands):
        await app.call("POST", path, {"Content-Type": "text/plain"}, (b"x" * 99 + b"\n") * 1000)
    return app, path


async def reads_of(app: App) -> list[int]:
    """How much was read at a time to answer with all of the log."""
    store = app.store
    assert isinstance(store, NotingStore)
    store.reads.clear()
    answer = await app.call("GET", PATH)
    assert answer.body.count(b"x" * 97) * 100 == len(answer.body) - 1
    return store.reads


async def test_who_takes_all_that_he_gets_is_given_more_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Up to a bound. Caught: reads that stay small, or grow without end."""
    monkeypatch.setattr(history_module, "QUICK_SECONDS", ENDLESS)
    first, *rest = await reads_of(await made(8_000_000))
    assert first == READ_BYTES
    assert rest[0] == 2 * READ_BYTES
    assert max(rest) == rest[-1] == MAX_READ_BYTES


async def test_who_takes_his_time_is_given_little_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is read for him lies in memory until he has it. Caught: a read that grows all the
    same."""
    monkeypatch.setattr(history_module, "QUICK_SECONDS", 0)
    reads = await reads_of(await made(2_000_000))
    assert len(reads) > 1
    assert set(reads) == {READ_BYTES}


async def test_large_chunks_are_sent_as_they_lie_in_the_store() -> None:
    """Copying them is most of what sending them costs. Caught: a read whose chunks are joined."""
    app = await made(1_000_000, piece_bytes=2 * PIECE_BYTES // 100 * 100)
    client = Client()
    await app.run(client, "GET", f"{PATH}?format=ndjson")
    [log] = [log for log, _ in await app.store.logs("", {}, before=None, limit=1)]
    stored = await app.store.read(log, Seq(0), until=Seq(ENDLESS), max_bytes=ENDLESS)
    bodies = [message["body"] for message in client.sent[1:]]
    assert all(sent is chunk.body for sent, chunk in zip(bodies, stored, strict=True))


async def test_small_chunks_are_sent_together() -> None:
    """A log of single lines is not a message a line. Caught: each chunk sent by itself."""
    app = await made(500_000, piece_bytes=100)
    client = Client()
    await app.run(client, "GET", PATH)
    sizes = [len(message["body"]) for message in client.sent[1:]]
    assert len(sizes) < 2 * 500_000 / PIECE_BYTES
    assert max(sizes) <= PIECE_BYTES + 100


@pytest.mark.parametrize("form", ["json", "ndjson"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_whole_log_says_its_length(form: str, method: str) -> None:
    """However long it is, before it is read. Caught: a length that forgets the brackets."""
    app, path = await of_lines(3)
    whole = await app.call("GET", f"{path}?format={form}")
    asked = await app.call(method, f"{path}?format={form}")
    assert len(whole.body) > READ_BYTES
    assert int(asked.headers["content-length"]) == len(whole.body)


async def test_a_part_of_a_log_does_not_say_the_length_of_all() -> None:
    """Caught: the log's size for whatever part of it."""
    app = await made(600_000)
    for query in ("limit=5000", "tail=5000"):
        answer = await app.call("GET", f"{PATH}?{query}")
        assert answer.body.count(b"x" * 97) == 5000
        assert "content-length" not in answer.headers


async def test_a_fork_does_not_say_the_length_of_its_own_records() -> None:
    """Its size is that of what it holds itself. Caught: an answer that is longer than it says."""
    app = await made(600_000)
    assert (await app.call("PUT", FORK, {"Stream-Forked-From": PATH})).status == 201
    await app.call("POST", FORK, JSON, b'["own"]')
    answer = await app.call("GET", FORK)
    assert "content-length" not in answer.headers
    assert answer.body == (await app.call("GET", PATH)).body[:-1] + b',"own"]'


async def test_a_long_text_lets_others_have_their_turn() -> None:
    """Unpacking it takes its time. Caught: a text that is unpacked in one go."""
    app, path = await of_lines(12)
    turns = 0
    seen: list[int] = []

    class Watching(Client):
        async def send(self, message: Any) -> None:
            await super().send(message)
            seen.append(turns)

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.ensure_future(others())
    client = Watching()
    await app.run(client, "GET", f"{path}?format=text")
    other.cancel()
    assert client.answer.body == (b"x" * 99 + b"\n") * 12_000
    between = [after - before for before, after in pairwise(seen[1:-1])]
    assert len(between) > 5
    assert min(between) > 0


class RewritingStore(MemoryStore):
    """Replaces the last record while a log is read, at the read of this number."""

    at = 0

    async def read(self, log: LogId, after: Seq, *, until: Seq, max_bytes: int) -> Sequence[Chunk]:
        self.at -= 1
        if self.at == 0:
            [(log, state)] = await self.logs("", {}, before=None, limit=1)
            record = b'"short"\n'
            change = Rewrite(log, 5, {state.tail: record}, len(record) - 100)
            await self.rewrite([change])
        return await super().read(log, after, until=until, max_bytes=max_bytes)


async def rewriting(at: int) -> App:
    app = App(RewritingStore())
    await app.call("PUT", PATH, JSON)
    body = b"[" + b",".join([b'"' + b"x" * 97 + b'"'] * 10_000) + b"]"
    await app.call("POST", PATH, JSON, body)
    store = app.store
    assert isinstance(store, RewritingStore)
    store.at = at
    return app


async def test_an_answer_is_all_from_before_a_rewrite_or_all_from_after_it() -> None:
    """One that has not begun is told anew, with its length and tag; one that has is cut off.

    Caught: the first half of the old records and the second of the new."""
    app = await rewriting(at=1)
    answer = await app.call("GET", PATH)
    assert len(answer.body) == int(answer.headers["content-length"])
    assert answer.body.endswith(b'"short"]')
    assert answer.headers["etag"] == (await app.call("GET", PATH)).headers["etag"]
    app = await rewriting(at=2)
    with pytest.raises(RuntimeError, match="already started"):
        await app.call("GET", PATH)
