"""`logflume tail`: the log so far, then what comes, every record once, and how it ended."""

from __future__ import annotations

import json
import signal
import socket
import threading
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.cli_tools import NOBODY, CommandLine, returncode_of, until
from tests.client_tools import TRANSPORTS
from tests.servers import ServerProcess, new_deployment

pytestmark = pytest.mark.live


@pytest.fixture
def logflume(tmp_path: Path, shared_server: ServerProcess) -> CommandLine:
    """The command line, with a server that is there."""
    return CommandLine(tmp_path, shared_server.url)


def append(url: str, deployment_id: str, *records: dict[str, Any]) -> None:
    """Append records as a producer without a mark does."""
    answer = httpx2.post(f"{url}/v1/deployments/{deployment_id}/log", json=list(records))
    assert answer.is_success, answer.text


def finish(url: str, deployment_id: str, status: str, exit_code: int | None = None) -> None:
    """Give the deployment its end."""
    change = {"status": status, **({} if exit_code is None else {"exit_code": exit_code})}
    httpx2.patch(f"{url}/v1/deployments/{deployment_id}", json=change).raise_for_status()


def finished(url: str, *texts: str, status: str = "succeeded", code: int | None = None) -> str:
    """A deployment that has ended after these lines."""
    done = new_deployment(url)
    if texts:
        append(url, done, *({"text": text} for text in texts))
    finish(url, done, status, code)
    return done


def test_a_finished_log(logflume: CommandLine) -> None:
    """The whole of it on stdout, the result on stderr, and the end."""
    done = finished(logflume.server, "one", "two\x1b[6n", status="failed", code=3)
    ran = logflume("tail", done)
    assert (ran.returncode, ran.stdout) == (0, b"one\ntwo\x1b[6n\n")
    assert ran.stderr == b"logflume: the deployment has failed, exit code 3\n"


def test_history_then_live(logflume: CommandLine) -> None:
    """What was there comes first, then each line as it is written, then the end."""
    url = logflume.server
    done = new_deployment(url)
    append(url, done, {"text": "before"})
    with logflume.running("tail", done) as process:
        assert process.stdout
        assert process.stdout.readline() == b"before\n"
        append(url, done, {"text": "Go on? ", "partial": True})
        assert process.stdout.read1() == b"Go on? "  # type: ignore[attr-defined]
        append(url, done, {"text": "yes"})
        assert process.stdout.readline() == b"yes\n"
        finish(url, done, "succeeded", 0)
        output, stderr = process.communicate(timeout=20)
        assert (process.returncode, output) == (0, b"")
    assert stderr == b"logflume: the deployment has succeeded, exit code 0\n"


@pytest.mark.parametrize(
    ("status", "code", "returncode"),
    [
        ("succeeded", 0, 0),
        ("succeeded", None, 0),
        ("failed", 7, 7),
        ("failed", None, 1),
        ("cancelled", None, 1),
        ("cancelled", 143, 143),
    ],
)
def test_exit_status(logflume: CommandLine, status: str, code: int | None, returncode: int) -> None:
    """With --exit-status it ends as the deployment did; without, it has done its work."""
    done = finished(logflume.server, status=status, code=code)
    assert logflume("tail", done, "--exit-status").returncode == returncode
    assert logflume("tail", done).returncode == 0


def test_the_last_lines(logflume: CommandLine) -> None:
    """-n shows the last lines only, and the `end` record is none of them; 0 is none."""
    done = finished(logflume.server, *(str(number) for number in range(100)))
    assert logflume("tail", done, "-n", "3").stdout == b"97\n98\n99\n"
    assert logflume("tail", done, "-n", "1000").stdout.count(b"\n") == 100
    ran = logflume("tail", done, "-n", "0")
    assert ran.stdout == b""
    assert b"has succeeded" in ran.stderr


