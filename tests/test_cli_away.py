"""`run`, `push` and `sync` when the server is away, goes away, or will not have the log.

The command never notices. What it wrote is on the server once, in order, sooner or later.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.cli_tools import NOBODY, CommandLine, Logs, page_id, returncode_of, until
from tests.servers import ServerProcess

pytestmark = pytest.mark.live

COUNT = "import time\nfor i in range({count}): print(i, flush=True); time.sleep({pause})"


def counting(count: int, pause: float) -> list[str]:
    """A command that says one number after the other."""
    return [sys.executable, "-c", COUNT.format(count=count, pause=pause)]


def numbers(count: int) -> list[str]:
    """What it says."""
    return [str(number) for number in range(count)]


def test_without_a_server(tmp_path: Path, server: ServerProcess) -> None:
    """The command is unaffected, the log is spooled, and `sync` brings it over whole."""
    away = CommandLine(tmp_path, NOBODY)
    ran = away("run", "--", "sh", "-c", "echo one; echo two; exit 3", env=_impatient())
    assert ran.returncode == 3
    assert ran.stdout == b"one\ntwo\n"
    [spool] = away.spools()
    assert f"the log is complete in {spool}; `logflume sync` sends it".encode() in ran.stderr

    synced = away("sync", "--server", server.url)
    assert synced.returncode == 0
    assert synced.stdout.decode() == f"sent\t{server.url}/d/{spool.name}\n"
    assert not away.spools()
    logs = Logs(server.url)
    assert logs.texts(spool.name) == ["one", "two"]
    assert (logs.only()["status"], logs.only()["exit_code"]) == ("failed", 3)
    assert away("sync").stderr == b"logflume: nothing is left over\n"


def test_a_server_that_is_away_is_not_waited_for(tmp_path: Path) -> None:
    """A command that has ended costs at most the time that LOGFLUME_SYNC_SECONDS allows."""
    away = CommandLine(tmp_path, NOBODY)
    started = time.monotonic()
    away("run", "--", "true", env={"LOGFLUME_SYNC_SECONDS": "0.5"})
    assert time.monotonic() - started < 3


def test_ctrl_c_ends_the_waiting(tmp_path: Path) -> None:
    """Who does not want to wait for the server after the command's end need not."""
    away = CommandLine(tmp_path, NOBODY)
    patient = {"LOGFLUME_SYNC_SECONDS": "1000"}
    with away.running("run", "--", "sh", "-c", "echo over; exit 6", env=patient) as process:
        assert process.stdout
        assert process.stdout.readline() == b"over\n"
        until(lambda: (away.spools()[0] / "result.json").exists())
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 6
    assert len(away.spools()) == 1


def test_a_server_that_comes_late(tmp_path: Path, server: ServerProcess) -> None:
    """A server that comes up while the command runs gets the log from its first line on."""
    logflume = CommandLine(tmp_path, server.url)
    server.stop()
    with logflume.running("run", "--", *counting(200, 0.02)) as process:
        assert process.stderr
        done = page_id(process.stderr.readline())
        assert b"the server is away" in process.stderr.readline()
        server.start()
        assert b"the server is back" in process.stderr.readline()
        assert process.wait(30) == 0
    assert Logs(server.url).texts(done) == numbers(200)
    assert not logflume.spools()


def test_a_server_that_is_killed_midway(tmp_path: Path, server: ServerProcess) -> None:
    """kill -9 in the middle, three times: every line is there once, in order, and the status."""
    logflume = CommandLine(tmp_path, server.url)
    logs = Logs(server.url)
    with logflume.running("run", "--", *counting(600, 0.005)) as process:
        assert process.stderr
        done = page_id(process.stderr.readline())
        for wanted in (10, 200, 400):
            until(partial(_has, logs, done, wanted))
            server.kill()
            server.start()
        output, _ = process.communicate(timeout=30)
        assert process.returncode == 0
    assert output == b"".join(f"{number}\n".encode() for number in range(600))
    assert logs.texts(done) == numbers(600)
    assert logs.only()["status"] == "succeeded"
    assert not logflume.spools()


