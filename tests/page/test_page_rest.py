"""What a reader did not ask for waits for the lines that he wants: the search of a long log for its
sections and its errors."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request, Route

from tests.page.browsing import Api
from tests.page.viewing import ask, frames, loaded, until

LONG = 20_500
"""Records: more than are searched while somebody waits."""

SHORT = 3000
FAR = 1500
"""A line that is not among the last, which come with the page."""

WAIT_FRAMES = 30
"""Half a second: some times what the search waits for once the lines are there."""


class Held:
    """Lines that are asked for by number stay away until they are let go; searches are counted."""

    def __init__(self, page: Page) -> None:
        self.searches = 0
        self._page = page
        self._routes: list[Route] = []
        self._lets = False
        page.route("**/log?format=ndjson*", self._came)
        page.on("request", self._asked)

    def let_go(self) -> None:
        self._lets = True
        for route in self._routes:
            route.continue_()

    def until_searched(self) -> None:
        """For sections and for errors."""
        for _ in range(600):
            if self.searches >= 2:
                return
            frames(self._page)
        raise AssertionError("nothing was searched")

    def _came(self, route: Route) -> None:
        if self._lets:
            route.continue_()
        else:
            self._routes.append(route)

    def _asked(self, request: Request) -> None:
        self.searches += urlsplit(request.url).path.endswith("/search")


@pytest.fixture
def log(api: Api) -> Callable[[int], str]:
    """The path of a deployment with so many lines."""

    def made(lines: int) -> str:
        deployment = api.create()
        api.append_many(deployment, (f"line {n}" for n in range(1, lines + 1)))
        return f"/d/{deployment}"

    return made


def test_a_long_log_is_searched_once_the_lines_are_there(
    page: Page, log: Callable[[int], str]
) -> None:
    """Caught: the search takes the server while somebody waits, and no search at all."""
    held = Held(page)
    page.goto(f"{log(LONG)}#L{FAR}")
    until(page, f"viewer.state.tail === {LONG} && viewer.waiting")
    frames(page, WAIT_FRAMES)
    assert ask(page, "viewer.waiting")
    assert held.searches == 0
    held.let_go()
    loaded(page, FAR)
    held.until_searched()


def test_a_short_log_is_searched_at_once(page: Page, log: Callable[[int], str]) -> None:
    """Caught: folds that close a moment after their lines were shown."""
    held = Held(page)
    page.goto(f"{log(SHORT)}#L{FAR}")
    held.until_searched()
    assert ask(page, "viewer.waiting")
    held.let_go()
    loaded(page, FAR)
