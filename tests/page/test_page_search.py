"""Finding in the page: text anywhere in the log, errors, moments, numbers."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.page.browsing import Api, numbered, row

LONG = 30_000
NEEDLES = (17, 15_000, 29_500)


def long_log(api: Api) -> str:
    """Lines of which three, far apart, say `needle`."""
    deployment = api.create()
    lines = numbered(1, LONG)
    for n in NEEDLES:
        lines[n - 1] += " with a NEEDLE (x)"
    api.append_many(deployment, lines)
    return deployment


def searches(page: Page) -> list[dict[str, list[str]]]:
    """What the page will ask of the search, as parameters."""
    asked: list[dict[str, list[str]]] = []

    def note(request: Request) -> None:
        if "/log/search" in request.url:
            asked.append(parse_qs(urlsplit(request.url).query))

    page.on("request", note)
    return asked


def find(page: Page, text: str) -> None:
    page.keyboard.press("Control+f")
    page.keyboard.type(text)


def counted(page: Page, text: str) -> None:
    expect(page.locator("deploy-log .search .count")).to_have_text(text)


def current(page: Page, n: int) -> None:
    """Line n is the one that was gone to, and is on the screen."""
    expect(row(page, n)).to_contain_class("current")
    expect(row(page, n)).to_be_in_viewport()


def test_text_is_found_in_lines_that_were_never_loaded(page: Page, api: Api) -> None:
    """The count is of the whole log; next and previous go round it, wherever a hit is."""
    deployment = long_log(api)
    page.goto(f"/d/{deployment}")
    expect(row(page, LONG)).to_be_visible()
    find(page, "needle (X)")
    current(page, NEEDLES[0])
    counted(page, "1 of 3")
    expect(row(page, NEEDLES[0]).locator("mark")).to_have_text("NEEDLE (x)")
    page.keyboard.press("Enter")
    current(page, NEEDLES[1])
    page.keyboard.press("Enter")
    current(page, NEEDLES[2])
    counted(page, "3 of 3")
    page.keyboard.press("Enter")
    current(page, NEEDLES[0])
    page.keyboard.press("Shift+Enter")
    current(page, NEEDLES[2])
    page.locator("deploy-log .search .tool", has_text="↑").click()
    current(page, NEEDLES[1])
    counted(page, "2 of 3")


def test_hits_are_gone_through_without_the_panel(page: Page, api: Api) -> None:
    """`n` and `N` go on with the question after the focus has gone back to the log."""
    deployment = long_log(api)
    page.goto(f"/d/{deployment}")
    expect(row(page, LONG)).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("needle")
    current(page, NEEDLES[0])
    page.keyboard.press("Escape")
    expect(page.locator("deploy-log .search .options")).to_be_hidden()
    expect(page.locator("deploy-log mark")).to_have_count(0)
    expect(page.locator("deploy-log .screen")).to_be_focused()
    page.keyboard.press("n")
    current(page, NEEDLES[1])
    expect(page.locator("deploy-log mark")).to_have_text("NEEDLE")
    page.keyboard.press("N")
    current(page, NEEDLES[0])


def test_search_begins_where_reading_is(page: Page, api: Api) -> None:
    """The first hit gone to is the next one after the top of the screen, not the log's first."""
    deployment = long_log(api)
    page.goto(f"/d/{deployment}#L10000")
    expect(row(page, 10_000)).to_be_in_viewport()
    find(page, "needle")
    current(page, NEEDLES[1])
    counted(page, "2 of 3")


def test_second_ctrl_f_is_the_browsers(page: Page, api: Api) -> None:
    """The first one is taken; while the field has the focus it is left alone."""
    deployment = api.create()
    api.append(deployment, "one")
    page.goto(f"/d/{deployment}")
    expect(row(page, 1)).to_be_visible()
    page.evaluate(
        """() => {
            window.taken = [];
            addEventListener("keydown", (event) => {
              if (event.key === "f") taken.push(event.defaultPrevented);
            });
        }"""
    )
    page.keyboard.press("Control+f")
    expect(page.get_by_role("searchbox", name="Find in this log")).to_be_focused()
    page.keyboard.press("Control+f")
    page.keyboard.press("Control+Shift+f")
    assert page.evaluate("taken") == [True, False, False]


