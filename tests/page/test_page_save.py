"""Taking a log out of the page: copies, downloads, the raw view, and times beside the lines."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.page.browsing import Api, numbered, row, save

COLOURED = "\x1b[31mred\x1b[0m plain"


def menu(page: Page) -> Locator:
    return page.locator("deploy-log .popup.save")


def opened(page: Page, api: Api, *lines: str) -> str:
    deployment = api.create()
    api.append(deployment, *lines)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"/d/{deployment}")
    expect(row(page, len(lines))).to_be_visible()
    return deployment


def open_menu(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    expect(menu(page)).to_be_visible()


def copied(page: Page, text: str) -> None:
    """The clipboard comes to hold it."""
    page.wait_for_function(
        "async (text) => await navigator.clipboard.readText() === text", arg=text
    )


@pytest.mark.parametrize(
    ("name", "file", "wanted"),
    [
        ("Text, with colours", "{id}.log", f"one\n{COLOURED}\n"),
        ("Text, without colours", "{id}.txt", "one\nred plain\n"),
        ("NDJSON, with times", "{id}.ndjson", None),
    ],
)
def test_log_is_downloaded(page: Page, api: Api, name: str, file: str, wanted: str | None) -> None:
    """Whole, in the form that is asked for, under a name that says which log it is."""
    deployment = opened(page, api, "one", COLOURED)
    page.evaluate("document.querySelector('deploy-log').setAttribute('name', 'shop/München')")
    open_menu(page)
    with page.expect_download() as download:
        menu(page).get_by_role("link", name=name, exact=True).click()
    assert download.value.suggested_filename == f"shop-M-nchen-{file.format(id=deployment)}"
    text = Path(download.value.path()).read_text()
    if wanted is None:
        records = [json.loads(line) for line in text.splitlines()]
        assert [record["text"] for record in records] == ["one", COLOURED]
    else:
        assert text == wanted


def test_raw_view_is_live(page: Page, api: Api) -> None:
    """In a tab of its own, plain text that goes on as the log does."""
    deployment = opened(page, api, "one")
    open_menu(page)
    with page.context.expect_page() as new:
        menu(page).get_by_role("link", name="Raw text, live").click()
    raw = new.value
    expect(raw.locator("body")).to_contain_text("one")
    raw.screenshot()  # Chromium keeps what comes before its first frame until something follows
    api.append(deployment, "two")
    expect(raw.locator("body")).to_contain_text("one\ntwo")


def test_whole_log_is_copied(page: Page, api: Api) -> None:
    """As text, without numbers and colours, also what is not on the screen."""
    lines = [*numbered(1, 400), COLOURED]
    opened(page, api, *lines)
    open_menu(page)
    save(page, "save")
    menu(page).get_by_role("button", name="Whole log").click()
    copied(page, "\n".join([*lines[:-1], "red plain"]) + "\n")
    expect(menu(page)).to_be_hidden()


def test_marked_lines_are_copied(page: Page, api: Api) -> None:
    """Those that the address names, wherever they are."""
    deployment = opened(page, api, *numbered(1, 400))
    page.goto(f"/d/{deployment}#L10-L12")
    expect(row(page, 12)).to_contain_class("marked")
    open_menu(page)
    menu(page).get_by_role("button", name="3 marked lines").click()
    copied(page, "line 10\nline 11\nline 12\n")


def test_selection_is_copied_as_text(page: Page, api: Api) -> None:
    """By the menu as by the browser's own key: no numbers, marks or headings' additions in it."""
    opened(page, api, "one", "::group::Install", "three", "::endgroup::", COLOURED)
    expect(page.get_by_role("button", name="Install", exact=True)).to_be_visible()
    expect(row(page, 2).locator(".went")).to_have_text("✓ ok")
    first, last = row(page, 1).locator(".text"), row(page, 5).locator(".text")
    start, end = first.bounding_box(), last.bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + 1, start["y"] + 5)
    page.mouse.down()
    page.mouse.move(end["x"] + 200, end["y"] + 10, steps=5)
    page.mouse.up()
    page.keyboard.press("Control+c")
    by_key = page.evaluate("navigator.clipboard.readText()")
    assert by_key == "one\nInstall\nthree\nred plain"
    page.evaluate("navigator.clipboard.writeText('')")
    page.keyboard.press("s")
    menu(page).get_by_role("button", name="Selection").click()
    copied(page, by_key)


def test_long_log_is_not_copied_whole(page: Page, api: Api) -> None:
    """What a clipboard cannot take is refused in words, not tried."""
    deployment = api.create()
    api.append_many(deployment, numbered(1, 50_001))
    page.goto(f"/d/{deployment}")
    expect(row(page, 50_001)).to_be_visible()
    open_menu(page)
    whole = menu(page).get_by_role("button", name="Whole log")
    expect(whole).to_be_disabled()
    expect(whole).to_have_attribute("title", re.compile("mark lines by their numbers"))


def test_times_stand_beside_the_lines(page: Page, api: Api) -> None:
    """The time of the day, or since the start, or none; the numbers stay."""
    opened(page, api, *numbered(1, 3))
    time = row(page, 1).locator("time")
    expect(time).to_have_count(0)
    open_menu(page)
    menu(page).get_by_role("radio", name="time of day").check()
    expect(time).to_have_text(re.compile(r"^\d\d:\d\d:\d\d\.\d{3}$"))
    menu(page).get_by_role("radio", name="since the start").check()
    expect(time).to_have_text("+0:00.000")
    expect(row(page, 3).locator("time")).to_have_text(re.compile(r"^\+0:00\.\d{3}$"))
    save(page, "times_since_start")
    menu(page).get_by_role("radio", name="none").check()
    expect(time).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_focused()
