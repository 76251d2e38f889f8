"""Signing in and out, share links, and what a reader sees when his time is over."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.guarded import SHOP, GuardedServer
from tests.page.browsing import WAIT_MILLISECONDS, Api, save

READ = {"scope": "read"}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedServer]:
    with GuardedServer(tmp_path_factory.mktemp("guarded") / "data") as running:
        yield running


@pytest.fixture
def url(guarded: GuardedServer) -> str:
    return guarded.url


@pytest.fixture
def api(guarded: GuardedServer) -> Api:
    return Api(guarded.admin)


def sign_in(page: Page, secret: str) -> None:
    page.get_by_label("Token").fill(secret)
    page.get_by_role("button", name="Sign in").click()


def test_who_signs_in_comes_to_what_he_asked_for(
    page: Page, api: Api, guarded: GuardedServer
) -> None:
    """With a token that is wrong he is told so; with his own he sees the log, and signs out."""
    deployment = api.create()
    api.append(deployment, "first", "second")
    page.goto(f"/d/{deployment}#L2")
    expect(page).to_have_title("Sign in · Logflume")
    sign_in(page, "lf_wrong")
    expect(page.locator("#notice")).to_contain_text("unknown, was revoked")
    save(page, "sign_in")
    sign_in(page, guarded.secret(READ, name="anna"))
    expect(page.locator("deploy-log")).to_contain_text("second")
    assert page.url == f"{guarded.url}/d/{deployment}#L2"
    [cookie] = page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["secure"]) == (True, "Lax", False)
    api.append(deployment, "third")
    expect(page.locator("deploy-log")).to_contain_text("third")
    expect(page.locator(".who")).to_have_text("anna")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_title("Sign in · Logflume")
    session = httpx2.get(f"{guarded.url}/v1/session", cookies={cookie["name"]: cookie["value"]})
    assert session.status_code == 401


@pytest.mark.parametrize(
    "away", ["https://evil.example/", "//evil.example/", "/\\evil.example", "/.//evil.example/x"]
)
def test_signing_in_leads_nowhere_else(page: Page, guarded: GuardedServer, away: str) -> None:
    """Whatever the address says. Caught: a link to the sign-in page that leads to another's."""
    page.goto("/sign-in")
    page.goto(page.evaluate("away => '/sign-in?' + new URLSearchParams({ next: away })", away))
    sign_in(page, guarded.secret(READ))
    expect(page.locator("#connection")).to_have_text("live")
    assert page.url == f"{guarded.url}/"


def test_a_session_that_is_over_is_said(page: Page, api: Api, guarded: GuardedServer) -> None:
    """What is shown stays. Caught: a page that asks again and again, or goes blank."""
    deployment = api.create()
    api.append(deployment, "still here")
    token = guarded.token(READ)
    page.goto(f"/d/{deployment}")
    sign_in(page, str(token["token"]))
    expect(page.locator("deploy-log")).to_contain_text("still here")
    guarded.revoke(token)
    expect(page.get_by_role("link", name="Sign in again")).to_be_visible()
    expect(page.locator("deploy-log")).to_contain_text("still here")


def test_a_list_of_some_projects_is_polled(page: Page, api: Api, guarded: GuardedServer) -> None:
    """Who may read some projects sees what comes in them, and nothing else."""
    api.create(project="other", title="not to be seen")
    page.goto("/")
    sign_in(page, guarded.secret({"scope": "read", **SHOP}))
    expect(page.locator("#connection")).to_have_text("live, by polling")
    api.create(project="shop", title="comes later")
    expect(page.locator("#deployments")).to_contain_text("comes later")
    expect(page.locator("#deployments")).not_to_contain_text("not to be seen")


def test_a_share_link_opens_one_deployment(
    page: Page, api: Api, guarded: GuardedServer, browser: Browser
) -> None:
    """Live, with the secret in no address; and nothing else. Once revoked, nothing at all."""
    shared, other = api.create(), api.create()
    api.append(shared, "so far")
    link = guarded.share(shared)
    page.goto(str(link["link"]))
    assert page.url == f"{guarded.url}/d/{shared}"
    expect(page.locator("deploy-log")).to_contain_text("so far")
    api.append(shared, "and live")
    expect(page.locator("deploy-log")).to_contain_text("and live")
    assert page.evaluate("document.cookie") == ""
    revoked = guarded.admin.delete(f"/v1/deployments/{shared}/shares/{link['id']}")
    assert revoked.status_code == 204
    expect(page.get_by_role("link", name="Sign in again")).to_be_visible()
    for path in (f"/d/{other}", "/", f"/d/{shared}"):
        page.goto(path, timeout=WAIT_MILLISECONDS)
        expect(page).to_have_title("Sign in · Logflume")
    page.goto(str(link["link"]))
    expect(page.locator("#notice")).to_contain_text("This share link is unknown, was revoked")
