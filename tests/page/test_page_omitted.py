"""A log of which lines 51 to 150 are no longer kept, in a browser: it says so where they were."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.own_server import OwnServer
from tests.page.browsing import row
from tests.page.viewing import ask, drag_bar, loaded, text_of, visible
from tests.trimmed import LINES, Served

GAP_ENDS = 150
NOT_KEPT = "lines 51 to 150 are not kept: the log is larger than its project's limit"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with OwnServer() as server:
        yield Served(server)


@pytest.fixture
def url(served: Served) -> str:
    return served.server.url


def test_one_line_stands_for_what_is_not_kept(page: Page, served: Served) -> None:
    """It has its own number, and so have the lines around it. Caught: a hundred empty rows."""
    page.goto(f"/d/{served.id}")
    loaded(page, LINES)
    drag_bar(page, 0.4)
    loaded(page, GAP_ENDS)
    assert text_of(page, GAP_ENDS) == NOT_KEPT
    assert ask(page, f"viewer.lines.previous({GAP_ENDS})") == 50
    assert text_of(page, 50) == "line 50"
    assert text_of(page, 151) == "line 151"
    page.keyboard.press("Home")
    loaded(page, 1)
    assert visible(page)[0] == 1
    expect(page.locator("deploy-log .faults")).to_be_hidden()


@pytest.mark.parametrize("line", [51, 100])
def test_address_of_what_is_not_kept_leads_to_where_it_was(
    page: Page, served: Served, line: int
) -> None:
    """Caught: an empty row under that number, for ever."""
    page.goto(f"/d/{served.id}#L{line}")
    loaded(page, GAP_ENDS)
    expect(row(page, GAP_ENDS)).to_be_in_viewport()
    expect(row(page, GAP_ENDS)).to_contain_class("marked")
    assert text_of(page, GAP_ENDS) == NOT_KEPT
