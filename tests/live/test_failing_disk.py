"""A disk that fails to sync, and one that is full: nothing acknowledged is lost, and it is said."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from tests.bent_server import FAILS_TO_SYNC, FULL, SOUND, BentServer
from tests.contract.api import check_problem
from tests.contract.protocol_append import mark
from tests.servers import ServerProcess, new_deployment

FULL_BYTES = 24 * 1024 * 1024
"""Of the small disk; a new data folder takes a tenth of a megabyte."""

pytestmark = pytest.mark.live


@pytest.fixture
def bent(tmp_path: Path) -> Iterator[BentServer]:
    with BentServer(tmp_path / "data") as running:
        yield running


def append(log: str, seq: int, body: str) -> httpx2.Response:
    return httpx2.post(log, content=body, headers=mark(seq), timeout=30)


def texts(log: str) -> list[str]:
    answer = httpx2.get(log, timeout=30)
    assert answer.status_code == 200
    return [record["text"] for record in answer.json()]


def test_a_disk_that_fails_to_sync_ends_the_server(bent: BentServer) -> None:
    """What is being appended is not acknowledged, nor anything after it, and the exit code is not
    0; started again on a sound disk it has all that was acknowledged, and takes the repeat once.

    Caught: going on after a failed sync, which may succeed falsely the next time."""
    log = f"{bent.url}/v1/deployments/{new_deployment(bent.url)}/log"
    for seq in range(3):
        assert append(log, seq, f"{seq}\n").is_success
    bent.set_disk(FAILS_TO_SYNC)
    check_problem(append(log, 3, "3\n"), 503, "store-unavailable")
    bent.set_disk(SOUND)
    with suppress(httpx2.TransportError):  # it may have ended by now
        assert not append(log, 4, "4\n").is_success
    assert bent.wait() == 1
    assert "the store failed, so the server stopped" in bent.messages
    bent.start()
    assert append(log, 3, "3\n").is_success
    assert append(log, 4, "4\n").is_success
    assert texts(log) == ["0", "1", "2", "3", "4"]


def test_a_full_disk_refuses_appends_and_nothing_else(bent: BentServer) -> None:
    """507 with Retry-After; with room again the same append is taken, by the same server.

    Caught: a full disk that is taken for a broken one."""
    log = f"{bent.url}/v1/deployments/{new_deployment(bent.url)}/log"
    assert append(log, 0, "0\n").is_success
    bent.set_disk(FULL)
    for _ in range(3):
        refused = append(log, 1, "1" * 100_000)
        check_problem(refused, 507, "store-full")
        assert int(refused.headers["retry-after"]) > 0
        assert texts(log) == ["0"]
    bent.set_disk(SOUND)
    assert append(log, 1, "1\n").is_success
    bent.kill()
    bent.start()
    assert texts(log) == ["0", "1"]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with little room."""
    folder = tmp_path / "data"
    folder.mkdir()
    assert os.geteuid() == 0, "a small file system is mounted for this test: run it as root"
    mount = ["mount", "-t", "tmpfs", "-o", f"size={FULL_BYTES}", "tmpfs", str(folder)]
    subprocess.run(mount, check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_file_system_that_fills_up_loses_nothing(small: Path) -> None:
    """Appends until it is full, and then again and again: each is on disk or refused with 507. What
    was acknowledged is read all the while, room is enough to go on, and so is a restart. The mark
    that keeps some room free is off.

    Caught: a full disk on which the server ends, or cannot start."""
    with ServerProcess(small, options=["--min-free-mib", "0"]) as server:
        log = f"{server.url}/v1/deployments/{new_deployment(server.url)}/log"
        ballast = small / "ballast"
        ballast.write_bytes(bytes(FULL_BYTES // 3))
        sent: list[str] = []
        refusals = 0
        while refusals < 5:
            line = f"{len(sent)} " + "x" * 200_000
            answer = append(log, len(sent), line)
            if answer.is_success:
                sent.append(line)
                continue
            check_problem(answer, 507, "store-full")
            refusals += 1
        assert len(sent) > 10
        assert "".join(texts(log)) == "".join(sent)
        server.kill()
        server.start()
        assert "".join(texts(log)) == "".join(sent)
        ballast.unlink()
        assert append(log, len(sent), "more\n").is_success
        assert "".join(texts(log)) == "".join([*sent, "more"])
