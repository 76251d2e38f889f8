"""`logflume run` without a terminal: the command as if Logflume were not there, and its log."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli_tools import LOGFLUME, CommandLine, Logs, page_id, returncode_of, until
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


def test_output_and_exit_code_are_the_commands(logflume: CommandLine, logs: Logs) -> None:
    """stdout and stderr stay apart and unchanged; the exit code passes; the log has it all."""
    script = r"printf 'out\r\n\xff\n'; echo err >&2; exit 7"
    ran = logflume("run", "--", "bash", "-c", script)
    assert ran.returncode == 7
    assert ran.stdout == b"out\r\n\xff\n"
    address, err = ran.stderr.split(b"\n", 1)
    assert address.startswith(b"logflume: http://")
    assert err == b"err\n"
    done = page_id(ran.stderr)
    assert logs.texts(done, "stdout") == ["out", "\ufffd"]
    assert logs.texts(done, "stderr") == ["err"]
    assert logs.records(done)[-1]["status"] == "failed"
    assert logs.records(done)[-1]["exit_code"] == 7
    assert not logflume.spools()


def test_success_is_success(logflume: CommandLine, logs: Logs) -> None:
    """A command that exits 0 makes a deployment that has succeeded, however little it says."""
    ran = logflume("run", "--", "true")
    assert ran.returncode == 0
    end = logs.records(page_id(ran.stderr))[-1]
    assert (end["status"], end["exit_code"], end["lines"]) == ("succeeded", 0, 0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV])
def test_death_by_a_signal_is_ours(
    logflume: CommandLine, logs: Logs, number: signal.Signals
) -> None:
    """A command that a signal killed makes `logflume run` die of the same signal."""
    ran = logflume("run", "--", "sh", "-c", f"echo last words; kill -{int(number)} $$")
    assert ran.returncode == returncode_of(number)
    done = page_id(ran.stderr)
    assert logs.texts(done) == ["last words"]
    end = logs.records(done)[-1]
    assert end["status"] == ("cancelled" if number == signal.SIGTERM else "failed")
    assert end["exit_code"] == 128 + number


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_signals_are_passed_on(logflume: CommandLine, logs: Logs, number: signal.Signals) -> None:
    """A signal to `logflume run` reaches the command, which may do with it what it likes."""
    name = number.name.removeprefix("SIG")
    script = f"trap 'echo caught {name}; exit 5' {name}; echo ready; while :; do sleep 0.05; done"
    with logflume.running("run", "--", "bash", "-c", script) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        assert process.stdout.readline() == f"caught {name}\n".encode()
        assert process.wait(20) == 5


def test_ctrl_c_reaches_the_command_once(logflume: CommandLine) -> None:
    """What a terminal sends to the whole foreground group is not sent again by us."""
    counter = (
        "import signal, time\n"
        "count = 0\n"
        "def caught(*_):\n"
        "    global count; count += 1\n"
        "signal.signal(signal.SIGINT, caught)\n"
        "print('ready', flush=True)\n"
        "deadline = time.monotonic() + 0.5\n"
        "while time.monotonic() < deadline or not count: time.sleep(0.05)\n"
        "print(count, flush=True)\n"
    )
    output = logflume.home / "out"
    with output.open("wb") as stdout:
        command = ("run", "--", sys.executable, "-c", counter)
        with logflume.terminal(*command, stdout=stdout) as terminal:
            until(lambda: b"ready" in output.read_bytes())
            terminal.press(b"\x03")
            assert terminal.wait() == 0
    assert output.read_bytes() == b"ready\n1\n"


def test_a_command_that_is_not_there(logflume: CommandLine, logs: Logs) -> None:
    """127 as a shell gives it, one line that says so, and a deployment that has failed of it."""
    ran = logflume("run", "--", "no-such-command")
    assert ran.returncode == 127
    assert ran.stderr.split(b"\n")[1:] == [b"logflume: no-such-command: command not found", b""]
    end = logs.records(page_id(ran.stderr))[-1]
    assert (end["status"], end["exit_code"]) == ("failed", 127)
    assert logs.texts(page_id(ran.stderr), "system") == ["no-such-command: command not found"]


def test_a_command_that_may_not_run(logflume: CommandLine, logs: Logs) -> None:
    """126 as a shell gives it."""
    (logflume.home / "notes.txt").write_text("not a program")
    ran = logflume("run", "--", "./notes.txt")
    assert ran.returncode == 126
    assert b"ermission denied" in ran.stderr
    assert logs.records(page_id(ran.stderr))[-1]["exit_code"] == 126


def test_a_script_without_its_first_line(logflume: CommandLine) -> None:
    """An executable text without `#!` is run by the shell, as every shell does."""
    script = logflume.home / "deploy"
    script.write_text("echo deployed\n")
    script.chmod(0o755)
    assert logflume("run", "--", "./deploy").stdout == b"deployed\n"


def test_stdin_is_the_commands(logflume: CommandLine) -> None:
    """What is piped into `logflume run` goes to the command, and so does its end."""
    assert logflume("run", "--", "cat", stdin=b"in\n\x00put").stdout == b"in\n\x00put"


def test_output_is_passed_on_at_once(logflume: CommandLine) -> None:
    """A piece without a newline comes through while the command waits for more input."""
    with logflume.running("run", "--", "bash", "-c", "printf 'Go on? '; read answer") as process:
        assert process.stdout
        assert process.stdin
        assert os.read(process.stdout.fileno(), 100) == b"Go on? "
        process.stdin.write(b"yes\n")
        process.stdin.close()
        assert process.wait(20) == 0


def test_a_prompt_is_in_the_log_within_a_second(logflume: CommandLine, logs: Logs) -> None:
    """A line without its newline is seen by watchers while the command still waits."""
    script = "echo begun; read go; printf 'Password: '; read answer; echo; echo thanks"
    with logflume.running("run", "--", "bash", "-c", script, bufsize=0) as process:
        assert process.stderr
        assert process.stdin
        done = page_id(process.stderr.readline())
        until(lambda: _lines(logs, done) == 1)
        process.stdin.write(b"go\n")
        asked = time.monotonic()
        until(lambda: _lines(logs, done) == 2)
        assert time.monotonic() - asked < 1
        prompt = logs.records(done)[1]
        assert (prompt["text"], prompt["partial"]) == ("Password: ", True)
        process.stdin.write(b"yes\n")
        assert process.wait(20) == 0
    assert logs.texts(done) == ["begun", "Password: ", "thanks"]


def _lines(logs: Logs, deployment_id: str) -> int:
    """How many records the server has of the deployment."""
    return sum(one["lines"] for one in logs.deployments() if one["id"] == deployment_id)


def test_the_command_knows_its_deployment(logflume: CommandLine) -> None:
    """Its id and its page's address are in the command's environment."""
    ran = logflume("run", "--", "sh", "-c", "echo $LOGFLUME_DEPLOYMENT_ID $LOGFLUME_DEPLOYMENT_URL")
    done = page_id(ran.stderr)
    assert ran.stdout.decode() == f"{done} {logflume.server}/d/{done}\n"


@pytest.mark.parametrize(
    ("environ", "colour"),
    [
        ({}, ""),
        ({"CI": "true"}, "1"),
        ({"CI": "true", "NO_COLOR": "1"}, ""),
        ({"CI": "true", "FORCE_COLOR": "0"}, "0"),
        ({"FORCE_COLOR": "3"}, "3"),
    ],
)
def test_colours_are_asked_for_in_ci(
    logflume: CommandLine, environ: dict[str, str], colour: str
) -> None:
    """A CI system's log shows colours that tools leave out without a terminal; a pipe does not."""
    ran = logflume("run", "--", "sh", "-c", "echo $FORCE_COLOR", env=environ)
    assert ran.stdout.decode() == f"{colour}\n"


