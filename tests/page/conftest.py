"""A browser, a page that may do nothing wrong, and the API of the server behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Dialog,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.page.browsing import ARGUMENTS, CHROMIUM, WAIT_MILLISECONDS, Api, save
from tests.page.rendering import Renderer


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/page/" in item.nodeid:
            item.add_marker(pytest.mark.live)
            item.add_marker(pytest.mark.timeout(120))


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    """The shared server's address, unless the test asks for a server of its own."""
    name = "server" if "server" in request.fixturenames else "shared_server"
    return str(request.getfixturevalue(name).url)


@pytest.fixture
def api(url: str) -> Iterator[Api]:
    with httpx2.Client(base_url=url, timeout=60) as client:
        yield Api(client)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One for all tests here, and gone before others run an event loop: its own runs till then."""
    expect.set_options(timeout=WAIT_MILLISECONDS)
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS) as chromium,
    ):
        yield chromium


@pytest.fixture
def page(browser: Browser, url: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A fresh page; it must not throw, nor open a dialog, nor meet its own security policy."""
    faults: list[str] = []

    def console(said: ConsoleMessage) -> None:
        if "Content Security" in said.text:
            faults.append(said.text)

    def dialog(opened: Dialog) -> None:
        faults.append(opened.message)
        opened.dismiss()

    size: ViewportSize = {"width": 1200, "height": 760}
    with browser.new_context(base_url=url, viewport=size) as context:
        page = context.new_page()
        page.set_default_timeout(WAIT_MILLISECONDS)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", console)
        page.on("dialog", dialog)
        yield page
        save(page, re.sub(r"\W+", "_", request.node.name.removeprefix("test_")).strip("_"))
    assert faults == []


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    """The page's modules that need no page."""
    with Renderer() as renderer:
        yield renderer
