"""Following a log: when streams are given up for polling, and when they are taken up again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.page.between import Between
from tests.page.browsing import Api


@pytest.fixture
def between(url: str) -> Iterator[Between]:
    with Between(url) as proxy:
        yield proxy


@pytest.fixture
def far(browser: Browser, between: Between) -> Iterator[Page]:
    """A page whose every request goes through the proxy."""
    with browser.new_context(base_url=between.url) as context:
        yield context.new_page()


FOLLOW = """
async (src) => {
  const { Follow } = await import("/assets/follow.js");
  const seen = (window.seen = { states: [], numbers: [], problems: [] });
  const take = ({ records }) => seen.numbers.push(...records.map(({ n }) => n));
  const state = (state, problem) => {
    if (seen.states.at(-1) !== state) seen.states.push(state);
    if (problem) seen.problems.push(problem.message);
  };
  seen.follow = new Follow(src, { take, state }, { pollingMs: 200, restMs: 50 });
  seen.follow.start("tail=10");
}
"""


def follow(page: Page, deployment: str) -> None:
    page.goto("/docs")
    page.evaluate(FOLLOW, f"/v1/deployments/{deployment}/log")


def until_seen(page: Page, expression: str) -> None:
    page.evaluate(
        f"""async () => {{
          const deadline = performance.now() + 30_000;
          while (!({expression})) {{
            if (performance.now() > deadline) throw new Error(JSON.stringify(seen));
            await new Promise((resolve) => setTimeout(resolve, 5));
          }}
        }}"""
    )


def test_streams_are_tried_again_after_a_while(far: Page, api: Api, between: Between) -> None:
    """Long polling is for as long as it has to be."""
    deployment = api.create()
    api.append(deployment, "one")
    between.rule("live=sse", status=502, times=4)
    follow(far, deployment)
    until_seen(far, "seen.states.at(-1) === 'polling'")
    n = 1
    while far.evaluate("seen.states.at(-1)") != "live":
        n += 1
        api.append(deployment, f"line {n}")  # a long poll ends sooner with something to tell
        until_seen(far, f"seen.numbers.length === {n}")
    assert far.evaluate("seen.numbers") == list(range(1, n + 1))
    assert len(between.asked("live=sse")) == 5


def test_rest_holds_no_connection(far: Page, api: Api, between: Between) -> None:
    """While nobody looks the log is asked for from time to time, by its offset."""
    deployment = api.create()
    follow(far, deployment)
    until_seen(far, "seen.states.at(-1) === 'live'")
    between.rule("live=sse", holds="answer")
    far.evaluate("seen.follow.rest(true)")
    until_seen(far, "seen.states.at(-1) === 'polling'")
    api.append(deployment, "one")
    until_seen(far, "seen.numbers.length === 1")
    between.clear()
    far.evaluate("seen.follow.rest(false)")
    until_seen(far, "seen.states.at(-1) === 'live'")
    assert len(between.asked("live=sse")) == 2
    assert between.given_up == []


def test_broken_connection_is_found_when_it_is_looked_for(
    far: Page, api: Api, between: Between
) -> None:
    """One on which nothing arrives any more looks like a quiet log; a second look tells."""
    deployment = api.create()
    follow(far, deployment)
    until_seen(far, "seen.states.at(-1) === 'live'")
    far.evaluate("() => new Promise((resolve) => setTimeout(resolve, 5100))")
    far.evaluate("seen.follow.recheck()")
    between.until(lambda: len(between.asked("live=sse")) == 2)
    until_seen(far, "seen.states.at(-1) === 'live'")
    assert far.evaluate("seen.states") == ["loading", "live"]
