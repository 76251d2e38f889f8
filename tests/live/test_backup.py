"""`logflume backup` of a server that is written to: one moment, whole, whatever breaks off."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import random
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import httpx2
import pytest

from logflume.cli.offline import examine
from logflume.errors import StoreFull
from logflume.store import sqlite_snapshot
from logflume.store.sqlite import SqliteStore
from logflume.store.sqlite_snapshot import COPY
from tests.cli_tools import LOGFLUME, NOBODY, CommandLine
from tests.contract.store import EMPTY, LOG
from tests.producing import Producer
from tests.servers import ServerProcess, new_deployment
from tests.test_metrics import until
from tests.websocket import log_path

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]

BULK_BYTES = 16 * 1024 * 1024
"""So much that a copy takes longer than many commits."""


def fill(url: str) -> None:
    """Give the store something to copy."""
    log = f"{url}/v1/stream/bulk"
    kind = {"Content-Type": "application/octet-stream"}
    httpx2.put(log, headers=kind)
    piece = random.Random(1).randbytes(4 * 1024 * 1024)
    with httpx2.Client(timeout=30) as client:
        for _ in range(BULK_BYTES // len(piece)):
            assert client.post(log, content=piece, headers=kind).status_code == 204


@contextmanager
def producing(url: str, count: int) -> Iterator[list[Producer]]:
    """Producers that append all the time, each to a log of its own."""
    stop = threading.Event()
    made = [Producer(f"p{n}", url + log_path(new_deployment(url)), stop) for n in range(count)]
    threads = [threading.Thread(target=one.run) for one in made]
    for thread in threads:
        thread.start()
    try:
        yield made
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def stored_texts(database: Path, log: str) -> list[str]:
    """The lines of a deployment's log in a database."""
    connection = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)
    rows = connection.execute(
        "SELECT body FROM chunks JOIN logs ON chunks.log = logs.key WHERE id = ? ORDER BY last",
        ("deployment/" + log.split("/")[-2],),
    )
    records = b"".join(body for (body,) in rows if isinstance(body, bytes))
    connection.close()
    return [json.loads(row)["text"] for row in records.splitlines()]


def test_a_backup_is_one_moment_of_a_busy_server(server: ServerProcess, tmp_path: Path) -> None:
    """All that was acknowledged before it began is in it, and of each log a beginning; appends go
    on meanwhile. Caught: what changes behind the copy is left out of it."""
    fill(server.url)
    line = CommandLine(tmp_path, server.url)
    with producing(server.url, 3) as producers:
        until(lambda: all(len(one.acknowledged) > 50 for one in producers))
        before = [list(one.acknowledged) for one in producers]
        run = line("backup", "b.db", "--json")
        after = [list(one.acknowledged) for one in producers]
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert told["bytes"] > BULK_BYTES
    assert told["sha256"] == hashlib.sha256((tmp_path / "b.db").read_bytes()).hexdigest()
    assert examine(tmp_path / "b.db").damages == []
    assert (tmp_path / "b.db").stat().st_mode & 0o777 == 0o600
    for one, known, later in zip(producers, before, after, strict=True):
        assert len(later) > len(known), "nothing was appended meanwhile"
        texts = stored_texts(tmp_path / "b.db", one.log)
        assert texts[: len(known)] == known
        assert one.acknowledged[: len(texts)] == texts[: len(one.acknowledged)]
    assert not (server.data / COPY).exists()


@pytest.mark.parametrize("victim", ["server", "client"])
def test_a_backup_that_is_killed_leaves_nothing(
    server: ServerProcess, tmp_path: Path, victim: str
) -> None:
    """Neither a file that looks like one nor what was copied of it; the old one stays."""
    seed = random.randrange(2**32)
    print("seed", seed)
    rng = random.Random(seed)
    fill(server.url)
    line = CommandLine(tmp_path, server.url)
    assert line("backup", "b.db").returncode == 0
    old = (tmp_path / "b.db").read_bytes()
    for _ in range(2):
        backup = subprocess.Popen(
            [*LOGFLUME, "backup", "b.db"], cwd=tmp_path, env=line.environ(), stderr=subprocess.PIPE
        )
        until(lambda: (server.data / COPY).exists() or any(tmp_path.glob(".b.db*")))
        time.sleep(rng.uniform(0, 0.1))
        if victim == "server":
            server.kill()
            said = backup.communicate(timeout=20)[1]
            server.start()
            whole = backup.returncode == 0
            assert whole or said.startswith(b"logflume: ")
        else:
            backup.kill()
            backup.communicate(timeout=20)
            whole = (tmp_path / "b.db").read_bytes() != old
        if whole:  # it was quicker
            assert examine(tmp_path / "b.db").damages == []
            old = (tmp_path / "b.db").read_bytes()
        assert (tmp_path / "b.db").read_bytes() == old
    until(lambda: not (server.data / COPY).exists())
    assert victim == "client" or not list(tmp_path.glob(".b.db*"))
    assert httpx2.get(f"{server.url}/readyz").status_code == 200
    until(lambda: line("backup", "b.db").returncode == 0)  # the one before has been given up


