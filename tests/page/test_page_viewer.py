"""The viewer as a whole: what it shows of a log is what the log says, and it says how it stands."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.page.browsing import Api, numbered, numbers, row
from tests.page.viewing import ask, loaded, page_rows, says, text_of, until, visible
from tests.servers import ServerProcess


def test_log_begins_with_its_last_lines_and_goes_on(page: Page, api: Api) -> None:
    """The last screen, each line with its own number, then what comes."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 1500))
    page.goto(f"/d/{deployment}")
    says(page, "live")
    loaded(page, 1500)
    shown = numbers(page)
    assert shown == list(range(shown[0], 1501))
    assert page_rows(page) <= len(shown) < 100
    api.append(deployment, *numbered(1501, 1503))
    loaded(page, 1503)
    assert text_of(page, 1503) == "line 1503"
    first, last = visible(page)
    expect(page.locator("deploy-log .range")).to_have_text(f"{first:,}–{last:,} of 1,503")


def test_parts_of_a_line_are_one_line(page: Page, api: Api) -> None:
    """A partial record and the next of its stream share a row, live or read."""
    deployment = api.create()
    api.append(
        deployment, {"text": "Name? ", "partial": True}, {"text": "oops", "stream": "stderr"}
    )
    page.goto(f"/d/{deployment}")
    says(page, "live")
    loaded(page, 2)
    api.append(deployment, {"text": "flu", "partial": True}, "me", "next")
    loaded(page, 5)
    for _ in ("live", "read"):
        expect(row(page, 5)).to_be_visible()
        assert numbers(page) == [1, 2, 5]
        assert text_of(page, 1) == "Name? flume"
        number = page.locator("deploy-log #L1")
        expect(number).to_have_attribute("aria-label", "3 of records 1–4")
        number.hover()
        expect(number).to_have_attribute("title", re.compile("^3 of records 1–4 · "))
        expect(page.locator("deploy-log #L2")).not_to_have_attribute("aria-label", re.compile(""))
        page.reload()
        loaded(page, 5)


def test_line_that_goes_on_far_below(page: Page, api: Api) -> None:
    """A line of many parts with others between: whoever is sent to a part is shown the line."""
    deployment = api.create()
    between = [{"text": f"part {n} ", "partial": True} for n in range(1, 100)]
    api.append(deployment, *numbered(1, 100), *between, "the end of it", *numbered(201, 400))
    page.goto(f"/d/{deployment}")
    loaded(page, 400)
    ask(page, "viewer.goTo(150)")
    loaded(page, 101)
    assert text_of(page, 101).endswith("part 99 the end of it")
    assert numbers(page)[numbers(page).index(101) + 1] == 201
    assert ask(page, "viewer.lines.count") == 301


def test_finished_log_is_complete(page: Page, api: Api) -> None:
    """It says so, with its result, and it stops asking."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 20))
    page.goto(f"/d/{deployment}")
    says(page, "live")
    api.append(deployment, "last")
    api.change(deployment, status="failed", exit_code=3)
    lines = api.log(deployment)[-1]["lines"]
    says(page, f"complete: {lines + 1} records")
    assert text_of(page, lines + 1) == f"end: failed · exit code 3 · {lines} records before it"
    assert numbers(page) == list(range(1, lines + 2))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    says(page, f"complete: {lines + 1} records")
    assert not any("live=sse" in url for url in asked)
    expect(page.locator("deploy-log .pill")).to_be_hidden()


def test_queued_deployment_is_followed(page: Page, api: Api) -> None:
    """A page that was opened before anything ran sees all of it."""
    deployment = api.create(status="queued")
    page.goto(f"/d/{deployment}")
    says(page, "live")
    nothing = page.locator("deploy-log .nothing")
    expect(nothing).to_have_text("Waiting for the first line…")
    api.change(deployment, status="running")
    api.append(deployment, "hello")
    loaded(page, 2)
    expect(nothing).to_be_hidden()
    api.change(deployment, status="succeeded", exit_code=0)
    lines = api.log(deployment)[-1]["lines"]
    says(page, f"complete: {lines + 1} records")
    assert numbers(page) == list(range(1, lines + 2))


def test_log_without_a_line(page: Page, api: Api) -> None:
    """A deployment that ended before it said anything shows its end."""
    deployment = api.create()
    api.change(deployment, status="cancelled")
    page.goto(f"/d/{deployment}")
    lines = api.log(deployment)[-1]["lines"]
    says(page, f"complete: {lines + 1} record" + ("s" if lines else ""))
    assert text_of(page, lines + 1).startswith("end: cancelled")


@pytest.mark.parametrize("fault", ["missing", "repeated"])
def test_wrong_numbers_are_never_hidden(page: Page, api: Api, fault: str) -> None:
    """A number that is missing or comes twice is said, and such a log is not called complete."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 30))
    api.change(deployment, status="succeeded", exit_code=0)

    def tamper(route: Route) -> None:
        answer = route.fetch()
        text = answer.text()
        one_by_one = text.startswith("{")
        records = [json.loads(line) for line in text.splitlines()] if one_by_one else answer.json()
        times = {"missing": 0, "repeated": 2}[fault]
        told = [record for record in records for _ in range(times if record["n"] == 17 else 1)]
        lines = "".join(json.dumps(record) + "\n" for record in told)
        route.fulfill(response=answer, body=lines if one_by_one else json.dumps(told))

    page.route("**/log?**", tamper)
    page.goto(f"/d/{deployment}")
    said = "Line 17 did not arrive." if fault == "missing" else "Line 17 arrived again"
    expect(page.locator("deploy-log .faults")).to_contain_text(said)
    says(page, "incomplete")
    if fault == "missing":
        expect(row(page, 17)).to_have_class("row missing")
        assert text_of(page, 17) == "this line did not arrive"
    assert text_of(page, 18) == "line 18"


