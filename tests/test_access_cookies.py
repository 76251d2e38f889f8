"""What a browser may do with its cookies, and what others may not have it do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.guarded import SHOP, GuardedServer, signed_in
from tests.servers import ServerProcess
from tests.websocket import RawSocket

READ, WRITE = {"scope": "read", **SHOP}, {"scope": "write", **SHOP}
ALLOWED = "https://allowed.example"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedServer]:
    data = tmp_path_factory.mktemp("guarded") / "data"
    with GuardedServer(data, "--allow-origin", ALLOWED) as running:
        yield running


def test_a_session_ends_with_its_token(server: GuardedServer) -> None:
    """Caught: a browser that stays signed in with what was revoked."""
    token = server.token(READ)
    cookie = signed_in(server, str(token["token"]))
    url = f"{server.url}/v1/deployments"
    assert httpx2.get(url, headers=cookie).status_code == 200
    server.revoke(token)
    assert httpx2.get(url, headers=cookie).status_code == 401


SENT = {
    "this page": ({"Sec-Fetch-Site": "same-origin"}, True),
    "this page, by an older browser": ({"Origin": "OWN"}, True),
    "a program": ({}, False),
    "another site's page": ({"Sec-Fetch-Site": "cross-site", "Origin": "https://x.example"}, False),
    "a sibling's page": ({"Sec-Fetch-Site": "same-site", "Origin": ALLOWED}, False),
    "an allowed page": ({"Origin": ALLOWED}, False),
    "a page of nowhere": ({"Origin": "null"}, False),
    "a page with a longer name": ({"Origin": "OWN.evil.example"}, False),
    "this page's form": ({"Sec-Fetch-Site": "same-origin", "Content-Type": "text/plain"}, False),
}


@pytest.mark.parametrize(("sent", "is_let_in"), SENT.values(), ids=SENT)
def test_a_cookie_changes_things_for_its_own_page_only(
    server: GuardedServer, sent: dict[str, str], is_let_in: bool
) -> None:
    """Caught: a page of another site that has its reader's browser deploy something."""
    cookie = signed_in(server, server.secret(WRITE))
    own = {name: value.replace("OWN", server.url) for name, value in sent.items()}
    headers = {"Content-Type": "application/json", **cookie, **own}
    answer = httpx2.post(
        f"{server.url}/v1/deployments", content=b'{"project": "shop"}', headers=headers
    )
    assert answer.status_code == (201 if is_let_in else 403)
    if not is_let_in:
        assert answer.json()["type"] == "urn:logflume:problem:cross-site"


@pytest.mark.parametrize("origin", [ALLOWED, "null", "https://x.example", "OWN.evil.example"])
def test_an_allowed_site_opens_no_socket_with_cookies(server: GuardedServer, origin: str) -> None:
    """Its pages may read what needs no cookie. Caught: a log that is stolen by its reader's
    browser."""
    cookie = signed_in(server, server.secret(READ))
    url = server.url.replace("http", "ws")
    path = f"/v1/deployments/{server.deployment()}/log?offset=-1"
    foreign = {**cookie, "Origin": origin.replace("OWN", server.url)}
    with pytest.raises(InvalidStatus) as refused:
        connect(url + path, additional_headers=foreign)
    assert refused.value.response.status_code == 403
    with connect(url + path, additional_headers={**cookie, "Origin": server.url}) as opened:
        opened.recv(timeout=5)


def test_an_open_server_obeys_no_other_page(shared_server: ServerProcess) -> None:
    """Caught: any page on the web that has a developer's browser write to his machine."""
    url, foreign = f"{shared_server.url}/v1/deployments", {"Origin": "https://x.example"}
    assert httpx2.post(url, json={"project": "p"}, headers=foreign).status_code == 403
    own = {"Origin": shared_server.url}
    assert httpx2.post(url, json={"project": "p"}, headers=own).status_code == 201


