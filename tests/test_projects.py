"""Projects' settings: what may be set, by two at once, after a restart, from the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import typer

from logflume.access.audit import AUDIT
from logflume.cli.project_command import set_
from logflume.deployments.projects import Projects, ProjectSettings
from logflume.errors import BadRecord, Outdated
from logflume.records import Seq
from logflume.store.memory import MemoryStore
from tests.cli_tools import CommandLine
from tests.own_server import OwnServer
from tests.servers import ServerProcess, new_deployment

DEFAULTS = ProjectSettings(90, 0, 2**30)


@pytest.fixture
def projects() -> Projects:
    return Projects(MemoryStore(), clock=lambda: 1, defaults=DEFAULTS)


async def test_what_is_not_set_is_the_servers(projects: Projects) -> None:
    """Null is the server's, 0 is never, and each counts alone."""
    assert projects.settings("p") == DEFAULTS
    await projects.put("p", ProjectSettings(keep_days=0, masks=("secret-[0-9]+",)))
    settings = projects.settings("p")
    assert (settings.keep_days, settings.keep_bytes, settings.max_log_bytes) == (0, 0, 2**30)
    assert settings.masks == ("secret-[0-9]+",)
    assert projects.settings("other") == DEFAULTS
    await projects.put("p", ProjectSettings())
    assert projects.settings("p") == DEFAULTS


async def test_they_are_known_after_a_restart() -> None:
    """All of them, however many. Caught: the first page only."""
    store = MemoryStore()
    first = Projects(store, clock=lambda: 1)
    for n in range(250):
        await first.put(f"p{n}", ProjectSettings(keep_days=n + 1))
    second = Projects(store, clock=lambda: 1)
    await second.start()
    assert [second.settings(f"p{n}").keep_days for n in range(250)] == list(range(1, 251))


async def test_of_two_who_change_them_one_is_late(projects: Projects) -> None:
    """Whoever names what he has read. Caught: a change that is lost."""
    read = await projects.get("p")
    first = await projects.put("p", ProjectSettings(keep_days=1), read.tag)
    with pytest.raises(Outdated):
        await projects.put("p", ProjectSettings(keep_days=2), read.tag)
    second = await projects.put("p", ProjectSettings(keep_days=3), first.tag)
    assert second.tag != first.tag
    assert (await projects.get("p")).settings.keep_days == 3


@pytest.mark.parametrize(
    "mask",
    [
        "",
        "(",
        "a*",
        "x|",
        "^",
        "$",
        r"\b",
        "(?:)",
        r"\d?",
        "[",
        r"(?=a)",
        "x" * 1025,
        r"\1",
        "\ud800",
    ],
)
async def test_masks_that_make_no_sense_are_refused(projects: Projects, mask: str) -> None:
    """No expression, too long, or one that masks between any two characters."""
    with pytest.raises(BadRecord, match="masks: number 2"):
        await projects.put("p", ProjectSettings(masks=("good", mask)))
    assert projects.settings("p") == DEFAULTS


@pytest.fixture(scope="module")
def api() -> Iterator[httpx2.Client]:
    with OwnServer() as server, httpx2.Client(base_url=server.url) as client:
        client.headers["x-test"] = "projects"
        client.server = server  # type: ignore[attr-defined]
        yield client


