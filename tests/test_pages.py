"""The page's files over HTTP: what may be kept for ever, and what a page loads beforehand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from logflume.http.pages import edition
from tests.servers import ServerProcess

ASSETS = Path(__file__).parent.parent / "src/logflume/page/assets"
LASTING = "public, max-age=31536000, immutable"

PAGES = ("/", "/d/dep_x", "/embed/dep_x", "/compare")


@pytest.fixture
def api(memory_server: ServerProcess) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=memory_server.url) as client:
        yield client


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_loads_is_there_and_may_be_kept_for_ever(api: httpx2.Client, page: str) -> None:
    answer = api.get(page)
    assert answer.headers["cache-control"] == "no-cache"
    addresses = set(re.findall(r'(?:href|src)="(/assets/[^"]+)"', answer.text))
    assert addresses
    for address in addresses:
        file = api.get(address)
        assert file.status_code == 200, address
        assert file.headers["cache-control"] == LASTING


@pytest.mark.parametrize("page", PAGES)
def test_script_of_a_page_brings_all_that_it_imports(api: httpx2.Client, page: str) -> None:
    """In one answer, and so does each worker that it starts: a module is never waited for."""
    (address,) = re.findall(r'<script type="module" src="([^"]+)"', api.get(page).text)
    scripts = [address]
    for script in scripts:
        text = api.get(script).text
        assert re.findall(r"^import\b.*", text, re.MULTILINE) == []
        folder = script.rpartition("/")[0]
        workers = re.findall(r'new URL\("\./([\w-]+\.js)", import\.meta\.url\)', text)
        scripts += [f"{folder}/{worker}" for worker in workers]
    assert len(scripts) == {"/": 1, "/compare": 3}.get(page, 2)


def source(module: str) -> str:
    return (ASSETS / module).read_text("utf-8")


def test_file_without_its_edition_is_asked_for_again(api: httpx2.Client) -> None:
    """It has one address that stays, for pages of other sites; a browser asks whether it has
    changed. An edition that is no more is answered with the one that is, and not for ever."""
    for address in ("/assets/deploy-log.js", "/assets/0123456789abcdef/deploy-log.js"):
        answer = api.get(address)
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.text == api.get(f"/assets/{edition()}/deploy-log.js").text
    assert api.get("/assets/format.js").text == source("format.js")


@pytest.mark.parametrize("name", ["nothing.js", "..%2Findex.html", "a" * 300, "assets"])
def test_what_is_no_file_of_the_page_is_not_found(api: httpx2.Client, name: str) -> None:
    for address in (f"/assets/{name}", f"/assets/x/{name}"):
        assert api.get(address).status_code == 404
