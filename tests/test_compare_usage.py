"""`logflume compare` where it cannot do what it was asked, or is stopped."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli_tools import LOGFLUME, NOBODY, CommandLine, until

pytestmark = pytest.mark.live

SHORT = ("--watchers", "2", "--lines", "5", "--rate", "100")
LASTING = ("--pattern", "sse", "--lines", "2000", "--rate", "50")


@pytest.fixture
def logflume(tmp_path: Path) -> CommandLine:
    """The command line; what it makes for a while is in the folder `temporary`."""
    (tmp_path / "temporary").mkdir()
    return CommandLine(tmp_path, NOBODY)


def environ(logflume: CommandLine, **extra: str) -> dict[str, str]:
    return logflume.environ({"TMPDIR": str(logflume.home / "temporary"), **extra})


def left_behind(logflume: CommandLine) -> list[str]:
    return [path.name for path in (logflume.home / "temporary").iterdir()]


def server_of(process: subprocess.Popen[bytes]) -> int | None:
    """The server that a comparison has started, once it measures."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(children[0]) if children else None


def begun(logflume: CommandLine, process: subprocess.Popen[bytes]) -> int:
    """Wait until the comparison's server serves; its process."""
    said = logflume.home / "temporary"
    until(lambda: any("serves" in path.read_text() for path in said.glob("*/sse/messages")))
    server = server_of(process)
    assert server is not None
    return server


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--watchers", "0"], "--watchers"),
        (["--watchers", "-1"], "--watchers"),
        (["--watchers", "many"], "--watchers"),
        (["--lines", "0"], "--lines"),
        (["--rate", "0"], "--rate"),
        (["--rate", "nan"], "--rate"),
        (["--rate", "fast"], "--rate"),
        (["--pattern", "telepathy"], "telepathy"),
        (["--log", "missing.log"], "missing.log"),
        (["--log", "empty.log"], "empty.log has no line"),
        (["--log", "."], "--log"),
        (["--report", "nowhere/report.html"], "there is no folder nowhere"),
        (["--report", "."], "that is a folder"),
    ],
)
def test_what_is_written_wrongly(logflume: CommandLine, arguments: list[str], words: str) -> None:
    """One line that names it, exit code 2, and nothing is measured."""
    (logflume.home / "empty.log").touch()
    ran = logflume("compare", *arguments, env={"TMPDIR": str(logflume.home / "temporary")})
    assert ran.returncode == 2
    assert ran.stdout == b""
    assert ran.stderr.startswith(b"logflume: ")
    assert words in ran.stderr.decode()
    assert ran.stderr.count(b"\n") == 1


def test_help_begins_with_examples(logflume: CommandLine) -> None:
    """As that of every command."""
    text = logflume("compare", "--help").stdout.decode()
    assert "logflume compare" in text[text.index("Examples:") : text.index("Options:")]


def test_a_server_that_dies(logflume: CommandLine) -> None:
    """It says so with the server's last lines, and ends with 1."""
    with logflume.running("compare", *LASTING, env=environ(logflume)) as process:
        os.kill(begun(logflume, process), signal.SIGKILL)
        stdout, stderr = process.communicate(timeout=20)
    assert process.returncode == 1
    assert stdout == b""
    assert b"logflume: the server died midway; its last lines:\n" in stderr
    assert b"Logflume serves http://127.0.0.1:" in stderr
    assert b"Traceback" not in stderr
    assert left_behind(logflume) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped(logflume: CommandLine, number: signal.Signals) -> None:
    """128 and the signal's number; neither the server nor its folder stay."""
    with logflume.running("compare", *LASTING, env=environ(logflume)) as process:
        server = begun(logflume, process)
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=20)
    assert process.returncode == 128 + number
    assert (stdout, stderr.count(b"\n")) == (b"", 1)
    assert b"stopped before the end" in stderr
    assert not Path(f"/proc/{server}").exists()
    assert left_behind(logflume) == []


def limited(files: int) -> Callable[[], None]:
    """A process may have so many files open, and no more."""
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))


def test_too_few_files(logflume: CommandLine) -> None:
    """It goes on with as many watchers as there is room for, and says what it leaves out."""
    command = [*LOGFLUME, "compare", "--json", "--pattern", "sse", "--lines", "5"]
    ran = subprocess.run(
        [*command, "--watchers", "80", "--rate", "100"],
        env=environ(logflume),
        capture_output=True,
        timeout=40,
        check=False,
        preexec_fn=limited(100),
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert found["plan"]["watchers"] == 40
    assert found["patterns"][0]["memory_bytes_a_watcher"] is None
    assert found["patterns"][0]["counted"]["lost"] == 0
    first, second = ran.stderr.decode().splitlines()
    assert "has room for 40 watchers, so it is 40 and not 80" in first
    assert "memory a watcher is left out" in second
    assert found["remarks"] == [row.removeprefix("logflume: ") for row in (first, second)]


def test_no_room_at_all(logflume: CommandLine) -> None:
    """Without room for one watcher there is nothing to measure."""
    ran = subprocess.run(
        [*LOGFLUME, "compare"],
        env=environ(logflume),
        capture_output=True,
        timeout=20,
        check=False,
        preexec_fn=limited(61),
    )
    assert (ran.returncode, ran.stdout) == (1, b"")
    assert b"leaves no room for a watcher" in ran.stderr


def test_a_log_of_ones_own(logflume: CommandLine) -> None:
    """Its lines are replayed: long ones, no text, empty ones; over again if it takes more."""
    rows = [b"x" * 100_000, b"\xff\xfe\x00", b"", b"\r", "grün".encode(), b"[1mlast"]
    (logflume.home / "own.log").write_bytes(b"\n".join(rows))
    arguments = ("--pattern", "history", "--watchers", "1", "--lines", "20")
    ran = logflume("compare", "--json", "--log", "own.log", *arguments)
    assert ran.returncode == 0, ran.stderr
    [found] = json.loads(ran.stdout)["patterns"]
    assert found["counted"]["deliveries"] >= 20
    assert found["counted"]["lost"] == 0
    assert found["record_bytes_a_line"] > 10_000


def test_a_terminal_is_shown_how_far_it_is(logflume: CommandLine) -> None:
    """A bar that is gone in the end, and a table in columns."""
    with logflume.terminal("compare", "--pattern", "history", *SHORT) as terminal:
        assert terminal.wait() == 0
    assert "━".encode() in terminal.screen
    assert b"request/response: deliveries" in terminal.screen
    shown = terminal.screen.rpartition(b"\x1b[K")[2].decode()
    assert shown.split()[:1] == ["history"]
    assert "━" not in shown
    assert "requests a line" in shown
    assert "\t" not in shown


def test_no_bar_without_colour(logflume: CommandLine) -> None:
    """NO_COLOR says that nothing but the words is wanted."""
    env = {"NO_COLOR": "1"}
    with logflume.terminal("compare", "--pattern", "history", *SHORT, env=env) as terminal:
        assert terminal.wait() == 0
    assert "━".encode() not in terminal.screen
    assert b"requests a line" in terminal.screen


def test_a_table_for_programs(logflume: CommandLine) -> None:
    """Where stdout is no terminal, tabs stand between the columns, and stderr is silent."""
    ran = logflume("compare", "--pattern", "history", *SHORT)
    assert ran.stderr == b""
    rows = [row.split("\t") for row in ran.stdout.decode().splitlines()]
    assert rows[0] == ["", "history"]
    assert ["cut: lines lost", "0"] in rows
    assert ["latency p50, ms", "–"] in rows
