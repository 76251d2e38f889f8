"""Secrets in what `logflume run` and `logflume push` log: nowhere but on the terminal."""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from logflume.cli.secrets import masks_of, names_secret
from logflume.masks.forms import forms_of
from tests.cli_tools import NOBODY, CommandLine, Logs, page_id, until
from tests.servers import ServerProcess

pytestmark = pytest.mark.live

SECRET = "hunter2/+=x"
ENV = {"SHOP_TOKEN": SECRET}
EVERYWHERE = """
import base64, os, sys, time
secret = os.environ["SHOP_TOKEN"].encode()
for place in range(len(secret) + 1):
    os.write(1, b"<" + secret[:place])
    time.sleep(0.3 if place in (2, 8) else 0.005)
    os.write(1, secret[place:] + b">\\n")
os.write(2, b"error: " + base64.b64encode(secret) + b"\\n")
"""
"""A command that writes its secret in two parts, cut at each place; twice slower than a prompt."""


@pytest.fixture
def logflume(tmp_path: Path, shared_server: ServerProcess) -> CommandLine:
    """The command line, with a server that is there."""
    return CommandLine(tmp_path / "home", shared_server.url)


@pytest.fixture
def logs(shared_server: ServerProcess) -> Logs:
    """What that server has."""
    return Logs(shared_server.url)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()


def holding(folder: Path, texts: Iterable[bytes]) -> set[bytes]:
    """Those of the texts that any file below the folder holds."""
    files = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return {text for text in texts if any(text in file for file in files)}


def assert_kept_out(folder: Path) -> None:
    """No form of the secret is in any file, but its masks are."""
    assert holding(folder, [b"<***>"]), "what was logged is not looked at"
    assert holding(folder, forms_of(SECRET.encode())) == set()


def test_a_secret_that_is_cut_everywhere(tmp_path: Path, server: ServerProcess) -> None:
    """In a terminal: it has the secret, and nothing else has, in no form: the log, the title, the
    server's files with all that they ever held, its list and its feed."""
    logflume = CommandLine(tmp_path / "home", server.url)
    about = ["--title", f"deploy {SECRET}", "--meta", f"key=a {SECRET}"]
    command = [sys.executable, "-c", EVERYWHERE]
    with logflume.terminal("run", *about, "--", *command, env=ENV) as terminal:
        assert terminal.wait() == 0
    assert terminal.screen.count(f"<{SECRET}>".encode()) == len(SECRET) + 1
    assert base64.b64encode(SECRET.encode()) in terminal.screen
    logs = Logs(server.url)
    lines = logs.texts(page_id(terminal.screen))
    assert lines == ["<***>"] * (len(SECRET) + 1) + ["error: ***="]
    known = logs.only()
    assert (known["title"], known["metadata"]) == ("deploy ***", {"key": "a ***"})
    server.stop()
    assert_kept_out(server.data)


def test_nothing_is_spooled_either(tmp_path: Path) -> None:
    """What waits on disk for a server that is away is masked already."""
    away = CommandLine(tmp_path / "home", NOBODY)
    environ = {**ENV, "LOGFLUME_SYNC_SECONDS": "0"}
    ran = away("run", "--", sys.executable, "-c", EVERYWHERE, env=environ)
    assert f"<{SECRET}>".encode() in ran.stdout
    assert_kept_out(away.spools()[0])


def test_over_a_server_that_is_killed(tmp_path: Path, server: ServerProcess) -> None:
    """kill -9 between the parts of secrets: each of them is masked, none is lost."""
    script = (
        "import os, time\n"
        "secret = os.environ['SHOP_TOKEN'].encode()\n"
        "for number in range(300):\n"
        "    place = number % len(secret)\n"
        "    os.write(1, b'<' + secret[:place]); time.sleep(0.005)\n"
        "    os.write(1, secret[place:] + b'>\\n')\n"
    )
    logflume, logs = CommandLine(tmp_path / "home", server.url), Logs(server.url)
    with logflume.running("run", "--", sys.executable, "-c", script, env=ENV) as process:
        assert process.stderr
        done = page_id(process.stderr.readline())
        until(lambda: sum(one["lines"] for one in logs.deployments()) > 100)
        server.kill()
        server.start()
        process.communicate(timeout=30)
    assert logs.texts(done) == ["<***>"] * 300
    server.stop()
    assert_kept_out(server.data)


def known(logs: Logs, stderr: bytes) -> dict[str, Any]:
    """What the server knows of the deployment whose address was announced."""
    done = page_id(stderr)
    return next(one for one in logs.deployments() if one["id"] == done)


