"""A log that is larger than what is held of it: memory is bounded, and the page stays free."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page

from tests.page.browsing import Api
from tests.page.log_in_page import LogInPage
from tests.page.tasks import Tasks

HELD_BYTES = 64 * 1024 * 1024
FRAME_MILLISECONDS = 16
"""Between two things that the page is told: no screen shows more."""

LONGEST_TASK_MILLISECONDS = 100


def text(n: int) -> str:
    return f"line {n} of a log with lines as long as most lines of a build are, or nearly"


def test_million_lines(page: Page, api: Api) -> None:
    """Anything of it is there when it is wanted, and its end first."""
    deployment = api.create()
    api.append_many(deployment, (text(n) for n in range(1, 1_000_001)))
    log = LogInPage(page, deployment)
    log.until_tail(1_000_000)
    for first in (500_000, 1, 999_001, 123_456, 777_777, 1000, 960):
        last = first + 60
        assert log.reach(first, last) == [text(n) for n in range(first, last + 1)]
    assert log.state["faults"] == []


class WorkerHeap:
    """The memory of the page's worker, as its own collector counts it."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._session = ""
        self._said: list[dict[str, Any]] = []
        self._tools: CDPSession = page.context.new_cdp_session(page)
        self._tools.on("Target.attachedToTarget", self._attached)
        self._tools.on("Target.receivedMessageFromTarget", self._received)
        attach = {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": False}
        self._tools.send("Target.setAutoAttach", attach)

    def used_bytes(self) -> int:
        self._ask("HeapProfiler.collectGarbage")
        answer = self._ask("Runtime.getHeapUsage")
        return int(answer["usedSize"]) + int(answer["backingStorageSize"])

    def _attached(self, event: dict[str, Any]) -> None:
        self._session = event["sessionId"]

    def _received(self, event: dict[str, Any]) -> None:
        self._said.append(json.loads(event["message"]))

    def _ask(self, method: str) -> dict[str, Any]:
        message = json.dumps({"id": len(self._said) + 1, "method": method})
        count = len(self._said)
        about = {"sessionId": self._session, "message": message}
        self._tools.send("Target.sendMessageToTarget", about)
        while len(self._said) == count:
            self._page.evaluate("() => new Promise(requestAnimationFrame)")
        result: dict[str, Any] = self._said[-1]["result"]
        return result


def test_memory_is_bounded(page: Page, api: Api) -> None:
    """A log of twice what is held is read from one end to the other: the worker's heap stays within
    what it may have, and so does what the page keeps. Of a line with one wide character each takes
    two bytes."""
    deployment = api.create()
    filling = "語" + "x" * 1900
    api.append_many(deployment, (f"{n} {filling}" for n in range(1, 35_001)))
    log = LogInPage(page, deployment)
    log.until_connection("live")
    heap = WorkerHeap(page)
    for first in range(1, 35_001, 1000):
        log.want(first + 400, first + 460)
        log.until("log.has(...a)", [first + 400, first + 460])
    used = heap.used_bytes()
    assert HELD_BYTES / 2 < used < HELD_BYTES * 1.1
    kept = "Array.from({ length: 35000 }, (_, at) => log.data.row(at + 1)).filter(Boolean).length"
    assert log.ask(kept) < 2000


def test_records_of_64_kib_are_read_in_small_parts(page: Page, api: Api) -> None:
    """A thousand of them would be 64 MB for one screen: no read takes much more than is wanted."""
    deployment = api.create()
    for first in range(1, 1201, 200):
        api.append(deployment, *(f"{n} {'y' * 60_000}" for n in range(first, first + 200)))
    limits: list[int] = []
    page.on(
        "request",
        lambda request: limits.extend(map(int, re.findall(r"from=.*limit=(\d+)", request.url))),
    )
    log = LogInPage(page, deployment)
    log.until_connection("live")
    heap = WorkerHeap(page)
    for first in (300, 50, 600, 320):
        found = log.reach(first, first + 40)
        assert [one.split()[0] for one in found] == [str(n) for n in range(first, first + 41)]
    assert heap.used_bytes() < HELD_BYTES * 1.25
    assert limits[0] == 700, "a whole window, but for what the first read brought"
    assert 0 < max(limits[1:]) <= 600


def test_flood_leaves_the_page_alone(browser: Browser, page: Page, api: Api) -> None:
    """Lines by the thousand, faster than anyone reads: a message a screen, each with its rows, and
    every number was seen. No task of the page's keeps the reader from scrolling for a tenth of a
    second, by its own processor time: on a busy machine the page may wait in the middle of one."""
    deployment = api.create()
    log = LogInPage(page, deployment)
    log.until_connection("live")
    page.evaluate(
        """() => {
          log.missed = 0;
          const follow = () => {
            const { tail } = log.state;
            log.data.want(tail - 50, tail);
            if (tail > 0 && !log.has(Math.max(1, tail - 50), tail)) log.missed++;
            requestAnimationFrame(follow);
          };
          follow();
        }"""
    )
    tasks = Tasks(browser, page)
    before = log.ask("[log.messages, performance.now()]")
    for first in range(0, 60_000, 100):
        api.append_text(deployment, "".join(f"{text(n)}\n" for n in range(first, first + 100)))
    log.until_tail(60_000)
    after = log.ask("[log.messages, performance.now()]")
    assert after[0] - before[0] <= (after[1] - before[1]) / FRAME_MILLISECONDS + 3
    assert log.ask("[log.missed, log.rowless]") == [0, 0]
    assert tasks.longest_milliseconds() < LONGEST_TASK_MILLISECONDS
    assert log.state["faults"] == []