def test_one_backup_at_a_time(server: ServerProcess) -> None:
    """A second one is refused until the first is over, also when its client takes nothing."""
    fill(server.url)
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as slow:
        slow.sendall(b"POST /v1/backup HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
        assert slow.recv(15) == b"HTTP/1.1 200 OK"
        refused = httpx2.post(f"{server.url}/v1/backup")
        assert refused.status_code == 409
        assert "a backup is being made already" in refused.json()["detail"]
    until(lambda: httpx2.post(f"{server.url}/v1/backup", timeout=30).status_code == 200)


def test_the_answer_says_what_it_is(shared_server: ServerProcess) -> None:
    """Its length and digest in its head, and a database that needs no other file as its body."""
    answer = httpx2.post(f"{shared_server.url}/v1/backup")
    digest = base64.b64encode(hashlib.sha256(answer.content).digest()).decode()
    assert answer.headers["Content-Digest"] == f"sha-256=:{digest}:"
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert answer.headers["Content-Type"] == "application/vnd.sqlite3"
    assert answer.content.startswith(b"SQLite format 3\0")
    assert answer.content[18:20] == b"\x01\x01", "it wants a write-ahead log"
    assert httpx2.get(f"{shared_server.url}/v1/backup").status_code == 405


def test_what_the_memory_has_is_not_backed_up(memory_server: ServerProcess, tmp_path: Path) -> None:
    """And the command says so."""
    run = CommandLine(tmp_path, memory_server.url)("backup", "b.db")
    assert run.returncode == 1
    assert b"in memory only" in run.stderr
    assert not (tmp_path / "b.db").exists()


@pytest.mark.parametrize(
    ("body", "said"),
    [(b"this", b"what came is not what the server has sent"), (b"thi", b"no backup was made")],
    ids=["another", "cut short"],
)
def test_a_backup_that_arrives_otherwise_is_thrown_away(
    tmp_path: Path, body: bytes, said: bytes
) -> None:
    """When it is not what the server says that it sent, or not all of it; the old one stays.
    Caught: nobody looks at the digest; the file has its name before it is whole."""
    (tmp_path / "b.db").write_bytes(b"old")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                digest = base64.b64encode(hashlib.sha256(b"that").digest())
                head = b"HTTP/1.1 200 OK\r\nContent-Digest: sha-256=:%b:\r\n" % digest
                connection.sendall(head + b"Content-Length: 4\r\n\r\n" + body)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        run = CommandLine(tmp_path, f"http://127.0.0.1:{port}")("backup", "b.db")
        thread.join(10)
    assert run.returncode == 1
    assert said in run.stderr
    assert [path.name for path in tmp_path.glob("*b.db*")] == ["b.db"]
    assert (tmp_path / "b.db").read_bytes() == b"old"


def test_a_file_that_cannot_be_written_is_said(
    shared_server: ServerProcess, tmp_path: Path
) -> None:
    """In one line."""
    run = CommandLine(tmp_path, shared_server.url)("backup", "missing/b.db")
    assert run.returncode == 1
    assert run.stderr.count(b"\n") == 1
    assert b"cannot be written" in run.stderr


def test_a_server_that_is_away_is_said(tmp_path: Path) -> None:
    """In one line, and there is no file."""
    run = CommandLine(tmp_path, NOBODY)("backup", "b.db")
    assert run.returncode == 1
    assert b"no backup was made: connection refused" in run.stderr
    assert list(tmp_path.iterdir()) == []


async def test_a_copy_for_which_there_is_no_room_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And harms no change that shares its transaction."""
    monkeypatch.setattr(sqlite_snapshot, "SPARE_BYTES", 1 << 60)
    store = await SqliteStore.open(tmp_path, on_failure=lambda _: None)
    copying = asyncio.ensure_future(store.snapshot())
    created = await store.create(LOG, EMPTY)
    with pytest.raises(StoreFull, match="a backup needs"):
        await copying
    assert await store.state(LOG) == created
    await store.ready()
    await store.close()


async def test_what_a_crash_left_of_a_copy_goes_at_the_next_start(tmp_path: Path) -> None:
    """It would take up as much room as the store."""
    (tmp_path / COPY).write_bytes(b"half a database")
    store = await SqliteStore.open(tmp_path, on_failure=lambda _: None)
    assert not (tmp_path / COPY).exists()
    await store.close()
