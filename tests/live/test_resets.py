"""Connections that are cut again and again: every pattern still reads every number once."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing

import httpx2
import pytest
import websockets.exceptions

from tests.cutting import CuttingProxy
from tests.patterns import Piece, Source
from tests.servers import ServerProcess, new_deployment

LINES = 3_000
SECONDS = 2.5
LOST = (httpx2.TransportError, websockets.exceptions.WebSocketException, OSError)


async def produce(client: httpx2.AsyncClient, path: str) -> None:
    """Numbered lines over some seconds, then the end. Not through the proxy."""
    sent = 0
    while sent < LINES:
        count = random.randint(1, 40)
        body = "".join(f"line {n}\n" for n in range(sent + 1, sent + count + 1))
        assert (await client.post(path, content=body)).status_code == 204
        sent += count
        await asyncio.sleep(SECONDS * count / LINES)
    end = await client.patch(path.removesuffix("/log"), json={"status": "succeeded"})
    assert end.status_code == 200


async def pieces(source: Source, name: str, offset: str) -> AsyncGenerator[Piece, None]:
    """What one pattern brings until its connection is cut."""
    streams = {"SSE": source.sse_pieces, "WebSocket": source.websocket_pieces}
    if name not in streams:
        yield await source.patterns[name](offset)
        return
    async with aclosing(streams[name](offset)) as stream:  # whoever leaves, leaves no connection
        async for piece in stream:
            yield piece


async def follow(source: Source, name: str) -> list[int]:
    """Every number that this pattern brings, going on from the last offset after each cut."""
    offset, closed, seen = "-1", False, []
    while not closed:
        try:
            async for piece in pieces(source, name, offset):
                offset, closed = piece.offset, piece.closed
                seen += [json.loads(record)["n"] for record in piece.records]
        except LOST:
            continue
    return seen


@pytest.mark.live
async def test_followers_see_every_number_once_though_connections_are_cut(
    shared_server: ServerProcess,
) -> None:
    """Cut every 50 to 500 ms, at any byte.

    Caught: an `id` or offset that is not the one after the batch, a batch that is taken before its
    control event, a numbering that begins anew with the connection.
    """
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    random.seed(seed)
    path = f"/v1/deployments/{new_deployment(shared_server.url)}/log"
    async with (
        CuttingProxy(shared_server.url, random.Random(seed)) as proxy,
        httpx2.AsyncClient(base_url=shared_server.url, timeout=40, verify=False) as direct,
        httpx2.AsyncClient(base_url=proxy.url, timeout=40, verify=False) as cut,
    ):
        source = Source(cut, path)
        names = list(source.patterns)
        producing = asyncio.create_task(produce(direct, path))
        seen = await asyncio.gather(*(follow(source, name) for name in names))
        await producing
        assert proxy.cuts > 20
    last = seen[0][-1]
    assert last > LINES
    for name, numbers in zip(names, seen, strict=True):
        assert numbers == list(range(1, last + 1)), name
