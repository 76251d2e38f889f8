"""A log of which the middle is no longer kept, in a browser: one line says so where it was, whether
that were a hundred lines or more than are read at once."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.own_server import OwnServer
from tests.page.browsing import row
from tests.page.viewing import ask, drag_bar, loaded, text_of, tops, until, visible, wheel
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


LONG_LINES = 9000
LONG_AFTER = 1461
LONG_UNTIL = 7345
LONG_NOT_KEPT = "lines 1,462 to 7,345 are not kept: the log is larger than its project's limit"
A_READ = 1000
"""Records that are read at once: the next ones are asked for, too, before it is known that they
are gone."""

FROM = re.compile(r"format=ndjson&from=(\d+)")
LONG_ROWS = LONG_LINES - (LONG_UNTIL - LONG_AFTER) + 1


@pytest.fixture(scope="module")
def long(served: Served) -> Served:
    """On the same server, a log of which more is not kept than is read at once."""
    return Served(served.server, lines=LONG_LINES, after=LONG_AFTER, until=LONG_UNTIL)


def around_the_gap(page: Page) -> None:
    """One row, between the last line before the gap and the first one after it, each right below
    the one before, and the scroll bar knows no more."""
    loaded(page, LONG_UNTIL)
    assert text_of(page, LONG_UNTIL) == LONG_NOT_KEPT
    seen = tops(page)
    assert [n for n in seen if LONG_AFTER <= n <= LONG_UNTIL + 1] == [
        LONG_AFTER,
        LONG_UNTIL,
        LONG_UNTIL + 1,
    ]
    row_pixels = seen[LONG_UNTIL + 1] - seen[LONG_UNTIL]
    assert seen[LONG_UNTIL] - seen[LONG_AFTER] == pytest.approx(row_pixels)
    assert ask(page, "viewer.lines.count") == LONG_ROWS


@pytest.mark.parametrize("way", ["down", "up", "bar", "address", "number"])
def test_of_a_long_gap_there_is_one_line_too(page: Page, long: Served, way: str) -> None:
    """Whichever way one comes to it. Caught: a row for each part of it that was read, or rows that
    stay empty for ever."""
    page.goto(f"/d/{long.id}" + ("#L4000" if way == "address" else ""))
    if way != "address":
        loaded(page, LONG_LINES)
    if way == "down":
        ask(page, f"viewer.goTo({LONG_AFTER - 40}, {{ align: 'start' }})")
        loaded(page, LONG_AFTER - 30)
        wheel(page, 500)
    elif way == "up":
        ask(page, f"viewer.goTo({LONG_UNTIL + 40}, {{ align: 'start' }})")
        loaded(page, LONG_UNTIL + 50)
        wheel(page, -1000)
    elif way == "bar":
        drag_bar(page, 0.5)
        loaded(page, LONG_UNTIL)
        wheel(page, -200)
    elif way == "number":
        page.keyboard.type(":4000\n")
    around_the_gap(page)
    expect(page.locator("deploy-log .faults")).to_be_hidden()


def test_keys_and_search_go_past_a_long_gap(page: Page, long: Served) -> None:
    """A page down and up again, a hit beyond it, the first line and the last; and once it is known
    nothing of it is read."""
    read: list[int] = []
    page.on("request", lambda request: read.extend(map(int, FROM.findall(request.url))))
    page.goto(f"/d/{long.id}#L{LONG_AFTER - 5}")
    around_the_gap(page)
    page.keyboard.press("Space")
    loaded(page, LONG_UNTIL + 20)
    page.keyboard.press("b")
    around_the_gap(page)
    page.keyboard.press("/")
    page.keyboard.type("line 7350\n")
    expect(page.locator("deploy-log .search")).to_contain_text("1 of 1")
    around_the_gap(page)
    expect(row(page, 7350)).to_contain_class("current")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    loaded(page, 1)
    page.keyboard.press("G")
    loaded(page, LONG_LINES)
    assert len(read) > 1
    assert [n for n in read if 3 * A_READ < n <= LONG_UNTIL] == []


def test_a_gap_that_grows_takes_what_is_read_of_it_then(page: Page, long: Served) -> None:
    """The page knows how far it reached; who comes to what has gone since is told of all of it.
    Caught: two lines that say so, or a line that is asked for again and again."""
    grown = Served(long.server, lines=LONG_LINES, after=LONG_AFTER, until=4000)
    page.goto(f"/d/{grown.id}#L2000")
    loaded(page, 4000)
    assert text_of(page, 4000).startswith("lines 1,462 to 4,000 are not kept")
    grown.server.call(grown.trim(LONG_AFTER, LONG_UNTIL))
    page.keyboard.type(":6500\n")
    until(page, f"viewer.lines.count === {LONG_ROWS}")
    around_the_gap(page)
