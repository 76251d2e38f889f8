"""The page in a real browser, against a real server: what it shows is what the log says."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Dialog,
    Page,
    Route,
    ViewportSize,
    expect,
    sync_playwright,
)

from logflume.deployments.ids import RANDOM_BYTES, new_deployment_id
from tests.servers import ServerProcess

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]

SCREENSHOTS = Path(__file__).parent.parent / "test-results"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT_MILLISECONDS = 20_000
ESC = "\x1b["


class Api:
    """What a tool that deploys does, over plain HTTP."""

    def __init__(self, client: httpx2.Client) -> None:
        self._client = client

    def create(self, **document: Any) -> str:
        answer = self._client.post("/v1/deployments", json={"project": "shop", **document})
        return str(answer.raise_for_status().json()["id"])

    def append(self, deployment: str, *records: str | dict[str, Any]) -> str:
        """The offset after them."""
        lines = [{"text": record} if isinstance(record, str) else record for record in records]
        answer = self._client.post(f"/v1/deployments/{deployment}/log", json=lines)
        return answer.raise_for_status().headers["Stream-Next-Offset"]

    def change(self, deployment: str, **change: Any) -> None:
        self._client.patch(f"/v1/deployments/{deployment}", json=change).raise_for_status()

    def delete(self, deployment: str) -> None:
        self._client.delete(f"/v1/deployments/{deployment}").raise_for_status()

    def log(self, deployment: str) -> list[dict[str, Any]]:
        records: list[dict[str, Any]] = self._client.get(f"/v1/deployments/{deployment}/log").json()
        return records


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    """The shared server's address, unless the test asks for a server of its own."""
    name = "server" if "server" in request.fixturenames else "shared_server"
    return str(request.getfixturevalue(name).url)


@pytest.fixture
def api(url: str) -> Iterator[Api]:
    with httpx2.Client(base_url=url, timeout=30) as client:
        yield Api(client)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=WAIT_MILLISECONDS)
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS) as chromium,
    ):
        yield chromium