def test_over_http(api: httpx2.Client) -> None:
    """Shown, set as a whole, with a tag against being late; the audit log notes who did it."""
    address = "/v1/projects/team%20a/shop"
    before = api.get(address)
    assert before.json()["keep_days"] is None
    assert before.json()["effective"]["max_log_bytes"] == 2**30
    late = {"if-match": before.headers["etag"]}
    put = api.put(address, json={"keep_days": 7, "masks": ["x+"]}, headers=late)
    assert put.status_code == 200
    assert api.get(address).json() == put.json()
    assert api.get(address).headers["etag"] == put.headers["etag"]
    assert put.json()["project"] == "team a/shop"
    refused = api.put(address, json={}, headers=late)
    assert refused.status_code == 412
    assert refused.json()["type"].endswith(":precondition-failed")
    assert api.put(address, json={}, headers={"if-match": "*"}).json()["masks"] == []
    server = api.server  # type: ignore[attr-defined]

    async def notes() -> list[Any]:
        store = server.context.store
        chunks = await store.read(AUDIT, Seq(0), until=Seq(10**6), max_bytes=10**6)
        return [json.loads(record) for chunk in chunks for record in chunk.records()]

    assert [note["project"] for note in server.call(notes())] == ["team a/shop"] * 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"keep_days": -1}, 422),
        ({"keep_days": 1.5}, 422),
        ({"keep_days": 10**9}, 422),
        ({"keep_bytes": 2**60}, 422),
        ({"max_log_bytes": 1024}, 422),
        ({"max_log_bytes": 0}, 422),
        ({"masks": "x"}, 422),
        ({"masks": ["x"] * 101}, 422),
        ({"masks": ["("]}, 422),
        ({"keepdays": 1}, 422),
        ([], 422),
        ({"masks": ["x" * 300_000]}, 413),
    ],
)
def test_bad_settings_are_refused(api: httpx2.Client, body: object, status: int) -> None:
    """With words that say what is wrong; nothing is stored."""
    answer = api.put("/v1/projects/bad", json=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert api.get("/v1/projects/bad").headers["etag"] == '"none"'


def test_bad_names_are_refused(api: httpx2.Client) -> None:
    """As deployments refuse them."""
    assert api.get(f"/v1/projects/{'x' * 201}").status_code == 422
    assert api.put("/v1/projects/", json={}).status_code == 422
    assert (
        api.put(
            "/v1/projects/x", content="{", headers={"content-type": "application/json"}
        ).status_code
        == 400
    )
    assert api.put("/v1/projects/x", content="{}").status_code == 415


@pytest.mark.live
def test_the_command_line(tmp_path: Path, shared_server: ServerProcess) -> None:
    """Only what is said changes; "default" gives it back to the server."""
    logflume = CommandLine(tmp_path, shared_server.url)
    name = tmp_path.name
    shown = logflume("project", "set", name, "--keep-days", "90", "--mask", "AKIA[0-9A-Z]{16}")
    assert b"keep_days      90\n" in shown.stdout
    assert b"(the server's)" in shown.stdout
    known = json.loads(logflume("project", "set", name, "--keep-bytes", "1000000", "--json").stdout)
    assert (known["keep_days"], known["keep_bytes"]) == (90, 1_000_000)
    assert known["masks"] == ["AKIA[0-9A-Z]{16}"]
    logflume("project", "set", name, "--keep-days", "default", "--mask", "")
    shown = logflume("project", "show", name)
    assert b"keep_days      for ever (the server's)\n" in shown.stdout
    assert b"mask" not in shown.stdout


@pytest.mark.live
def test_masks_are_applied_from_when_they_are_set(
    tmp_path: Path, shared_server: ServerProcess
) -> None:
    """On a connection that was there before, too. Caught: a setting that does nothing."""
    name, secret = f"masked-{tmp_path.name}", "AKIA0123456789ABCDEF"
    log = (
        f"{shared_server.url}/v1/deployments/{new_deployment(shared_server.url, project=name)}/log"
    )
    with httpx2.Client() as client:
        for masks in ([], ["AKIA[0-9A-Z]{16}"], []):
            settings = {"masks": masks}
            address = f"{shared_server.url}/v1/projects/{name}"
            assert httpx2.put(address, json=settings).status_code == 200
            for _ in range(3):
                body = f"key {secret}\n"
                client.post(log, content=body, headers={"content-type": "text/plain"})
        texts = client.get(f"{log}?format=text").text.splitlines()
    assert [secret in text for text in texts] == [True] * 3 + [False] * 3 + [True] * 3


@pytest.mark.parametrize(
    "said",
    [
        {"keep_days": "x"},
        {"keep_days": "-1"},
        {"keep_bytes": "1e9"},
        {"max_log_bytes": "\u0663"},
        {},
    ],
)
def test_the_command_line_refuses(said: dict[str, str]) -> None:
    """What is no number, and to change nothing; before anything is asked."""
    with pytest.raises(typer.BadParameter):
        set_("p", server="http://127.0.0.1:9", **said)  # type: ignore[arg-type]
