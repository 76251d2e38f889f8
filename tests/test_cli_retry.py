"""`logflume run --retry-of`: a deployment that begins where the one before it failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli_tools import NOBODY, CommandLine, Logs, page_id
from tests.servers import ServerProcess

pytestmark = pytest.mark.live

FAILING = "echo ::group::build; echo built; echo ::group::migrate; echo cannot migrate; exit 3"
UNKNOWN = "dep_" + "0" * 37


@pytest.fixture
def logflume(tmp_path: Path, shared_server: ServerProcess) -> CommandLine:
    """The command line, with a server that is there."""
    return CommandLine(tmp_path, shared_server.url)


@pytest.fixture
def logs(shared_server: ServerProcess) -> Logs:
    """What that server has."""
    return Logs(shared_server.url)


def test_a_retry_begins_with_what_need_not_run_again(logflume: CommandLine, logs: Logs) -> None:
    """The old lines up to the section that failed, a line that says so, the new ones."""
    failed = page_id(logflume("run", "--", "bash", "-c", FAILING).stderr)
    ran = logflume("run", "--retry-of", failed, "--", "bash", "-c", "echo migrated")
    assert ran.returncode == 0
    records = logs.records(page_id(ran.stderr))
    assert [record.get("text") for record in records] == [
        "::group::build",
        "built",
        f"retry of {failed}, whose log up to its last section stands above",
        "migrated",
        None,
    ]
    assert [record["n"] for record in records] == [1, 2, 3, 4, 5]
    assert (records[-1]["kind"], records[-1]["lines"]) == ("end", 4)


def test_the_address_of_a_page_names_the_deployment_too(
    logflume: CommandLine, logs: Logs, shared_server: ServerProcess
) -> None:
    """As everywhere on the command line."""
    failed = page_id(logflume("run", "--", "bash", "-c", FAILING).stderr)
    page = f"{shared_server.url}/d/{failed}"
    ran = logflume("run", "--retry-of", page, "--", "true")
    assert logs.texts(page_id(ran.stderr), "stdout") == ["::group::build", "built"]


def test_what_cannot_be_a_retry_is_logged_all_the_same(logflume: CommandLine, logs: Logs) -> None:
    """A deploy and its log never fail because another log is missing."""
    ran = logflume("run", "--retry-of", UNKNOWN, "--", "echo", "deployed")
    assert ran.returncode == 0
    assert b"logflume: this is logged as no retry: retry_of: there is no deployment" in ran.stderr
    assert logs.texts(page_id(ran.stderr), "stdout") == ["deployed"]
    assert not logflume.spools()


def test_a_retry_is_spooled_and_sent_later(
    logflume: CommandLine, logs: Logs, shared_server: ServerProcess
) -> None:
    """It is still one when the server is back."""
    failed = page_id(logflume("run", "--", "bash", "-c", FAILING).stderr)
    away = {"LOGFLUME_SERVER": NOBODY, "LOGFLUME_SYNC_SECONDS": "0"}
    ran = logflume("run", "--retry-of", failed, "--", "echo", "later", env=away)
    assert ran.returncode == 0
    assert logflume("sync", "--server", shared_server.url).returncode == 0
    texts = logs.texts(page_id(ran.stderr), "stdout")
    assert texts == ["::group::build", "built", "later"]


def test_what_is_no_deployment_is_refused_before_anything_runs(logflume: CommandLine) -> None:
    """With what is wrong, and exit code 2."""
    ran = logflume("run", "--retry-of", "yesterday", "--", "echo", "ran")
    assert ran.returncode == 2
    assert b"--retry-of: 'yesterday' is neither a deployment's id" in ran.stderr
    assert ran.stdout == b""