def test_a_run_that_is_killed(tmp_path: Path, server: ServerProcess) -> None:
    """What a killed run had spooled is sent by the next one, with a note where it breaks off."""
    logflume = CommandLine(tmp_path, server.url)
    script = "echo begun; printf unfinished; sleep 1000"
    with logflume.running("run", "--", "sh", "-c", script) as process:
        assert process.stderr
        done = page_id(process.stderr.readline())
        logs = Logs(server.url)
        until(lambda: _lines(logs, done) == 2)
        process.kill()
        process.wait()

    ran = logflume("run", "--", "echo", "next")
    assert ran.returncode == 0
    until(lambda: logflume("sync").returncode == 0 and not logflume.spools())
    assert logs.texts(done) == ["begun", "unfinished"]
    assert "breaks off" in logs.texts(done, "system")[0]
    statuses = {one["id"]: one["status"] for one in logs.deployments()}
    assert statuses == {done: "failed", page_id(ran.stderr): "succeeded"}


def test_a_spool_in_use_is_left_alone(tmp_path: Path) -> None:
    """`sync` does not touch what a run is still writing."""
    away = CommandLine(tmp_path, NOBODY)
    with away.running("run", "--", "sh", "-c", "echo on; read end", env=_impatient()) as process:
        assert process.stdout
        assert process.stdin
        assert process.stdout.readline() == b"on\n"
        until(away.spools)
        assert away("sync").stderr == b"logflume: nothing is left over\n"
        process.stdin.close()
        assert process.wait(20) == 1


def test_left_overs_go_to_their_own_server(tmp_path: Path, server: ServerProcess) -> None:
    """A run sends the left-overs of its own server only: the token is not for another."""
    asked: list[str | None] = []
    here = CommandLine(tmp_path, server.url)
    with _answering(503, asked) as other:
        CommandLine(tmp_path, other)("run", "--", "echo", "elsewhere", env=_impatient())
        here("run", "--", "echo", "here", env={"LOGFLUME_TOKEN": "secret"})
    assert len(here.spools()) == 1
    assert "Bearer secret" not in asked
    assert Logs(server.url).only()["title"] == "echo here"


def test_sync_says_what_could_not_be_sent(tmp_path: Path) -> None:
    """`sync` exits 1 when something is left, and names it, as JSON if asked."""
    away = CommandLine(tmp_path, NOBODY)
    away("run", "--", "true", env=_impatient())
    synced = away("sync", "--json", env=_impatient())
    assert synced.returncode == 1
    assert b'"outcome":"away"' in synced.stdout
    assert str(away.spools()[0]).encode() in synced.stdout


def test_a_spool_that_cannot_be_written(tmp_path: Path, server: ServerProcess) -> None:
    """Without a home to write to, the spool goes to the temporary folder, which is said."""
    state = tmp_path / "state"
    state.write_text("not a folder")
    logflume = CommandLine(tmp_path, server.url)
    (tmp_path / "tmp").mkdir()
    ran = logflume("run", "--", "echo", "logged", env={"TMPDIR": str(tmp_path / "tmp")})
    assert ran.returncode == 0
    assert f"the spool is {tmp_path / 'tmp' / 'logflume-'}".encode() in ran.stderr
    assert Logs(server.url).texts(page_id(ran.stderr)) == ["logged"]


def test_no_folder_at_all(tmp_path: Path) -> None:
    """Where nothing can be written, the command runs all the same, and the loss is said."""
    (tmp_path / "state").write_text("not a folder")
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp" / f"logflume-{os.getuid()}").write_text("not a folder either")
    logflume = CommandLine(tmp_path, NOBODY)
    ran = logflume("run", "--", "echo", "hello", env={"TMPDIR": str(tmp_path / "tmp")})
    assert ran.returncode == 0
    assert ran.stdout == b"hello\n"
    assert b"logflume: no log is kept" in ran.stderr


