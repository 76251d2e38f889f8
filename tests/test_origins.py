"""What an allowed origin is, how it is written, and what the server says of one that is none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from logflume.http.origins import Origins
from tests.servers import ServerProcess


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("https://deploys.example.com", "https://deploys.example.com"),
        ("HTTPS://Deploys.Example.COM", "https://deploys.example.com"),
        ("https://deploys.example.com:443", "https://deploys.example.com"),
        ("http://deploys.example.com:80", "http://deploys.example.com"),
        ("http://deploys.example.com:443", "http://deploys.example.com:443"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ],
)
def test_an_origin_is_known_as_browsers_send_it(written: str, sent: str) -> None:
    """Whatever the case of letters; the usual port goes without saying."""
    allowed = Origins([written])
    assert allowed
    assert allowed.include(sent)
    assert allowed.frames == f"'self' {sent}"
    for other in (f"{sent}0", f"{sent}.test", f"{sent}/", f"x{sent}", "null", "*", ""):
        assert not allowed.include(other)


@pytest.mark.parametrize(
    "written",
    [
        *("", "null", "example.com", "https://", "https://a.example/", "https://a.example/page"),
        *(
            "https://*.a.example",
            "https://a.example:0",
            "https://a.example:port",
            "ftp://a.example",
        ),
        *("https://user@a.example", "https://a.example?x", "https://a.example, https://b.example"),
        *("https://a.example https://b.example", "https://bücher.example", "https://a.example\n"),
        *("https://a.example; script-src *", "'self'", "https://a.example:123456"),
    ],
)
def test_what_is_none_is_refused(written: str) -> None:
    """With what to write. Caught: a word that gets into the pages' security policy."""
    with pytest.raises(ValueError, match=r"https://shop\.example\.com"):
        Origins(["https://good.example", written])


def test_nobody_is_allowed_unasked() -> None:
    """An empty setting is none."""
    allowed = Origins()
    assert not allowed
    assert not allowed.include("https://a.example")
    assert not allowed.include("")
    assert allowed.frames == "'self'"


def test_everybody_is_one_word() -> None:
    """With others beside it or not."""
    for words in (["*"], ["https://a.example", "*"]):
        allowed = Origins(words)
        assert allowed.are_all
        assert allowed.include("null")
        assert allowed.frames == "*"


@pytest.mark.parametrize(
    "said", [["--allow-origin", "https://a.example/"], ["--allow-origin", "a.example"]]
)
def test_the_server_does_not_start_with_one_that_is_none(said: list[str], tmp_path: Path) -> None:
    """It says which, and what to write, in one line."""
    command = [sys.executable, "-m", "logflume", "serve", "--port", "0", *said]
    run = subprocess.run(
        [*command, "--data", str(tmp_path / "data")], capture_output=True, text=True, timeout=20
    )
    assert run.returncode == 2
    [line] = run.stderr.strip().splitlines()
    assert line.startswith(f"logflume: --allow-origin: '{said[1]}' is no origin")
    assert "https://shop.example.com or http://localhost:3000" in line


def test_the_environment_names_several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With spaces between."""
    monkeypatch.setitem(
        os.environ, "LOGFLUME_ALLOW_ORIGIN", "https://a.example http://b.example:81"
    )
    with ServerProcess(tmp_path / "data", store="memory:") as server:
        for origin in ("https://a.example", "http://b.example:81"):
            answer = httpx2.get(f"{server.url}/v1/deployments", headers={"Origin": origin})
            assert answer.headers["access-control-allow-origin"] == origin
