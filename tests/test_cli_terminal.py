"""`logflume run` at a terminal: the command gets one too, and ours is as it was afterwards."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import sys
from pathlib import Path

import pytest

from tests.cli_tools import NOBODY, CommandLine, Logs, Terminal, page_id, returncode_of, until
from tests.servers import ServerProcess

pytestmark = pytest.mark.live


@pytest.fixture
def logflume(tmp_path: Path, shared_server: ServerProcess) -> CommandLine:
    """The command line, with a server that is there."""
    return CommandLine(tmp_path, shared_server.url)


@pytest.fixture
def logs(shared_server: ServerProcess) -> Logs:
    """What that server has."""
    return Logs(shared_server.url)


def test_the_command_has_a_terminal(logflume: CommandLine) -> None:
    """All three streams are terminals to the command, of our size and kind, and it owns them."""
    script = (
        "import os; print([os.isatty(fd) for fd in (0, 1, 2)], os.get_terminal_size(1), "
        "os.environ['TERM'], os.tcgetpgrp(0) == os.getpgrp(), os.ttyname(0) == os.ctermid())"
    )
    with logflume.terminal("run", "--", sys.executable, "-c", script) as terminal:
        assert terminal.wait() == 0
    assert b"[True, True, True]" in terminal.screen
    assert b"columns=111, lines=33" in terminal.screen
    assert b"xterm-256color True" in terminal.screen


def test_the_address_comes_first(logflume: CommandLine) -> None:
    """The page's address stands before everything the command says."""
    with logflume.terminal("run", "--", "echo", "output") as terminal:
        terminal.wait()
    assert re.match(rb"logflume: http://\S+\r\noutput\r\n$", terminal.screen)


def test_colours_and_lines_are_in_the_log(logflume: CommandLine, logs: Logs) -> None:
    """The log has the command's colours and progress, and no trace of the terminal's line ends."""
    script = r"printf '\033[32mgreen\033[0m\n10%%\r20%%\rdone\n'"
    with logflume.terminal("run", "--", "sh", "-c", script) as terminal:
        terminal.wait()
    assert logs.texts(page_id(terminal.screen)) == ["\x1b[32mgreen\x1b[0m", "10%\r20%\rdone"]


def test_keys_reach_the_command(logflume: CommandLine, logs: Logs) -> None:
    """What is typed is the command's input, echoed by its terminal, and answers its prompt."""
    script = "read -p 'Go on? ' answer; echo got $answer"
    with logflume.terminal("run", "--", "bash", "-c", script) as terminal:
        terminal.expect(b"Go on? ")
        terminal.press(b"yes\r")
        assert terminal.wait() == 0
    assert b"got yes" in terminal.screen
    assert logs.texts(page_id(terminal.screen)) == ["Go on? yes", "got yes"]


def test_hidden_input_is_in_neither_place(logflume: CommandLine, logs: Logs) -> None:
    """A password that the command reads without echo is not shown and not logged."""
    script = "read -s -p 'Password: ' answer; echo; echo ${#answer} characters"
    with logflume.terminal("run", "--", "bash", "-c", script) as terminal:
        terminal.expect(b"Password: ")
        terminal.press(b"hunter2\r")
        terminal.wait()
    assert b"hunter2" not in terminal.screen
    assert logs.texts(page_id(terminal.screen)) == ["Password: ", "7 characters"]


def test_a_long_paste_arrives_whole(logflume: CommandLine) -> None:
    """More keys than a terminal holds wait for a command that is slow to read them."""
    script = "stty raw -echo; echo ready; sleep 0.2; head -c 204800 | sha256sum"
    pasted = bytes(range(256)) * 800
    digest = hashlib.sha256(pasted).hexdigest()
    with logflume.terminal("run", "--", "bash", "-c", script) as terminal:
        terminal.expect(b"ready")
        os.set_blocking(terminal.master, False)
        while pasted:
            try:
                pasted = pasted[os.write(terminal.master, pasted) :]
            except BlockingIOError:
                terminal.read()
        terminal.expect(digest.encode())
        assert terminal.wait() == 0


