"""Sections in the page: they fold, tell how they went and how long it took, and open for a line."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.page.browsing import Api, numbered, numbers, row, save

ESC = "\x1b"


def gitlab_start(name: str, title: str, options: str = "") -> str:
    return f"{ESC}[0Ksection_start:1795448220:{name}{options}\r{ESC}[0K{title}"


def gitlab_end(name: str) -> str:
    return f"{ESC}[0Ksection_end:1795448225:{name}\r{ESC}[0K"


def heading(page: Page, title: str) -> Locator:
    return page.get_by_role("button", name=title, exact=True)


def went(page: Page, n: int) -> Locator:
    return row(page, n).locator(".went")


def three_groups(api: Api, deployment: str) -> None:
    """Install 2–6, Test 8–12 with an error, Release 13 without an end."""
    api.append(
        deployment,
        "begin",
        "::group::Install",
        *numbered(3, 5),
        "::endgroup::",
        "between",
        "::group::Test",
        "line 9",
        {"text": "it broke", "level": "error"},
        "line 11",
        "::endgroup::",
        "::group::Release",
        "line 14",
    )


def outline(page: Page) -> Locator:
    return page.locator("deploy-log .popup.outline")


def test_sections_fold_and_unfold(page: Page, api: Api) -> None:
    """A heading has the title, not the marker; its lines go and come back, numbers as they were."""
    deployment = api.create()
    three_groups(api, deployment)
    page.goto(f"/d/{deployment}")
    install = heading(page, "Install")
    expect(install).to_have_attribute("aria-expanded", "true")
    expect(install).to_have_attribute("title", "::group::Install")
    expect(row(page, 2).locator(".text")).to_have_text("Install")
    expect(row(page, 6)).to_contain_text("end of Install")
    assert numbers(page) == list(range(1, 15))

    install.click()
    expect(install).to_have_attribute("aria-expanded", "false")
    expect(row(page, 4)).to_be_hidden()
    assert numbers(page) == [1, 2, *range(7, 15)]
    expect(row(page, 2)).to_contain_text("4 lines")
    expect(install).to_be_focused()
    page.keyboard.press("Enter")
    expect(install).to_have_attribute("aria-expanded", "true")
    expect(install).to_be_focused()
    assert numbers(page) == list(range(1, 15))
    row(page, 2).locator(".text").click()
    expect(row(page, 4)).to_be_hidden()


def test_sections_say_how_they_went(page: Page, api: Api) -> None:
    """In words and shapes: running, ok, failed; and the one that was open when it failed."""
    deployment = api.create()
    three_groups(api, deployment)
    page.goto(f"/d/{deployment}")
    expect(went(page, 2)).to_have_text("✓ ok")
    expect(went(page, 8)).to_have_text("! done, 1 error")
    expect(went(page, 13)).to_have_text("● running")
    expect(row(page, 2).locator(".took")).to_have_text("0.0 s")
    save(page, "sections_running")
    api.change(deployment, status="failed", exit_code=1)
    expect(went(page, 13)).to_have_text("✕ failed")
    expect(went(page, 8)).to_have_text("✕ failed, 1 error")
    expect(went(page, 2)).to_have_text("✓ ok")
    page.reload()
    expect(went(page, 13)).to_have_text("✕ failed")
    expect(went(page, 8)).to_have_text("✕ failed, 1 error")


def test_duration_of_an_open_section_ticks(page: Page, api: Api) -> None:
    """By the server's clock, and no more once it has ended."""
    page.clock.install()
    deployment = api.create()
    api.append(deployment, "::group::Slow", "line 2")
    page.goto(f"/d/{deployment}")
    took = row(page, 1).locator(".took")
    expect(took).to_have_text(re.compile(r"^\d+ s$"))
    page.clock.fast_forward(3_600_000)
    expect(took).to_have_text(re.compile(r"^1 h 0\d min$"))
    api.append(deployment, "::endgroup::")
    expect(row(page, 3)).to_contain_text("end of Slow")
    ended = took.inner_text()
    assert ended.endswith(" s")
    page.clock.fast_forward(65_000)
    expect(took).to_have_text(ended)


def test_sections_come_live(page: Page, api: Api) -> None:
    """A log without any shows nothing of them; the first marker brings all of it."""
    deployment = api.create()
    api.append(deployment, "begin")
    page.goto(f"/d/{deployment}")
    expect(row(page, 1)).to_be_visible()
    expect(page.get_by_role("button", name="Sections")).to_have_count(0)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).not_to_contain_text("section")
    page.keyboard.press("Escape")
    api.append(deployment, "::group::Install", "line 3")
    expect(page.get_by_role("button", name="Sections (1)")).to_be_visible()
    expect(went(page, 2)).to_have_text("● running")
    heading(page, "Install").click()
    expect(row(page, 3)).to_be_hidden()
    api.append(deployment, "line 4", "::endgroup::", "after")
    expect(row(page, 6)).to_be_visible()
    assert numbers(page) == [1, 2, 6]
    expect(went(page, 2)).to_have_text("✓ ok")


