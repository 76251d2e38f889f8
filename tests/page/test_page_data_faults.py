"""What goes wrong between the page and its log is said truly, and mended where it can be."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.page.between import Between
from tests.page.browsing import Api, numbered
from tests.page.log_in_page import LogInPage
from tests.servers import ServerProcess


@pytest.fixture
def between(url: str) -> Iterator[Between]:
    with Between(url) as proxy:
        yield proxy


@pytest.fixture
def far(browser: Browser, between: Between) -> Iterator[Page]:
    """A page whose every request goes through the proxy."""
    with browser.new_context(base_url=between.url) as context:
        yield context.new_page()


# The connection


def test_server_that_dies_comes_back(page: Page, api: Api, server: ServerProcess) -> None:
    """What was read stays, what came meanwhile is read on, and nothing comes twice."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 30))
    log = LogInPage(page, deployment)
    log.until_connection("live")
    api.append(deployment, *numbered(31, 40))
    log.until_tail(40)
    server.kill()
    log.until_connection("reconnecting")
    assert log.row(40)["text"] == "line 40"  # type: ignore[index]
    server.start()
    api.append(deployment, *numbered(41, 3000))
    log.until_tail(3000)
    log.until_connection("live")
    assert log.reach(1, 60) == numbered(1, 60)
    api.change(deployment, status="succeeded", exit_code=0)
    log.until("log.state.check === 'complete'")
    assert log.state["faults"] == []
    assert log.states[-1] == "finished"


def test_cut_after_a_batch_does_not_bring_it_again(far: Page, api: Api, between: Between) -> None:
    """The place after a batch is known with it, not with the event that follows."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 3))

    def batch() -> bytes:
        offset = api.append(deployment, "line 4")
        return f"id: {offset}\nevent: data\ndata:{json.dumps(api.log(deployment)[3:])}\n\n".encode()

    between.rule("live=sse", status=503, times=1)
    kind = {"Content-Type": "text/event-stream"}
    between.rule("live=sse", status=200, headers=kind, body=batch, times=1)
    log = LogInPage(far, deployment)
    log.until("log.state?.tail === 4 && log.state.connection === 'live'")
    api.append(deployment, "line 5")
    log.until_tail(5)
    assert len(between.asked("live=sse")) == 3
    assert log.state["faults"] == []


def test_streams_that_are_refused_give_way_to_long_polling(
    far: Page, api: Api, between: Between
) -> None:
    """After three in a row, although everything else is answered; and the page says so."""
    deployment = api.create()
    api.append(deployment, "one")
    between.rule("live=sse", status=502)
    log = LogInPage(far, deployment)
    log.until_connection("polling")
    assert len(between.asked("live=sse")) == 3
    assert set(log.states) <= {"loading", "reconnecting", "polling"}
    between.until(lambda: bool(between.asked("live=long-poll")))
    api.append(deployment, "two")
    log.until_tail(2)
    between.until(lambda: bool(between.asked("live=long-poll", "cursor=")))
    api.append(deployment, "three")
    log.until_tail(3)
    api.change(deployment, status="succeeded", exit_code=0)
    log.until("log.state.check === 'complete'")
    assert log.states[-2:] == ["polling", "finished"]
    assert len(between.asked("live=sse")) == 3


def test_stream_that_is_held_back_gives_way_to_long_polling(
    far: Page, api: Api, between: Between
) -> None:
    """A proxy that keeps what it is to pass on answers like one on which nothing is said; it is
    never called live."""
    deployment = api.create()
    api.append(deployment, "one")
    between.rule("live=sse", holds="body")
    log = LogInPage(far, deployment)
    log.until_connection("polling")
    assert "live" not in log.states
    assert len(between.given_up) == 1
    api.append(deployment, "two")
    log.until_tail(2)


@pytest.mark.parametrize("status", [429, 503])
def test_server_says_how_long_to_wait(far: Page, api: Api, between: Between, status: int) -> None:
    deployment = api.create()
    api.append(deployment, "one")
    between.rule("tail=500", status=status, headers={"Retry-After": "2"}, times=1)
    log = LogInPage(far, deployment)
    log.until_connection("live")
    first, second = (at for at, path in between.seen if "tail=500" in path)
    assert second - first >= 2
    assert log.states[-2:] == ["reconnecting", "live"]
    assert log.state["problem"] is None


def test_closed_log_is_let_go(far: Page, api: Api, between: Between) -> None:
    deployment = api.create()
    between.rule("live=sse", holds="body")
    log = LogInPage(far, deployment)
    between.until(lambda: bool(between.asked("live=sse")))
    log.ask("log.data.close()")
    between.until(lambda: len(between.given_up) == 1)
    between.until(lambda: far.evaluate("true") and far.workers == [])


# What is wanted and does not come


def test_much_that_was_missed_does_not_keep_the_end_back(
    far: Page, api: Api, between: Between
) -> None:
    """Who comes back after a long time sees the end at once; the rest is read, and checked, on the
    way there."""
    deployment = api.create()
    api.append(deployment, "one")
    log = LogInPage(far, deployment)
    log.until_connection("live")
    between.rule("/log?", status=503)
    between.cut()
    between.until(lambda: bool(between.asked("limit=1000")))
    api.append(deployment, *numbered(2, 30_000))
    between.clear()
    between.rule("live=", holds="answer")
    log.until_tail(30_000)
    assert log.ask("log.has(29701, 30000)")
    between.clear()
    between.cut()
    api.change(deployment, status="succeeded")
    log.until("log.state.check === 'complete'")
    assert log.state["faults"] == []


def test_what_is_no_longer_wanted_is_given_up(far: Page, api: Api, between: Between) -> None:
    """Who drags the bar through a long log waits for the place where he lets go, and no other."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 20_000))
    between.rule("from=2001&", holds="answer", times=1)
    between.rule("from=5001&", holds="answer", times=1)
    log = LogInPage(far, deployment)
    log.until_connection("live")
    log.want(2300, 2360)
    between.until(lambda: bool(between.asked("from=2001&")))
    log.want(5300, 5360)
    between.until(lambda: bool(between.asked("from=5001&")))
    assert log.reach(9300, 9360) == numbered(9300, 9360)
    between.until(lambda: len(between.given_up) == 2)
    assert log.reach(2300, 2360) == numbered(2300, 2360)


