"""The seam between history and live, and between the patterns, under load, over real sockets."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from contextlib import aclosing

import httpx2
import pytest

from tests.live.test_resets import pieces
from tests.patterns import Source
from tests.servers import ServerProcess, new_deployment

LINES = 10_000
LINES_PER_SECOND = 10_000
READERS = 500
MOST_HISTORY = 300
MOST_PIECES = 200
"""That a reader takes by one live pattern before it goes on by another; of those who ask, one: five
hundred who ask again at once would keep the machine from anything else."""

ASKING = ("request/response", "short polling")


def produce(log: str) -> None:
    """10,000 lines a second in uneven batches, then the end. In a process of its own: readers have
    theirs busy."""
    started, sent = time.monotonic(), 0
    with httpx2.Client(timeout=60) as client:
        while sent < LINES:
            due = min(LINES, int((time.monotonic() - started) * LINES_PER_SECOND) + 1)
            if due > sent:
                body = "".join(f"line {n}\n" for n in range(sent + 1, due + 1))
                assert client.post(log, content=body).status_code == 204
                sent = due
            time.sleep(random.uniform(0, 0.004))
        client.patch(log.removesuffix("/log"), json={"status": "succeeded"})


async def read(url: str, log: str, wait_seconds: float) -> str | None:
    """Join after a while, and go on by one pattern after the other; what is wrong. Connections are
    the reader's own: a pool of a thousand is looked through for each request."""
    await asyncio.sleep(wait_seconds)
    async with httpx2.AsyncClient(base_url=url, timeout=None, verify=False, trust_env=False) as own:
        return await go_on(Source(own, log))


async def go_on(source: Source) -> str | None:
    history = await source.client.get(source.path, params={"tail": random.randint(1, MOST_HISTORY)})
    offset = history.headers["Stream-Next-Offset"]
    closed = history.headers.get("Stream-Closed") == "true"
    due = int(offset.partition("_")[2]) + 1
    numbers = [record["n"] for record in history.json()]
    if numbers != list(range(due - len(numbers), due)):
        return f"history gave {numbers} before {offset}"
    while not closed:
        name = random.choice(list(source.patterns))
        async with aclosing(pieces(source, name, offset)) as some:
            left = 1 if name in ASKING else random.randint(1, MOST_PIECES)
            async for piece in some:
                for record in piece.records:
                    if not record.startswith(b'{"n":%d,' % due):
                        return f"{name} gave {record!r} where {due} was due"
                    due += 1
                offset, closed, left = piece.offset, piece.closed, left - 1
                if not left or closed:
                    break
    return None if due == LINES + 2 else f"it ended before {due}"


@pytest.mark.live
@pytest.mark.timeout(180)
async def test_readers_who_join_at_any_moment_and_switch_see_every_number_once(
    shared_server: ServerProcess,
) -> None:
    """500 of them, while 10,000 lines a second arrive.

    Caught: live that begins at the tail and not at the offset (numbers never seen), or one record
    early (a number twice).
    """
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    random.seed(seed)
    log = f"/v1/deployments/{new_deployment(shared_server.url)}/log"
    url, span_seconds = shared_server.url, LINES / LINES_PER_SECOND
    readers = [read(url, log, random.uniform(0, span_seconds)) for _ in range(READERS)]
    command = [sys.executable, "-m", __name__, f"{url}{log}"]
    producer = await asyncio.create_subprocess_exec(*command)
    wrong = await asyncio.gather(*readers)
    assert await producer.wait() == 0
    assert [one for one in wrong if one] == []


if __name__ == "__main__":
    produce(sys.argv[1])