def test_an_open_server_lets_an_allowed_page_only_read(tmp_path: Path) -> None:
    """Caught: a form on a site that may embed the viewer, and that writes into logs."""
    with ServerProcess(tmp_path / "data", options=["--allow-origin", "*"]) as server:
        made = httpx2.post(f"{server.url}/v1/deployments", json={"project": "p"}).json()
        foreign = {"Origin": ALLOWED, "Content-Type": "text/plain"}
        log = made["links"]["log"]
        assert httpx2.post(log, content=b"evil", headers=foreign).status_code == 403
        assert httpx2.post(f"{server.url}/v1/backup", headers=foreign).status_code == 403
        assert httpx2.get(log, headers=foreign).json() == []


FOREIGN_NAMES = (
    *("evil.example", "evil.example:PORT", "localhost.evil.example:PORT", "127.0.0.1.evil.example"),
    *("evil-localhost", "localhost:PORT.evil.example", "127.0.0.1:PORT@evil.example", "10.0.0.1"),
    *("[::1].evil.example", "[::2]:PORT", "127.evil.example", "localhost:x", "localhost.."),
    *("h", ""),
)
OWN_NAMES = (
    *("localhost", "localhost:PORT", "LocalHost.:PORT", "a.b.localhost:PORT", "127.0.0.1:PORT"),
    *("127.0.0.1", "127.8.0.2:1", "[::1]", "[::1]:PORT"),
)


def test_an_open_server_answers_to_its_machines_names_only(shared_server: ServerProcess) -> None:
    """To a browser, a page whose name leads here is of this site: only `Host` tells. Caught: DNS
    rebinding, by which any page on the web reads a developer's logs and makes itself a token."""
    url, port = shared_server.url, shared_server.url.rpartition(":")[2]
    deployment = httpx2.post(f"{url}/v1/deployments", json={"project": "p"}).json()["id"]
    log = f"/v1/deployments/{deployment}/log"
    for name in FOREIGN_NAMES:
        host = name.replace("PORT", port)
        foreign = {"Host": host, **({"Origin": f"http://{host}"} if host else {})}
        answers = [
            httpx2.get(f"{url}/v1/deployments", headers=foreign),
            httpx2.get(f"{url}{log}?live=sse", headers=foreign),
            httpx2.get(f"{url}/", headers=foreign),
            httpx2.delete(f"{url}/v1/deployments/{deployment}", headers=foreign),
            httpx2.post(f"{url}/v1/tokens", json={"name": "x", "grants": []}, headers=foreign),
        ]
        assert [answer.status_code for answer in answers] == [403] * 5, host
        for answer in answers[:3]:
            assert answer.json()["type"] == "urn:logflume:problem:foreign-host", host
            assert "--public-url" in answer.json()["detail"]
    foreign = {"Host": f"evil.example:{port}", "Origin": f"http://evil.example:{port}"}
    with RawSocket(f"{url.replace('http', 'ws')}{log}?live=ws&offset=-1", foreign) as socket:
        assert socket.head().startswith("HTTP/1.1 403 ")
    for name in OWN_NAMES:
        host = name.replace("PORT", port)
        own = {"Host": host, "Origin": f"http://{host}"}
        assert httpx2.get(f"{url}/v1/deployments", headers=own).status_code == 200, host
        made = httpx2.post(f"{url}/v1/deployments", json={"project": "p"}, headers=own)
        assert made.status_code == 201, host
        assert host in made.json()["links"]["log"]


def test_what_is_over_is_swept(tmp_path: Path) -> None:
    """After a restart a session whose token has gone lets nobody in, and a link that is over is no
    longer listed once the sweep has been."""
    with GuardedServer(tmp_path / "data") as server:
        token = server.token(READ)
        cookie = signed_in(server, str(token["token"]))
        deployment = server.deployment()
        server.share(deployment, expires_in=1)
        server.restart()
        url = f"{server.url}/v1/deployments"
        assert httpx2.get(url, headers=cookie).status_code == 200
        server.revoke(token)
        server.restart()  # the sweep comes at once
        assert httpx2.get(url, headers=cookie).status_code == 401
        while server.admin.get(f"/v1/deployments/{deployment}/shares").json()["shares"]:
            server.restart()