def test_ways_to_ask(page: Page, api: Api) -> None:
    """Regular expressions, capitals, and lines of a level; what is wrong with a pattern is said."""
    deployment = api.create()
    api.append(
        deployment,
        "step 1",
        "STEP 22",
        {"text": "it broke", "level": "error"},
        {"text": "it creaks", "level": "warning"},
        "step three",
    )
    page.goto(f"/d/{deployment}")
    expect(row(page, 5)).to_be_visible()
    find(page, r"step \d+")
    counted(page, "nothing found")
    page.get_by_role("button", name="Regular expression").click()
    counted(page, "1 of 2")
    page.get_by_role("button", name="Capitals and small letters differ").click()
    counted(page, "1 of 1")
    expect(row(page, 1).locator("mark")).to_have_text("step 1")

    field = page.get_by_role("searchbox")
    field.fill("(")
    problem = page.locator("deploy-log .search .problem")
    expect(problem).to_contain_text("missing")
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("")
    expect(problem).to_be_hidden()
    page.get_by_label("Which lines").select_option("errors")
    counted(page, "1 of 1")
    current(page, 3)
    page.get_by_label("Which lines").select_option("errors, warnings")
    counted(page, "1 of 2")


def test_search_goes_on_with_what_comes(page: Page, api: Api) -> None:
    """A log that grows is searched further while the panel is open; nothing moves for it."""
    deployment = api.create()
    api.append(deployment, "needle", *numbered(2, 300))
    page.goto(f"/d/{deployment}")
    expect(row(page, 300)).to_be_visible()
    find(page, "needle")
    counted(page, "1 of 1")
    api.append(deployment, "a needle more")
    counted(page, "1 of 2")
    current(page, 1)
    page.keyboard.press("Enter")
    current(page, 301)


def test_long_search_is_told_and_can_be_stopped(page: Page, api: Api) -> None:
    """Parts come one by one: the first hit is gone to at once, the count says it is not all."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 1000))
    parts: list[int] = []
    held: list[Route] = []

    def part(route: Route) -> None:
        if "q=" not in route.request.url:
            return route.fallback()
        parts.append(len(parts) * 100 + 7)
        if len(parts) > 3:
            return held.append(route)
        found = {"first": parts[-1] - 6, "last": parts[-1] + 93}
        answer = {"numbers": [parts[-1]], "records": [], "searched": found, "next": "on"}
        return route.fulfill(json=answer)

    page.route("**/log/search?**", part)
    page.goto(f"/d/{deployment}")
    expect(row(page, 1000)).to_be_visible()
    page.keyboard.press("g")
    expect(row(page, 1)).to_be_in_viewport()
    find(page, "line")
    current(page, 7)
    counted(page, "1 of 3+ … 30 %")
    page.get_by_role("button", name="Stop searching").click()
    counted(page, "1 of 3+")
    expect(page.get_by_role("button", name="Stop searching")).to_be_hidden()
    page.keyboard.press("Escape")
    assert len(parts) == 4


def test_failed_deployment_opens_at_its_first_error(page: Page, api: Api) -> None:
    """It says so, and how to get to the end; an address with a line goes to that instead."""
    deployment = api.create()
    lines = numbered(1, 3000)
    lines[1233] = "ERROR: no such image"
    lines[2100] = "ERROR: giving up"
    api.append_many(deployment, lines)
    api.change(deployment, status="failed", exit_code=2)
    page.goto(f"/d/{deployment}")
    current(page, 1234)
    note = page.locator("deploy-log .note.opened")
    expect(note).to_contain_text("This deployment failed. Here is its first error, line 1,234.")
    expect(page.get_by_role("button", name="First error (2)")).to_be_visible()
    note.get_by_role("button", name="Next error").click()
    current(page, 2101)
    expect(note).to_contain_text("Error 2 of 2, line 2,101")
    note.get_by_role("button", name="To the end").click()
    expect(row(page, 3001)).to_be_in_viewport()
    expect(note).to_be_hidden()

    page.goto("about:blank")
    page.goto(f"/d/{deployment}#L2500")
    expect(row(page, 2500)).to_be_in_viewport()
    expect(page.get_by_role("button", name="First error (2)")).to_be_visible()
    expect(row(page, 2500)).to_be_in_viewport()
    expect(note).to_be_hidden()


def test_first_error_is_seen_whole_at_the_end_too(page: Page, api: Api) -> None:
    """Most failures stand in the last lines: what is said above them pushes none of them out."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 297), "ERROR: no such image", "Traceback", "gave up")
    api.change(deployment, status="failed", exit_code=2)
    page.goto(f"/d/{deployment}")
    current(page, 298)
    expect(page.locator("deploy-log .note.opened")).to_contain_text("its first error, line 298")
    for n in (298, 301):
        expect(row(page, n)).to_be_in_viewport(ratio=1)


def test_deployment_that_succeeded_opens_at_its_end(page: Page, api: Api) -> None:
    """An error that did not matter is counted, and no more."""
    deployment = api.create()
    api.append(deployment, "ERROR: not found, trying another mirror", *numbered(2, 400))
    api.change(deployment, status="succeeded", exit_code=0)
    page.goto(f"/d/{deployment}")
    expect(page.get_by_role("button", name="First error (1)")).to_be_visible()
    expect(row(page, 401)).to_be_in_viewport()


