"""The page of one deployment around its log: waiting for it, its title, its icon, its end."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.page.browsing import Api, new_id, numbers, row, save


def says(page: Page, text: str) -> None:
    expect(page.locator("deploy-log .connection")).to_have_text(text)


def icon(page: Page) -> str:
    return str(page.locator("link[rel=icon]").get_attribute("href"))


def test_deployment_is_waited_for(page: Page, api: Api) -> None:
    """Who deploys makes the id and may hand out the page's address before the server knows it."""
    deployment = new_id()
    page.goto(f"/d/{deployment}#L2")
    expect(page.locator("#title")).to_have_text("Waiting for the deployment")
    expect(page.locator("#notice")).to_have_text(
        "Nothing of it has arrived yet. This page will show it as soon as something does."
    )
    expect(page).to_have_title("Waiting for the deployment · Logflume")
    expect(page.locator("#refused")).to_be_hidden()
    expect(page.locator("deploy-log")).to_have_count(0)
    save(page, "waiting")

    assert api.create(id=deployment, title="Release 4.2") == deployment
    api.append(deployment, "one", "two")
    expect(page.locator("#title")).to_have_text("Release 4.2", timeout=4000)
    expect(page).to_have_title("● running · Release 4.2 · Logflume")
    expect(page.locator("#notice")).to_be_hidden()
    says(page, "live")
    expect(row(page, 2)).to_contain_text("two")
    api.append(deployment, "three")
    expect(row(page, 3)).to_be_visible()
    assert numbers(page) == [1, 2, 3]
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
    page.clock.fast_forward(10_000)
    expect(page.locator("#title")).to_have_text("At last")
    page.clock.resume()
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
    expect(row(page, 1)).to_be_visible()
    page.goto(f"/d/{deployment}")
    expect(page.locator("#title")).to_have_text("Waiting for the deployment")
    for other in (deployment[:-1], deployment[:-1] + "u", deployment.upper()):
        page.goto(f"/d/{other}")
        expect(page.locator("#title")).to_have_text("There is no such deployment")
        expect(page).to_have_title("No such deployment · Logflume")
        expect(page.locator("#refused a")).to_be_visible()
        expect(page.locator("#notice")).to_be_hidden()


def test_tab_tells_how_the_deployment_stands(page: Page, api: Api) -> None:
    """By shape and word: the icon changes when the deployment does, and is really there."""
    deployment = api.create(title="Release 4.2", status="queued")
    page.goto(f"/d/{deployment}")
    expect(page).to_have_title("○ queued · Release 4.2 · Logflume")
    expect(page.locator("link[rel=icon]")).to_have_attribute(
        "href", re.compile("favicon-queued.svg")
    )
    api.change(deployment, status="running")
    expect(page).to_have_title("● running · Release 4.2 · Logflume")
    api.change(deployment, status="failed", exit_code=2)
    expect(page).to_have_title("✕ failed · Release 4.2 · Logflume")
    expect(page.locator("#exit-code")).to_have_text("2")
    expect(page.locator("link[rel=icon]")).to_have_attribute(
        "href", re.compile("favicon-failed.svg")
    )
    drawn = page.request.get(icon(page))
    assert drawn.ok
    assert drawn.headers["content-type"] == "image/svg+xml"


def test_deployment_is_no_older_than_its_log(page: Page, api: Api) -> None:
    """It ends after the page has asked for it and before the page asks for its log, so that
    nothing that comes live tells of it. Caught: "running" above a log that has ended, for ever."""
    deployment = api.create()
    api.append(deployment, "one")
    logs: list[Route] = []
    read: list[Route] = []

    def read_early(route: Route) -> None:
        read.append(route)
        if len(read) > 1:
            route.continue_()
            return
        answer = route.fetch()
        api.change(deployment, status="succeeded", exit_code=0)
        route.fulfill(response=answer)
        for log in logs:
            log.continue_()

    def hold(route: Route) -> None:
        if read:
            route.continue_()
        else:
            logs.append(route)

    page.route("**/log?tail=500", hold)
    page.route(f"**/v1/deployments/{deployment}", read_early)
    page.goto(f"/d/{deployment}")
    expect(page.locator("deploy-log .connection")).to_contain_text("complete")
    expect(page.locator("#status")).to_have_text("succeeded")
    assert len(read) == 2


def test_log_for_the_frame_of_another_page(page: Page, api: Api) -> None:
    """The log with its title and status, and the way to the whole page."""
    deployment = api.create(title="Release 4.2")
    api.append(deployment, "one", "two")
    page.goto(f"/embed/{deployment}")
    expect(page.locator("#title")).to_have_text("Release 4.2")
    expect(page.locator("#status")).to_have_text("running")
    says(page, "live")
    expect(row(page, 2)).to_contain_text("two")
    expect(page.locator("#whole")).to_have_attribute("href", f"/d/{deployment}")
    expect(page.get_by_role("link", name="Deployments")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_phone(page: Page, api: Api, scheme: Any) -> None:
    """A phone's width needs no scrolling of the page sideways, in either theme."""
    good = api.create(title="A title that is long enough to need two lines", ref="main")
    api.append(good, "word " * 60, {"text": "x" * 300, "stream": "stderr"})
    api.change(good, status="succeeded")
    bad = api.create(title="Another title that is long enough to need two lines", ref="main")
    api.append(bad, "word " * 60, {"text": "y" * 300, "stream": "stderr"})
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 360, "height": 700})
    for name, path in {
        "list": "/",
        "log": f"/d/{bad}",
        "compare": f"/compare?left={good}&right={bad}",
        "embed": f"/embed/{bad}",
    }.items():
        page.goto(path)
        expect(page.locator(".connection").last).to_be_visible()
        over = page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert over == 0, name
        save(page, f"phone_{scheme}_{name}")
