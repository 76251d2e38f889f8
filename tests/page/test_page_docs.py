"""docs/page.md names every key and every attribute that there is."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.page.browsing import Api

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs/page.md").read_text("utf-8")
AS_WRITTEN = {
    "ArrowDown": "↓",
    "ArrowUp": "↑",
    "Shift+Space": "Space",
    "Ctrl-F": "Ctrl-F",
    "Escape": "Esc",
}


def test_every_key_is_documented(page: Page, api: Api) -> None:
    deployment = api.create()
    api.append(deployment, "one")
    page.goto(f"/d/{deployment}")
    expect(page.locator("deploy-log .connection")).to_have_text("live")
    log = page.locator("deploy-log")
    keys: list[str] = log.evaluate("(log) => [...log.viewer.keys.keys()]")
    assert len(keys) > 20
    table = DOCS.partition("## Keys")[2].partition("\n## ")[0]
    documented = set(re.findall(r"`([^`]+)`", table))
    assert {AS_WRITTEN.get(key, key) for key in keys} <= documented


def test_every_attribute_is_documented() -> None:
    source = "".join(
        file.read_text("utf-8") for file in (ROOT / "src/logflume/page/assets").glob("*.js")
    )
    used = set(re.findall(r'(?:this|host)\.(?:get|has)Attribute\("([\w-]+)"\)', source))
    assert "src" in used
    table = DOCS.partition("## In your own page")[2]
    assert used <= set(re.findall(r"`([\w-]+)", table))
