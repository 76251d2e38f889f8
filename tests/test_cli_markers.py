"""Markers in what `logflume run` and `logflume push` log: groups in the log, lines elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli_tools import NOBODY, CommandLine, Logs, page_id
from tests.servers import ServerProcess

pytestmark = pytest.mark.live

SCRIPT = "echo ::group::Build; echo --- Test; echo ::endgroup::"
OUTPUT = b"::group::Build\n--- Test\n::endgroup::\n"
ON_BUILDKITE = {"BUILDKITE": "true"}


@pytest.fixture
def logflume(tmp_path: Path, shared_server: ServerProcess) -> CommandLine:
    """The command line, with a server that is there."""
    return CommandLine(tmp_path, shared_server.url)


@pytest.fixture
def logs(shared_server: ServerProcess) -> Logs:
    """What that server has."""
    return Logs(shared_server.url)


def groups(records: list[dict[str, Any]]) -> list[str]:
    return [record["group"] for record in records if record.get("open")]


@pytest.mark.parametrize(
    ("options", "env", "wanted"),
    [
        ([], {}, ["Build"]),
        ([], ON_BUILDKITE, ["Build", "Test"]),
        (["--markers", "buildkite"], {}, ["Build", "Test"]),
        ([], {"BUILDKITE": "false"}, ["Build"]),
    ],
)
def test_groups_of_a_command(
    logflume: CommandLine, logs: Logs, options: list[str], env: dict[str, str], wanted: list[str]
) -> None:
    """Its output passes unchanged; Buildkite's headers count on Buildkite, or if asked for."""
    ran = logflume("run", *options, "--", "sh", "-c", SCRIPT, env=env)
    assert ran.stdout == OUTPUT
    assert groups(logs.records(page_id(ran.stderr))) == wanted


@pytest.mark.parametrize(("options", "env"), [([], ON_BUILDKITE), (["--markers", "buildkite"], {})])
def test_groups_of_a_pipe(
    logflume: CommandLine, logs: Logs, options: list[str], env: dict[str, str]
) -> None:
    """The same for `push`."""
    ran = logflume("push", *options, stdin=OUTPUT, env=env)
    assert groups(logs.records(page_id(ran.stderr))) == ["Build", "Test"]


def test_a_log_that_is_sent_later(tmp_path: Path, logs: Logs, shared_server: ServerProcess) -> None:
    """It has the groups that it had been asked to have. Caught: an option that only the process
    knows which was given it."""
    away = CommandLine(tmp_path, NOBODY)
    ran = away("push", stdin=OUTPUT, env={**ON_BUILDKITE, "LOGFLUME_SYNC_SECONDS": "0.1"})
    assert away.spools()
    away("sync", "--server", shared_server.url)
    assert groups(logs.records(page_id(ran.stderr))) == ["Build", "Test"]


def test_tail_prints_markers_as_they_were_written(logflume: CommandLine) -> None:
    """They are lines of the log."""
    ran = logflume("push", stdin=OUTPUT)
    assert logflume("tail", page_id(ran.stderr)).stdout == OUTPUT


def test_other_markers_are_refused(logflume: CommandLine) -> None:
    """Before anything is begun."""
    ran = logflume("run", "--markers", "jenkins", "--", "true")
    assert ran.returncode == 2
    assert b"buildkite" in ran.stderr
