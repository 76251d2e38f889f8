"""Every view as axe-core sees it, which knows what keeps people from using a page: nothing found.

axe-core looks at one state of a page; what must be pressed, heard or seen in motion is tested by
itself (`test_page_keys`, `test_page_viewer`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests.cli_tools import until
from tests.guarded import GuardedServer
from tests.page.browsing import Api

AXE = Path(__file__).parents[1] / "node/node_modules/axe-core/axe.min.js"

LINES = """::group::Install
\x1b[32mCollecting\x1b[0m uvicorn
\x1b[1;33mwarning:\x1b[0m cached
::endgroup::
::group::Build
Compiling shop v0.3.1 https://example.com/build
\x1b[31merror: it broke\x1b[0m
::endgroup::
"""


@pytest.fixture
def look(page: Page) -> Callable[[], list[str]]:
    """What axe finds wrong now. The page's own policy would not let the program in."""
    assert AXE.exists(), "axe-core is missing; scripts/test installs it"
    network = page.context.new_cdp_session(page)
    network.send("Page.setBypassCSP", {"enabled": True})

    def found() -> list[str]:
        page.evaluate(AXE.read_text())
        result: dict[str, Any] = page.evaluate("() => axe.run()")
        assert len(result["passes"]) > 10, "axe has hardly looked at anything"
        return [
            f"{fault['id']}: {node['target']} {node.get('failureSummary', '')}"
            for fault in result["violations"]
            for node in fault["nodes"]
        ]

    return found


@pytest.fixture
def failed(api: Api) -> str:
    """A deployment with groups, colours, a link, stderr and an error."""
    good = api.create(project="looked-at", title="Release 4.1", ref="main", commit="3f1c9e7")
    api.append_text(good, LINES)
    api.change(good, status="succeeded", exit_code=0)
    bad = api.create(project="looked-at", title="Release 4.2", url="https://example.com/42")
    api.append_text(bad, LINES)
    api.append(bad, {"text": "on stderr", "stream": "stderr"}, *(["line"] * 200))
    api.change(bad, status="failed", exit_code=1)
    return bad


VIEWS = ("/", "/?status=queued", "/d/{}", "/embed/{}", "/compare?right={}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing(
    page: Page, failed: str, look: Callable[[], list[str]], view: str, scheme: Any
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(view.format(failed))
    if view.startswith("/compare"):
        expect(page.locator("#found")).to_contain_text("times and ids")
    elif view.startswith("/?"):
        expect(page.locator("#none, #table").locator("visible=true")).to_be_visible()
    elif view == "/":
        expect(page.locator("#table")).to_be_visible()
    else:
        expect(page.locator("deploy-log .row[data-n]").first).to_be_visible()
        expect(page.locator("deploy-log .connection")).to_contain_text("complete")
    assert look() == []


@pytest.mark.parametrize("opened", ["?", "/", ":", "t"])
def test_axe_finds_nothing_in_what_opens(
    page: Page, failed: str, look: Callable[[], list[str]], opened: str
) -> None:
    """Help, search, and the ways to go somewhere."""
    page.goto(f"/d/{failed}")
    expect(page.locator("deploy-log .connection")).to_contain_text("complete")
    page.keyboard.press(opened)
    if opened == "/":
        page.keyboard.type("line")
        expect(page.locator("deploy-log mark").first).to_be_visible()
    assert look() == []


@pytest.mark.parametrize("address", ["/d/dep_nothing", "/compare", "/docs"])
def test_axe_finds_nothing_where_nothing_is(
    page: Page, look: Callable[[], list[str]], address: str
) -> None:
    page.goto(address)
    expect(page.locator("h1").first).not_to_have_text("…")
    assert look() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_where_a_link_leads_nowhere(
    page: Page, tmp_path: Path, look: Callable[[], list[str]], scheme: Any
) -> None:
    """A share link that nobody made, one whose time is over, and one that was revoked."""
    page.emulate_media(color_scheme=scheme)
    with GuardedServer(tmp_path / "data") as guarded:
        deployment = guarded.deployment()
        over, revoked = guarded.share(deployment, expires_in=1), guarded.share(deployment)
        guarded.admin.delete(f"/v1/deployments/{deployment}/shares/{revoked['id']}")
        until(lambda: httpx2.get(over["link"]).status_code == 404)
        for link in (f"{guarded.url}/s/lfs_unknown", revoked["link"], over["link"]):
            page.goto(link)
            expect(page.locator("#notice")).to_contain_text("This share link is unknown")
            assert look() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_where_one_signs_in(
    page: Page, tmp_path: Path, look: Callable[[], list[str]], scheme: Any
) -> None:
    """Before, refused, signed in with the way out, and once the session is over."""
    page.emulate_media(color_scheme=scheme)
    with GuardedServer(tmp_path / "data") as guarded:
        api = Api(guarded.admin)
        deployment = api.create()
        api.append(deployment, "a line")
        token = guarded.token({"scope": "read"}, name="anna")
        page.goto(f"{guarded.url}/d/{deployment}")
        expect(page.get_by_label("Token")).to_be_visible()
        assert look() == []
        page.get_by_label("Token").fill("lf_wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator("#notice")).to_contain_text("unknown, was revoked")
        assert look() == []
        page.get_by_label("Token").fill(str(token["token"]))
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator(".who")).to_have_text("anna")
        expect(page.locator("deploy-log")).to_contain_text("a line")
        assert look() == []
        guarded.revoke(token)
        expect(page.get_by_role("link", name="Sign in again")).to_be_visible()
        assert look() == []
