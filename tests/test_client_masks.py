"""Masks that a program gives its logs."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from logflume import AsyncClient, Client, LoggingHandler, new_id
from tests.servers import ServerProcess

SECRET = "hunter2 and more"


@pytest.fixture
def client(shared_server: ServerProcess) -> Iterator[Client]:
    """A client of a server that is there."""
    with Client(shared_server.url) as client:
        yield client


def texts(client: Client, deployment_id: str) -> list[str]:
    return [record.text for record in client.read(deployment_id)]


async def test_writers(client: Client) -> None:
    """Of both kinds; each writer has its own masks."""
    fresh = client.create("shop").id
    with client.writer(fresh, masks=[SECRET, "first\nsecond"]) as log:
        log.write(f"a {SECRET}, second\n{SECRET}")
    async with (
        AsyncClient(client.server) as awaited,
        awaited.writer(fresh, masks={SECRET}) as other,
    ):
        await other.write(f"b {SECRET}, second")
    assert texts(client, fresh) == ["a ***, ***", "***", "b ***, second"]


def test_a_secret_where_a_long_line_is_cut(client: Client) -> None:
    """It is masked before the line becomes several records."""
    fresh = client.create("shop").id
    with client.writer(fresh, masks=[SECRET]) as log:
        log.write("x" * (64 * 1024 - 5) + SECRET)
    assert "".join(texts(client, fresh)) == "x" * (64 * 1024 - 5) + "***"


def test_a_handler(client: Client) -> None:
    """In messages, their arguments and exceptions, in the title and the metadata."""
    project = new_id()
    about = {"title": f"deploy {SECRET}", "metadata": {"key": SECRET}}
    handler = LoggingHandler(client.server, project=project, masks=[SECRET], **about)  # type: ignore[arg-type]
    logger = logging.Logger("test")
    logger.addHandler(handler)
    try:
        int(SECRET)
    except ValueError:
        logger.exception("with %s", SECRET)
    handler.close()
    [deployment] = client.deployments(project=project)
    assert (deployment.title, deployment.metadata) == ("deploy ***", {"key": "***"})
    lines = texts(client, deployment.id)
    assert (lines[0], lines[-2]) == (
        "with ***",
        "ValueError: invalid literal for int() with base 10: '***'",
    )
    assert SECRET not in "".join(lines)


def test_masks_that_are_none(client: Client) -> None:
    """A value that is too short is warned of; one text is no list."""
    with pytest.warns(UserWarning, match="fewer than 4 characters") as warned:
        client.writer(new_id(), masks=["abc"])
    assert warned[0].filename == __file__
    with pytest.raises(TypeError, match="a list of values"):
        LoggingHandler(client.server, new_id(), masks="secret")
