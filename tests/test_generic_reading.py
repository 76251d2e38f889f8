"""Reading a generic log: what it does to the log's lifetime, and what it costs the store."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from logflume.records import Append, Chunk, LogId, Seq, State
from logflume.store.memory import MemoryStore
from tests.asgi import App, Client

PATH = "/v1/stream/log"
TEN_SECONDS = 10_000_000
USES = {
    "history": ("GET", PATH, {}),
    "the tail": ("GET", f"{PATH}?offset=now", {}),
    "a page": ("GET", f"{PATH}?limit=1", {}),
    "what is known": ("GET", PATH, {"If-None-Match": "*"}),
    "long polling": ("GET", f"{PATH}?offset=-1&live=long-poll", {}),
    "an append": ("POST", PATH, {"Content-Type": "text/plain"}),
    "a close": ("POST", PATH, {"Stream-Closed": "true"}),
}
NO_USES = {
    "HEAD": ("HEAD", PATH, {}),
    "OPTIONS": ("OPTIONS", PATH, {}),
    "making again": ("PUT", PATH, {"Content-Type": "text/plain", "Stream-TTL": "10"}),
    "a refusal": ("POST", PATH, {"Content-Type": "application/json"}),
}
Request = tuple[str, str, Mapping[str, str]]


class CountingStore(MemoryStore):
    """Counts what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = self.writes = 0

    async def state(self, log: LogId) -> State:
        self.reads += 1
        return await super().state(log)

    async def read(self, log: LogId, after: Seq, *, until: Seq, max_bytes: int) -> Sequence[Chunk]:
        self.reads += 1
        return await super().read(log, after, until=until, max_bytes=max_bytes)

    async def append(self, log: LogId, append: Append) -> State:
        self.writes += 1
        return await super().append(log, append)


async def made(store: MemoryStore | None = None, **headers: str) -> App:
    """An application with one log, that says `text`."""
    app = App(store)
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = await app.call("PUT", PATH, {"Content-Type": "text/plain", **told}, b"text")
    assert answer.status == 201
    return app


@pytest.mark.parametrize("use", USES.values(), ids=list(USES))
async def test_who_uses_a_log_keeps_it(use: Request) -> None:
    """Its ten seconds begin anew. Caught: a use that is not noted."""
    method, address, headers = use
    app = await made(Stream_TTL="10")
    app.now_us += TEN_SECONDS * 9 // 10
    body = b"more" if "Content-Type" in headers else b""
    assert (await app.call(method, address, headers, body)).status < 400
    app.now_us += TEN_SECONDS * 9 // 10
    assert (await app.call("HEAD", PATH)).status == 200
    app.now_us += TEN_SECONDS
    assert (await app.call("HEAD", PATH)).status == 404


async def test_who_follows_a_log_keeps_it_from_when_they_came() -> None:
    """SSE is a use as it begins. What is appended meanwhile is one of its own."""
    app = await made(Stream_TTL="10")
    app.now_us += TEN_SECONDS * 9 // 10
    client = Client()
    following = asyncio.ensure_future(app.run(client, "GET", f"{PATH}?offset=-1&live=sse"))
    for _ in range(1000):
        await asyncio.sleep(0)
    assert client.sent
    app.now_us += TEN_SECONDS * 9 // 10
    assert (await app.call("HEAD", PATH)).status == 200
    client.gone.set()
    await following


@pytest.mark.parametrize("look", NO_USES.values(), ids=list(NO_USES))
async def test_who_only_looks_does_not_keep_it(look: Request) -> None:
    """It expires as if they had not been there. Caught: HEAD as a use."""
    method, address, headers = look
    app = await made(Stream_TTL="10")
    app.now_us += TEN_SECONDS * 9 // 10
    await app.call(method, address, headers, b"1" if method == "POST" else b"")
    app.now_us += TEN_SECONDS // 4
    assert (await app.call("HEAD", PATH)).status == 404
    assert (await app.call("GET", PATH)).status == 404


async def test_polling_costs_no_read_of_the_store() -> None:
    """Who asks again and again whether there is more is told from what is known; the first to read
    records reads them.

    Caught: a state that is read for each request, records read to say that they are known."""
    store = CountingStore()
    app = await made(store)
    tag = (await app.call("GET", PATH)).headers["etag"]
    store.reads = store.writes = 0
    for _ in range(10):
        assert (await app.call("GET", PATH, {"If-None-Match": tag})).status == 304
        assert (await app.call("GET", f"{PATH}?offset=now")).status == 200
    assert (store.reads, store.writes) == (0, 0)
    await app.call("POST", PATH, {"Content-Type": "text/plain"}, b"more")
    answer = await app.call("GET", PATH, {"If-None-Match": tag})
    assert (answer.status, answer.body) == (200, b"textmore")


async def test_polling_a_log_that_expires_when_idle_costs_few_writes() -> None:
    """Sixteen in an idle time at most, however many ask."""
    store = CountingStore()
    app = await made(store, Stream_TTL="10")
    store.writes = 0
    for _ in range(1000):
        app.now_us += TEN_SECONDS // 1000
        assert (await app.call("GET", f"{PATH}?offset=now")).status == 200
    assert 1 <= store.writes <= 16


async def test_how_soon_to_ask_again_follows_the_silence() -> None:
    """A tenth of it, of whoever is silent; an append makes it short again."""
    app = await made()
    pauses = []
    for silent_seconds in (0, 60, 3600):
        app.now_us += silent_seconds * 1_000_000
        pauses.append(int((await app.call("GET", PATH)).headers["retry-after"]))
    await app.call("POST", PATH, {"Content-Type": "text/plain"}, b"more")
    pauses.append(int((await app.call("GET", PATH)).headers["retry-after"]))
    assert pauses == [1, 6, 30, 1]
