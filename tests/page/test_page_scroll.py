"""Moving in a log of a million lines: exactly, anywhere, and nothing moves by itself."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, Route, expect

from tests.page.browsing import Api, numbered, numbers, row
from tests.page.viewing import (
    ask,
    drag_bar,
    frames,
    loaded,
    page_rows,
    text_of,
    tops,
    until,
    visible,
    wheel,
)
from tests.servers import ServerProcess

MILLION = 1_000_000
LONGEST_BAR = 8_000_000
"""Pixels: beyond this the scroll bar is scaled."""


@pytest.fixture(scope="module")
def million(shared_server: ServerProcess) -> str:
    """A deployment that still runs and has said a million lines."""
    with httpx2.Client(base_url=shared_server.url, timeout=60) as client:
        api = Api(client)
        deployment = api.create(title="A million lines")
        api.append_many(deployment, (f"line {n}" for n in range(1, MILLION + 1)))
    return deployment


@pytest.fixture
def long_page(page: Page, million: str) -> Page:
    """The page of that deployment, at its end."""
    page.goto(f"/d/{million}")
    loaded(page, MILLION)
    return page


def at_start_of(page: Page, n: int) -> None:
    """Bring line n to the top of the screen."""
    ask(page, f"viewer.goTo({n}, {{ align: 'start' }})")
    loaded(page, n)
    assert visible(page)[0] == n


def test_a_few_rows_stand_for_a_million(long_page: Page) -> None:
    """The bar spans the whole log within what browsers can lay out; the document stays small."""
    assert ask(long_page, "viewer.screen.scrollHeight") == LONGEST_BAR
    assert len(numbers(long_page)) < 2 * page_rows(long_page)
    expect(long_page.locator("deploy-log .range")).to_contain_text("1,000,000 of 1,000,000")


@pytest.mark.parametrize(("key", "lines"), [("j", 1), ("k", -1), ("ArrowDown", 1), ("ArrowUp", -1)])
def test_keys_move_one_line(long_page: Page, key: str, lines: int) -> None:
    """Where a pixel of the bar stands for several lines, a key still moves by one."""
    at_start_of(long_page, 500_000)
    for step in range(1, 4):
        long_page.keyboard.press(key)
        assert visible(long_page)[0] == 500_000 + step * lines
        assert tops(long_page)[500_000 + step * lines] == 0


@pytest.mark.parametrize("keys", [("PageDown", "PageUp"), ("Space", "Shift+Space")])
def test_keys_move_one_page_but_one_line(long_page: Page, keys: tuple[str, str]) -> None:
    """The last line of a page is the first of the next, so that nothing is skipped."""
    at_start_of(long_page, 500_000)
    rows = page_rows(long_page)
    long_page.keyboard.press(keys[0])
    assert visible(long_page)[0] == 500_000 + rows - 1
    long_page.keyboard.press(keys[1])
    assert visible(long_page)[0] == 500_000


def test_wheel_moves_by_pixels(long_page: Page) -> None:
    """A turn of 40 pixels moves the lines by 40 pixels, a turn of 7 by 7."""
    at_start_of(long_page, 500_000)
    for pixels, moved in ((40, 40), (7, 47), (-30, 17), (-1000, -983)):
        before = ask(long_page, "viewer.screen.scrollTop")
        wheel(long_page, pixels)
        line, top = next(iter(tops(long_page).items()))
        assert (line - 500_000) * 20 - top == pytest.approx(moved)
        after = ask(long_page, "viewer.screen.scrollTop")
        assert (after > before) == (pixels > 0) or abs(pixels) < 20


def test_finger_moves_by_pixels(long_page: Page) -> None:
    """What a finger is put on stays below it."""
    at_start_of(long_page, 500_000)
    touch = long_page.context.new_cdp_session(long_page)
    x, y = 600, 500

    def point(kind: str, *places: tuple[int, int]) -> None:
        points = [{"x": left, "y": top} for left, top in places]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    before = tops(long_page)[500_010]
    point("touchStart", (x, y))
    for step in range(1, 11):
        point("touchMove", (x, y - 10 * step))
    moved = tops(long_page)[500_010]
    # Browsers keep the first few pixels to themselves: they may be a tap.
    assert 80 <= before - moved <= 100
    frames(long_page, 10)
    point("touchMove", (x, y - 100))
    point("touchEnd")


def test_bar_leads_anywhere(long_page: Page) -> None:
    """To half of its way: half of the lines, true ones; to its end: there it follows."""
    drag_bar(long_page, 0.5)
    loaded(long_page, 500_000)
    assert text_of(long_page, 500_000) == "line 500000"
    drag_bar(long_page, 0.25)
    loaded(long_page, 250_000)
    assert text_of(long_page, 250_000) == "line 250000"
    assert not ask(long_page, "viewer.following")
    drag_bar(long_page, 1)
    loaded(long_page, MILLION)
    assert ask(long_page, "viewer.following")
    drag_bar(long_page, 0)
    loaded(long_page, 1)
    assert visible(long_page)[0] == 1


def test_both_ends_by_keys(long_page: Page) -> None:
    """Home and g lead to the first line, End and G to the last."""
    for start, end in (("Home", "End"), ("g", "G")):
        long_page.keyboard.press(start)
        loaded(long_page, 1)
        assert visible(long_page)[0] == 1
        assert tops(long_page)[1] == 0
        assert ask(long_page, "viewer.screen.scrollTop") == 0
        long_page.keyboard.press(end)
        loaded(long_page, MILLION)
        assert ask(long_page, "viewer.following")


def test_lines_that_have_yet_to_come_have_their_numbers(long_page: Page) -> None:
    """Until the server answers, a row shows its true number and that it is on its way."""
    held: list[Route] = []
    open_again = False

    def hold(route: Route) -> None:
        if open_again:
            return route.continue_()
        return held.append(route)

    long_page.route("**/log?**", hold)
    drag_bar(long_page, 0.3)
    expect(row(long_page, 300_000)).to_have_class("row coming")
    first, last = visible(long_page)
    assert numbers(long_page) == list(range(first - 10, last + 11))
    open_again = True
    for route in held:
        route.continue_()
    loaded(long_page, 300_000)
    assert visible(long_page) == (first, last)
    assert text_of(long_page, 300_000) == "line 300000"


def test_line_is_brought_to_the_screen(long_page: Page) -> None:
    """To its top or its middle; a line that is there already moves nothing."""
    rows = page_rows(long_page)
    ask(long_page, "viewer.goTo(700_000, { align: 'center' })")
    loaded(long_page, 700_000)
    height = ask(long_page, "viewer.screen.clientHeight")
    assert tops(long_page)[700_000] == pytest.approx((height - 20) / 2, abs=1)
    before = tops(long_page)
    ask(long_page, "viewer.goTo(700_005)")
    assert tops(long_page) == before
    ask(long_page, f"viewer.goTo({700_000 - rows})")
    loaded(long_page, 700_000 - rows)
    assert tops(long_page)[700_000 - rows] == 0
    assert ask(long_page, "viewer.goTo(1_000_001)") is False


def test_what_folds_elsewhere_moves_nothing(long_page: Page) -> None:
    """A hundred thousand lines above are hidden and shown again; the screen stays as it is."""
    at_start_of(long_page, 500_000)
    wheel(long_page, 7)
    before = tops(long_page)
    count = ask(long_page, "viewer.lines.count")
    ask(long_page, "(viewer.lines.hide(1000, 200_999, 'fold'), viewer.refresh())")
    assert tops(long_page) == before
    assert ask(long_page, "viewer.lines.count") == count - 200_000
    ask(long_page, "viewer.goTo(999, { align: 'start' })")
    loaded(long_page, 999)
    assert numbers(long_page)[10:14] == [999, 201_000, 201_001, 201_002]
    ask(long_page, "viewer.goTo(150_000)")
    loaded(long_page, 150_000)
    assert text_of(long_page, 150_000) == "line 150000"
    assert ask(long_page, "viewer.lines.count") == count


def test_fold_over_the_first_line_of_the_screen(long_page: Page) -> None:
    """When what is read is folded away, the line before it takes its place."""
    at_start_of(long_page, 500_000)
    ask(long_page, "(viewer.lines.hide(499_990, 500_100, 'fold'), viewer.refresh())")
    assert visible(long_page)[0] == 499_989
    assert list(tops(long_page))[:2] == [499_989, 500_101]


def test_selection_outlives_the_screen(long_page: Page) -> None:
    """What is selected and scrolled away is still selected, and copied without its numbers."""
    at_start_of(long_page, 500_000)
    box = row(long_page, 500_003).locator(".text").bounding_box()
    assert box is not None
    long_page.mouse.move(box["x"], box["y"] + 5)
    long_page.mouse.down()
    long_page.mouse.move(box["x"] + 100, box["y"] + 110, steps=3)
    wheel_over(long_page, 2000)
    long_page.mouse.move(box["x"] + 200, box["y"] + 112, steps=3)
    long_page.mouse.up()
    selected = long_page.evaluate("() => String(document.getSelection())")
    lines = [line for line in selected.split("\n") if line]
    assert lines[0] == "line 500003"
    assert len(lines) > 100
    assert lines[:100] == numbered(500_003, 500_102)


def wheel_over(page: Page, pixels: float) -> None:
    """Turn the wheel where the mouse is."""
    page.mouse.wheel(0, pixels)
    frames(page)


def test_drawing_a_selection_over_the_edge_scrolls(long_page: Page) -> None:
    """The browser scrolls by itself; the log goes along."""
    at_start_of(long_page, 500_000)
    box = row(long_page, 500_003).locator(".text").bounding_box()
    assert box is not None
    long_page.mouse.move(box["x"], box["y"] + 5)
    long_page.mouse.down()
    long_page.mouse.move(box["x"] + 100, 759, steps=5)
    until(long_page, "viewer.visible.first > 500_010")
    long_page.mouse.up()


def long_words(count: int) -> list[dict[str, Any]]:
    """Lines of very different lengths."""
    return [{"text": f"{n} " + "word " * (n * 37 % 300)} for n in range(1, count + 1)]


@pytest.fixture
def wrapped(page: Page, api: Api) -> Page:
    """A log of long lines, which wrap, somewhere in its middle."""
    deployment = api.create()
    api.append(deployment, *long_words(2000))
    page.goto(f"/d/{deployment}")
    loaded(page, 2000)
    page.keyboard.press("w")
    at_start_of(page, 1000)
    return page


def test_wrapped_lines_move_by_pixels(wrapped: Page) -> None:
    """Lines of unknown heights pass, up and down, and every one of them moves by the same way."""
    for pixels in (-30, -333, 40, 200, -90):
        before = tops(wrapped)
        wheel(wrapped, pixels)
        after = tops(wrapped)
        both = before.keys() & after.keys()
        assert both
        for n in both:
            assert before[n] - after[n] == pytest.approx(pixels, abs=0.5)


def test_wrapped_pages_meet(wrapped: Page) -> None:
    """A page down and a page up lead back, over lines that were never measured."""
    for key, back in (("PageUp", "PageDown"), ("PageDown", "PageUp")):
        before = tops(wrapped)
        wrapped.keyboard.press(key)
        assert tops(wrapped) != before
        wrapped.keyboard.press(back)
        after = tops(wrapped)
        assert after.keys() == before.keys()
        assert all(abs(after[n] - before[n]) < 1 for n in after)


def test_wrapped_ends(wrapped: Page) -> None:
    """The first line's top and the last line's bottom are where the screen ends."""
    wrapped.keyboard.press("Home")
    loaded(wrapped, 1)
    assert tops(wrapped)[1] == 0
    wrapped.keyboard.press("End")
    loaded(wrapped, 2000)
    frames(wrapped)
    below: float = wrapped.evaluate(
        """() => {
          const { root, screen } = document.querySelector("deploy-log").viewer;
          const last = root.querySelector(".row[data-n='2000']").getBoundingClientRect();
          return screen.getBoundingClientRect().bottom - last.bottom;
        }"""
    )
    assert below == pytest.approx(0, abs=1)


def test_long_lines_scroll_sideways(page: Page, api: Api) -> None:
    """Unwrapped, the numbers stay while the text moves, and so do its neighbours' widths."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 100), "x" * 3000, *numbered(102, 200))
    page.goto(f"/d/{deployment}")
    loaded(page, 200)
    ask(page, "viewer.goTo(101, { align: 'center' })")
    loaded(page, 101)
    number = row(page, 101).locator(".number")
    before = number.bounding_box()
    text = row(page, 101).locator(".text").bounding_box()
    page.locator("deploy-log .screen").hover()
    page.mouse.wheel(500, 0)
    frames(page)
    assert number.bounding_box() == before
    moved = row(page, 101).locator(".text").bounding_box()
    assert text is not None
    assert moved is not None
    assert text["x"] - moved["x"] == 500
    wheel(page, 800)
    assert ask(page, "viewer.screen.scrollLeft") == 500
