"""The list of deployments: live, narrowed by filters that the address keeps."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.page.browsing import Api, numbered, save
from tests.servers import ServerProcess


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


def told_by_feed(page: Page) -> list[dict[str, Any]]:
    """The messages that the page's EventSource has brought; more are put to them as they come."""
    told: list[dict[str, Any]] = []
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.eventSourceMessageReceived", lambda message: told.append(message))
    return told


def test_list_misses_nothing_while_it_is_read(page: Page, api: Api, server: ServerProcess) -> None:
    """What the feed tells before the list has been read is applied after it, not forgotten."""
    told = told_by_feed(page)

    def answer_late(route: Route) -> None:
        answer = route.fetch()
        api.create(project="late")
        while not any(message["eventName"] == "data" for message in told):
            page.evaluate("() => new Promise(requestAnimationFrame)")
        route.fulfill(response=answer)

    api.create(project="early")
    page.route("**/v1/deployments?limit=50", answer_late)
    page.goto("/")
    rows = page.locator("#deployments tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("late")


def test_more_of_the_list_is_no_older_than_the_feed(
    page: Page, api: Api, server: ServerProcess
) -> None:
    """What the feed tells while more is read is applied after it. Caught: "running" for ever."""
    told = told_by_feed(page)

    def answer_late(route: Route) -> None:
        answer = route.fetch()
        api.change(first, status="succeeded", exit_code=0)
        while not any("succeeded" in message["data"] for message in told):
            page.evaluate("() => new Promise(requestAnimationFrame)")
        route.fulfill(response=answer)

    first = api.create(project="first")
    for n in range(50):
        api.create(project=f"project-{n}")
    page.goto("/")
    rows = page.locator("#deployments tr")
    expect(rows).to_have_count(50)
    expect(page.locator("#connection")).to_have_text("live")
    page.route("**/v1/deployments?*after=*", answer_late)
    page.get_by_role("button", name="Load more").click()
    expect(rows).to_have_count(51)
    expect(rows.last).to_contain_text("succeeded")


def test_more_of_a_list_that_is_another_one_by_now_is_left_out(
    page: Page, api: Api, server: ServerProcess
) -> None:
    """Caught: what the filters leave out comes with the page that was asked for before."""
    held: list[Route] = []
    for n in range(60):
        api.create(project="shop" if n == 30 else "other")
    page.goto("/")
    rows = page.locator("#deployments tr")
    expect(rows).to_have_count(50)
    page.route("**/v1/deployments?*after=*", lambda route: held.append(route))
    with page.expect_request("**/v1/deployments?*after=*"):
        page.get_by_role("button", name="Load more").click()
    page.get_by_label("Project").fill("shop")
    expect(rows).to_have_count(1)
    with page.expect_response("**/v1/deployments?*after=*"):
        held[0].continue_()
    expect(page.locator("#more:disabled")).to_have_count(0)  # the answer has been dealt with
    api.create(project="shop")  # whereupon the list is shown anew
    expect(rows).to_have_count(2)
    expect(page.locator("#more")).to_be_hidden()


def test_a_status_that_there_is_not_leaves_nothing_out(
    page: Page, api: Api, server: ServerProcess
) -> None:
    """And the form says so. Caught: an empty choice above a list of everything."""
    api.create()
    page.goto("/?status=deleted")
    expect(page.locator("#deployments tr")).to_have_count(1)
    expect(page.get_by_label("Status").locator("option:checked")).to_have_text("any")


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


def test_filters_are_in_the_address(page: Page, api: Api, server: ServerProcess) -> None:
    """What is narrowed can be handed on, gone back to, and taken back."""
    api.create(project="shop", environment="production")
    api.create(project="shop", environment="staging", status="queued")
    api.create(project="billing", environment="production")
    rows = page.locator("#deployments tr")
    page.goto("/")
    expect(rows).to_have_count(3)
    page.get_by_label("Project").fill("shop")
    expect(rows).to_have_count(2)
    page.get_by_label("Status").select_option("queued")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("staging")
    expect(page).to_have_url("/?project=shop&status=queued")
    save(page, "list_filtered")

    page.reload()
    expect(rows).to_have_count(1)
    expect(page.get_by_label("Project")).to_have_value("shop")
    page.get_by_label("Environment").fill("nowhere")
    expect(page.locator("#none")).to_be_visible()
    expect(page.locator("#empty")).to_be_hidden()
    page.get_by_role("button", name="Show all").click()
    expect(rows).to_have_count(3)
    expect(page).to_have_url("/")


def test_filtered_list_is_live(page: Page, api: Api, server: ServerProcess) -> None:
    """What comes to be like what is asked for appears, and what no longer is goes."""
    old = api.create(project="shop")
    api.create(project="billing")
    page.goto("/?status=failed")
    expect(page.locator("#none")).to_be_visible()
    expect(page.locator("#connection")).to_have_text("live")
    api.change(old, status="failed", exit_code=1)
    rows = page.locator("#deployments tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("shop")

    page.goto("/?status=running")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("billing")
    new = api.create(project="docs")
    expect(rows).to_have_count(2)
    api.change(new, status="succeeded", exit_code=0)
    expect(rows).to_have_count(1)
