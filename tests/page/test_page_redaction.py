"""A page that is open while a secret is taken out of its log."""

from __future__ import annotations

import httpx2
from playwright.sync_api import Page, Route

from tests.page.browsing import Api, numbered
from tests.page.log_in_page import LogInPage


def test_a_page_that_follows_shows_the_mark(page: Page, api: Api, url: str) -> None:
    """In place of what it has shown, without being loaded again; and the log is complete."""
    deployment = api.create()
    api.append(deployment, "one", "hunter2!", "three")
    log = LogInPage(page, deployment)
    log.until_connection("live")
    log.until("log.data.row(2)?.text === 'hunter2!'")
    asked = {"text": "hunter2!", "line": 2}
    answer = httpx2.post(f"{url}/v1/deployments/{deployment}/redactions", json=asked)
    answer.raise_for_status()
    log.until("log.data.row(2)?.text === '[redacted]'")
    log.until("log.data.row(4)?.text === 'redacted: line 2'")
    api.change(deployment, status="succeeded")
    log.until("log.state.check === 'complete'")
    assert log.state["faults"] == []


def test_lines_on_their_way_come_as_they_are_now(page: Page, api: Api, url: str) -> None:
    """Lines that were read from the store before a secret was taken out of them, and come after it
    is known that it was. Caught: the secret is shown, until the page is loaded again."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 99), "hunter2!", *numbered(101, 2000))
    log = LogInPage(page, deployment)
    log.until_connection("live")
    late: list[Route] = []

    def answer_late(route: Route) -> None:
        if late:
            route.continue_()
            return
        late.append(route)
        answer = route.fetch()
        asked = {"text": "hunter2!", "line": 100}
        redacted = httpx2.post(f"{url}/v1/deployments/{deployment}/redactions", json=asked)
        redacted.raise_for_status()
        log.until("log.data.row(2001)?.text === 'redacted: line 100'")
        route.fulfill(response=answer)

    page.route("**/log?format=ndjson&from=1&*", answer_late)
    assert log.reach(90, 110)[10] == "[redacted]"
