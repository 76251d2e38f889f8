"""The page, in a real browser, on a log of a million lines: what its reader waits for.

All times are the browser's own clock; they end with the frame after the one in which the text was
there. The browser is a handful of processes, which have both cores: none of its readers has one.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from bench.connection import Connection
from bench.history import built
from bench.requests import get, new_log, post
from bench.rounds import Bench, Figure, percentile
from bench.servers import Server, Timed

LINES = 1_000_000
JUMPS = 20
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]

FLOOD_LINES_PER_SECOND = 20_000
FLOOD_SECONDS = 5.0
FLOOD_STEP_SECONDS = 0.05

SHOWN = """(n) => new Promise((resolve) => {
  const look = () => {
    const root = document.querySelector("deploy-log")?.shadowRoot;
    const row = root?.querySelector(`.row[data-n="${n}"]:not(.coming) .text`);
    if (row?.textContent && !root.querySelector(".row.coming")) {
      requestAnimationFrame(() => resolve(performance.now()));
    } else requestAnimationFrame(look);
  };
  look();
})"""
"""The browser's time, in milliseconds since navigation, when line n is on the screen with all that
is on it."""

JUMP = """async ([fraction, shown]) => {
  const { screen } = document.querySelector("deploy-log").viewer;
  const began = performance.now();
  screen.scrollTop = (screen.scrollHeight - screen.clientHeight) * fraction;
  await new Promise((resolve) => {
    const look = () => {
      const rows = screen.querySelectorAll(".row[data-n]");
      const there = Math.abs(Number(rows[0]?.dataset.n) - fraction * 1_000_000) < 1000;
      if (there && !screen.querySelector(".row.coming")) requestAnimationFrame(resolve);
      else requestAnimationFrame(look);
    };
    look();
  });
  return performance.now() - began;
}"""

TASKS = """() => {
  window.longest = 0;
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) window.longest = Math.max(window.longest, task.duration);
  }).observe({ type: "longtask" });
}"""


def measure(bench: Bench) -> Iterator[Figure]:
    program = shutil.which("chromium")
    if program is None:
        missing = "Chromium is missing; apt-get install chromium"
        yield Figure("the page, 1,000,000 lines", "", (), missing=missing)
        return
    with bench.logflume() as server, _chromium(bench, program) as browser:
        path = built(server, LINES).path
        rounds = bench.rounds_of(server, lambda server: _run(browser, server, path))
    name = "the page, a log of 1,000,000 lines"
    yield rounds.figure("paint", f"{name}: its last screen is there", "ms", "≤ 300")
    yield rounds.figure("middle", f"{name}: the middle, by the scroll bar", "ms", "≤ 150")
    yield rounds.figure("jump", f"{name}: anywhere, by the scroll bar, p95", "ms", "≤ 150")
    yield rounds.figure("search", f"{name}: a word of its first lines is found and shown", "ms")
    yield rounds.figure("memory", f"{name}: memory of the tab after that", "MiB")
    with bench.logflume() as server, _chromium(bench, program) as browser:
        flood = bench.rounds_of(server, lambda server: _flood(browser, server))
    name = f"the page, {FLOOD_LINES_PER_SECOND:,} lines/s arriving"
    yield flood.figure("task", f"{name}: its longest task", "ms", "≤ 100")
    yield flood.figure("behind", f"{name}: the last line is there after it was stored", "ms")


@contextmanager
def _chromium(bench: Bench, program: str) -> Iterator[Browser]:
    os.sched_setaffinity(0, {bench.cores.server, bench.cores.load})  # what is started inherits it
    try:
        with (
            sync_playwright() as playwright,
            playwright.chromium.launch(executable_path=program, args=ARGUMENTS) as browser,
        ):
            yield browser
    finally:
        os.sched_setaffinity(0, {bench.cores.load})


@contextmanager
def _page(browser: Browser, address: str) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 1200, "height": 760}) as context:
        page = context.new_page()
        page.goto(address, wait_until="commit")
        yield page


def _address(server: Server, path: str) -> str:
    deployment = path.split("/")[3]
    return f"http://127.0.0.1:{server.port}/d/{deployment}"


def _run(browser: Browser, server: Server, path: str) -> tuple[dict[str, float], Timed]:
    with server.timed() as timed, _page(browser, _address(server, path)) as page:
        values = {"paint": float(page.evaluate(SHOWN, LINES))}
        values["middle"] = float(page.evaluate(JUMP, [0.5, None]))
        places = [(step * 0.618) % 1 for step in range(1, JUMPS + 1)]
        waits = [float(page.evaluate(JUMP, [place, None])) for place in places]
        values["jump"] = percentile(waits, 95)
        values["search"] = _search(page, server, path)
        values["memory"] = _tab_bytes(browser, page) / 2**20
    return values, timed


def _search(page: Page, server: Server, path: str) -> float:
    """From the last key to the line's being on the screen; it is one of few like it."""
    with Connection(server.port) as connection:
        answer = connection.ask(get(f"{path}?from=1000&limit=1")).decode("utf-8", "replace")
    text = re.findall(r'"text":"((?:[^"\\]|\\.)*)"', answer)[0]
    word = max(re.findall(r"[\w./-]{6,}", text), key=len)
    page.keyboard.press("g")
    page.keyboard.press("/")
    page.keyboard.insert_text(word)
    began = time.perf_counter()
    page.keyboard.press("Enter")
    page.locator("deploy-log .row.current, deploy-log .row mark").first.wait_for()
    return (time.perf_counter() - began) * 1000


def _tab_bytes(browser: Browser, page: Page) -> float:
    """What the processes of tabs have for themselves; ours is the largest."""
    page.wait_for_load_state()
    info = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
    tabs = [one["id"] for one in info["processInfo"] if one["type"] == "renderer"]
    return max(_private_bytes(tab) for tab in tabs)


def _private_bytes(pid: int) -> float:
    sizes = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(size) * 1024 for size in re.findall(r"Private_\w+:\s+(\d+) kB", sizes))


def _flood(browser: Browser, server: Server) -> tuple[dict[str, float], Timed]:
    path = new_log(server.port)
    step_lines = int(FLOOD_LINES_PER_SECOND * FLOOD_STEP_SECONDS)
    text = b"".join(
        b"[%d/407] Compiling shop v0.3.1 (/build/shop) \x1b[32mok\x1b[0m\n" % n
        for n in range(step_lines)
    )
    steps = int(FLOOD_SECONDS / FLOOD_STEP_SECONDS)
    with server.timed() as timed, _page(browser, _address(server, path)) as page:
        page.locator("deploy-log .connection[data-state=live]").wait_for()
        page.evaluate(TASKS)
        with Connection(server.port) as producer:
            request = post(path, text)
            due = time.perf_counter()
            for _ in range(steps):
                producer.ask(request)
                due += FLOOD_STEP_SECONDS
                time.sleep(max(0, due - time.perf_counter()))
        stored = time.perf_counter()
        page.evaluate(SHOWN, steps * step_lines)
        behind = (time.perf_counter() - stored) * 1000
        return {"task": float(page.evaluate("window.longest")), "behind": behind}, timed


__all__ = ["measure"]