@pytest.fixture
def page(browser: Browser, url: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A fresh page; it must not throw, nor open a dialog, nor meet its own security policy."""
    faults: list[str] = []

    def console(said: ConsoleMessage) -> None:
        if "Content Security" in said.text:
            faults.append(said.text)

    def dialog(opened: Dialog) -> None:
        faults.append(opened.message)
        opened.dismiss()

    size: ViewportSize = {"width": 1200, "height": 760}
    with browser.new_context(base_url=url, viewport=size) as context:
        page = context.new_page()
        page.set_default_timeout(WAIT_MILLISECONDS)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", console)
        page.on("dialog", dialog)
        yield page
        save(page, re.sub(r"\W+", "_", request.node.name.removeprefix("test_")).strip("_"))
    assert faults == []


def save(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def new_id() -> str:
    return new_deployment_id(time.time_ns() // 1000, os.urandom(RANDOM_BYTES))


def numbered(first: int, last: int) -> list[str]:
    return [f"line {n}" for n in range(first, last + 1)]


def numbers(page: Page) -> list[int]:
    """The numbers of the rows, from the top."""
    found: list[int] = page.evaluate(
        "() => [...document.querySelectorAll('.row .number')].map((a) => Number(a.textContent))"
    )
    return found


def at_end(page: Page) -> bool:
    return bool(
        page.locator(".scroller").evaluate(
            "(area) => area.scrollHeight - area.scrollTop - area.clientHeight < 2"
        )
    )


def says(page: Page, text: str) -> None:
    expect(page.locator("deploy-log .connection")).to_have_text(text)


def scroll_up(page: Page, pixels: int = 600) -> None:
    page.mouse.move(600, 400)
    page.mouse.wheel(0, -pixels)
    expect(page.locator(".resume")).to_be_visible()


def text_of(page: Page, n: int) -> str:
    return page.locator(f".row:has(#L{n}) .text").inner_text()


def css_of(page: Page, text: str, name: str) -> str:
    span = page.locator(".row .text span").filter(has_text=text).first
    return str(span.evaluate("(span, name) => getComputedStyle(span)[name]", name))


# The list


def test_list_is_live(page: Page, api: Api, server: ServerProcess) -> None:
    """It starts with what to do, then shows what is created, changed and deleted, unasked."""
    page.goto("/")
    expect(page.locator("#shell-run")).to_contain_text("logflume run --project demo -- make deploy")
    expect(page.locator("#shell-curl")).to_contain_text(server.url)
    expect(page.locator("#connection")).to_have_text("live")
    save(page, "list_empty")

    first = api.create(project="shop", environment="production", title="Release 4.2", ref="main")
    second = api.create(project="billing", commit="a8812bc90117d04e", status="queued")
    rows = page.locator("#deployments tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("billing")
    expect(rows.nth(0)).to_contain_text("a8812bc9")
    expect(rows.nth(0).locator(".status")).to_have_text("queued")
    expect(rows.nth(1)).to_contain_text("Release 4.2")
    expect(page.locator("#empty")).to_be_hidden()

    api.append(first, *numbered(1, 3))
    api.change(first, status="succeeded", exit_code=0)
    expect(rows.nth(1).locator(".status")).to_have_text("succeeded")
    expect(rows.nth(1).locator(".lines")).to_have_text("3")
    save(page, "list")
    api.delete(second)
    expect(rows).to_have_count(1)
    rows.nth(0).locator("a").click()
    expect(page.locator("#title")).to_have_text("Release 4.2")


def test_list_reads_on(page: Page, api: Api, server: ServerProcess) -> None:
    """Fifty at first, newest first; the rest when asked for."""
    for n in range(60):
        api.create(project=f"project-{n}")
    page.goto("/")
    rows = page.locator("#deployments tr")
    expect(rows).to_have_count(50)
    expect(rows.first).to_contain_text("project-59")
    page.get_by_role("button", name="Load more").click()
    expect(rows).to_have_count(60)
    expect(rows.last).to_contain_text("project-0")
    expect(page.get_by_role("button", name="Load more")).to_be_hidden()


def test_list_misses_nothing_while_it_is_read(page: Page, api: Api, server: ServerProcess) -> None:
    """What the feed tells before the list has been read is applied after it, not forgotten."""
    told: list[str] = []
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.on(
        "Network.eventSourceMessageReceived", lambda message: told.append(message["eventName"])
    )

    def answer_late(route: Route) -> None:
        answer = route.fetch()
        api.create(project="late")
        while "data" not in told:
            page.evaluate("() => new Promise(requestAnimationFrame)")
        route.fulfill(response=answer)

    api.create(project="early")
    page.route("**/v1/deployments?limit=50", answer_late)
    page.goto("/")
    rows = page.locator("#deployments tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("late")


def test_list_survives_a_restart(page: Page, api: Api, server: ServerProcess) -> None:
    """What happened while the server was away is there when it is back."""
    api.create(project="before")
    page.goto("/")
    rows = page.locator("#deployments tr")
    expect(rows).to_have_count(1)
    expect(page.locator("#connection")).to_have_text("live")
    server.restart()
    api.create(project="after")
    expect(rows).to_have_count(2)
    expect(page.locator("#connection")).to_have_text("live")


# The log


def test_log_begins_with_its_last_lines_and_goes_on(page: Page, api: Api) -> None:
    """The last 1,000 records, each with its own number, then what comes, at the end of the page."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 1500))
    page.goto(f"/d/{deployment}")
    says(page, "live")
    expect(page.locator("#L1500")).to_be_visible()
    assert numbers(page) == list(range(501, 1501))
    assert at_end(page)

    api.append(deployment, *numbered(1501, 1503))
    expect(page.locator("#L1503")).to_be_visible()
    assert numbers(page) == list(range(501, 1504))
    assert text_of(page, 501) == "line 501"
    assert text_of(page, 1503) == "line 1503"
    assert at_end(page)


def test_log_has_its_colours(page: Page, api: Api) -> None:
    """SGR colours and styles are shown; other escape sequences leave nothing behind."""
    deployment = api.create()
    api.append(
        deployment,
        f"plain {ESC}31mred{ESC}0m {ESC}38;5;208morange{ESC}0m {ESC}38;2;10;20;30mtrue{ESC}0m",
        f"{ESC}1mbold{ESC}22m {ESC}3mitalic{ESC}23m {ESC}4munderlined{ESC}24m {ESC}7minverse",
        f"{ESC}2J{ESC}?25l\x1b]0;title\x07{ESC}>4;1mquiet\x1b]8;;https://a.example\x1b\\ly\x1b]8;;\x07",
        "\x1b]an escape that never ends hides nothing\x1b[",
        "10 %\r50 %\r\x1b[32m100 %\x1b[0m\r",
        f"{ESC}38:2::1:2:3mcolons{ESC}48;5;16;4mground{ESC}m",
    )
    page.goto(f"/d/{deployment}")
    expect(page.locator("#L6")).to_be_visible()
    assert css_of(page, "red", "color") == "rgb(179, 38, 30)"
    assert css_of(page, "orange", "color") == "rgb(255, 135, 0)"
    assert css_of(page, "true", "color") == "rgb(10, 20, 30)"
    assert css_of(page, "bold", "fontWeight") == "700"
    assert css_of(page, "italic", "fontStyle") == "italic"
    assert css_of(page, "underlined", "textDecorationLine") == "underline"
    assert css_of(page, "inverse", "backgroundColor") == "rgb(27, 36, 34)"
    assert css_of(page, "colons", "color") == "rgb(1, 2, 3)"
    assert css_of(page, "ground", "backgroundColor") == "rgb(0, 0, 0)"
    assert css_of(page, "ground", "textDecorationLine") == "underline"
    assert text_of(page, 1) == "plain red orange true"
    assert text_of(page, 3) == "quietly"
    assert text_of(page, 4) == "an escape that never ends hides nothing"
    assert text_of(page, 5) == "100 %"


def test_log_tells_streams_apart_and_joins_lines(page: Page, api: Api) -> None:
    """stderr has a word; a partial record and the next of its stream are one line, live or read."""
    deployment = api.create()
    api.append(
        deployment, {"text": "Name? ", "partial": True}, {"text": "oops", "stream": "stderr"}
    )
    page.goto(f"/d/{deployment}")
    says(page, "live")
    api.append(deployment, {"text": "flu", "partial": True}, "me", "next")
    expect(page.locator("#L5")).to_be_visible()
    assert numbers(page) == [1, 2, 5]
    page.reload()
    expect(page.locator("#L5")).to_be_visible()
    assert numbers(page) == [1, 2, 5]
    assert text_of(page, 1) == "Name? flume"
    expect(page.locator("#L1")).to_have_attribute("aria-label", "3 of records 1–4")
    expect(page.locator("#L1")).to_have_attribute("title", re.compile("^3 of records 1–4 · "))
    expect(page.locator("#L2")).not_to_have_attribute("aria-label", re.compile(""))
    expect(page.locator(".row:has(#L2) .mark")).to_have_text("err")
    expect(page.locator(".row:has(#L1) .mark")).to_have_text("")


def test_finished_log_is_complete(page: Page, api: Api) -> None:
    """It says so, with the result, only when every number has come; and it stops asking."""
    deployment = api.create(
        title="Release 4.2", environment="production", ref="main", commit="3f1c9e7"
    )
    api.append(deployment, *numbered(1, 20))
    page.goto(f"/d/{deployment}")
    says(page, "live")
    assert page.title() == "● running · Release 4.2 · Logflume"
    api.append(deployment, "last")
    api.change(deployment, status="failed", exit_code=3)
    lines = api.log(deployment)[-1]["lines"]
    says(page, f"complete: {lines} records")
    assert text_of(page, lines + 1) == f"end: failed · exit code 3 · {lines} records"
    expect(page.locator("#status")).to_have_text("failed")
    expect(page.locator("#exit-code")).to_have_text("3")
    expect(page).to_have_title("✕ failed · Release 4.2 · Logflume")
    assert numbers(page) == list(range(1, lines + 2))

    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    says(page, f"complete: {lines} records")
    assert not any("live=sse" in url for url in asked)
    page.locator("#raw").click()
    expect(page.locator("body")).to_contain_text("line 20\nlast")


def test_queued_deployment_is_followed(page: Page, api: Api) -> None:
    """A page that was opened before anything ran sees all of it."""
    deployment = api.create(status="queued")
    page.goto(f"/d/{deployment}")
    says(page, "live")
    expect(page.locator("#status")).to_have_text("queued")
    expect(page.locator(".nothing")).to_have_text("Waiting for the first line…")
    api.change(deployment, status="running")
    expect(page.locator("#status")).to_have_text("running")
    expect(page.locator("#duration")).to_be_visible()
    api.append(deployment, "hello")
    api.change(deployment, status="succeeded", exit_code=0)
    lines = api.log(deployment)[-1]["lines"]
    says(page, f"complete: {lines} records")
    assert numbers(page) == list(range(1, lines + 2))


# Reading back and following on


def test_earlier_lines_are_shown_where_they_belong(page: Page, api: Api) -> None:
    """Nothing moves under the reader's eyes when older lines are put before it."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 2500))
    page.goto(f"/d/{deployment}")
    expect(page.locator("#L2500")).to_be_visible()
    page.locator(".scroller").evaluate("(area) => area.scrollTo(0, 0)")
    expect(page.locator(".resume")).to_be_visible()
    before = page.locator("#L1501").bounding_box()
    earlier = page.get_by_role("button", name="Show earlier lines")
    earlier.click()
    expect(page.locator("#L501")).to_be_attached()
    after = page.locator("#L1501").bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) < 1
    assert numbers(page) == list(range(501, 2501))
    earlier.click()
    expect(page.locator("#L1")).to_be_attached()
    expect(earlier).to_be_hidden()
    assert numbers(page) == list(range(1, 2501))


def test_line_that_two_reads_meet_in_is_one(page: Page, api: Api) -> None:
    """A partial record and the next of its stream are one line, also when two reads bring them."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 199), {"text": "one ", "partial": True})
    api.append(deployment, "line", *numbered(202, 1200))
    page.goto(f"/d/{deployment}")
    expect(page.locator("#L1200")).to_be_visible()
    assert numbers(page)[0] == 201
    page.get_by_role("button", name="Show earlier lines").click()
    expect(page.locator("#L1")).to_be_attached()
    assert numbers(page) == [*range(1, 201), *range(202, 1201)]
    assert text_of(page, 200) == "one line"
    expect(page.locator("#L200")).to_have_attribute("aria-label", "records 200–201")
    expect(page.locator("#L200")).to_have_attribute("title", re.compile("^records 200–201 · "))


def test_flood_is_followed(page: Page, api: Api) -> None:
    """More at once than the page holds: the last 5,000 lines are there, and each was counted."""
    deployment = api.create()
    page.goto(f"/d/{deployment}")
    says(page, "live")
    api.append(deployment, *numbered(1, 12_000))
    expect(page.locator("#L12000")).to_be_visible()
    shown = numbers(page)
    assert shown == list(range(12_001 - len(shown), 12_001))
    assert len(shown) <= 5000
    api.change(deployment, status="succeeded", exit_code=0)
    says(page, f"complete: {api.log(deployment)[-1]['lines']:,} records")


def test_scrolling_up_stops_following(page: Page, api: Api) -> None:
    """New lines are counted, not shown, until the reader goes to the end by button or key."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 200))
    page.goto(f"/d/{deployment}")
    says(page, "live")
    expect(page.locator("#L200")).to_be_visible()
    scroll_up(page)
    shown = page.locator("#L170").bounding_box()
    api.append(deployment, *numbered(201, 212))
    expect(page.locator(".resume")).to_have_text("↓ 12 new lines")
    assert page.locator("#L170").bounding_box() == shown
    assert not at_end(page)
    page.locator(".resume").click()
    expect(page.locator("#L212")).to_be_visible()
    expect(page.locator(".resume")).to_be_hidden()
    assert at_end(page)

    scroll_up(page)
    page.keyboard.press("End")
    expect(page.locator(".resume")).to_be_hidden()
    api.append(deployment, "the last")
    expect(page.locator("#L213")).to_be_visible()
    assert at_end(page)


def test_page_holds_a_bounded_part_of_the_log(page: Page, api: Api) -> None:
    """At most 5,000 rows; what was dropped comes back, from either end, and no number is lost."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 1500))
    page.goto(f"/d/{deployment}")
    says(page, "live")
    for first in range(1501, 7501, 2000):
        api.append(deployment, *numbered(first, first + 1999))
        expect(page.locator(f"#L{first + 1999}")).to_be_visible()
    assert numbers(page) == list(range(2501, 7501))

    page.get_by_role("button", name="Show earlier lines").click()
    expect(page.locator("#L1501")).to_be_attached()
    assert numbers(page) == list(range(1501, 6501))
    api.append(deployment, *numbered(7501, 7600))
    expect(page.locator(".resume")).to_have_text("↓ 100 new lines")
    assert numbers(page) == list(range(1501, 6501))
    page.get_by_role("button", name="Show later lines").click()
    expect(page.locator("#L7500")).to_be_attached()
    assert numbers(page) == list(range(2501, 7501))

    api.change(deployment, status="succeeded", exit_code=0)
    page.keyboard.press("End")
    lines = api.log(deployment)[-1]["lines"]
    says(page, f"complete: {lines:,} records")
    expect(page.locator(f"#L{lines + 1}")).to_be_visible()
    expect(page.locator(".faults")).to_be_hidden()


def test_address_leads_to_a_line(page: Page, api: Api) -> None:
    """`#L17` shows line 17, also when it is not among the last ones."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 3000))
    page.goto(f"/d/{deployment}#L1234")
    expect(page.locator("#L1234")).to_be_in_viewport()
    expect(page.locator(".row.target")).to_contain_text("line 1234")
    page.locator("#L1240").click()
    expect(page).to_have_url(f"/d/{deployment}#L1240")
    expect(page.locator(".row.target")).to_contain_text("line 1240")


# What goes wrong


PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    '"><svg onload=alert(3)>',
    "';alert(4);//",
    "<iframe srcdoc='<script>parent.alert(5)</script>'>",
    f"{ESC}31m<b onmouseover=alert(6)>bold</b>{ESC}0m",
    "\x1b]8;;javascript:alert(7)\x07click\x1b]8;;\x07",
]


def test_nothing_in_a_log_runs(page: Page, api: Api) -> None:
    """Whatever stands in a text, a name or a link is text."""
    payload = PAYLOADS[1]
    deployment = api.create(
        project=payload,
        environment=payload,
        title=payload,
        ref=payload,
        commit=payload,
    )
    api.append(deployment, *PAYLOADS, {"text": payload, "stream": "stderr", "level": payload})

    def link(route: Route) -> None:  # the server refuses such a link; the page has to as well
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "url": "javascript:alert(8)"})

    page.route(f"**/v1/deployments/{deployment}", link)
    page.goto("/")
    expect(page.locator("#deployments .title").first).to_have_text(payload)
    page.goto(f"/d/{deployment}")
    expect(page.locator("#title")).to_have_text(payload)
    expect(page.locator(f"#L{len(PAYLOADS)}")).to_be_visible()
    for n, text in enumerate(PAYLOADS[:5], start=1):
        assert text_of(page, n) == text
    assert text_of(page, 7) == "click"
    assert page.locator("main :is(img, svg, script, iframe, b)").count() == 0
    assert page.locator("a[href^='javascript' i]").count() == 0


def test_log_survives_a_restart(page: Page, api: Api, server: ServerProcess) -> None:
    """The connection is lost and comes back; every number is there once."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 50))
    page.goto(f"/d/{deployment}")
    says(page, "live")
    api.append(deployment, *numbered(51, 60))
    expect(page.locator("#L60")).to_be_visible()
    server.restart()
    api.append(deployment, *numbered(61, 80))
    expect(page.locator("#L80")).to_be_visible()
    says(page, "live")
    api.change(deployment, status="succeeded", exit_code=0)
    lines = api.log(deployment)[-1]["lines"]
    says(page, f"complete: {lines} records")
    assert numbers(page) == list(range(1, lines + 2))
    expect(page.locator(".faults")).to_be_hidden()


def test_refused_connection_is_made_again(page: Page, api: Api) -> None:
    """A browser gives up an EventSource that is answered 503; the page does not. Nor does it read
    a batch again whose control event was cut off.
    """
    deployment = api.create()
    api.append(deployment, *numbered(1, 3))
    asked = 0

    def cut_then_refuse(route: Route) -> None:
        nonlocal asked
        asked += 1
        if asked == 1:
            offset = api.append(deployment, "line 4")
            batch = f"id: {offset}\nevent: data\ndata:{json.dumps(api.log(deployment)[3:])}\n\n"
            return route.fulfill(content_type="text/event-stream", body=batch)
        if asked > 3:
            return route.fallback()
        api.append(deployment, f"while refused {asked}")
        return route.fulfill(status=503, body="")

    page.route("**/log?live=sse**", cut_then_refuse)
    page.goto(f"/d/{deployment}")
    expect(page.locator("#L6")).to_be_visible()
    says(page, "live")
    api.append(deployment, "at last")
    expect(page.locator("#L7")).to_be_visible()
    assert asked == 4
    assert numbers(page) == [1, 2, 3, 4, 5, 6, 7]
    expect(page.locator(".faults")).to_be_hidden()


@pytest.mark.parametrize("fault", ["missing", "repeated"])
def test_wrong_numbers_are_never_hidden(page: Page, api: Api, fault: str) -> None:
    """A number that is missing or comes twice is said, and such a log is not called complete."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 30))
    api.change(deployment, status="succeeded", exit_code=0)

    def tamper(route: Route) -> None:
        answer = route.fetch()
        records = answer.json()
        records[16:17] = [] if fault == "missing" else [records[16], records[16]]
        route.fulfill(response=answer, json=records)

    page.route("**/log?tail=**", tamper)
    page.goto(f"/d/{deployment}")
    said = "Line 17 did not arrive." if fault == "missing" else "Line 17 arrived again"
    expect(page.locator(".faults")).to_contain_text(said)
    says(page, "incomplete")


def test_deployment_is_waited_for(page: Page, api: Api) -> None:
    """Who deploys makes the id and may hand out the page's address before the server knows it."""
    deployment = new_id()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"/d/{deployment}#L2")
    expect(page.locator("#title")).to_have_text("Waiting for the deployment")
    expect(page.locator("#notice")).to_have_text(
        "Nothing of it has arrived yet. This page will show it as soon as something does."
    )
    expect(page).to_have_title("Waiting for the deployment · Logflume")
    expect(page.locator("#refused")).to_be_hidden()
    assert not any("/log" in url for url in asked)
    save(page, "waiting")

    assert api.create(id=deployment, title="Release 4.2") == deployment
    api.append(deployment, "one", "two")
    expect(page.locator("#title")).to_have_text("Release 4.2", timeout=4000)
    expect(page).to_have_title("● running · Release 4.2 · Logflume")
    expect(page.locator("#notice")).to_be_hidden()
    expect(page.locator(".row.target")).to_contain_text("two")
    says(page, "live")
    api.append(deployment, "three")
    expect(page.locator("#L3")).to_be_visible()
    assert numbers(page) == [1, 2, 3]
    assert len([url for url in asked if "tail=" in url]) == 1
    api.delete(deployment)
    says(page, "deleted")
    expect(page.locator("#status")).to_have_text("deleted")
    expect(page.locator("#notice")).to_be_hidden()


