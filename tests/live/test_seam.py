"""The seam between history and live, under load, over real sockets."""

from __future__ import annotations

import asyncio
import json
import random
import time

import httpx2
import pytest

from tests.servers import ServerProcess, new_deployment

LINES = 10_000
LINES_PER_SECOND = 5_000
READERS = 100


async def produce(client: httpx2.AsyncClient, deployment: str) -> None:
    """5,000 lines a second in uneven batches, then the end."""
    started, sent = time.monotonic(), 0
    while sent < LINES:
        due = min(LINES, int((time.monotonic() - started) * LINES_PER_SECOND) + 1)
        if due > sent:
            body = "".join(f"line {n}\n" for n in range(sent + 1, due + 1))
            answer = await client.post(f"/v1/deployments/{deployment}/log", content=body)
            assert answer.status_code == 204
            sent = due
        await asyncio.sleep(random.uniform(0, 0.004))
    await client.patch(f"/v1/deployments/{deployment}", json={"status": "succeeded"})


async def read(client: httpx2.AsyncClient, deployment: str, wait_seconds: float) -> list[int]:
    """Join after a while: history first, then SSE from the offset that history gave."""
    await asyncio.sleep(wait_seconds)
    log = f"/v1/deployments/{deployment}/log"
    history = await client.get(log, headers={"Accept": "application/x-ndjson"})
    seen = [json.loads(line)["n"] for line in history.text.split("\n") if line]
    offset = history.headers["Stream-Next-Offset"]
    async with client.stream("GET", log, params={"live": "sse", "offset": offset}) as stream:
        async for line in stream.aiter_lines():
            if line.startswith("data:["):
                seen += [record["n"] for record in json.loads(line.removeprefix("data:"))]
    return seen


@pytest.mark.live
async def test_readers_who_join_at_any_moment_see_every_number_once(
    shared_server: ServerProcess,
) -> None:
    """100 of them, while 5,000 lines a second arrive.

    Caught: live that begins at the tail and not at the offset (numbers never seen), or one record
    early (a number twice).
    """
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    random.seed(seed)
    deployment = new_deployment(shared_server.url)
    limits = httpx2.Limits(max_connections=None)
    async with httpx2.AsyncClient(base_url=shared_server.url, limits=limits, timeout=30) as client:
        span_seconds = LINES / LINES_PER_SECOND
        readers = [
            read(client, deployment, random.uniform(0, span_seconds)) for _ in range(READERS)
        ]
        _, *seen = await asyncio.gather(produce(client, deployment), *readers)
    assert len(seen) == READERS
    for numbers in seen:
        assert numbers == list(range(1, LINES + 2))
