"""`logflume search`: lines for people and for programs, and an exit code as grep has it."""

from __future__ import annotations

import json
from pathlib import Path

import httpx2
import pytest

from tests.cli_tools import NOBODY, CommandLine
from tests.servers import ServerProcess, new_deployment

pytestmark = pytest.mark.live

LINES = "one fish\n\x1b[31mRED\x1b[0m fish \x1b]0;title\x07\nerror: no bait\n"


@pytest.fixture
def logflume(tmp_path: Path, shared_server: ServerProcess) -> CommandLine:
    return CommandLine(tmp_path, shared_server.url)


@pytest.fixture
def log(logflume: CommandLine) -> str:
    deployment = new_deployment(logflume.server)
    path = f"{logflume.server}/v1/deployments/{deployment}/log"
    httpx2.post(path, content=LINES.encode()).raise_for_status()
    httpx2.post(f"{path}?stream=stderr", content=b"two fish\n").raise_for_status()
    return deployment


def shown(logflume: CommandLine, *arguments: str) -> list[str]:
    """The lines that are found; there are some."""
    done = logflume("search", *arguments)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode().splitlines()


def test_lines_that_match_are_printed(logflume: CommandLine, log: str) -> None:
    """As they are, where stdout is no terminal; with their numbers if asked for."""
    assert shown(logflume, log, "ONE FISH") == ["one fish"]
    assert shown(logflume, log, "red fish", "--raw")[0].startswith("\x1b[31mRED\x1b[0m fish")
    assert shown(logflume, log, "^(one|two)", "--regex") == ["one fish", "two fish"]
    assert shown(logflume, log, "fish", "--numbers", "-n", "1") == ["1:one fish"]
    assert shown(logflume, log, "--level", "error", "--numbers") == ["3:error: no bait"]
    assert shown(logflume, log, "fish", "--stream", "stderr") == ["two fish"]
    levels = ("--level", "error", "--level", "warning")
    assert shown(logflume, log, *levels) == ["error: no bait"]
    assert shown(logflume, f"{logflume.server}/d/{log}", "bait") == ["error: no bait"]


def test_records_for_programs(logflume: CommandLine, log: str) -> None:
    """As the server has them."""
    history = httpx2.get(f"{logflume.server}/v1/deployments/{log}/log").json()
    assert [json.loads(row) for row in shown(logflume, log, "fish", "--json")] == [
        history[number] for number in (0, 1, 3)
    ]


def test_a_terminal_gets_colours_and_nothing_else(logflume: CommandLine, log: str) -> None:
    """Nor those with NO_COLOR; all of it with --raw."""
    command = ("search", log, "red fish")
    with logflume.terminal(*command) as terminal:
        assert terminal.wait() == 0
    assert b"\x1b[31mRED\x1b[0m fish " in terminal.screen
    assert b"title" not in terminal.screen
    with logflume.terminal(*command, env={"NO_COLOR": "1"}) as terminal:
        assert terminal.wait() == 0
    assert b"RED fish " in terminal.screen
    assert b"\x1b[" not in terminal.screen
    with logflume.terminal(*command, "--raw") as terminal:
        assert terminal.wait() == 0
    assert b"\x1b]0;title" in terminal.screen


@pytest.mark.parametrize("arguments", [("whale",), ("FISH", "--case"), ("--level", "warning")])
def test_nothing_found(logflume: CommandLine, log: str, arguments: tuple[str, ...]) -> None:
    """Nothing is printed, and the exit code is 1."""
    done = logflume("search", log, *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "say what to look for"),
        (("--regex",), "--regex needs a TEXT"),
        (("a(b", "--regex"), "missing )"),
        (("x", "--stream", "out"), "stream must be one of"),
        (("x", "-n", "0"), "greater than or equal to 1"),
        (("x", "--server", NOBODY), "no answer from"),
    ],
)
def test_what_cannot_be_searched(
    logflume: CommandLine, log: str, arguments: tuple[str, ...], said: str
) -> None:
    """It says why, and the exit code is not that of a search that found nothing."""
    done = logflume("search", log, *arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in done.stderr.decode()


def test_a_deployment_that_is_not_there(logflume: CommandLine) -> None:
    """Neither by an id that nobody has nor by what is no id."""
    for which in ("dep_" + 37 * "0", "nonsense"):
        assert logflume("search", which, "x").returncode == 2
