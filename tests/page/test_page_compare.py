"""Two deployments beside each other, and which of their lines differ."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.page.browsing import Api, save

LINES = [f"step {n} of the build" for n in range(1, 301)]


def differing(page: Page, side: str) -> Locator:
    return page.locator(f"deploy-log#{side} .row.differs")


def finished(api: Api, lines: list[str], status: str, **about: str) -> str:
    deployment = api.create(**about)
    api.append(deployment, *lines)
    api.change(deployment, status=status, exit_code=int(status != "succeeded"))
    return deployment


def test_failed_deployment_beside_the_last_that_succeeded(page: Page, api: Api) -> None:
    """Of the same project and environment, whatever came between; times and ids do not count."""
    project = {"project": "compared", "environment": "production"}
    good = finished(api, ["took 1.5 s", *LINES, "done"], "succeeded", **project)
    finished(api, ["another"], "succeeded", project="compared", environment="staging")
    finished(api, ["failed before"], "failed", **project)
    bad = finished(api, ["took 2.5 s", *LINES, "error: disk full"], "failed", **project)
    page.goto(f"/d/{bad}")
    page.get_by_role("link", name="Compare with the last success").click()
    expect(page.locator("#found")).to_contain_text("1 line only on the left, 1 only on the right")
    expect(page).to_have_url(f"/compare?left={good}&right={bad}")
    expect(differing(page, "right")).to_have_count(1)
    expect(differing(page, "right")).to_contain_text("error: disk full")
    save(page, "compare")


def test_panes_scroll_together(page: Page, api: Api) -> None:
    """Where a line has its like in the other log, that one stands beside it."""
    good = finished(api, LINES, "succeeded", project="together")
    bad = finished(api, [*(["only here"] * 50), *LINES], "failed", project="together")
    page.goto(f"/compare?left={good}&right={bad}")
    expect(page.locator("#found")).to_contain_text("50 only on the right")
    right = page.locator("deploy-log#right .screen")
    right.click()
    page.keyboard.press("Home")
    box = right.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.wheel(0, 20 * 150)
    first = "(log) => log.viewer.visible.first"
    at_right = page.locator("deploy-log#right")
    expect(page.locator("deploy-log#left .row[data-n='100']")).to_be_visible()
    seen = at_right.evaluate(first)
    assert page.locator("deploy-log#left").evaluate(first) == seen - 50


def test_running_deployment_is_compared_again(page: Page, api: Api) -> None:
    good = finished(api, ["one", "two", "three"], "succeeded", project="growing")
    running = api.create(project="growing")
    api.append(running, "one")
    page.goto(f"/compare?right={running}")
    expect(page).to_have_url(f"/compare?left={good}&right={running}")
    expect(page.locator("#found")).to_contain_text("2 lines only on the left, 0 only on the right")
    api.append(running, "two", "something else")
    expect(page.locator("#found")).to_contain_text("1 line only on the left, 1 only on the right")
    expect(page.locator("#right-about .status")).to_have_text("running")
    api.change(running, status="failed", exit_code=1)
    expect(page.locator("#right-about .status")).to_have_text("failed")
    save(page, "compare_running")


def test_logs_that_say_the_same(page: Page, api: Api) -> None:
    one = finished(api, ["built at 12:30:01", "done"], "succeeded", project="same")
    other = finished(api, ["built at 13:45:59", "done"], "succeeded", project="same")
    page.goto(f"/compare?left={one}&right={other}")
    expect(page.locator("#found")).to_have_text("The two logs say the same, times and ids aside.")


def test_nothing_to_compare_with_is_said(page: Page, api: Api) -> None:
    alone = finished(api, ["x"], "failed", project="alone")
    for address, said in {
        f"/compare?right={alone}": "No earlier deployment of alone has succeeded",
        "/compare": "Say which deployments to compare",
        f"/compare?right={alone[:-1]}u": "There is no such deployment",
    }.items():
        page.goto(address)
        expect(page.locator("#found")).to_contain_text(said)
        expect(page.get_by_role("link", name="All deployments")).to_be_visible()
        expect(page.locator("#panes")).to_be_hidden()


def test_panes_begin_at_the_same_height(page: Page, api: Api) -> None:
    """However long a title is: lines that belong together stand beside each other."""
    good = finished(api, LINES, "succeeded", project="level", title="short")
    bad = finished(api, LINES, "failed", project="level", title="a title of many words " * 9)
    page.goto(f"/compare?left={good}&right={bad}")
    expect(differing(page, "right")).to_have_count(0)
    tops = [page.locator(f"#{side}-log").bounding_box() for side in ("left", "right")]
    assert [box and box["y"] for box in tops] == [tops[0] and tops[0]["y"]] * 2