def test_a_full_disk(tmp_path: Path, server: ServerProcess) -> None:
    """A spool that cannot grow loses lines loudly; the command and the rest of the log go on."""
    logflume = CommandLine(tmp_path, server.url)
    # A limit on file size is what a full disk looks like to the spool, and to nothing else here.
    limited = 'ulimit -f 64; exec "$0" "$@"'
    script = "i=0; while [ $i -lt 3000 ]; do echo line number $i; i=$((i+1)); done; exit 5"
    command = [sys.executable, "-m", "logflume", "run", "--", "sh", "-c", script]
    with logflume.running(args=["bash", "-c", limited, *command]) as process:
        output, stderr = process.communicate(timeout=30)
    assert process.returncode == 5
    assert output.count(b"\n") == 3000
    assert stderr.count(b"the log loses lines") == 1
    kept = Logs(server.url).texts(page_id(stderr))
    assert kept[:2] == ["line number 0", "line number 1"]
    [lost] = Logs(server.url).texts(page_id(stderr), "system")
    assert lost.startswith(f"{3000 - len(kept)} records are lost here")


@pytest.mark.parametrize("status", [403, 404, 422])
def test_a_server_that_refuses(tmp_path: Path, status: int) -> None:
    """A final "no" is said once, the command is unaffected, and the spool is kept."""
    with _answering(status) as url:
        logflume = CommandLine(tmp_path, url)
        ran = logflume("run", "--", "sh", "-c", "echo done; exit 2")
    assert ran.returncode == 2
    assert ran.stdout == b"done\n"
    assert ran.stderr.count(b"the log is not stored") == 1
    assert b"because of a reason" in ran.stderr
    assert (logflume.spools()[0] / "refused.txt").exists()


@pytest.mark.parametrize("status", [429, 500, 503, 507])
def test_a_server_that_says_later(tmp_path: Path, status: int) -> None:
    """An answer that asks for patience gets some, and counts as away in the end."""
    with _answering(status) as url:
        logflume = CommandLine(tmp_path, url)
        with logflume.running("run", "--", "sh", "-c", "read end", env=_impatient()) as process:
            assert process.stderr
            page_id(process.stderr.readline())
            assert b"the server is away" in process.stderr.readline()
            _, said = process.communicate(b"\n", timeout=30)
    assert process.returncode == 0
    assert b"`logflume sync` sends it" in said
    assert not (logflume.spools()[0] / "refused.txt").exists()


def test_a_token_is_sent(tmp_path: Path) -> None:
    """LOGFLUME_TOKEN goes to the server as a bearer token."""
    seen: list[str | None] = []
    with _answering(403, seen) as url:
        CommandLine(tmp_path, url)("run", "--", "true", env={"LOGFLUME_TOKEN": "secret"})
    assert set(seen) == {"Bearer secret"}


def test_push_spools_too(tmp_path: Path, server: ServerProcess) -> None:
    """What is pushed while the server is away is synced as a run's log is."""
    away = CommandLine(tmp_path, NOBODY)
    pushed = away("push", "--project", "shop", stdin=b"one\ntwo\n", env=_impatient())
    assert pushed.returncode == 0
    assert away("sync", "--server", server.url).returncode == 0
    assert Logs(server.url).texts(page_id(pushed.stderr)) == ["one", "two"]
    assert Logs(server.url).only()["status"] == "succeeded"


def test_a_signal_ends_a_push(tmp_path: Path, server: ServerProcess) -> None:
    """A push that is stopped takes what was written, and the deployment is cancelled."""
    logflume = CommandLine(tmp_path, server.url)
    with logflume.running("push") as process:
        assert process.stderr
        assert process.stdin
        done = page_id(process.stderr.readline())
        process.stdin.write(b"begun\n")
        process.stdin.flush()
        until(lambda: _lines(Logs(server.url), done) == 1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == returncode_of(signal.SIGTERM)
    assert Logs(server.url).texts(done) == ["begun"]
    assert Logs(server.url).only()["status"] == "cancelled"


def _impatient() -> dict[str, str]:
    return {"LOGFLUME_SYNC_SECONDS": "0"}


def _has(logs: Logs, deployment_id: str, lines: int) -> bool:
    return _lines(logs, deployment_id) >= lines


def _lines(logs: Logs, deployment_id: str) -> int:
    return sum(one["lines"] for one in logs.deployments() if one["id"] == deployment_id)


@contextmanager
def _answering(status: int, tokens: list[str | None] | None = None) -> Iterator[str]:
    """Something that answers every request with this status and a problem document."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if tokens is not None:
                tokens.append(self.headers["authorization"])
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(status)
            body = b'{"title":"No","detail":"because of a reason"}'
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.server_port}"
        finally:
            listening.shutdown()
            thread.join()
