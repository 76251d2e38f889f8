"""`/readyz` tells the truth: the store has just taken a write, or which of its troubles it has."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import apsw
import httpx2
import pytest

from logflume.deployments.reckoning import RECKONING
from logflume.errors import StoreFull, StoreUnavailable
from logflume.http import health
from logflume.store.memory import MemoryStore
from logflume.store.sqlite import SqliteStore
from logflume.store.sqlite_file import DATABASE, WAL
from tests.asgi import App
from tests.cli_tools import until
from tests.servers import ServerProcess


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    made = await SqliteStore.open(tmp_path, on_failure=lambda _: None)
    yield made
    await made.close()


async def asked(app: App) -> tuple[int, dict[str, Any]]:
    """The status of `/readyz`, and what it says."""
    answer = await app.call("GET", "/readyz")
    return answer.status, json.loads(answer.body)


async def reason(app: App) -> str:
    """Why the server is not ready."""
    status, told = await asked(app)
    assert status == 503
    assert told["type"] == "urn:logflume:problem:not-ready"
    assert told["detail"]
    return str(told["reason"])


async def test_a_store_that_takes_a_write_is_ready(store: SqliteStore) -> None:
    """And the write has been synced."""
    before = (await store.figures()).commit_seconds.buckets()[-1]
    assert await asked(App(store)) == (200, {"status": "ready"})
    assert (await store.figures()).commit_seconds.buckets()[-1] != before


def test_probes_make_nothing_grow(server: ServerProcess) -> None:
    """Neither the feed nor the database; the write-ahead log goes round. Caught: a probe appends
    to the feed."""

    def rows() -> list[Any]:
        connection = apsw.Connection(str(server.data / DATABASE), flags=apsw.SQLITE_OPEN_READONLY)
        found = connection.execute("SELECT id, state FROM logs ORDER BY id").fetchall()
        found += connection.execute("SELECT log, last, ends, body FROM chunks").fetchall()
        connection.close()
        return found

    until(lambda: any(row[0] == RECKONING for row in rows()))  # it begins with the first sweep
    before, size = rows(), (server.data / DATABASE).stat().st_size
    with httpx2.Client(base_url=server.url) as client:
        for _ in range(300):
            assert client.get("/readyz").status_code == 200
    assert rows() == before
    assert (server.data / DATABASE).stat().st_size == size
    assert (server.data / WAL).stat().st_size < 64 * 1024 * 1024


async def test_a_disk_that_is_stuck_is_said_in_time(store: SqliteStore) -> None:
    """Within 2 s, with one write waiting and not one a probe; and it is over when it is over.
    Caught: a probe that waits for its write."""
    freed = threading.Event()
    stuck = store._write(lambda _: freed.wait())
    app = App(store)
    began = time.monotonic()
    try:
        reasons = await asyncio.gather(*(reason(app) for _ in range(20)))
        took_seconds = time.monotonic() - began
        waiting = store._writer._queue.qsize()
    finally:
        freed.set()
        await stuck
    assert set(reasons) == {"store-slow"}
    assert took_seconds < 2
    assert waiting == 1
    assert await asked(app) == (200, {"status": "ready"})


async def test_a_full_disk_is_not_ready(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while the write-ahead log has room yet. Caught: only the write is looked at."""
    app = App(store)
    free_bytes = (await store.figures()).free_bytes
    assert free_bytes
    monkeypatch.setattr(health, "LEAST_FREE_BYTES", 2 * free_bytes)
    assert await reason(app) == "store-full"


class FullStore(MemoryStore):
    """A store whose disk takes no write."""

    async def ready(self) -> None:
        raise StoreFull("no room is left for the database")


async def test_a_write_that_finds_no_room_is_not_ready() -> None:
    """Whatever the disk says of itself."""
    assert await reason(App(FullStore())) == "store-full"


async def test_a_database_that_somebody_holds_is_not_ready(
    tmp_path: Path, store: SqliteStore
) -> None:
    """And is again when it is let go."""
    app = App(store)
    other = apsw.Connection(str(tmp_path / DATABASE))
    other.set_busy_timeout(5000)  # the store has just been opened, and may be writing
    other.execute("BEGIN IMMEDIATE")
    assert await reason(app) == "store-busy"
    other.execute("COMMIT")
    other.close()
    assert (await asked(app))[0] == 200


async def test_a_store_that_has_failed_is_not_ready(store: SqliteStore) -> None:
    """For good."""
    await store.ready()  # the writer waits for what comes, and lets go of its connection
    store._writer._fail(StoreUnavailable("disk I/O error"))
    assert await reason(App(store)) == "store-failed"


async def test_a_server_that_stops_is_not_ready() -> None:
    """So that nobody new is sent to it; it lives all the same."""
    app = App()
    assert (await asked(app))[0] == 200
    app.tails.stop()
    assert await reason(app) == "stopping"
    assert (await app.call("GET", "/healthz")).status == 200


def test_a_server_that_is_halted_answers_when_it_goes_on(server: ServerProcess) -> None:
    """SIGSTOP and SIGCONT leave it ready."""
    os.kill(server.pid, signal.SIGSTOP)
    with pytest.raises(httpx2.TimeoutException):
        httpx2.get(f"{server.url}/readyz", timeout=0.5)
    os.kill(server.pid, signal.SIGCONT)
    assert httpx2.get(f"{server.url}/readyz").status_code == 200
