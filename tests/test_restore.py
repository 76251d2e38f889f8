"""`logflume restore`: all that the backup has, under new epochs: no old offset is misread."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from logflume.cli.offline import examine
from logflume.client.blocking.client import Client
from logflume.client.errors import LogReset
from logflume.records import Ancestor, LogId, Seq, State
from logflume.store.sqlite_restore import UNFINISHED, new_epochs, renewed
from tests.cli_tools import LOGFLUME, NOBODY, CommandLine
from tests.servers import ServerProcess
from tests.stored import TEXT, Filled
from tests.test_metrics import until
from tests.websocket import ws_url


class Restored:
    """A server, backed up, that went on, failed, and was restored; the same address before and
    after."""

    def __init__(self, folder: Path) -> None:
        self.server = ServerProcess(folder / "data")
        self.filled = Filled(self.server.url)
        self.bodies = self.filled.bodies()
        self.line = CommandLine(folder, self.server.url)
        self.backup = folder / "backup.db"
        assert self.line("backup", str(self.backup)).returncode == 0
        self.running = f"/v1/deployments/{self.filled.running}/log"
        httpx2.post(self.server.url + self.running, content="after\nthe backup\n", headers=TEXT)
        self.filled.produce(3)
        self.offsets = self.filled.tails()
        self.server.kill()
        self.server.data = folder / "new"
        run = self.line("restore", str(self.backup), "--data", str(self.server.data))
        assert run.returncode == 0, run.stderr
        self.server.start()
        # What comes now has the numbers of what is lost.
        httpx2.post(self.server.url + self.running, content="other\nlines\n", headers=TEXT)


@pytest.fixture(scope="module")
def restored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Restored]:
    made = Restored(tmp_path_factory.mktemp("restored"))
    with made.server:
        yield made


def test_all_that_the_backup_has_is_there(restored: Restored) -> None:
    """Byte for byte, forks and their ancestors too."""
    found = restored.filled.bodies()
    grown = json.loads(found.pop(restored.running))
    assert [one["text"] for one in grown[-2:]] == ["other", "lines"]
    del restored.bodies[restored.running]
    assert found == restored.bodies


def test_an_old_offset_is_refused_by_every_pattern(restored: Restored) -> None:
    """409, whatever the log: also where the same record still stands at that number. Caught: logs
    keep their epochs, a fork keeps its ancestors'."""
    url = restored.server.url
    for path, tail in restored.offsets.items():
        start = tail.split("_")[0] + "_0000000000000001"
        for offset in (tail, start):
            for live in ("", "&live=sse", "&live=long-poll", "&live=follow"):
                answer = httpx2.get(f"{url}{path}?offset={offset}{live}")
                assert (answer.status_code, path) == (409, path)
                assert answer.json()["type"] == "urn:logflume:problem:wrong-epoch"
            answer = httpx2.get(f"{url}{path}?live=sse", headers={"Last-Event-ID": offset})
            assert answer.status_code == 409
            with pytest.raises(InvalidStatus) as refused:
                connect(ws_url(url, path, f"offset={offset}"))
            assert refused.value.response.status_code == 409
        for other in restored.offsets.values():  # a fork's first records have its ancestors' epochs
            shared = other.split("_")[0] + "_0000000000000001"
            assert httpx2.get(f"{url}{path}?offset={shared}").status_code == 409


def test_the_offsets_of_a_fork_go_on_rising(restored: Restored) -> None:
    """From its ancestors' to its own, each of which reads on."""
    url = restored.server.url
    for path in restored.offsets:
        offsets: list[str] = []
        offset = "-1"
        while offset not in offsets[-1:]:
            answer = httpx2.get(f"{url}{path}?offset={offset}&limit=1")
            assert answer.status_code == 200
            offset = answer.headers["Stream-Next-Offset"]
            offsets.append(offset)
        assert offsets == sorted(offsets), path


def test_what_only_asks_whether_it_is_new_is_told(restored: Restored) -> None:
    """An answer that was kept from before is none any more: its `ETag` has the old epoch."""
    path = restored.running
    old = restored.offsets[path]
    answer = httpx2.get(restored.server.url + path)
    assert answer.headers["ETag"].count(answer.headers["Stream-Next-Offset"]) == 1
    assert old not in answer.headers["ETag"]


def test_a_producer_is_told_what_is_lost(restored: Restored) -> None:
    """A repeat of what the backup has is a repeat; what follows the lost append is a gap."""
    again, following = restored.filled.produce(2), restored.filled.produce(4)
    assert again.status_code == 204
    assert following.status_code == 409
    assert following.json()["type"] == "urn:logflume:problem:producer-gap"
    assert following.headers["Producer-Expected-Seq"] == "3"


def test_a_client_hears_that_the_log_was_put_back(restored: Restored) -> None:
    """As an error of its own, by every transport; not as lines it has not asked for."""
    path = restored.running
    with Client(restored.server.url) as client:
        for transport in ("sse", "websocket", "long-poll", "poll"):
            records = client.follow(
                restored.filled.running, offset=restored.offsets[path], transport=transport
            )
            with pytest.raises(LogReset, match="made anew or put back"):
                next(iter(records))


def test_the_feed_begins_anew(restored: Restored) -> None:
    """Who follows the list reads it again: the feed's last records say that it began anew."""
    feed = httpx2.get(f"{restored.server.url}/v1/deployments/feed").json()
    assert "restart" in [record["kind"] for record in feed[-3:]]


