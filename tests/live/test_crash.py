"""kill -9 again and again during ingest: what was acknowledged is there, once, in order; and what
a reader saw stays what it was."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.checker import Witness
from tests.forked import ForkedServer
from tests.live.test_resets import LOST, pieces
from tests.patterns import Source
from tests.servers import new_deployment

ROUNDS = int(os.environ.get("LOGFLUME_CRASH_ROUNDS", "100"))
"""`make soak` makes it more."""

PRODUCERS = 4
LIFE_SECONDS = (0.0, 0.15)
"""How long a server may live after it has acknowledged something."""

AGAIN_SECONDS = 0.01
"""Between the tries of those who cannot reach the server."""


@dataclass
class Producer:
    """Appends numbered lines with producer marks, and repeats what was not answered."""

    name: str
    log: str
    witness: Witness
    chance: random.Random
    acknowledged: asyncio.Event
    appends: int = 0
    unanswered: int = 0

    async def run(self, client: httpx2.AsyncClient, stop: asyncio.Event) -> None:
        number = 0
        while not stop.is_set():
            lines = [f"{self.name} {number + k}" for k in range(self.chance.randint(1, 30))]
            number += len(lines)
            self.witness.sends(self.name, lines)
            await self.send(client, "\n".join(lines))
            self.witness.hears(self.name)
            self.acknowledged.set()
            self.appends += 1

    async def send(self, client: httpx2.AsyncClient, body: str) -> None:
        """Send until it is answered, however often the server dies meanwhile."""
        headers = {
            "Producer-Id": self.name,
            "Producer-Epoch": "0",
            "Producer-Seq": str(self.appends),
        }
        while True:
            try:
                answer = await client.post(self.log, content=body, headers=headers)
            except httpx2.TransportError:
                self.unanswered += 1
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            assert answer.status_code in (200, 204), answer.text
            return


async def read(source: Source, name: str, witness: Witness) -> None:
    """Follow by one pattern, going on from the last offset after each death, and tell all."""
    offset, closed = "-1", False
    while not closed:
        try:
            async for piece in pieces(source, name, offset):
                witness.sees((json.loads(record)["n"], record) for record in piece.records)
                offset, closed = piece.offset, piece.closed
        except LOST:
            await asyncio.sleep(AGAIN_SECONDS)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ForkedServer]:
    with ForkedServer(tmp_path / "data") as running:
        yield running


@pytest.mark.live
@pytest.mark.timeout(90 + ROUNDS)
async def test_what_was_acknowledged_or_seen_survives_kill_9_once(server: ForkedServer) -> None:
    """Every line of every producer, in its order, at dense numbers; what five readers, one a
    pattern, ever saw; and the digest holds.

    Caught: acknowledging or showing before the commit (a line is lost), marks stored apart from
    the records (a line twice), a running hash that outlives its log (a wrong digest).
    """
    seed = int(os.environ.get("LOGFLUME_SEED", random.randrange(2**32)))
    print(f"LOGFLUME_SEED={seed}")
    chance, witness = random.Random(seed), Witness()
    stop, acknowledged = asyncio.Event(), asyncio.Event()
    path = f"/v1/deployments/{new_deployment(server.url)}"
    producers = [
        Producer(f"p{k}", f"{path}/log", witness, random.Random(chance.random()), acknowledged)
        for k in range(PRODUCERS)
    ]
    async with httpx2.AsyncClient(base_url=server.url, timeout=10) as client:
        source = Source(client, f"{path}/log")
        readers = [asyncio.create_task(read(source, name, witness)) for name in source.patterns]
        producing = [asyncio.create_task(producer.run(client, stop)) for producer in producers]
        for _ in range(ROUNDS):
            acknowledged.clear()
            await acknowledged.wait()
            await asyncio.sleep(chance.uniform(*LIFE_SECONDS))
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
        stop.set()
        await asyncio.gather(*producing)
        assert (await client.patch(path, json={"status": "failed"})).status_code == 200
        await asyncio.gather(*readers)
    assert sum(producer.unanswered for producer in producers) > 0, "no request was ever cut off"
    check(f"{server.url}{path}/log", witness)


def check(log: str, witness: Witness) -> None:
    """Against what the clients know, not against the store."""
    lines = httpx2.get(f"{log}?format=ndjson", timeout=30).content.split(b"\n")[:-1]
    records = [json.loads(line) for line in lines]
    found = [(record["n"], line) for record, line in zip(records, lines, strict=True)]
    assert witness.judge(found, lambda line: json.loads(line).get("text")) == []
    assert len(witness.seen) == len(found)
    end = records[-1]
    assert end["lines"] == len(records) - 1
    whole = b"".join(line + b"\n" for line in lines[:-1])
    assert end["digest"] == "sha256:" + hashlib.sha256(whole).hexdigest()
