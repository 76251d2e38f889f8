"""`logflume token` and `share`, and what every other command says of a token that is no good."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli_tools import CommandLine
from tests.guarded import SHOP, GuardedServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedServer]:
    with GuardedServer(tmp_path_factory.mktemp("guarded") / "data") as running:
        yield running


@pytest.fixture
def cli(tmp_path: Path, server: GuardedServer) -> CommandLine:
    return CommandLine(tmp_path, server.url)


def test_tokens_are_made_listed_and_revoked(cli: CommandLine, server: GuardedServer) -> None:
    """The secret on stdout and nowhere else; the list says what each may do."""
    admin = {"LOGFLUME_TOKEN": server.first_token}
    scopes = ["--scope", "write:shop,web", "--scope", "read"]
    made = cli("token", "create", "ci", *scopes, "--expires", "30d", env=admin)
    secret = made.stdout.decode().strip()
    assert (made.returncode, secret[:3]) == (0, "lf_")
    assert secret.encode() not in made.stderr
    assert cli("ls", env={"LOGFLUME_TOKEN": secret}).returncode == 0
    rows = cli("token", "list", env=admin).stdout.decode().splitlines()
    [row] = [row.split("\t") for row in rows if "\tci\t" in row]
    assert row[1:3] == ["ci", "write:shop,web read"]
    assert cli("token", "revoke", row[0], env=admin).returncode == 0
    refused = cli("ls", env={"LOGFLUME_TOKEN": secret})
    assert refused.returncode == 1
    assert b"set LOGFLUME_TOKEN" in refused.stderr
    assert cli("token", "revoke", row[0], env=admin).returncode == 1


def test_a_scope_that_is_none_is_said(cli: CommandLine, server: GuardedServer) -> None:
    admin = {"LOGFLUME_TOKEN": server.first_token}
    refused = cli("token", "create", "x", "--scope", "everything", env=admin)
    assert refused.returncode == 1
    assert b"everything" in refused.stderr
    assert cli("token", "create", "x", "--scope", "read", "--expires", "soon").returncode == 2


def test_a_share_link_is_tailed(cli: CommandLine, server: GuardedServer) -> None:
    """By who has no token; `show` takes it, too. Once revoked it opens nothing."""
    deployment = server.deployment()
    server.admin.post(f"/v1/deployments/{deployment}/log", content=b"shared line\n")
    server.admin.patch(f"/v1/deployments/{deployment}", json={"status": "succeeded"})
    admin = {"LOGFLUME_TOKEN": server.first_token}
    link = cli("share", deployment, "--expires", "1h", env=admin).stdout.decode().strip()
    tailed = cli("tail", link)
    assert (tailed.returncode, tailed.stdout) == (0, b"shared line\n")
    shown = json.loads(cli("show", link, "--json").stdout)
    assert shown["id"] == deployment
    [row] = cli("share", deployment, "--list", env=admin).stdout.decode().splitlines()
    assert cli("share", deployment, "--revoke", row.split("\t")[0], env=admin).returncode == 0
    assert cli("tail", link).returncode == 1
    assert cli("share", deployment, "--list", env=admin).stdout == b""


def test_a_token_that_is_no_good_fails_no_deployment(
    cli: CommandLine, server: GuardedServer
) -> None:
    """The log is kept, and sent once the token is right."""
    ran = cli("run", "--project", "shop", "--", "echo", "kept", env={"LOGFLUME_TOKEN": "lf_no"})
    assert (ran.returncode, ran.stdout) == (0, b"kept\n")
    assert b"LOGFLUME_TOKEN" in ran.stderr
    before = server.admin.get("/v1/deployments?project=shop").json()["deployments"]
    good = server.secret({"scope": "write", **SHOP})
    assert cli("sync", env={"LOGFLUME_TOKEN": good}).returncode == 0
    after = server.admin.get("/v1/deployments?project=shop").json()["deployments"]
    assert len(after) == len(before) + 1
    log = server.admin.get(f"/v1/deployments/{after[0]['id']}/log").text
    assert "kept" in log
