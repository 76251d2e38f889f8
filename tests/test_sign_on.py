"""Single sign-on, against a provider that others wrote, in a process of its own."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import time
from collections.abc import Iterator
from typing import Self
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from logflume.access.callers import Grant
from logflume.access.people import Asking, ProviderError
from logflume.access.provider import OpenIdProvider
from logflume.cli.serve_access import Oidc, StartError
from logflume.http.sign_on import own_path
from tests.guarded import GuardedServer
from tests.node_tools import NodeProgram

SECRET = "a test's secret"
MAPPED = ["ops=admin", "dev=read:shop", "dev=write:shop"]
CALLBACK = "/sign-in/oidc/callback"
START_SECONDS = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def issuer(server_port: int) -> Iterator[str]:
    port = str(free_port())
    callback = f"http://127.0.0.1:{server_port}{CALLBACK}"
    with NodeProgram("oidc-provider.mjs", port, callback) as program:
        until = time.monotonic() + START_SECONDS
        while not program.said:
            assert program.running, program.errors
            assert time.monotonic() < until, program.errors
            time.sleep(0.02)
        yield str(program.said[0]["provides"])


@pytest.fixture(scope="module")
def server_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, server_port: int, issuer: str
) -> Iterator[GuardedServer]:
    folder = tmp_path_factory.mktemp("single-sign-on")
    secret = folder / "secret"
    secret.write_text(SECRET + "\n")
    options = ["--oidc-issuer", issuer, "--oidc-client-id", "logflume"]
    options += ["--oidc-client-secret-file", str(secret), "--port", str(server_port)]
    options += [part for one in MAPPED for part in ("--oidc-map", one)]
    with GuardedServer(folder / "data", *options) as running:
        yield running


class Browser:
    """A client with cookies that goes where it is sent, and says where it has come to."""

    def __init__(self) -> None:
        self.client = httpx2.Client(timeout=20)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def go(self, url: str, **form: str) -> httpx2.Response:
        method = "POST" if form else "GET"
        answer = self.client.request(method, url, data=form or None)
        while answer.is_redirect:
            answer = self.client.get(str(answer.next_request.url if answer.next_request else ""))
        return answer

    def sign_in(self, server: GuardedServer, login: str, there: str = "/") -> httpx2.Response:
        """To the provider, with a name and any password there, and back."""
        page = self.go(f"{server.url}/sign-in/oidc?next={there}")
        while form := re.search(r'<form[^>]*action="([^"]+)" method="post"', page.text):
            [prompt] = re.findall(r'name="prompt" value="(\w+)"', page.text)[:1]
            typed = {"login": login, "password": "any"} if prompt == "login" else {}
            page = self.go(str(page.url.join(form[1])), prompt=prompt, **typed)
        return page


@pytest.fixture
def browser() -> Iterator[Browser]:
    with Browser() as opened:
        yield opened


def test_who_is_of_a_group_is_let_in(server: GuardedServer, browser: Browser) -> None:
    """With what it may do, and back at the page that he asked for."""
    deployment, foreign = server.deployment(), server.deployment("other")
    page = browser.sign_in(server, "anna.dev", f"/d/{deployment}")
    assert str(page.url) == f"{server.url}/d/{deployment}"
    session = browser.go(f"{server.url}/v1/session").json()
    assert (session["name"], session["reads_all"]) == ("anna.dev@example.com", False)
    assert browser.go(f"{server.url}/v1/deployments/{deployment}/log").status_code == 200
    assert browser.go(f"{server.url}/v1/deployments/{foreign}/log").status_code == 404
    said = [one for one in server.admin.get("/v1/audit").json() if one["kind"] == "signed-in"]
    assert said[-1]["by"] == "anna.dev@example.com"


def test_an_admin_is_one(server: GuardedServer, browser: Browser) -> None:
    """Of several groups each counts."""
    browser.sign_in(server, "otto.dev.ops")
    assert browser.go(f"{server.url}/v1/tokens").status_code == 200


def test_who_is_of_no_group_is_told_so(server: GuardedServer, browser: Browser) -> None:
    """Caught: everybody whom the provider knows, let in."""
    page = browser.sign_in(server, "max.sales")
    assert str(page.url) == f"{server.url}/sign-in?problem=not-mapped"
    assert browser.go(f"{server.url}/v1/session").status_code == 401


def test_who_comes_back_is_who_went(server: GuardedServer, browser: Browser) -> None:
    """A link with somebody else's code and state signs nobody in. Caught: a browser that is made to
    be somebody else's."""
    asked = httpx2.get(f"{server.url}/sign-in/oidc")
    query = parse_qs(urlsplit(asked.headers["location"]).query)
    assert query["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= query.keys()
    stolen = f"{server.url}{CALLBACK}?code=x&state={query['state'][0]}"
    assert str(browser.go(stolen).url) == f"{server.url}/sign-in?problem=failed"
    nothing = f"{server.url}{CALLBACK}?code=x&state="
    assert str(browser.go(nothing).url) == f"{server.url}/sign-in?problem=failed"
    assert browser.go(f"{server.url}/v1/session").status_code == 401
    assert "single sign-on" in server.messages


async def test_only_its_own_token_is_believed(
    issuer: str, server: GuardedServer, browser: Browser
) -> None:
    """Of this request, of this issuer, signed by it, for us. Caught: claims that are looked at
    before the signature is."""
    grants = {"ops": [Grant("admin")]}
    provider = OpenIdProvider(issuer, "logflume", SECRET, "groups", grants, seconds=lambda: 0.0)
    token = _id_token(issuer, server, browser)
    assert (await provider._verified(token["id_token"], token["nonce"]))["sub"] == "eva.ops"
    with pytest.raises(ProviderError, match="nonce"):
        await provider._verified(token["id_token"], "another")
    head, claims, signature = token["id_token"].split(".")
    other = signature[:-8] + ("A" * 8 if signature[-8:] != "A" * 8 else "B" * 8)
    with pytest.raises(ProviderError):
        await provider._verified(f"{head}.{claims}.{other}", token["nonce"])
    unsigned = "eyJhbGciOiJub25lIn0"  # {"alg":"none"}
    with pytest.raises(ProviderError):
        await provider._verified(f"{unsigned}.{claims}.", token["nonce"])
    other_client = OpenIdProvider(issuer, "other", SECRET, "groups", grants, seconds=lambda: 0.0)
    with pytest.raises(ProviderError, match="aud"):
        await other_client._verified(token["id_token"], token["nonce"])
    elsewhere = OpenIdProvider(
        f"{issuer}/", "logflume", SECRET, "groups", grants, seconds=lambda: 0.0
    )
    with pytest.raises(ProviderError, match="calls itself"):
        await elsewhere.address(Asking("s", "n", "v", "http://127.0.0.1/cb"))


def _id_token(issuer: str, server: GuardedServer, browser: Browser) -> dict[str, str]:
    """A real ID token, and the nonce that it answers."""
    verifier = "v" * 43
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode()
    redirect = f"{server.url}{CALLBACK}"
    query = {
        "response_type": "code",
        "client_id": "logflume",
        "redirect_uri": redirect,
        "scope": "openid",
        "state": "s",
        "nonce": "a nonce",
        "code_challenge_method": "S256",
        "code_challenge": challenge.rstrip("="),
    }
    page = browser.go(str(httpx2.URL(f"{issuer}/auth", params=query)))
    code = ""
    while form := re.search(r'<form[^>]*action="([^"]+)" method="post"', page.text):
        [prompt] = re.findall(r'name="prompt" value="(\w+)"', page.text)[:1]
        typed = {"login": "eva.ops", "password": "any"} if prompt == "login" else {}
        page = browser.client.post(str(page.url.join(form[1])), data={"prompt": prompt, **typed})
        while page.is_redirect:
            there = page.headers["location"]
            if there.startswith(redirect):
                [code] = parse_qs(urlsplit(there).query)["code"]
                break
            page = browser.client.get(str(page.url.join(there)))
    said = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect,
        "code_verifier": verifier,
    }
    login = httpx2.BasicAuth("logflume", "a+test%27s+secret")
    tokens = httpx2.post(f"{issuer}/token", data=said, auth=login)
    assert tokens.status_code == 200, tokens.text
    return {"id_token": str(tokens.json()["id_token"]), "nonce": "a nonce"}


@pytest.mark.parametrize(
    ("address", "led"),
    [
        ("/d/dep_1?a=b", "/d/dep_1?a=b"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/a\r\nb", "/"),
        ("", "/"),
    ],
)
def test_it_leads_back_to_this_site_only(address: str, led: str) -> None:
    assert own_path(address) == led


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (Oidc("http://login.example.com", "id", "secret", mapped=["a=read"]), "https"),
        (Oidc("https://login.example.com", "", "", mapped=["a=read"]), "--oidc-client-id"),
        (Oidc("https://login.example.com", "id", "secret"), "--oidc-map"),
        (Oidc("https://login.example.com", "id", "secret", mapped=["a=all"]), "admin, write"),
        (Oidc("https://login.example.com", "id", "secret", mapped=["a"]), "GROUP=SCOPE"),
    ],
)
def test_options_that_cannot_be_are_said(options: Oidc, said: str) -> None:
    with pytest.raises(StartError, match=said):
        options.provider()
