"""Links to lines: written by marking, followed wherever the lines are, before they are there."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.page.browsing import Api, numbered, row


def marked(page: Page) -> list[int]:
    found: list[str] = page.locator("deploy-log .row.marked .number").all_text_contents()
    return [int(text) for text in found]


def note(page: Page) -> Locator:
    return page.locator("deploy-log .note.marked-lines")


def number(page: Page, n: int) -> Locator:
    return row(page, n).locator(".number")


def clipboard(page: Page) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_address_leads_to_lines_anywhere(page: Page, api: Api) -> None:
    """Neither end of the log, never loaded; a range is marked whole, whichever way round."""
    deployment = api.create()
    api.append_many(deployment, numbered(1, 30_000))
    page.goto(f"/d/{deployment}#L12345")
    expect(row(page, 12_345)).to_be_in_viewport()
    assert marked(page) == [12_345]
    page.evaluate("location.hash = '#L20003-L20001'")
    expect(row(page, 20_001)).to_be_in_viewport()
    assert marked(page) == [20_001, 20_002, 20_003]
    expect(note(page)).to_contain_text("Lines 20,001 to 20,003")
    page.evaluate("location.hash = '#nothing'")
    expect(page.locator("deploy-log .row.marked")).to_have_count(0)
    expect(row(page, 20_001)).to_be_in_viewport()


def test_marking_writes_the_address(page: Page, api: Api) -> None:
    """A click on a number marks its line, with Shift up to it; back and forward go through them."""
    deployment = api.create()
    api.append_many(deployment, numbered(1, 500))
    page.goto(f"/d/{deployment}")
    expect(row(page, 500)).to_be_visible()
    number(page, 490).click()
    expect(page).to_have_url(re.compile("#L490$"))
    assert marked(page) == [490]
    number(page, 493).click(modifiers=["Shift"])
    expect(page).to_have_url(re.compile("#L490-L493$"))
    assert marked(page) == [490, 491, 492, 493]
    number(page, 488).click(modifiers=["Shift"])
    expect(page).to_have_url(re.compile("#L488-L490$"))
    number(page, 495).click()
    expect(page).to_have_url(re.compile("#L495$"))
    page.go_back()
    expect(page).to_have_url(re.compile("#L488-L490$"))
    expect(row(page, 489)).to_contain_class("marked")
    expect(row(page, 495)).not_to_contain_class("marked")
    page.go_forward()
    expect(row(page, 495)).to_contain_class("marked")
    note(page).get_by_role("button", name="Close").click()
    expect(page).to_have_url(re.compile(f"/d/{deployment}$"))
    assert marked(page) == []
    expect(note(page)).to_be_hidden()


def test_marking_by_keys(page: Page, api: Api) -> None:
    """`m` marks, `J` and `K` move the end of what is marked, Escape lets go."""
    deployment = api.create()
    api.append_many(deployment, numbered(1, 500))
    page.goto(f"/d/{deployment}")
    expect(row(page, 500)).to_be_visible()
    page.keyboard.press(":")
    page.keyboard.type("100\n")
    expect(row(page, 100)).to_be_in_viewport()
    page.keyboard.press("m")
    expect(page).to_have_url(re.compile("#L100$"))
    page.keyboard.press("J")
    page.keyboard.press("J")
    expect(page).to_have_url(re.compile("#L100-L102$"))
    for _ in range(3):
        page.keyboard.press("K")
    expect(page).to_have_url(re.compile("#L99-L100$"))
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(f"/d/{deployment}$"))
    assert marked(page) == []


def test_line_that_is_not_there_yet_is_waited_for(page: Page, api: Api) -> None:
    """It says so and follows; when the line comes it is gone to and marked."""
    deployment = api.create()
    api.append_many(deployment, numbered(1, 300))
    page.goto(f"/d/{deployment}#L310-L311")
    waiting = page.locator("deploy-log .note.awaited")
    expect(waiting).to_contain_text("Line 310 is not there yet. Waiting for it.")
    expect(note(page)).to_be_hidden()
    expect(row(page, 300)).to_be_in_viewport()
    api.append(deployment, *numbered(301, 305))
    expect(row(page, 305)).to_be_in_viewport()
    api.append_many(deployment, numbered(306, 900))
    expect(row(page, 310)).to_be_in_viewport()
    expect(row(page, 311)).to_contain_class("marked")
    expect(waiting).to_be_hidden()
    expect(note(page)).to_contain_text("Lines 310 to 311")
    expect(row(page, 900)).not_to_be_in_viewport()


def test_waiting_ends_when_its_reader_goes_elsewhere(page: Page, api: Api) -> None:
    """He is not torn away from what he reads."""
    deployment = api.create()
    api.append_many(deployment, numbered(1, 300))
    page.goto(f"/d/{deployment}#L310")
    waiting = page.locator("deploy-log .note.awaited")
    expect(waiting).to_be_visible()
    page.keyboard.press("g")
    expect(waiting).to_be_hidden()
    api.append_many(deployment, numbered(301, 900))
    expect(page.locator("deploy-log .range")).to_contain_text("900")
    expect(row(page, 1)).to_be_in_viewport()


def test_line_that_never_came(page: Page, api: Api) -> None:
    """Of a log that has ended it is said how long it is."""
    deployment = api.create()
    api.append_many(deployment, numbered(1, 300))
    api.change(deployment, status="succeeded", exit_code=0)
    page.goto(f"/d/{deployment}#L5000")
    expect(page.locator("deploy-log .note.awaited")).to_contain_text(
        "There is no line 5,000: the log ends with line 301."
    )
    expect(row(page, 301)).to_be_in_viewport()


def test_link_and_lines_are_copied(page: Page, api: Api, url: str) -> None:
    """The link as others can open it, the lines without numbers and colours."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    deployment = api.create()
    api.append(deployment, "one", "\x1b[31mtwo\x1b[0m", "three")
    page.goto(f"/d/{deployment}#L1-L2")
    expect(row(page, 2)).to_contain_class("marked")
    page.keyboard.press("y")
    said = page.get_by_role("status")
    expect(said).to_contain_text("link to lines 1 to 2 copied")
    assert clipboard(page) == f"{url}/d/{deployment}#L1-L2"
    note(page).get_by_role("button", name="Copy lines").click()
    expect(said).to_contain_text("2 lines copied")
    assert clipboard(page) == "one\ntwo\n"
    page.goto("about:blank")
    page.goto(f"/d/{deployment}")
    expect(row(page, 3)).to_be_visible()
    page.keyboard.press("y")
    expect(page).to_have_url(re.compile("#L1$"))


