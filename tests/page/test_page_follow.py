"""Following a log that grows, and staying where one is while it does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.page.browsing import Api, numbered, numbers, row
from tests.page.viewing import (
    ask,
    drag_bar,
    frames,
    loaded,
    page_rows,
    pill,
    says,
    text_of,
    tops,
    until,
    visible,
    wheel,
)


@pytest.fixture
def deployment(page: Page, api: Api) -> str:
    """One that has said 200 lines, and the page is at its end."""
    made = api.create()
    api.append(made, *numbered(1, 200))
    page.goto(f"/d/{made}")
    loaded(page, 200)
    says(page, "live")
    return made


def test_end_stays_on_the_screen(page: Page, api: Api, deployment: str) -> None:
    """What comes is shown at once, its bottom at the screen's bottom."""
    before = tops(page)[200]
    api.append(deployment, *numbered(201, 203))
    loaded(page, 203)
    assert tops(page)[203] == before
    assert text_of(page, 203) == "line 203"
    expect(pill(page)).to_be_hidden()


def by_wheel(page: Page) -> None:
    wheel(page, -100)


def by_key(page: Page) -> None:
    page.keyboard.press("k")


def by_page(page: Page) -> None:
    page.keyboard.press("PageUp")


def by_bar(page: Page) -> None:
    drag_bar(page, 0.5)


def by_letter(page: Page) -> None:
    page.keyboard.press("f")


def by_selecting(page: Page) -> None:
    row(page, 190).locator(".text").dblclick()


@pytest.mark.parametrize("stop", [by_wheel, by_key, by_page, by_bar, by_letter, by_selecting])
def test_reading_back_stops_following(
    page: Page, api: Api, deployment: str, stop: Callable[[Page], None]
) -> None:
    """However one begins to, nothing moves any more, and what comes is counted."""
    stop(page)
    until(page, "!viewer.following && !viewer.root.querySelector('.coming')")
    before = tops(page)
    api.append(deployment, *numbered(201, 212))
    expect(pill(page)).to_have_text("12 new lines ↓")
    assert tops(page) == before
    api.append(deployment, "one more")
    expect(pill(page)).to_have_text("13 new lines ↓")
    assert tops(page) == before


def by_button(page: Page) -> None:
    pill(page).click()


def by_end(page: Page) -> None:
    page.keyboard.press("End")


def by_capital(page: Page) -> None:
    page.keyboard.press("G")


def by_wheel_down(page: Page) -> None:
    wheel(page, 2000)


def by_bar_down(page: Page) -> None:
    drag_bar(page, 1)


@pytest.mark.parametrize("go", [by_button, by_end, by_capital, by_wheel_down, by_bar_down])
def test_end_is_followed_again(
    page: Page, api: Api, deployment: str, go: Callable[[Page], None]
) -> None:
    """However one comes back to the end, it is shown and what comes after it too."""
    wheel(page, -400)
    api.append(deployment, *numbered(201, 212))
    expect(pill(page)).to_have_text("12 new lines ↓")
    go(page)
    loaded(page, 212)
    expect(pill(page)).to_be_hidden()
    api.append(deployment, "the last")
    loaded(page, 213)


def test_turning_on_at_the_end_follows(page: Page, api: Api, deployment: str) -> None:
    """Who stopped at the end and turns the wheel down wants what comes."""
    page.keyboard.press("f")
    until(page, "!viewer.following")
    expect(pill(page)).to_have_text("Follow ↓")
    wheel(page, 40)
    until(page, "viewer.following")
    api.append(deployment, "one more")
    loaded(page, 201)


def test_lines_seen_are_not_new(page: Page, api: Api, deployment: str) -> None:
    """Of what came, only what has not been on the screen yet is counted."""
    wheel(page, -400)
    api.append(deployment, *numbered(201, 300))
    expect(pill(page)).to_have_text("100 new lines ↓")
    wheel(page, 600)
    seen = visible(page)[1]
    assert 200 < seen < 300
    expect(pill(page)).to_have_text(f"{300 - seen} new lines ↓")