def test_errors_are_gone_through_by_keys(page: Page, api: Api) -> None:
    """`e` and `E` go to the next and the previous error of the whole log, and round it."""
    deployment = api.create()
    lines = numbered(1, 2000)
    for n in (10, 1000, 1990):
        lines[n - 1] = f"error: number {n}"
    api.append_many(deployment, lines)
    page.goto(f"/d/{deployment}#L500")
    expect(row(page, 500)).to_be_in_viewport()
    page.keyboard.press("e")
    current(page, 1000)
    page.keyboard.press("e")
    current(page, 1990)
    page.keyboard.press("e")
    current(page, 10)
    page.keyboard.press("E")
    current(page, 1990)
    expect(page.get_by_role("status")).to_contain_text("Error 3 of 3, line 1,990")
    page.keyboard.press("E")
    current(page, 1000)


def test_errors_that_come_live_are_counted_without_asking(page: Page, api: Api) -> None:
    """A crowd that watches puts no question to the server for it."""
    deployment = api.create()
    api.append(deployment, "one")
    asked = searches(page)
    page.goto(f"/d/{deployment}")
    expect(row(page, 1)).to_be_visible()
    expect(page.get_by_role("button", name="First error")).to_be_visible()
    page.wait_for_load_state("networkidle")
    before = len(asked)
    api.append(deployment, {"text": "it broke", "level": "error"}, "two")
    expect(page.get_by_role("button", name="First error (1)")).to_be_visible()
    api.append(deployment, "::error::once more")
    expect(page.get_by_role("button", name="First error (2)")).to_be_visible()
    assert len(asked) == before


def test_long_logs_are_not_searched_unasked(page: Page, api: Api) -> None:
    """Errors of a log that says it is very long are looked for when somebody wants them."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 20), "error: here")
    asked = searches(page)

    def longer(route: Route) -> None:  # a number that stands for 300,000 lines
        answer = route.fetch()
        body = answer.text().replace("UNASKED = 200_000", "UNASKED = 20")
        route.fulfill(response=answer, body=body)

    page.route("**/deployment.js", longer)
    page.goto(f"/d/{deployment}")
    expect(row(page, 21)).to_be_visible()
    button = page.get_by_role("button", name="First error")
    expect(button).to_have_text("First error")
    page.wait_for_load_state("networkidle")
    assert not any("level" in question for question in asked)
    button.click()
    expect(button).to_have_text("First error (1)")
    current(page, 21)


@pytest.mark.parametrize(
    ("written", "n"),
    [("15:37", 1), ("15:47:30", 64), ("+2m", 13), ("-1m", 2994), ("2026-11-23T16:00", 139)],
)
def test_a_moment_is_gone_to(page: Page, api: Api, written: str, n: int) -> None:
    """A line every ten seconds from 15:37:00 on; few of them are read to find one."""
    deployment = api.create()
    api.append_many(deployment, numbered(1, 3000))
    browser = page.context.new_cdp_session(page)
    browser.send("Emulation.setTimezoneOverride", {"timezoneId": "UTC"})
    asked: list[str] = []

    def timed(route: Route) -> None:
        answer = route.fetch()
        asked.append(route.request.url)
        records = json.loads(answer.text())
        for record in records:
            record["time"] = moment(record["n"])
        route.fulfill(response=answer, json=records)

    page.route("**/log?from=*&limit=1", timed)
    page.goto(f"/d/{deployment}")
    expect(row(page, 3000)).to_be_visible()
    page.evaluate("document.querySelector('deploy-log').viewer.data.row = () => undefined")
    page.keyboard.press("t")
    page.get_by_label("Line or time").fill(written)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Line or time")).to_be_hidden()
    assert page.evaluate("document.querySelector('deploy-log').viewer.current") == n
    assert len(asked) < 50


def moment(n: int) -> str:
    seconds = 15 * 3600 + 37 * 60 + (n - 1) * 10
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"2026-11-23T{clock}.000000Z"


def test_a_number_is_gone_to(page: Page, api: Api) -> None:
    """`:` asks for it; one that is not there is refused in words, and the field stays."""
    deployment = api.create()
    api.append_many(deployment, numbered(1, 5000))
    page.goto(f"/d/{deployment}")
    expect(row(page, 5000)).to_be_visible()
    page.keyboard.press(":")
    field = page.get_by_label("Line or time")
    expect(field).to_be_focused()
    page.keyboard.type("6,000\n")
    expect(page.locator("deploy-log .answer")).to_have_text(
        "There is no line 6,000; the last one is 5,000."
    )
    field.fill("yesterday")
    field.press("Enter")
    expect(page.locator("deploy-log .answer")).to_contain_text("Write a line's number (120)")
    field.fill("1,234")
    field.press("Enter")
    current(page, 1234)
    expect(field).to_be_hidden()
    expect(page.locator("deploy-log .screen")).to_be_focused()