def test_deployment_is_waited_for_without_end(page: Page, api: Api) -> None:
    """After half a minute the page says what may be the matter, asks less often, and goes on."""
    deployment = new_id()
    asked = 0

    def refuse(route: Route) -> None:
        nonlocal asked
        asked += 1
        if asked == 2:
            return route.fulfill(status=503, body="")  # the server goes away meanwhile
        return route.fallback()

    page.route(f"**/v1/deployments/{deployment}", refuse)
    page.clock.install()
    page.goto(f"/d/{deployment}")
    expect(page.locator("#notice")).to_contain_text("Nothing of it has arrived yet.")
    while asked < 4:
        page.clock.run_for(100)
    page.clock.fast_forward(30_000)
    expect(page.locator("#notice")).to_have_text(
        "There is no such deployment: it has not been sent yet, or it was deleted. "
        "This page keeps looking."
    )
    before = asked
    page.clock.fast_forward(3000)
    expect(page.locator("#title")).to_have_text("Waiting for the deployment")
    assert asked == before
    api.create(id=deployment, title="At last")
    expect(page.locator("#title")).to_have_text("At last")
    says(page, "live")


def test_deleted_and_unknown_deployments(page: Page, api: Api) -> None:
    """A log that is deleted under its reader stays on the screen and is called deleted."""
    deployment = api.create()
    api.append(deployment, "hello")
    page.goto(f"/d/{deployment}")
    says(page, "live")
    api.delete(deployment)
    says(page, "deleted")
    expect(page.locator("#status")).to_have_text("deleted")
    expect(page.locator("#L1")).to_be_visible()
    page.goto(f"/d/{deployment}")
    expect(page.locator("#title")).to_have_text("Waiting for the deployment")
    for other in (deployment[:-1], deployment[:-1] + "u", deployment.upper()):
        page.goto(f"/d/{other}")
        expect(page.locator("#title")).to_have_text("There is no such deployment")
        expect(page).to_have_title("No such deployment · Logflume")
        expect(page.locator("#refused a")).to_be_visible()
        expect(page.locator("#notice")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_phone(page: Page, api: Api, scheme: Any) -> None:
    """A phone's width needs no scrolling sideways, in either theme."""
    deployment = api.create(title="A title that is long enough to need two lines", ref="main")
    api.append(deployment, "word " * 60, {"text": "x" * 300, "stream": "stderr"})
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 375, "height": 700})
    for path in ("/", f"/d/{deployment}"):
        page.goto(path)
        expect(page.locator(".connection")).to_have_text("live")
        wide: list[str] = page.evaluate(
            """() => [document.documentElement, document.querySelector(".scroller")]
            .filter((area) => area && area.scrollWidth > area.clientWidth)
            .map((area) => area.className || area.tagName)"""
        )
        assert wide == []
        save(page, f"phone_{scheme}_{'list' if path == '/' else 'log'}")
