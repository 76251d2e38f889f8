"""What was lost, repeated or changed on the way is told, and never called complete."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.page.between import Between
from tests.page.browsing import Api, numbered
from tests.page.log_in_page import LogInPage


@pytest.fixture
def between(url: str) -> Iterator[Between]:
    with Between(url) as proxy:
        yield proxy


@pytest.fixture
def far(browser: Browser, between: Between) -> Iterator[Page]:
    """A page whose every request goes through the proxy."""
    with browser.new_context(base_url=between.url) as context:
        yield context.new_page()


def finished(api: Api, *texts: str) -> str:
    deployment = api.create()
    api.append(deployment, *texts)
    api.change(deployment, status="succeeded", exit_code=0)
    return deployment


# What comes and is not right


def lie(records: Any, fault: str) -> Any:
    """Without record 17, or with it twice."""
    return [
        copy
        for record in records
        for copy in [record] * ((fault == "repeated") + 1 if record["n"] == 17 else 1)
        if fault != "missing" or record["n"] != 17
    ]


@pytest.mark.parametrize("fault", ["missing", "repeated"])
def test_wrong_numbers_at_the_end_are_told(
    far: Page, api: Api, between: Between, fault: str
) -> None:
    """And the log is not complete, although its end has come and its digest holds."""
    deployment = finished(api, *numbered(1, 30))
    between.rule("tail=", bend=lambda body: json.dumps(lie(json.loads(body), fault)).encode())
    log = LogInPage(far, deployment)
    log.until("log.state?.check === 'incomplete'")
    assert log.state["faults"] == [{"what": fault, "from": 17, "to": 17}]


@pytest.mark.parametrize("fault", ["missing", "repeated"])
def test_wrong_numbers_in_a_window_are_told(
    far: Page, api: Api, between: Between, fault: str
) -> None:
    """A record that is not there is not asked for without end; the others are shown."""
    deployment = finished(api, *numbered(1, 3000))

    def bend(body: bytes) -> bytes:
        records = lie([json.loads(row) for row in body.splitlines()], fault)
        return "".join(f"{json.dumps(record)}\n" for record in records).encode()

    between.rule("from=1&", bend=bend)
    log = LogInPage(far, deployment)
    log.until("log.state?.check === 'complete'")
    log.want(1, 40)
    log.until("log.has(18, 40) && log.has(1, 16)")
    log.until("log.state.faults.length === 1")
    assert log.state["faults"] == [{"what": fault, "from": 17, "to": 17}]
    assert log.state["check"] == "incomplete"
    assert (log.row(17) is None) == (fault == "missing")
    assert len(between.asked("from=1&")) == 1


def test_wrong_numbers_in_the_stream_are_told(far: Page, api: Api, between: Between) -> None:
    """A stream that loses a batch and goes on, as a cache that mixes up answers would."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 5))
    api.append(deployment, *numbered(6, 9))

    def bend(body: bytes) -> bytes:
        return json.dumps(json.loads(body)[:5]).encode()

    between.rule("tail=500", bend=bend)
    log = LogInPage(far, deployment)
    log.until_connection("live")
    api.append(deployment, "line 10")
    log.until_tail(10)
    assert log.state["faults"] == [{"what": "missing", "from": 6, "to": 9}]
    assert log.reach(1, 10) == numbered(1, 10)
    assert log.state["faults"] == [{"what": "missing", "from": 6, "to": 9}]


# Whether it is complete


def test_log_that_ends_is_checked(page: Page, api: Api) -> None:
    """Unasked, when it ends under its reader as well as when it is opened afterwards."""
    deployment = api.create()
    log = LogInPage(page, deployment)
    log.until_connection("live")
    assert log.state["check"] == "none"
    api.append(deployment, *numbered(1, 700))
    api.change(deployment, status="failed", exit_code=3)
    log.until("log.state.check === 'complete'")
    log = LogInPage(page, deployment)
    log.until("log.state?.check === 'complete'")
    assert log.state["closed"] is True
    assert log.state["end"]["exit_code"] == 3
    assert log.states == ["loading", "finished"]


@pytest.mark.parametrize(
    "change",
    [(b"line 17", b"line 71"), (rb'\{"n":17.*\n', b""), (b"sha256:.", b"sha256:?")],
    ids=["a byte", "a line", "the digest"],
)
def test_history_that_is_not_what_its_end_says_is_incomplete(
    far: Page, api: Api, between: Between, change: tuple[bytes, bytes]
) -> None:
    deployment = finished(api, *numbered(1, 30))
    between.rule("format=ndjson", bend=lambda body: re.sub(*change, body))
    log = LogInPage(far, deployment)
    log.until("log.state?.check === 'incomplete'")
    assert log.state["connection"] == "finished"


def test_long_log_is_checked_when_asked(page: Page, api: Api) -> None:
    """More than 16 MB are not read unasked; then they are hashed as they come."""
    deployment = api.create()
    api.append_many(deployment, (f"{n} {'z' * 900}" for n in range(1, 20_001)))
    api.change(deployment, status="succeeded")
    log = LogInPage(page, deployment)
    log.until("log.state?.check === 'unchecked'")
    log.ask("log.data.verify()")
    log.until("log.state.check === 'complete'")


def test_check_that_cannot_be_made_says_why(far: Page, api: Api, between: Between) -> None:
    """It is tried again, and when that does not help the log is not called complete, nor wrong."""
    deployment = finished(api, *numbered(1, 30))
    between.rule("format=ndjson", status=404)
    log = LogInPage(far, deployment)
    log.until("log.state?.check === 'unchecked'")
    assert "404" in log.state["problem"]
    between.clear()
    between.rule("format=ndjson", status=502, times=2)
    log.ask("log.data.verify()")
    log.until("log.state.check === 'complete'")
    assert log.state["problem"] is None