def test_long_log_is_checked_when_asked_to(page: Page, api: Api) -> None:
    """What is too long to be checked unasked says so, and the button checks it."""
    deployment = api.create()
    api.append_many(deployment, (f"line {n} " + "x" * 500 for n in range(150_000)))
    api.change(deployment, status="succeeded", exit_code=0)
    page.goto(f"/d/{deployment}")
    lines = api.client.get(f"/v1/deployments/{deployment}").json()["lines"]
    expect(page.locator("deploy-log .connection")).to_contain_text("not checked")
    page.get_by_role("button", name="Check").click()
    says(page, f"complete: {lines + 1:,} records")
    expect(page.get_by_role("button", name="Check")).to_be_hidden()


def test_log_survives_a_restart(page: Page, api: Api, server: ServerProcess) -> None:
    """The connection is lost and comes back; each number is there once, what was read stays."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 50))
    page.goto(f"/d/{deployment}")
    says(page, "live")
    api.append(deployment, *numbered(51, 60))
    loaded(page, 60)
    server.stop()
    expect(page.locator("deploy-log .connection")).to_contain_text("reconnecting…")
    assert text_of(page, 60) == "line 60"
    server.start()
    api.append(deployment, *numbered(61, 80))
    loaded(page, 80)
    says(page, "live")
    api.change(deployment, status="succeeded", exit_code=0)
    lines = api.log(deployment)[-1]["lines"]
    says(page, f"complete: {lines + 1} records")
    expect(page.locator("deploy-log .faults")).to_be_hidden()


def test_deleted_log_stays_on_the_screen(page: Page, api: Api) -> None:
    """A log that is deleted under its reader is called deleted; what was read is still there."""
    deployment = api.create()
    api.append(deployment, "hello")
    page.goto(f"/d/{deployment}")
    says(page, "live")
    api.delete(deployment)
    says(page, "deleted")
    assert text_of(page, 1) == "hello"


def embed(page: Page, attributes: str) -> None:
    """Put an element with these attributes in a page that has no script of its own."""
    page.goto("/docs")
    page.evaluate(
        """async (attributes) => {
          await import("/assets/deploy-log.js");
          const log = document.createElement("deploy-log");
          for (const [name, value] of Object.entries(attributes)) log.setAttribute(name, value);
          log.style.cssText = "display: block; height: 400px";
          document.body.replaceChildren(log);
        }""",
        json.loads(attributes),
    )


def test_element_by_itself(page: Page, api: Api) -> None:
    """Anywhere in a page, from its first line if told so; another log when `src` is set anew."""
    one, other = api.create(), api.create()
    api.append(one, *numbered(1, 300))
    api.append(other, "of the other")
    src = f'"src": "/v1/deployments/{one}/log"'
    embed(page, f'{{{src}, "follow": "off", "theme": "dark", "label": "Build"}}')
    loaded(page, 1)
    assert not ask(page, "viewer.following")
    expect(page.get_by_role("log", name="Build")).to_be_visible()
    log = page.locator("deploy-log")
    assert log.evaluate("(log) => getComputedStyle(log).backgroundColor") == "rgb(12, 16, 15)"
    log.evaluate("(log, src) => log.setAttribute('src', src)", f"/v1/deployments/{other}/log")
    until(page, "viewer.state.tail === 1")
    loaded(page, 1)
    assert text_of(page, 1) == "of the other"
    log.evaluate("(log) => log.remove()")
    assert page.locator("deploy-log").count() == 0


def test_element_takes_the_colours_of_its_page(page: Page, api: Api) -> None:
    """Variables on the element and its parts are the embedding page's to set."""
    deployment = api.create()
    api.append(deployment, "hello")
    embed(page, f'{{"src": "/v1/deployments/{deployment}/log"}}')
    loaded(page, 1)
    page.evaluate(
        """() => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync(`deploy-log { --log-bg: rgb(1 2 3); }
            deploy-log::part(number) { color: rgb(4 5 6); }`);
          document.adoptedStyleSheets.push(sheet);
        }"""
    )
    log = page.locator("deploy-log")
    assert log.evaluate("(log) => getComputedStyle(log).backgroundColor") == "rgb(1, 2, 3)"
    number = page.locator("deploy-log .number").first
    assert number.evaluate("(a) => getComputedStyle(a).color") == "rgb(4, 5, 6)"


def test_standing_is_told_to_who_cannot_see_it(page: Page, api: Api) -> None:
    """Lines are counted, not read aloud: the log is silent, and one region says what is new."""
    deployment = api.create()
    api.append(deployment, "hello")
    page.goto(f"/d/{deployment}")
    loaded(page, 1)
    log = page.get_by_role("log")
    expect(log).to_have_attribute("aria-live", "off")
    said = page.locator("deploy-log [role=status]")
    expect(said).to_contain_text("live")
    api.append(deployment, *numbered(2, 41), {"text": "broken", "level": "error"})
    expect(said).to_have_text("41 new lines, 1 error")
