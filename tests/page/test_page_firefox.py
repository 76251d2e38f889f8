"""The core journey in the other browser: find the deployment, watch it, see why it failed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.page.browsing import SCREENSHOTS, Api
from tests.page.firefox import KEYS, Firefox, typed


@pytest.fixture
def firefox(tmp_path: Path) -> Iterator[Firefox]:
    with Firefox(tmp_path / "profile") as browser:
        yield browser


LOG = "document.querySelector('deploy-log')"
SAID = f"{LOG}?.shadowRoot.querySelector('.connection').textContent"


def shows(n: int) -> str:
    """The text of the row of record n, once it is on the screen."""
    return f"{LOG}?.shadowRoot.querySelector(\".row[data-n='{n}'] .text\")?.textContent"


def test_journey_in_firefox(firefox: Firefox, api: Api, url: str) -> None:
    """List, live log, scrolling, search by keyboard, the end with its check, the first error."""
    deployment = api.create(project="in-firefox", title="Release 4.2")
    api.append_many(deployment, (f"line {n}" for n in range(1, 20_001)))
    firefox.open(f"{url}/?project=in-firefox")
    firefox.until("!!document.querySelector('#deployments a')")
    firefox.evaluate("document.querySelector('#deployments a').click()")
    firefox.until(f"{SAID} === 'live'")
    assert firefox.until(shows(20_000)) == "line 20000"
    api.append(deployment, "\x1b[31mERROR: disk full\x1b[0m")
    assert firefox.until(shows(20_001)) == "ERROR: disk full"
    firefox.save(SCREENSHOTS / "firefox_live.png")

    firefox.press("g")
    assert firefox.until(shows(1)) == "line 1"
    firefox.press("/", *typed("line 12345"), KEYS["Enter"])
    assert firefox.until(shows(12_345)) == "line 12345"
    firefox.press(KEYS["Escape"])
    firefox.press("G")
    firefox.until(shows(20_001))
    firefox.wheel(600, 400, -2000)
    firefox.until(f"{LOG}.viewer.visible.last < 20001")
    assert not firefox.evaluate(f"{LOG}.viewer.following")

    api.change(deployment, status="failed", exit_code=1)
    firefox.until(f"{SAID} === 'complete: 20,002 records'")
    firefox.open(f"{url}/d/{deployment}")
    assert firefox.until(shows(20_001)) == "ERROR: disk full"
    assert firefox.evaluate("document.title") == "✕ failed · Release 4.2 · Logflume"
    firefox.save(SCREENSHOTS / "firefox_failed.png")