def test_copying_without_the_clipboard_api(page: Page, api: Api, url: str) -> None:
    """A server reached by plain HTTP has no `navigator.clipboard`: the old way is gone."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.add_init_script("Clipboard.prototype.writeText = () => Promise.reject(new Error('no'))")
    deployment = api.create()
    api.append(deployment, "one", "two")
    page.goto(f"/d/{deployment}#L2")
    expect(row(page, 2)).to_contain_class("marked")
    note(page).get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("status")).to_contain_text("link to line 2 copied")
    assert clipboard(page) == f"{url}/d/{deployment}#L2"
    expect(note(page).get_by_role("button", name="Copy link")).to_be_focused()


def test_several_logs_of_a_page_have_their_own_links(page: Page, api: Api) -> None:
    """An element with an id has it in its links; of those without one the first answers."""
    deployment = api.create()
    api.append_many(deployment, numbered(1, 100))
    page.goto(f"/d/{deployment}")
    expect(row(page, 100)).to_be_visible()
    page.evaluate(
        """(src) => {
            for (const id of ["", "left"]) {
              const other = document.createElement("deploy-log");
              other.id = id;
              other.setAttribute("src", src);
              other.style.height = "200px";
              document.body.append(other);
            }
        }""",
        f"/v1/deployments/{deployment}/log",
    )
    left = page.locator("#left")
    expect(left.locator(".row[data-n='100']")).to_be_visible()
    left.locator(".row[data-n='99'] .number").click()
    expect(page).to_have_url(re.compile("#left-L99$"))
    expect(page.locator("deploy-log .row.marked")).to_have_count(1)
    page.evaluate("location.hash = '#L98'")
    expect(page.locator("deploy-log").first.locator(".row.marked")).to_have_text(re.compile("98"))
    expect(page.locator("deploy-log .row.marked")).to_have_count(1)