def test_what_is_known_of_the_deployment(logflume: CommandLine, logs: Logs) -> None:
    """Options, the command as title, and the CI system's variables make the deployment."""
    ran = logflume(
        *("run", "--project", "shop", "--environment", "production", "--url", "https://shop.test"),
        *("--meta", "ticket=OPS-12", "--meta", "a=b=c", "--", "echo", "two words"),
        env={"GITHUB_SHA": "3f1c9e7", "GITHUB_REF_NAME": "main"},
    )
    done = page_id(ran.stderr)
    known = next(one for one in logs.deployments() if one["id"] == done)
    wanted = {
        "project": "shop",
        "environment": "production",
        "title": "echo 'two words'",
        "ref": "main",
        "commit": "3f1c9e7",
        "url": "https://shop.test",
        "metadata": {"ticket": "OPS-12", "a": "b=c"},
    }
    assert {name: known[name] for name in wanted} == wanted


def test_git_says_what_is_deployed(logflume: CommandLine, logs: Logs) -> None:
    """Without options, project, ref and commit are the repository's."""
    shop = logflume.home / "shop"
    shop.mkdir()
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@t.test"]
    for words in (["init", "-q", "-b", "topic"], ["commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run([*git, *words], cwd=shop, check=True)
    commit = subprocess.check_output([*git, "rev-parse", "HEAD"], cwd=shop, text=True).strip()
    with logflume.running("run", "--", "true", cwd=shop) as process:
        _, stderr = process.communicate(timeout=20)
    known = next(one for one in logs.deployments() if one["id"] == page_id(stderr))
    assert (known["project"], known["ref"], known["commit"]) == ("shop", "topic", commit)


def test_texts_that_are_too_long_do_not_cost_the_log(logflume: CommandLine, logs: Logs) -> None:
    """A title beyond what the server takes is cut, not refused."""
    ran = logflume("run", "--title", "x" * 9000, "--project", "p" * 900, "--", "echo", "logged")
    assert logs.texts(page_id(ran.stderr)) == ["logged"]


def test_streams_that_are_closed(logflume: CommandLine, logs: Logs) -> None:
    """Without stdin and stdout the command runs and is logged, and nothing goes in circles."""
    closed = ["bash", "-c", 'exec "$0" "$@" <&- >&-', *LOGFLUME]
    command = [*closed, "run", "--", "sh", "-c", "cat; echo logged"]
    with logflume.running(args=command) as process:
        assert process.wait(20) == 0
        assert process.stderr
        assert logs.texts(page_id(process.stderr.read())) == ["logged"]


def test_a_reader_that_goes_away(logflume: CommandLine) -> None:
    """When nobody reads the output any more, the command notices, as it would by itself."""
    with logflume.running("run", "--", "yes", stderr=subprocess.DEVNULL) as process:
        assert process.stdout
        assert process.stdout.read(4) == b"y\ny\n"
        process.stdout.close()
        assert process.wait(20) == returncode_of(signal.SIGPIPE)


def test_what_a_command_leaves_running_is_not_waited_for(logflume: CommandLine, logs: Logs) -> None:
    """A daemon that holds the output open does not keep `logflume run` from ending."""
    ran = logflume("run", "--", "sh", "-c", "echo started; sleep 1000 & echo $! >pid; exit 4")
    os.kill(int((logflume.home / "pid").read_text()), signal.SIGKILL)
    assert ran.returncode == 4
    assert b"what it left running" in ran.stderr
    assert logs.texts(page_id(ran.stderr)) == ["started"]


def test_a_lot_of_output(logflume: CommandLine, logs: Logs) -> None:
    """Fifty thousand lines on both streams arrive complete and in order, here and there."""
    script = "for i in range(50000): print(i); print(-i, file=__import__('sys').stderr)"
    ran = logflume("run", "--", sys.executable, "-c", script)
    assert ran.stdout == b"".join(b"%d\n" % number for number in range(50000))
    done = page_id(ran.stderr)
    assert logs.texts(done, "stdout") == [str(number) for number in range(50000)]
    assert logs.texts(done, "stderr") == [str(-number) for number in range(50000)]
