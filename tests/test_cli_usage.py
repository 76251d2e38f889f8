"""What the command line says of itself, and of what was written wrongly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli_tools import NOBODY, CommandLine

pytestmark = pytest.mark.live

COMMANDS = ("run", "push", "tail", "ls", "show", "open", "sync", "compare", "serve")
ID = "dep_" + "0" * 37


@pytest.fixture
def logflume(tmp_path: Path) -> CommandLine:
    """The command line, without a server."""
    return CommandLine(tmp_path, NOBODY)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_begins_with_examples(logflume: CommandLine, command: str) -> None:
    """Each command's --help shows examples before its options."""
    ran = logflume(command, "--help")
    assert ran.returncode == 0
    text = ran.stdout.decode()
    assert f"logflume {command}" in text[text.index("Examples:") : text.index("Options:")]
    assert ran.stderr == b""


def test_help_lists_the_commands(logflume: CommandLine) -> None:
    """`logflume` alone shows what there is."""
    ran = logflume()
    assert ran.returncode == 0
    assert all(f"\n  {command} ".encode() in ran.stdout for command in COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["frob"], "No such command 'frob'"),
        (["run"], "CMD"),
        (["run", "--frob", "true"], "--frob"),
        (["run", "--meta", "novalue", "true"], "--meta takes KEY=VALUE, not 'novalue'"),
        (["run", "--meta", "=x", "true"], "--meta takes KEY=VALUE"),
        (["run", "--url", "shop.test", "true"], "--url takes an address"),
        (["run", "--server", "shop.test", "true"], "'shop.test' is not a server's address"),
        (["tail"], "ID|URL"),
        (["tail", "dep_x"], "'dep_x' is neither a deployment's id"),
        (["tail", ID, "-n", "-1"], "-n"),
        (["tail", ID, "-n", "x"], "-n"),
        (["tail", ID, "-n", "1", "--since", "1h"], "exclude each other"),
        (["ls", "--limit", "0"], "--limit"),
        (["ls", "--status", "frob"], "--status"),
        (["push", "--status-on-eof", "frob"], "--status-on-eof"),
        (["show", "http://x.test/"], "neither a deployment's id"),
        (["sync", "--server", "ftp://x"], "not a server's address"),
    ],
)
def test_what_is_written_wrongly(logflume: CommandLine, arguments: list[str], words: str) -> None:
    """One line on stderr that names it and says where help is; exit code 2; nothing is run."""
    ran = logflume(*arguments)
    assert ran.returncode == 2
    assert ran.stdout == b""
    assert ran.stderr.startswith(b"logflume: ")
    assert words in ran.stderr.decode()
    assert "--help` shows how" in ran.stderr.decode()
    assert ran.stderr.count(b"\n") == 1


def test_a_bad_environment_does_not_stop_a_run(logflume: CommandLine) -> None:
    """A number that is none in the environment is said and not obeyed; the command runs."""
    with logflume.running(
        "run", "--", "echo", "ran", env={"LOGFLUME_SYNC_SECONDS": "x"}
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ran\n"
        assert process.stderr
        assert b"LOGFLUME_SYNC_SECONDS=x is not a number" in process.stderr.readline()


def test_push_at_a_terminal(logflume: CommandLine) -> None:
    """Nothing is piped in: it shows its help instead of waiting."""
    with logflume.terminal("push") as terminal:
        assert terminal.wait() == 2
    assert b"Examples:" in terminal.screen
    assert b"nothing is piped in" in terminal.screen


def test_options_after_the_command_are_its_own(logflume: CommandLine) -> None:
    """With `--` or without, what follows the command's name is not looked at."""
    env = {"LOGFLUME_SYNC_SECONDS": "0"}
    for words in (["--", "echo", "--help", "--json"], ["echo", "--help", "--json"]):
        assert logflume("run", *words, env=env).stdout == b"--help --json\n"


def test_version(logflume: CommandLine) -> None:
    """--version says it."""
    assert logflume("--version").stdout.startswith(b"logflume 0.")


def test_run_starts_without_the_server_code_or_http() -> None:
    """Before the command starts, neither the server nor the HTTP client has been loaded."""
    script = (
        "import sys; import logflume.cli.commands, logflume.cli.run; "
        "heavy = {'uvicorn', 'starlette', 'apsw', 'httpx2', 'rich', 'msgspec', 'asyncio'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", script]) == b"[]\n"


def test_a_wrong_server_in_the_environment_stops_no_deployment(logflume: CommandLine) -> None:
    """One bad variable in a CI system must not block a release; as an option it is refused."""
    env = {"LOGFLUME_SERVER": "nonsense", "LOGFLUME_SYNC_SECONDS": "0"}
    ran = logflume("run", "--", "echo", "deployed", env=env)
    assert (ran.returncode, ran.stdout) == (0, b"deployed\n")
    assert b"LOGFLUME_SERVER: 'nonsense' is not a server's address" in ran.stderr
    assert logflume("run", "--server", "nonsense", "--", "echo").returncode == 2
