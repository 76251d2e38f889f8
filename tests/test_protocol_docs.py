"""The clients in docs/protocol.md work as they stand there, also when the server restarts."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.cli_tools import until
from tests.contract.api import Api
from tests.page.browsing import ARGUMENTS, CHROMIUM
from tests.servers import ServerProcess
from tests.websocket import log_path

DOCUMENT = Path(__file__).parent.parent / "docs" / "protocol.md"
LOGS = 3

pytestmark = pytest.mark.live

FOLLOW = """(logs) => {
  %s
  window.taken = Object.fromEntries(logs.map((log) => [log, []]));
  follow(logs, (log, records) => window.taken[log].push(...records.map((record) => record.n)));
}"""

COUNT = "Object.values(taken).flat().length"


def example(language: str) -> str:
    """The only program in that language."""
    [program] = re.findall(rf"```{language}\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    return str(program)


def grow(server: ServerProcess, deployments: list[str]) -> None:
    """Lines before and after a restart, then the end."""
    api = Api(server.url)
    for part in range(6):
        for one in deployments:
            api.append_lines(one, part * 10 + 1, part * 10 + 10)
        if part == 2:
            server.restart()
    for one in deployments:
        api.finish(one)
    api.close()


@pytest.fixture
def deployments(server: ServerProcess) -> list[str]:
    api = Api(server.url)
    made = [api.create() for _ in range(LOGS)]
    for one in made:
        api.append(one, "first\n")
    api.close()
    return made


def test_the_python_client(server: ServerProcess, deployments: list[str], tmp_path: Path) -> None:
    """It prints every record of every log once, in order, and ends with them.

    Caught: an example that has gone stale."""
    logs = [log_path(one) for one in deployments]
    command = [sys.executable, "-c", example("python"), server.url.replace("http", "ws"), *logs]
    output = tmp_path / "output"
    with output.open("w") as stdout, subprocess.Popen(command, stdout=stdout) as client:
        until(lambda: output.read_text().count('"text"') == LOGS)
        grow(server, deployments)
        assert client.wait(30) == 0
    said = [line.split(" ", 1) for line in output.read_text().splitlines()]
    for log in logs:
        numbers = [int(re.findall(r'"n": (\d+)', rest)[0]) for name, rest in said if name == log]
        assert numbers == list(range(1, 63))


def test_the_javascript_client(server: ServerProcess, deployments: list[str]) -> None:
    """The same in a page of the server's own, under its security policy."""
    logs = [log_path(one) for one in deployments]
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS) as browser,
        browser.new_page() as page,
    ):
        page.goto(f"{server.url}/docs")
        page.evaluate(FOLLOW % example("js"), logs)
        until(lambda: page.evaluate(COUNT) == LOGS)
        grow(server, deployments)
        until(lambda: page.evaluate(COUNT) >= LOGS * 62)
        taken: dict[str, list[int]] = page.evaluate("taken")
    assert taken == {log: list(range(1, 63)) for log in logs}