def test_ctrl_c_is_the_commands(logflume: CommandLine, logs: Logs) -> None:
    """Ctrl-C ends the command by SIGINT and us with it; the deployment was cancelled."""
    with logflume.terminal("run", "--", "sh", "-c", "echo ready; exec sleep 1000") as terminal:
        terminal.expect(b"ready")
        terminal.press(b"\x03")
        assert terminal.wait() == returncode_of(signal.SIGINT)
        assert terminal.restored()
    end = logs.records(page_id(terminal.screen))[-1]
    assert (end["status"], end["exit_code"]) == ("cancelled", 130)


def test_ctrl_d_is_the_commands(logflume: CommandLine) -> None:
    """Ctrl-D ends the command's input, as in its own terminal."""
    with logflume.terminal("run", "--", "sh", "-c", "echo ready; cat; echo over") as terminal:
        terminal.expect(b"ready")
        terminal.press(b"\x04")
        terminal.expect(b"over")
        assert terminal.wait() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_terminal_is_as_it_was(logflume: CommandLine, number: signal.Signals) -> None:
    """However a run ends, the terminal gets its settings back."""
    with logflume.terminal("run", "--", "sh", "-c", "echo ready; exec sleep 1000") as terminal:
        terminal.expect(b"ready")
        until(lambda: not terminal.restored())
        terminal.process.send_signal(number)
        assert terminal.wait() == returncode_of(number)
        assert terminal.restored()


def test_a_new_size_is_passed_on(logflume: CommandLine) -> None:
    """When the terminal is resized, the command is told and sees the new size."""
    script = "trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.05; done"
    with logflume.terminal("run", "--", "bash", "-c", script) as terminal:
        terminal.expect(b"ready")
        terminal.resize(44, 155)
        terminal.expect(b"44 155")
        terminal.wait()


def test_what_is_not_the_terminal_stays_apart(logflume: CommandLine, logs: Logs) -> None:
    """stdin from a file and stderr into a file are so for the command, too."""
    (logflume.home / "in").write_text("from the file\n")
    script = "test -t 1 && ! test -t 0 && ! test -t 2 && cat && echo trouble >&2"
    with (
        (logflume.home / "in").open("rb") as stdin,
        (logflume.home / "err").open("wb") as stderr,
        logflume.terminal("run", "--", "sh", "-c", script, stdin=stdin, stderr=stderr) as terminal,
    ):
        assert terminal.wait() == 0
    assert terminal.screen == b"from the file\r\n"
    err = (logflume.home / "err").read_bytes()
    assert err.endswith(b"\ntrouble\n")
    assert logs.texts(page_id(err), "stderr") == ["trouble"]


def test_messages_do_not_make_stairs(tmp_path: Path) -> None:
    """What we say while the terminal is raw begins on the left, as everything else."""
    logflume = CommandLine(tmp_path, NOBODY)
    script = "echo ready; read answer"
    with logflume.terminal(
        "run", "--", "bash", "-c", script, env={"LOGFLUME_SYNC_SECONDS": "0"}
    ) as terminal:
        terminal.expect(b"is away")
        terminal.press(b"\r")
        terminal.wait()
    assert re.search(rb"when it is back\r\n", terminal.screen)


def test_a_command_that_lets_go_of_its_terminal(logflume: CommandLine, logs: Logs) -> None:
    """A command that closes its streams for a while is not hung up on, and may come back."""
    script = "exec 3>&- <&- >&- 2>&-; sleep 0.3; exec >/dev/tty; echo back; exit 4"
    with logflume.terminal("run", "--", "bash", "-c", script) as terminal:
        assert terminal.wait() == 4
    assert b"back" in terminal.screen
    assert logs.texts(page_id(terminal.screen)) == ["back"]


def test_in_the_background(logflume: CommandLine) -> None:
    """A run that may not use the terminal is not stopped for trying."""
    script = 'set -m; "$@" & wait $!; echo over $?'
    words = [sys.executable, "-m", "logflume", "run", "--", "sh", "-c", "echo hello; exit 3"]
    with Terminal(
        ["bash", "-c", script, "bash", *words], env=logflume.environ(), cwd=logflume.home
    ) as terminal:
        terminal.expect(b"over 3")
        terminal.wait()
    assert b"hello" in terminal.screen
