"""`logflume ls`, `show` and `open`: for people a table, for programs tabs and JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import httpx2
import pytest

from logflume.cli.table import fitting
from tests.cli_tools import CommandLine
from tests.servers import ServerProcess, new_deployment

pytestmark = pytest.mark.live


@pytest.fixture
def logflume(tmp_path: Path, shared_server: ServerProcess) -> CommandLine:
    """The command line, with a server that is there."""
    return CommandLine(tmp_path, shared_server.url)


def test_ls_for_programs(logflume: CommandLine, tmp_path: Path) -> None:
    """Tab-separated, newest first, filtered; what could break a row cannot."""
    project = tmp_path.name
    first = new_deployment(logflume.server, project=project, title="a\tb\nc\x1b[2J")
    second = new_deployment(logflume.server, project=project, environment="production")
    rows = logflume("ls", "--project", project).stdout.decode().splitlines()
    cells = [row.split("\t") for row in rows]
    assert [row[-1] for row in cells] == [second, first]
    assert cells[0][0] == "running"
    assert cells[1][4] == "a b c [2J"
    assert {len(row) for row in cells} == {8}
    narrowed = ("ls", "--project", project, "--environment", "production")
    assert logflume(*narrowed).stdout.count(b"\n") == 1
    assert logflume("ls", "--project", project, "--status", "failed").stdout == b""
    assert logflume("ls", "--project", project, "--limit", "1").stdout.count(b"\n") == 1


def test_ls_as_json(logflume: CommandLine, tmp_path: Path) -> None:
    """One deployment a line, with all its fields."""
    done = new_deployment(logflume.server, project=tmp_path.name)
    rows = logflume("ls", "--project", tmp_path.name, "--json").stdout.splitlines()
    known = httpx2.get(f"{logflume.server}/v1/deployments/{done}").json()
    assert [json.loads(row) for row in rows] == [known]


def test_ls_for_people(logflume: CommandLine, tmp_path: Path) -> None:
    """At a terminal a table with a head, whole ids, and colours unless NO_COLOR."""
    done = new_deployment(logflume.server, project=tmp_path.name, title="[bold]not markup[/]")
    with logflume.terminal("ls", "--project", tmp_path.name, columns=200) as terminal:
        assert terminal.wait() == 0
    assert b"STATUS" in terminal.screen
    assert done.encode() in terminal.screen
    assert b"[bold]not markup[/]" in terminal.screen
    assert b"\x1b[36mrunning" in terminal.screen
    command = ("ls", "--project", tmp_path.name)
    with logflume.terminal(*command, env={"NO_COLOR": "1"}, columns=80) as terminal:
        terminal.wait()
    assert b"\x1b[36m" not in terminal.screen
    row = terminal.screen.decode().splitlines()[-1].strip()
    assert row.startswith("running    test_ls_for")
    assert row.endswith(done)
    assert len(row) <= 80


@pytest.mark.parametrize(
    ("width", "names"),
    [
        (5, "status"),
        (80, "status project title id"),
        (100, "status created project title id"),
        (200, "status created project environment title ref lines id"),
    ],
)
def test_columns_that_fit(width: int, names: str) -> None:
    """A narrow terminal shows fewer columns, not narrower ids."""
    assert [column.name for column in fitting(width)] == names.split()


def test_show(logflume: CommandLine) -> None:
    """What is known, a field a line; or the server's JSON."""
    done = new_deployment(logflume.server, title="a\x1b[2Jb", metadata={"ticket": "OPS-12"})
    rows = logflume("show", done).stdout.decode().splitlines()
    fields = {row.split()[0]: row.split(maxsplit=1)[1] for row in rows}
    assert fields["id"] == done
    assert fields["status"] == "running"
    assert fields["title"] == "a [2Jb"
    assert fields["ticket"] == "OPS-12"
    assert fields["page"] == f"{logflume.server}/d/{done}"
    known = httpx2.get(f"{logflume.server}/v1/deployments/{done}").json()
    assert json.loads(logflume("show", done, "--json").stdout) == known


def test_show_of_nothing(logflume: CommandLine) -> None:
    """An unknown id is one line on stderr and exit code 1."""
    ran = logflume("show", "dep_" + "0" * 37)
    assert (ran.returncode, ran.stdout, ran.stderr.count(b"\n")) == (1, b"", 1)


def test_open(logflume: CommandLine) -> None:
    """The address is printed, and given to the browser."""
    browser = logflume.home / "browser"
    browser.write_text(f'#!{sys.executable}\nimport sys\nopen("opened", "w").write(sys.argv[1])\n')
    browser.chmod(0o755)
    done = new_deployment(logflume.server)
    page = f"{logflume.server}/d/{done}"
    ran = logflume("open", done, env={"BROWSER": f"{browser} %s"})
    assert (ran.returncode, ran.stdout.decode()) == (0, f"{page}\n")
    assert (logflume.home / "opened").read_text() == page
    as_json = logflume("open", done, "--json", env={"BROWSER": f"{browser} %s"})
    assert json.loads(as_json.stdout) == {"page": page}


def test_a_reader_that_has_enough(logflume: CommandLine, tmp_path: Path) -> None:
    """`ls | head -1` ends quietly."""
    for _ in range(3):
        new_deployment(logflume.server, project=tmp_path.name)
    with logflume.running("ls", "--project", tmp_path.name) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
