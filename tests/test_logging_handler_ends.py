"""`logging` into a deployment's log at the end of the program, and over forks."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from logflume import Client, new_id
from tests.cli_tools import NOBODY
from tests.client_tools import PATIENCE_SECONDS, Cutter, last, lines
from tests.servers import ServerProcess

ROOT = Path(__file__).parent.parent


@pytest.fixture
def client(shared_server: ServerProcess) -> Iterator[Client]:
    """A client of a server that is there."""
    with Client(shared_server.url) as client:
        yield client


def program(server: str, script: str, *, code: int = 0) -> str:
    """Run a script in a process of its own; what it says on stderr."""
    script = f"import logging, logflume, os, sys\nSERVER = {server!r}\n{script}"
    ran = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        cwd=ROOT,
    )
    assert ran.returncode == code, ran.stderr
    return ran.stderr


def test_it_does_not_log_itself(client: Client) -> None:
    """With everything at DEBUG, and two handlers that could log each other's sending."""
    made = [client.create("shop").id for _ in range(2)]
    script = f"""
logging.getLogger().setLevel(logging.DEBUG)
handlers = [logflume.LoggingHandler(SERVER, one) for one in {made!r}]
for handler in handlers:
    logging.getLogger().addHandler(handler)
for number in range(3):
    logging.debug("%d", number)
    for handler in handlers:
        handler.flush()
with logflume.Client(SERVER) as client:
    client.deployment({made[0]!r})
"""
    program(client.server, script)
    for one in made:
        assert lines(client, one) == ["0", "1", "2"]


ENDS: dict[str, tuple[str, str, int]] = {
    "by itself": ("", "succeeded", 0),
    "by an exception": ("raise SystemError('the last word')", "failed", 1),
    "by Ctrl-C": ("raise KeyboardInterrupt", "cancelled", 130),
    "as it says": ("handler.finish('failed'); sys.exit(3)", "failed", 3),
}


@pytest.mark.parametrize("how", ENDS)
def test_the_end_of_the_program(client: Client, how: str) -> None:
    """All that was logged is sent, and the deployment ends as the program does."""
    statement, status, code = ENDS[how]
    project = new_id()
    script = f"""
handler = logflume.LoggingHandler(SERVER, project={project!r})
logging.basicConfig(level=logging.INFO, handlers=[handler], format="%(message)s")
for number in range(2000):
    logging.info("%d", number)
{statement}
"""
    code = -2 if code == 130 else code  # Python dies of the signal that it stands for
    stderr = program(client.server, script, code=code)
    made = last(client, project)
    found = lines(client, made)
    assert found[:2000] == [str(number) for number in range(2000)]
    assert client.deployment(made).status == status
    assert ("SystemError: the last word" in found[2000:]) == (how == "by an exception")
    assert ("SystemError: the last word" in stderr) == (how == "by an exception")
    assert "logflume:" not in stderr


def test_the_end_without_a_server() -> None:
    """The program ends all the same, as it would have, and what is lost is said."""
    script = """
import logflume.client.logging_handler as module
module.FLUSH_SECONDS = 0.3
logging.basicConfig(level=logging.INFO, handlers=[logflume.LoggingHandler(SERVER, project="x")])
logging.info("one")
logging.info("two")
"""
    stderr = program(NOBODY, script)
    assert stderr == (
        "logflume: the server does not answer; lines of the log that are not stored: 2\n"
    )


FORKS = {
    "os.fork": """
if os.fork() == 0:
    say("child")
    handler.flush()
    os._exit(0)
os.wait()
""",
    "multiprocessing": """
import multiprocessing
child = multiprocessing.get_context("fork").Process(target=say, args=("child",))
child.start()
child.join()
""",
    "before the first record": """
EARLY = []
if os.fork() == 0:
    say("child")
    sys.exit()
os.wait()
""",
}


@pytest.mark.parametrize("how", FORKS)
def test_forks(client: Client, how: str) -> None:
    """What the parent has yet to send is not sent by its child as well, what the child logs is, and
    only the parent's end is the deployment's."""
    project = new_id()
    script = f"""
handler = logflume.LoggingHandler(SERVER, project={project!r})
logging.basicConfig(level=logging.INFO, handlers=[handler], format="%(message)s")

def say(name):
    for number in range(200):
        logging.info("%s %d", name, number)

{"" if how == "before the first record" else 'say("before")'}
{FORKS[how]}
say("after")
"""
    assert program(client.server, script) == ""
    made = last(client, project)
    found = lines(client, made)
    names = ["child", "after"] + (["before"] if how != "before the first record" else [])
    for name in names:
        mine = [text for text in found if text.startswith(name)]
        assert mine == [f"{name} {number}" for number in range(200)]
    assert len(found) == 200 * len(names)
    assert client.deployment(made).status == "succeeded"


def test_a_fork_while_the_server_is_away(client: Client) -> None:
    """A child that outlives what it inherited has a queue and a thread of its own."""
    project = new_id()
    cutter = Cutter(client.server)
    cutter.gate.clear()
    script = f"""
handler = logflume.LoggingHandler(SERVER, project={project!r})
logging.basicConfig(level=logging.INFO, handlers=[handler], format="%(message)s")
logging.info("before")
child = os.fork()
logging.info("child" if child == 0 else "parent")
print(flush=True)
handler.flush()
if child == 0:
    os._exit(0)
os.wait()
"""
    with cutter.serving() as url:
        threading.Timer(1.0, cutter.gate.set).start()
        assert program(url, script) == ""
    assert sorted(lines(client, last(client, project))) == ["before", "child", "parent"]
