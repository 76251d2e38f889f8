"""One implementation: the client that blocks is made of the other. And what is offered is light."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import logflume
from logflume import AsyncClient, Client

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "scripts" / "generate-client"


def test_the_blocking_client_is_up_to_date() -> None:
    """Whoever changes the one has made the other anew."""
    ran = subprocess.run([sys.executable, SCRIPT, "--check"], capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (0, ""), ran.stdout + ran.stderr


def test_nothing_waits_in_the_blocking_client() -> None:
    """No word of asyncio is left in it, nor in what is said of it."""
    for path in (ROOT / "src/logflume/client/blocking").glob("*.py"):
        text = path.read_text("utf-8")
        body = text.partition("\n")[2]
        assert text.startswith(f"# Made by scripts/generate-client from client/aio/{path.name}")
        for word in ("async", "await", "aclose", "Cancelling", "Async"):
            assert word not in body, path.name


def test_both_offer_the_same() -> None:
    """Every call of the one is one of the other, with the same parameters."""
    names = {name for name in dir(Client) if not name.startswith("_")}
    assert names == {name for name in dir(AsyncClient) if not name.startswith("_")} - {"aclose"} | {
        "close"
    }
    for name in names - {"close", "server", "token"}:
        one, other = getattr(Client, name), getattr(AsyncClient, name)
        assert inspect.signature(one).parameters == inspect.signature(other).parameters


@pytest.mark.parametrize("name", logflume.__all__)
def test_every_name_is_there(name: str) -> None:
    """What is offered can be imported, and says what it is."""
    assert inspect.getdoc(getattr(logflume, name))
    assert name in dir(logflume)


def test_what_is_not_there() -> None:
    """Any other name is an AttributeError, as of every module."""
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        _ = logflume.nothing_of_the_kind


@pytest.mark.parametrize(
    ("statement", "unneeded"),
    [
        ("import logflume", ["httpx2", "msgspec", "asyncio", "logging", "websockets"]),
        ("from logflume import LogGone", ["httpx2", "msgspec", "asyncio"]),
        ("from logflume import Client", ["websockets"]),
        ("import logflume.cli.run", ["httpx2", "msgspec", "asyncio"]),
    ],
)
def test_what_is_loaded(statement: str, unneeded: list[str]) -> None:
    """What is not used is not waited for: the command line is to start at once."""
    loaded = f"{statement}\nimport sys\nprint(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert not set(unneeded) & set(ran.stdout.split())
