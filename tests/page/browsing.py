"""What the page's tests share: a deploy tool's part over plain HTTP, and looks at the page."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx2
from playwright.sync_api import Locator, Page

from logflume.deployments.ids import RANDOM_BYTES, new_deployment_id

SCREENSHOTS = Path(__file__).parents[2] / "test-results"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT_MILLISECONDS = 20_000

LINES_A_REQUEST = 20_000
"""Of a long log that is made for a test: a few MB, well below what a batch may have."""


class Api:
    """What a tool that deploys does, over plain HTTP."""

    def __init__(self, client: httpx2.Client) -> None:
        self.client = client

    def create(self, **document: Any) -> str:
        answer = self.client.post("/v1/deployments", json={"project": "shop", **document})
        return str(answer.raise_for_status().json()["id"])

    def append(self, deployment: str, *records: str | dict[str, Any]) -> str:
        """The offset after them."""
        lines = [{"text": record} if isinstance(record, str) else record for record in records]
        answer = self.client.post(f"/v1/deployments/{deployment}/log", json=lines)
        return answer.raise_for_status().headers["Stream-Next-Offset"]

    def append_text(self, deployment: str, text: str | bytes, **parameters: str) -> None:
        """Lines as curl would send them; what they are is the server's to see."""
        body = text.encode() if isinstance(text, str) else text
        answer = self.client.post(
            f"/v1/deployments/{deployment}/log",
            content=body,
            params=parameters,
            headers={"Content-Type": "text/plain"},
        )
        answer.raise_for_status()

    def append_many(self, deployment: str, lines: Iterable[str]) -> None:
        """A long log, in requests of LINES_A_REQUEST lines."""
        part: list[str] = []
        for line in lines:
            part.append(line)
            if len(part) == LINES_A_REQUEST:
                self.append_text(deployment, "\n".join(part) + "\n")
                part = []
        if part:
            self.append_text(deployment, "\n".join(part) + "\n")

    def change(self, deployment: str, **change: Any) -> None:
        self.client.patch(f"/v1/deployments/{deployment}", json=change).raise_for_status()

    def delete(self, deployment: str) -> None:
        self.client.delete(f"/v1/deployments/{deployment}").raise_for_status()

    def log(self, deployment: str) -> list[dict[str, Any]]:
        records: list[dict[str, Any]] = json.loads(
            self.client.get(f"/v1/deployments/{deployment}/log").text
        )
        return records


def new_id() -> str:
    """The id of a deployment that nobody has made yet."""
    return new_deployment_id(time.time_ns() // 1000, os.urandom(RANDOM_BYTES))


def numbered(first: int, last: int) -> list[str]:
    return [f"line {n}" for n in range(first, last + 1)]


def save(page: Page, name: str) -> None:
    """A picture in the folder that is kept."""
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def row(page: Page, n: int) -> Locator:
    """The row that begins with record n, if it is on the screen."""
    return page.locator(f"deploy-log .row[data-n='{n}']")


def numbers(page: Page) -> list[int]:
    """The numbers of the rows in the page, from the top; also of those just off the screen."""
    found: list[str] = page.locator("deploy-log .row .number").all_text_contents()
    return [int(text) for text in found if text.strip()]


__all__ = [
    "ARGUMENTS",
    "CHROMIUM",
    "SCREENSHOTS",
    "WAIT_MILLISECONDS",
    "Api",
    "new_id",
    "numbered",
    "numbers",
    "row",
    "save",
]
