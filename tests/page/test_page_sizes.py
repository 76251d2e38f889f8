"""The log's size changes: nobody has scrolled, and what was asked for happens all the same.

A screen that grows has less to scroll. The browser puts the scroll bar back by itself and says so
as if somebody had moved it, at times before the size is known.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.page.browsing import Api, numbered
from tests.page.viewing import ask, frames, loaded, page_rows, until, visible

SIZE = 2000

LEAST_PIXELS = 300
MOST_PIXELS = 480
"""Of the element, before and after it grows; both have room on the screen."""


@pytest.fixture
def small(page: Page, api: Api) -> Page:
    """A log at its end, less high than it could be."""
    deployment = api.create()
    api.append_many(deployment, numbered(1, SIZE))
    page.goto(f"/d/{deployment}")
    loaded(page, SIZE)
    page.locator("deploy-log").evaluate(
        f"(log) => Object.assign(log.style, {{ height: '{LEAST_PIXELS}px', flex: 'none' }})"
    )
    until(page, f"viewer.screen.clientHeight < {LEAST_PIXELS}")
    frames(page)
    return page


def sized(page: Page, pixels: int, then: str = "") -> None:
    """Make the element so high, let the browser lay it out, do something, and say what the browser
    says before it tells the size: at times it does, here always."""
    page.evaluate(
        f"""() => {{
          const log = document.querySelector("deploy-log");
          const {{ screen }} = log.viewer;
          const before = screen.scrollTop;
          Object.assign(log.style, {{ height: "{pixels}px", flex: "none" }});
          if (screen.scrollTop === before) throw new Error("the browser has not moved the bar");
          {then};
          screen.dispatchEvent(new Event("scroll"));
        }}"""
    )


def press(key: str) -> str:
    event = f'new KeyboardEvent("keydown", {{ key: "{key}", bubbles: true }})'
    return f"document.body.dispatchEvent({event})"


def test_log_that_grows_is_still_followed(small: Page) -> None:
    """The last line stays at the bottom."""
    sized(small, MOST_PIXELS)
    rows = page_rows(small)
    assert rows > LEAST_PIXELS // 20
    assert visible(small) == (SIZE - rows, SIZE)
    assert ask(small, "viewer.following")


def test_key_counts_while_the_log_grows(small: Page) -> None:
    """`g` leads to the first line though the browser moves the scroll bar right after it."""
    sized(small, MOST_PIXELS, press("g"))
    loaded(small, 1)
    assert visible(small)[0] == 1


def test_line_that_was_asked_for_comes_while_the_log_grows(small: Page) -> None:
    sized(small, MOST_PIXELS, "log.viewer.goTo(1000, { align: 'start' })")
    loaded(small, 1000)
    assert visible(small)[0] == 1000