def test_values_that_are_given(logflume: CommandLine, logs: Logs) -> None:
    """By option, by a file with a value a line, by `::add-mask::`, on either stream; the command's
    output is what it was."""
    (logflume.home / "secrets").write_bytes(b"in a file\r\n@too\n")
    masks = ["--mask", "option value", "--mask", "@secrets", "--mask", "@@user"]
    text = "option value, in a file, @too, @user, said so"
    script = f"echo '::add-mask::said so'; echo '{text}'; echo '{text}' >&2"
    ran = logflume("run", *masks, "--", "sh", "-c", script)
    assert ran.stdout == f"::add-mask::said so\n{text}\n".encode()
    done = page_id(ran.stderr)
    assert logs.texts(done) == ["::add-mask::***", "***, ***, ***, ***, ***"]
    assert logs.texts(done, "stderr") == ["***, ***, ***, ***, ***"]
    assert known(logs, ran.stderr)["title"].startswith("sh -c 'echo '\"'\"'::add-mask::said so")


def test_what_is_pushed(logflume: CommandLine, logs: Logs) -> None:
    """The same for a pipe."""
    text = f"::add-mask::said so\nsaid so, given, {SECRET}\n".encode()
    ran = logflume("push", "--mask", "given", stdin=text, env=ENV)
    lines = logs.texts(page_id(ran.stderr))
    assert lines == ["::add-mask::***", "***, ***, ***"]


def test_a_command_that_is_not_there(logflume: CommandLine, logs: Logs) -> None:
    """Its name may hold a secret, too."""
    ran = logflume("run", "--mask", "given", "--", "no-given-command")
    assert logs.texts(page_id(ran.stderr), "system") == ["no-***-command: command not found"]


def test_an_address_that_is_a_secret(logflume: CommandLine, logs: Logs) -> None:
    """It is left out where it would be none any more: so the server takes the log."""
    ran = logflume("run", "--mask", "https://shop", "--url", "https://shop", "--", "echo", "on")
    assert logs.texts(page_id(ran.stderr)) == ["on"]
    assert known(logs, ran.stderr)["url"] is None


def test_short_values_are_said_once(logflume: CommandLine, logs: Logs) -> None:
    """For each place they are from; they stay as they are."""
    masks = ["--mask", "abc", "--mask", "de"]
    script = "echo ::add-mask::xyz; echo ::add-mask::xy; echo abc 12 xyz"
    ran = logflume("run", *masks, "--", "sh", "-c", script, env={"DB_PASSWORD": "12"})
    for place in ("DB_PASSWORD", "--mask", "::add-mask::"):
        said = f"logflume: {place}: a value of fewer than 4 characters is not masked\n"
        assert ran.stderr.count(said.encode()) == 1
    assert logs.texts(page_id(ran.stderr))[-1] == "abc 12 xyz"


def test_a_file_that_is_not_there(logflume: CommandLine) -> None:
    """Nothing is begun without the masks."""
    ran = logflume("run", "--mask", "@nowhere", "--", "echo", "begun")
    assert ran.returncode == 2
    assert ran.stdout == b""
    assert b"--mask: nowhere cannot be read (No such file or directory)" in ran.stderr


@pytest.mark.parametrize(
    "name",
    [
        *("LOGFLUME_TOKEN", "GITHUB_TOKEN", "npm_token", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD"),
        *("MYSQL_PWD", "SSHPASS", "DB_PASS", "API_KEY", "APIKEY", "STRIPE_API_KEY", "PRIVATE_KEY"),
        *("AZURE_CREDENTIALS", "CI_JOB_JWT", "GH_PAT", "SECRETS", "DJANGO_SECRET_KEY"),
        *("DOCKER_AUTH_CONFIG", "GPG_PASSPHRASE", "AWS_SESSION_TOKEN", "SECRET_1"),
    ],
)
def test_names_of_secrets(name: str) -> None:
    """Of environment variables, in any case."""
    assert names_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        *("PATH", "PWD", "OLDPWD", "HOME", "MAX_TOKENS", "TOKENIZERS_PARALLELISM", "KEYBOARD"),
        *("AWS_ACCESS_KEY_ID", "SSH_AUTH_SOCK", "PASSENGER_ENV", "DB_PASSWORD_FILE", "COMPASS"),
        *("SECRETARY", "MONKEY", "PASSWORDLESS", "BYPASS"),
    ],
)
def test_names_of_other_things(name: str) -> None:
    """Some hold a secret's place, or only its letters."""
    assert not names_secret(name)


def test_bytes_of_any_encoding() -> None:
    """As the environment has them."""
    masks = masks_of({"SHOP_TOKEN": "caf\udce9 noir"}, [])
    assert masks.automaton.spans(b"a caf\xe9 noir") == [(2, 11)]