def test_a_deployment_goes_on_to_its_end(restored: Restored) -> None:
    """And its digest is that of the records that are there."""
    log = restored.server.url + restored.running
    ended = httpx2.patch(log.removesuffix("/log"), json={"status": "succeeded"})
    assert ended.status_code == 200
    another = restored.backup.with_name("another.db")
    assert restored.line("backup", str(another)).returncode == 0
    found = examine(another)
    assert (found.damages, found.digests) == ([], 3)


def test_a_tail_that_was_running_says_what_happened(tmp_path: Path) -> None:
    """It reconnects, is refused, and says why; exit code 1."""
    with ServerProcess(tmp_path / "data") as server:
        filled = Filled(server.url)
        line = CommandLine(tmp_path, server.url)
        log = f"{server.url}/v1/deployments/{filled.running}/log"
        assert line("backup", "b.db").returncode == 0
        httpx2.post(log, content="soon lost\n", headers=TEXT)
        with line.running("tail", filled.running) as tail:
            assert tail.stdout is not None
            while b"soon lost" not in tail.stdout.readline():
                pass
            server.kill()
            assert line("restore", "b.db", "--data", "new").returncode == 0
            server.data = tmp_path / "new"
            server.start()
            _, said = tail.communicate(timeout=20)
        assert tail.returncode == 1
        assert b"reconnecting" in said
        assert b"made anew or put back; read from the start again" in said


def test_only_an_empty_folder_is_restored_into(restored: Restored, tmp_path: Path) -> None:
    """Nothing that is there is touched, and a server's folder above all. What a restore that broke
    off has left is no hindrance."""
    line = CommandLine(tmp_path, NOBODY)
    (tmp_path / "full").mkdir()
    (tmp_path / "full/something").write_text("mine")
    run = line("restore", str(restored.backup), "--data", "full")
    assert run.returncode == 2
    assert b"full is not empty (something)" in run.stderr
    run = line("restore", str(restored.backup), "--data", str(restored.server.data))
    assert run.returncode == 2
    assert b"another Logflume" in run.stderr
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / UNFINISHED).write_text("half a database")
    assert line("restore", str(restored.backup), "--data", "broken").returncode == 0
    assert examine(tmp_path / "broken/logflume.db").damages == []


def test_a_damaged_backup_is_not_restored(restored: Restored, tmp_path: Path) -> None:
    """And no folder is made of it."""
    data = bytearray(restored.backup.read_bytes())
    data[data.index(b"xxxxxxxx")] ^= 1
    (tmp_path / "bad.db").write_bytes(data)
    run = CommandLine(tmp_path, NOBODY)("restore", "bad.db", "--data", "new")
    assert run.returncode == 1
    assert b"is damaged, and nothing was restored" in run.stderr
    assert not (tmp_path / "new").exists()


def test_a_restore_that_is_killed_leaves_no_database(restored: Restored, tmp_path: Path) -> None:
    """Or a whole one, and never one with old epochs. Caught: the file has its name before its
    epochs."""
    seed = random.randrange(2**32)
    print("seed", seed)
    rng = random.Random(seed)
    for number in range(3):
        folder = tmp_path / str(number)
        command = [*LOGFLUME, "restore", str(restored.backup), "--data", str(folder)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
            wait_for_some(folder, run, rng)
            run.kill()
        database = folder / "logflume.db"
        if database.exists():
            assert examine(database).damages == []
            assert b"line 0" in database.read_bytes()
        shutil.rmtree(folder, ignore_errors=True)


def wait_for_some(folder: Path, run: subprocess.Popen[bytes], rng: random.Random) -> None:
    """Return when the restore has begun, and has got somewhere."""
    until(lambda: folder.exists() or run.poll() is not None)
    for _ in range(rng.randrange(2000)):
        if (folder / "logflume.db").exists():
            return


def state(epoch: int, *ancestors: Ancestor) -> State:
    return State(epoch, "text/plain", tail=Seq(9), ancestors=ancestors)


@given(st.lists(st.integers(1, 2 * 10**15), min_size=4, max_size=4), st.integers(1, 2 * 10**15))
def test_new_epochs_are_later_than_all_there_were(epochs: list[int], now_us: int) -> None:
    """Whatever the clock says now or said then; a fork's are later than its ancestors', which it
    knows. Caught: a clock that went back, generations that are not counted."""
    root, child, grandchild, other = map(LogId, ("root", "child", "grandchild", "other"))
    first, second = Ancestor(root, epochs[0], Seq(3)), Ancestor(child, epochs[1], Seq(5))
    states = {
        root: state(epochs[0]),
        child: state(epochs[1], first),
        grandchild: state(epochs[2], first, second),
        other: state(epochs[3]),
    }
    made = new_epochs(states, now_us)
    assert min(made.values()) >= now_us
    assert min(made.values()) > max(epochs)
    assert made[root] < made[child] < made[grandchild]
    new = renewed(states[grandchild], grandchild, made)
    assert new.epoch == made[grandchild]
    assert [one.epoch for one in new.ancestors] == [made[root], made[child]]
    assert [str(new.offset(Seq(seq))) for seq in range(10)] == sorted(
        str(new.offset(Seq(seq))) for seq in range(10)
    )