def test_without_following(logflume: CommandLine) -> None:
    """--no-follow shows what is there and ends, whether the deployment has or not."""
    url = logflume.server
    running = new_deployment(url)
    append(url, running, *({"text": str(number)} for number in range(20000)))
    ran = logflume("tail", running, "--no-follow")
    assert ran.returncode == 0
    assert ran.stdout == b"".join(b"%d\n" % number for number in range(20000))
    assert b"is running" in ran.stderr
    assert logflume("tail", running, "--no-follow", "--exit-status").returncode == 1
    done = finished(url, "line")
    assert b"has succeeded" in logflume("tail", done, "--no-follow").stderr


def test_since(logflume: CommandLine) -> None:
    """--since skips what was received before; a time that is none is a usage error."""
    done = finished(logflume.server, "one", "two")
    assert logflume("tail", done, "--since", "1h").stdout == b"one\ntwo\n"
    assert logflume("tail", done, "--since", "2999-01-01T00:00:00Z").stdout == b""
    ran = logflume("tail", done, "--since", "yesterday")
    assert ran.returncode == 2
    assert b"'yesterday' is no time" in ran.stderr


def test_json(logflume: CommandLine) -> None:
    """--json gives every record exactly as the server stores it."""
    done = finished(logflume.server, "one", "é\u2028\x1b[31m")
    stored = httpx2.get(
        f"{logflume.server}/v1/deployments/{done}/log", headers={"accept": "application/x-ndjson"}
    )
    assert logflume("tail", done, "--json").stdout == stored.content


def test_timestamps(logflume: CommandLine) -> None:
    """--timestamps begins each line with when it was received."""
    ran = logflume("tail", finished(logflume.server, "one"), "--timestamps")
    assert ran.stdout.startswith(b"20")
    assert ran.stdout.endswith(b"Z one\n")


def test_pasted_addresses(logflume: CommandLine, tmp_path: Path) -> None:
    """The page's address says which server; LOGFLUME_SERVER may be another."""
    done = finished(logflume.server, "one")
    elsewhere = CommandLine(tmp_path, NOBODY)
    for pasted in (f"{logflume.server}/d/{done}#L1", f"<{logflume.server}/d/{done}|deploy>"):
        assert elsewhere("tail", pasted).stdout == b"one\n"