def test_nested_sections(page: Page, api: Api) -> None:
    """GitLab's, by name: collapsed ones begin folded, an outer one hides what is in it."""
    deployment = api.create()
    api.append(
        deployment,
        gitlab_start("build", "Build"),
        "line 2",
        gitlab_start("fetch", "Fetch", "[collapsed=true]"),
        "line 4",
        gitlab_end("fetch"),
        "line 6",
        gitlab_end("build") + gitlab_start("ship", "Ship"),
        "line 8",
        gitlab_end("ship"),
    )
    page.goto(f"/d/{deployment}")
    expect(heading(page, "Fetch")).to_have_attribute("aria-expanded", "false")
    expect(row(page, 8)).to_be_visible()
    assert numbers(page) == [1, 2, 3, 6, 7, 8, 9]
    expect(row(page, 3)).to_contain_class("depth-1")
    heading(page, "Fetch").click()
    expect(row(page, 4)).to_be_visible()
    expect(row(page, 4)).to_contain_class("depth-2")
    heading(page, "Build").click()
    expect(row(page, 3)).to_be_hidden()
    assert numbers(page) == [1, 7, 8, 9]
    heading(page, "Build").click()
    expect(row(page, 4)).to_be_visible()


@pytest.mark.parametrize("way", ["address", "search", "number"])
def test_line_that_is_gone_to_opens_its_section(page: Page, api: Api, way: str) -> None:
    """Whatever it is gone to by; the heading says that it is open."""
    deployment = api.create()
    api.append(
        deployment,
        gitlab_start("a", "Outer", "[collapsed=true]"),
        gitlab_start("b", "Inner", "[collapsed=true]"),
        *numbered(3, 50),
        gitlab_end("b"),
        gitlab_end("a"),
        "last",
    )
    page.goto(f"/d/{deployment}")
    expect(heading(page, "Outer")).to_have_attribute("aria-expanded", "false")
    assert numbers(page) == [1, 53]
    match way:
        case "address":
            page.evaluate("location.hash = '#L40'")
        case "search":
            page.keyboard.press("/")
            page.keyboard.type("line 40")
        case _:
            page.keyboard.press(":")
            page.keyboard.type("40\n")
    expect(row(page, 40)).to_be_in_viewport()
    api.append(deployment, "::group::More")
    expect(page.get_by_role("button", name="Sections (3)")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    expect(heading(page, "Outer")).to_have_attribute("aria-expanded", "true")
    expect(heading(page, "Inner")).to_have_attribute("aria-expanded", "true")
    heading(page, "Outer").click()
    expect(row(page, 2)).to_be_hidden()


def test_sections_are_gone_through(page: Page, api: Api) -> None:
    """`[` and `]`, and a list by `o` or its button, in which arrows move and Enter goes."""
    deployment = api.create()
    for name in ("One", "Two", "Three", "Four"):
        api.append(deployment, f"::group::{name}", *numbered(1, 300), "::endgroup::")
    page.goto(f"/d/{deployment}")
    expect(row(page, 1208)).to_be_visible()
    expect(page.get_by_role("button", name="Sections (4)")).to_be_visible()
    page.keyboard.press("g")
    expect(row(page, 1)).to_be_in_viewport()
    for n in (303, 605, 907):
        page.keyboard.press("]")
        expect(row(page, n)).to_be_in_viewport()
        expect(row(page, n)).to_contain_class("current")
    page.keyboard.press("[")
    expect(row(page, 605)).to_be_in_viewport()

    page.keyboard.press("o")
    items = outline(page).locator(".jump-to")
    expect(items).to_have_count(4)
    expect(items.nth(2)).to_be_focused()
    expect(items.nth(2)).to_contain_text("✓ ok")
    save(page, "sections_outline")
    page.keyboard.press("ArrowUp")
    expect(items.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(outline(page)).to_be_hidden()
    expect(row(page, 303)).to_be_in_viewport()

    page.get_by_role("button", name="Sections (4)").click()
    outline(page).get_by_role("button", name="Fold all", exact=True).click()
    expect(heading(page, "One")).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Escape")
    expect(outline(page)).to_be_hidden()
    expect(page.get_by_role("button", name="Sections (4)")).to_be_focused()
    expect(page.locator("deploy-log .row[data-n]")).to_have_count(4)
    assert numbers(page) == [1, 303, 605, 907]


def test_thousands_of_sections_are_all_there(page: Page, api: Api) -> None:
    """More than one answer of the search brings."""
    deployment = api.create()
    api.append_many(deployment, [line for n in range(1500) for line in (f"::group::{n}", "x")])
    page.goto(f"/d/{deployment}")
    expect(page.get_by_role("button", name="Sections (1,500)")).to_be_visible()
    expect(row(page, 2999)).to_contain_text("1499")


def test_headings_are_text(page: Page, api: Api) -> None:
    """A title from a log is text in the row, in its tooltip and in the list."""
    payload = "<img src=x onerror=alert(1)>"
    deployment = api.create()
    api.append(deployment, f"::group::{payload}", "line 2", "::endgroup::")
    page.goto(f"/d/{deployment}")
    expect(row(page, 1).locator(".text")).to_have_text(payload)
    expect(heading(page, payload)).to_have_attribute("title", f"::group::{payload}")
    page.keyboard.press("o")
    expect(outline(page).locator(".title")).to_have_text(payload)
    assert page.locator("deploy-log img").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_sections_on_a_phone(page: Page, api: Api, scheme: Any) -> None:
    """Nothing is wider than the screen, the list included."""
    deployment = api.create()
    api.append(deployment, f"::group::{'A long title ' * 12}", "line 2")
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto(f"/d/{deployment}")
    page.get_by_role("button", name="Sections (1)").click()
    box = outline(page).bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    save(page, f"sections_phone_{scheme}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