def test_short_log_grows_below(page: Page, api: Api) -> None:
    """Less than a screen: lines begin at the top, and the next stand below them."""
    deployment = api.create()
    api.append(deployment, "one")
    page.goto(f"/d/{deployment}")
    loaded(page, 1)
    api.append(deployment, "two")
    loaded(page, 2)
    assert tops(page) == {1: 0, 2: 20}
    wheel(page, -100)
    assert ask(page, "viewer.following")


def test_flood_is_followed(page: Page, api: Api) -> None:
    """Thousands of lines at once: the end is on the screen, each was counted, no row is empty."""
    deployment = api.create()
    page.goto(f"/d/{deployment}")
    says(page, "live")
    page.evaluate(
        """() => {
          const { root } = document.querySelector("deploy-log").viewer;
          window.empty = 0;
          const look = () => {
            if (root.querySelector(".coming")) window.empty++;
            requestAnimationFrame(look);
          };
          look();
        }"""
    )
    for first in range(1, 40_001, 4000):
        api.append(deployment, *numbered(first, first + 3999))
    loaded(page, 40_000)
    assert len(numbers(page)) < 2 * page_rows(page)
    api.change(deployment, status="succeeded", exit_code=0)
    says(page, f"complete: {api.log(deployment)[-1]['n']:,} records")


def test_flood_moves_nothing_for_who_reads_back(page: Page, api: Api, deployment: str) -> None:
    """Every frame while thousands of lines come shows the same rows at the same place."""
    wheel(page, -407)
    until(page, "!viewer.root.querySelector('.coming')")
    page.evaluate(
        """() => {
          const { root } = document.querySelector("deploy-log").viewer;
          const rows = () => [...root.querySelectorAll(".rows .row")]
            .map((row) => `${row.dataset.n} ${row.getBoundingClientRect().top}`).join();
          window.places = new Set();
          const look = () => { window.places.add(rows()); requestAnimationFrame(look); };
          look();
        }"""
    )
    for first in range(201, 20_201, 2000):
        api.append(deployment, *numbered(first, first + 1999))
    expect(pill(page)).to_have_text("20,000 new lines ↓")
    assert page.evaluate("() => window.places.size") == 1


HIDING = """() => {
  // A headless browser has no tab in the background; what one is to its page is: not visible, and
  // without frames.
  const frame = window.requestAnimationFrame.bind(window);
  let waiting = null;
  window.requestAnimationFrame = (paint) => (waiting ? waiting.push(paint) : frame(paint));
  window.hide = () => {
    waiting = [];
    Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  };
  window.unhide = () => {
    waiting.forEach((paint) => frame(paint));
    waiting = null;
    delete document.visibilityState;
    document.dispatchEvent(new Event("visibilitychange"));
  };
}"""


def test_hidden_tab_paints_nothing(page: Page, api: Api, deployment: str) -> None:
    """In the background rows stay as they were; in front again the page is right at once."""
    page.evaluate(HIDING)
    page.evaluate(
        """() => {
          const { root } = document.querySelector("deploy-log").viewer;
          window.painted = [];
          new MutationObserver((all) => window.painted.push(...all))
            .observe(root.querySelector(".rows"), { childList: true });
          window.hide();
        }"""
    )
    api.append(deployment, *numbered(201, 5200))
    page.evaluate(
        """async () => {
          const { viewer } = document.querySelector("deploy-log");
          while (viewer.state.tail < 5200) await new Promise((done) => setTimeout(done, 5));
        }"""
    )
    assert page.evaluate("() => window.painted.length") == 0
    page.evaluate("() => window.unhide()")
    loaded(page, 5200)


def test_folding_while_following_keeps_the_end(page: Page, api: Api, deployment: str) -> None:
    """Lines that fold away above make room for those before them; the end stays where it is."""
    before = tops(page)[200]
    ask(page, "(viewer.lines.hide(150, 195, 'fold'), viewer.refresh())")
    assert tops(page)[200] == before
    assert 149 in tops(page)
    assert 150 not in tops(page)
    ask(page, "(viewer.lines.hide(150, Infinity, 'fold'), viewer.refresh())")
    assert max(tops(page)) == 149
    api.append(deployment, "within the fold")
    until(page, "viewer.state.tail === 201")
    frames(page)
    assert max(tops(page)) == 149
