"""docs/client.md: each example is run as it stands, against a real server."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import logflume
from logflume import Client
from tests.servers import ServerProcess

TEXT = (Path(__file__).parent.parent / "docs" / "client.md").read_text("utf-8")
EXAMPLES = [
    (section.partition("\n")[0], block)
    for section in TEXT.split("\n## ")
    for block in re.findall(r"(?s)```python\n(.*?)```", section)
]


def some_log(client: Client) -> str:
    """A finished deployment's id."""
    done = client.create("shop").id
    with client.writer(done) as log:
        log.write("starting")
        log.write("listening on 8080")
        log.write("stopped")
    client.finish(done, exit_code=0)
    return done


@pytest.mark.parametrize(("section", "block"), EXAMPLES)
def test_an_example(shared_server: ServerProcess, section: str, block: str) -> None:
    """It runs to its end and has nothing to complain of."""
    with Client(shared_server.url) as client:
        block = block.replace("http://127.0.0.1:8080", shared_server.url)
        block = block.replace("dep_…", some_log(client))
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", block],
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout


@pytest.mark.parametrize("name", logflume.__all__)
def test_every_name_is_documented(name: str) -> None:
    """docs/client.md tells of everything that is offered, but for what it needs no name for."""
    assert name in {"Deployment", "LogRecord"} or re.search(rf"\b{name}\b", TEXT)
