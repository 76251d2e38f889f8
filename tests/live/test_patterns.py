"""Five patterns, one log: whoever reads it, in whatever way, reads the same bytes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import httpx2
import pytest

from tests.patterns import Source
from tests.servers import ServerProcess, new_deployment

APPENDS = 100


async def grow(client: httpx2.AsyncClient, path: str) -> None:
    """Lines of all kinds in uneven batches, then the end."""
    texts = ["plain", "colour \x1b[31mred\x1b[0m", "a\rb\r", "„Grüße“ ☃ \u2028", "]},{", ""]
    for n in range(APPENDS):
        lines = [f"{n} {random.choice(texts)}" for _ in range(random.choice((1, 1, 3, 200)))]
        answer = await client.post(path, content="\n".join(lines).encode() + b"\n")
        assert answer.status_code == 204
        await asyncio.sleep(random.choice((0, 0, 0.001, 0.02)))
    end = await client.patch(path.removesuffix("/log"), json={"status": "succeeded"})
    assert end.status_code == 200


async def follow(source: Source, *names: str) -> list[bytes]:
    """The whole log, each batch by one of these patterns, chosen anew."""
    offset, closed, seen = "-1", False, []
    while not closed:
        piece = await source.patterns[random.choice(names)](offset)
        offset, closed = piece.offset, piece.closed
        seen += piece.records
    return seen


async def stream(source: Source, name: str) -> list[bytes]:
    """The whole log over one connection."""
    pieces = source.sse_pieces("-1") if name == "SSE" else source.websocket_pieces("-1")
    seen: list[bytes] = []
    async for piece in pieces:
        seen += piece.records
    return seen


@pytest.fixture
async def source(shared_server: ServerProcess) -> AsyncIterator[Source]:
    path = f"/v1/deployments/{new_deployment(shared_server.url)}/log"
    limits = httpx2.Limits(max_connections=None)
    base = shared_server.url
    async with httpx2.AsyncClient(base_url=base, limits=limits, timeout=40, verify=False) as client:
        yield Source(client, path)


@pytest.mark.live
async def test_every_pattern_reads_the_same_bytes_of_a_growing_log(source: Source) -> None:
    """All at once while it grows: each pattern by itself, each stream over one connection, three
    readers who change the pattern at every batch, and one body that goes on.

    Caught: a pattern that begins one record late or early, an offset that is not the one after the
    batch, JSON that is encoded anew.
    """
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    random.seed(seed)
    names = list(source.patterns)
    readers = [follow(source, name) for name in names]
    readers += [stream(source, name) for name in ("SSE", "WebSocket")]
    readers += [follow(source, *names) for _ in range(3)] + [source.body()]
    _, *seen = await asyncio.gather(grow(source.client, source.path), *readers)
    stored = await source.client.get(source.path, headers={"Accept": "application/x-ndjson"})
    records = stored.content.removesuffix(b"\n").split(b"\n")
    assert len(records) > APPENDS
    assert [found == records for found in seen] == [True] * len(readers)
