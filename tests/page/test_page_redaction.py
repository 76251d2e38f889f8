"""A page that is open while a secret is taken out of its log."""

from __future__ import annotations

import httpx2
from playwright.sync_api import Page

from tests.page.browsing import Api
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
