"""How long a page keeps its main thread, by the thread's own processor time.

The clock would also count what the page waits for a processor in the middle of a task, which on a
busy machine is longer than the task.
"""

from __future__ import annotations

import json

from playwright.sync_api import Browser, Page

CATEGORIES = ["toplevel", "disabled-by-default-devtools.timeline", "__metadata"]


class Tasks:
    """The tasks of a page's main thread from now on."""

    def __init__(self, browser: Browser, page: Page) -> None:
        self._browser = browser
        browser.start_tracing(page=page, categories=CATEGORIES)

    def longest_milliseconds(self) -> float:
        """Of processor time, until now; nothing is looked at any more."""
        events = json.loads(self._browser.stop_tracing())["traceEvents"]
        pages = {
            (event["pid"], event["tid"])
            for event in events
            if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
        }
        micros = [
            event["tdur"]
            for event in events
            if (event["pid"], event["tid"]) in pages
            and event["name"].endswith("RunTask")
            and "tdur" in event
        ]
        assert len(micros) > 100, "a page that does something has tasks"
        return float(max(micros)) / 1000


__all__ = ["Tasks"]