def test_a_token_stays_with_its_server(tmp_path: Path) -> None:
    """A token for one server is not sent to another whose address was pasted."""
    asked = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            for _ in range(2):
                connection, _ = listening.accept()
                with connection:
                    asked.append(connection.recv(65536).lower())
                    connection.sendall(b"HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        page = f"{url}/d/dep_{'0' * 37}"
        for server in (NOBODY, url):
            CommandLine(tmp_path, server)("tail", page, env={"LOGFLUME_TOKEN": "secret"})
        thread.join()
    assert [b"secret" in request for request in asked] == [False, True]


@pytest.mark.parametrize("transport", [[], *(["--transport", name] for name in TRANSPORTS[1:])])
def test_over_a_restart(tmp_path: Path, server: ServerProcess, transport: list[str]) -> None:
    """The server is killed and restarted twice: every number once, and it is said on stderr."""
    done = new_deployment(server.url)
    logflume = CommandLine(tmp_path, server.url)
    with logflume.running("tail", done, "--json", *transport) as process:
        assert process.stdout
        assert process.stderr
        numbers: list[int] = []
        for part in range(3):
            append(server.url, done, *({"text": str(number)} for number in range(500)))
            numbers += [json.loads(process.stdout.readline())["n"] for _ in range(500)]
            if part < 2:
                server.kill()
                assert process.stderr.readline().startswith(b"logflume: reconnecting to http://")
                server.start()
                assert process.stderr.readline() == b"logflume: reconnected\n"
        finish(server.url, done, "succeeded", 0)
        assert json.loads(process.stdout.readline())["kind"] == "end"
        assert process.wait(20) == 0
    assert numbers == list(range(1, 1501))


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_what_brings_it(logflume: CommandLine, transport: str) -> None:
    """Each transport shows the same, whatever else is asked for."""
    done = finished(logflume.server, *(str(number) for number in range(2500)), code=0)
    whole = b"".join(b"%d\n" % number for number in range(2500))
    by = ("--transport", transport)
    assert logflume("tail", done, *by).stdout == whole
    assert logflume("tail", done, *by, "--no-follow").stdout == whole
    assert logflume("tail", done, *by, "-n", "2").stdout == b"2498\n2499\n"
    assert logflume("tail", done, *by, "--since", "1h").stdout == whole
    running = new_deployment(logflume.server)
    append(logflume.server, running, {"text": "one"})
    assert logflume("tail", running, *by, "--no-follow").stdout == b"one\n"


def test_what_does_not_bring_it(logflume: CommandLine) -> None:
    """Another word is a usage error that names those that there are."""
    ran = logflume("tail", "dep_x", "--transport", "pigeon")
    assert ran.returncode == 2
    assert b"websocket" in ran.stderr


def test_a_deleted_log(logflume: CommandLine) -> None:
    """A log that is deleted while it is followed ends with an error, not in silence."""
    done = new_deployment(logflume.server)
    append(logflume.server, done, {"text": "one"})
    with logflume.running("tail", done) as process:
        assert process.stdout
        assert process.stdout.readline() == b"one\n"
        httpx2.delete(f"{logflume.server}/v1/deployments/{done}").raise_for_status()
        _, stderr = process.communicate(timeout=20)
        assert process.returncode == 1
    assert b"deleted" in stderr


def test_an_unknown_deployment(logflume: CommandLine) -> None:
    """One line that says so, and exit code 1."""
    ran = logflume("tail", "dep_" + "0" * 37)
    assert ran.returncode == 1
    assert ran.stderr.count(b"\n") == 1
    assert ran.stderr.startswith(f"logflume: {logflume.server}: ".encode())


def test_nobody_answers(tmp_path: Path) -> None:
    """Without a server it says what to do, at once."""
    ran = CommandLine(tmp_path, NOBODY)("tail", "dep_" + "0" * 37)
    assert ran.returncode == 1
    assert b"refused" in ran.stderr
    assert b"logflume serve" in ran.stderr
    assert ran.stderr.count(b"\n") == 1


def test_a_reader_that_has_enough(logflume: CommandLine) -> None:
    """`| head` ends it quietly."""
    done = finished(logflume.server, *(str(number) for number in range(50000)))
    with logflume.running("tail", done) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline() == b"0\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        process.wait(20)


def test_ctrl_c(logflume: CommandLine) -> None:
    """Following is ended by Ctrl-C, without a traceback."""
    done = new_deployment(logflume.server)
    append(logflume.server, done, {"text": "one"})
    with logflume.running("tail", done) as process:
        assert process.stdout
        assert process.stdout.readline() == b"one\n"
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=20)
        assert process.returncode in (130, returncode_of(signal.SIGINT))
    assert stderr == b""


def test_at_a_terminal(logflume: CommandLine) -> None:
    """A terminal gets colours and nothing else it would obey, unless --raw."""
    url = logflume.server
    done = new_deployment(url)
    evil = "\x1b[31mred\x1b[0m \x1b]52;c;aGk=\x07\x1b[6n\x9b6n"
    cut = ({"text": "a\x1b]0;ti", "partial": True}, {"text": "tle\x07b"})
    append(url, done, {"text": evil}, *cut)
    finish(url, done, "succeeded")
    for arguments, shown in (
        ([], b"\x1b[31mred\x1b[0m \r\nab\r\n\x1b[0mlogflume: "),
        (["--raw"], evil.encode() + b"\r\na\x1b]0;title\x07b\r\nlogflume: "),
    ):
        with logflume.terminal("tail", done, *arguments) as terminal:
            terminal.wait()
        assert terminal.screen.startswith(shown)
    with logflume.terminal("tail", done, env={"NO_COLOR": "1"}) as terminal:
        terminal.wait()
    assert terminal.screen.startswith(b"red \r\nab\r\nlogflume: ")


def test_messages_cannot_attack_either(tmp_path: Path) -> None:
    """What a server says in an error is shown without its control characters."""
    ran = CommandLine(tmp_path, NOBODY)("tail", "\x1b]0;title\x07")
    assert ran.returncode == 2
    assert b"\x1b" not in ran.stderr
    until(lambda: ran.stderr.count(b"\n") == 1)
