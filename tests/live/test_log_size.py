"""A producer at full speed writes ten times what its log may have: the disk, and who watches."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import httpx2
import pytest

from tests.servers import ServerProcess, new_deployment
from tests.sse import SseReader
from tests.trimmed import NDJSON, check_dense, check_end

pytestmark = pytest.mark.live

LIMIT = 2 * 1024 * 1024
LINE = "x" * 900
BATCH = 400


class Limited(ServerProcess):
    def command(self) -> list[str]:
        return [*super().command(), "--max-log-bytes", str(LIMIT)]


def test_ten_times_the_limit_at_full_speed(tmp_path: Path) -> None:
    """The database stays near the limit, a watcher at the tail has every number, the end holds.
    Caught: a log that is trimmed too late, or a watcher that loses its place."""
    with Limited(tmp_path / "data") as server:
        deployment = new_deployment(server.url)
        address = f"{server.url}/v1/deployments/{deployment}"
        seen: list[dict[str, object]] = []
        with SseReader(f"{address}/log?offset=-1&live=sse") as reader:
            assert reader.batch().records == []
            watching = threading.Thread(target=lambda: seen.extend(reader.rest()))
            watching.start()
            largest = _write(address, tmp_path / "data" / "logflume.db")
            body = {"status": "succeeded", "exit_code": 0}
            assert httpx2.patch(address, json=body, timeout=60).status_code == 200
            watching.join(timeout=60)
        history = httpx2.get(f"{address}/log", headers=NDJSON).content
        end = check_end(history)
        check_dense(history, 1, end["n"])
        assert len(history) < LIMIT + LIMIT // 4
        assert end["omitted"] > end["lines"] // 2
        assert largest < 6 * LIMIT
        check_dense(b"".join(json.dumps(record).encode() + b"\n" for record in seen), 1, end["n"])


def _write(address: str, database: Path) -> int:
    """Write ten times the limit; how large the database became."""
    written = largest = 0
    body = f"{LINE}\n" * BATCH
    with httpx2.Client(timeout=60) as client:
        while written < 10 * LIMIT:
            answer = client.post(f"{address}/log", content=body)
            assert answer.status_code == 204
            written += len(body)
            largest = max(largest, database.stat().st_size)
    return largest