def test_part_that_could_not_be_read_is_read_again(far: Page, api: Api, between: Between) -> None:
    """The page says what is the matter as long as it lasts."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 5000))
    log = LogInPage(far, deployment)
    log.until_connection("live")
    between.rule("from=1001&", status=500)
    log.want(1300, 1360)
    log.until("log.state.problem !== undefined")
    assert "500" in log.state["problem"]
    assert log.state["connection"] == "live"
    between.clear()
    assert log.reach(1300, 1360) == numbered(1300, 1360)
    log.until("log.state.problem === undefined")


def test_deleted_log_is_called_deleted(page: Page, api: Api) -> None:
    deployment = api.create()
    api.append(deployment, "one")
    log = LogInPage(page, deployment)
    log.until_connection("live")
    api.delete(deployment)
    log.until_connection("deleted")
    assert log.row(1)["text"] == "one"  # type: ignore[index]


def test_unknown_log_is_refused(page: Page, api: Api) -> None:
    log = LogInPage(page, "dep_0")
    log.until_connection("failed")
    assert log.ask("log.state.problem.status") == 404


def test_log_that_was_made_anew_is_not_mixed_with_the_old_one(
    far: Page, api: Api, between: Between
) -> None:
    """Its offsets mean nothing any more; the page says what to do."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 30))
    log = LogInPage(far, deployment)
    log.until_connection("live")
    between.rule("/log?", status=503)
    between.cut()
    log.until_connection("reconnecting")
    api.delete(deployment)
    assert api.create(id=deployment) == deployment
    api.append(deployment, *numbered(101, 190))
    between.clear()
    log.until_connection("failed")
    assert log.state["problem"] == (
        "This log was made anew: what is here is of the one before it; "
        "reload the page to see the new one"
    )
    assert log.row(30)["text"] == "line 30"  # type: ignore[index]
    assert log.state["tail"] == 30


def test_worker_that_does_not_start_is_said(far: Page, api: Api, between: Between) -> None:
    deployment = api.create()
    between.rule("log-worker.js", status=404)
    log = LogInPage(far, deployment)
    log.until_connection("failed")
    assert log.state["problem"].startswith("The page cannot read the log")
