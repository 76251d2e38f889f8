"""`logflume redact`: from where it takes the secret, what it asks, and what it says."""

from __future__ import annotations

import json
from pathlib import Path

import httpx2
import pytest

from tests.cli_tools import CommandLine, Logs
from tests.servers import ServerProcess, new_deployment

pytestmark = pytest.mark.live

SECRET = "hunter2!"
LINES = f"one\nsays {SECRET}\n{SECRET} {SECRET}\n"


@pytest.fixture
def logflume(tmp_path: Path, shared_server: ServerProcess) -> CommandLine:
    return CommandLine(tmp_path, shared_server.url)


@pytest.fixture
def log(logflume: CommandLine) -> str:
    deployment = new_deployment(logflume.server)
    path = f"{logflume.server}/v1/deployments/{deployment}/log"
    httpx2.post(path, content=LINES.encode()).raise_for_status()
    return deployment


def texts(logflume: CommandLine, log: str) -> list[str]:
    return Logs(logflume.server).texts(log)


def test_a_line_is_redacted_and_the_command_says_so(logflume: CommandLine, log: str) -> None:
    """By the page's address, too; and it does not repeat what must not be read."""
    done = logflume("redact", f"{logflume.server}/d/{log}", "--line", "2", "--text", SECRET)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"redacted: line 2\n", b"")
    assert texts(logflume, log) == ["one", "says [redacted]", f"{SECRET} {SECRET}"]
    again = logflume("redact", log, "--line", "2", "--text", SECRET)
    assert (again.returncode, again.stdout) == (1, b"it was not found\n")


def test_the_secret_need_not_stand_on_the_command_line(logflume: CommandLine, log: str) -> None:
    """It comes from stdin, or out of a file, with the newline that ends either."""
    told = logflume("redact", log, "--all-lines", "--text", "-", "--json", stdin=b"hunter2!\n")
    assert json.loads(told.stdout)["lines"] == [2, 3]
    (logflume.home / "leaked").write_text("one\nsays [redacted")
    done = logflume("redact", log, "--all-lines", "--text", "@leaked")
    assert (done.returncode, done.stdout) == (1, b"it was not found\n")
    (logflume.home / "leaked").write_text("one\nsays \n")
    assert logflume("redact", log, "--all-lines", "--text", "@leaked").returncode == 0
    assert texts(logflume, log) == ["[redacted]", "[redacted][redacted]", "[redacted] [redacted]"]


def test_people_are_asked_for_it_unseen_and_whether_it_is_meant(
    logflume: CommandLine, log: str
) -> None:
    """On a terminal. Who says no has changed nothing."""
    for answer, code in ((b"n\n", 1), (b"y\n", 0)):
        with logflume.terminal("redact", log, "--all-lines") as terminal:
            terminal.expect(b"What must go: ")  # the echo is off by then
            terminal.press(SECRET.encode() + b"\n")
            terminal.expect(b"every line")
            terminal.press(answer)
            assert terminal.wait() == code
            assert SECRET.encode() not in terminal.screen
            assert (SECRET in str(texts(logflume, log))) is bool(code)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "say where"),
        (("--line", "1", "--all-lines"), "say where"),
        (("--all-lines",), "give the text"),
        (("--all-lines", "--text", "@nowhere"), "cannot read nowhere"),
    ],
)
def test_what_is_missing_is_said(
    logflume: CommandLine, log: str, arguments: tuple[str, ...], said: str
) -> None:
    """In one line, with exit code 2."""
    done = logflume("redact", log, *arguments)
    assert done.returncode == 2
    assert said in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


def test_where_it_stays_is_said(logflume: CommandLine) -> None:
    """A project's name is not changed."""
    answer = httpx2.post(f"{logflume.server}/v1/deployments", json={"project": SECRET})
    done = logflume("redact", answer.json()["id"], "--all-lines", "--text", SECRET)
    assert done.returncode == 1
    assert "project holds it" in done.stderr.decode()
