"""Tokens and the gate, case by case; the matrix has the routes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx2
import pytest
from websockets.sync.client import connect

from logflume.access.secret import RANDOM_BYTES, is_secret, new_secret
from logflume.cli.serve_access import Access, StartError
from logflume.http.hosts import Hosts
from tests.cli_tools import until
from tests.exchange import Exchange
from tests.guarded import SHOP, GuardedServer, bearer, signed_in

READ, WRITE = {"scope": "read", **SHOP}, {"scope": "write", **SHOP}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedServer]:
    with GuardedServer(tmp_path_factory.mktemp("guarded") / "data") as running:
        yield running


def test_a_secret_has_its_form() -> None:
    """It is known by its prefix and its checksum, and a mistyped one is none."""
    secret = new_secret("token", bytes(range(RANDOM_BYTES)))
    assert secret.startswith("lf_")
    assert is_secret(secret, "token")
    assert not is_secret(secret, "share")
    assert not any(is_secret(secret[:n] + "z" + secret[n + 1 :], "token") for n in range(3, 42))


BAD_TOKENS = {
    "nothing": "Bearer",
    "empty": "Bearer ",
    "a word": "Bearer nothing",
    "of another scheme": "Basic bGY6bGY=",
    "mistyped": "Bearer lf_" + 39 * "b",
    "of no ASCII": "Bearer lf_\u00fc\u00e9" + 37 * "a",
    "long": "Bearer " + 10_000 * "a",
}


@pytest.mark.parametrize("token", BAD_TOKENS.values(), ids=BAD_TOKENS)
def test_what_is_no_token_lets_nobody_in(server: GuardedServer, token: str) -> None:
    """401 with how to ask, as a problem document; the next request is answered."""
    url = f"{server.url}/v1/deployments"
    with Exchange("GET", url, {"Authorization": token}, chunked=False) as asked:
        assert asked.status == 401
        assert asked.headers["www-authenticate"].startswith("Bearer")
        assert json.loads(asked.read_all())["type"] == "urn:logflume:problem:unauthorised"
    assert server.admin.get("/v1/deployments?limit=1").status_code == 200


def test_what_lets_nobody_in(server: GuardedServer) -> None:
    """A token in the address; one beside a good cookie. Caught: a token that gets
    into logs and histories, and is taken all the same."""
    good = server.secret(READ)
    for query in (f"token={good}", f"limit=1&access_token={good}", "token="):
        with Exchange("GET", f"{server.url}/v1/deployments?{query}", chunked=False) as asked:
            assert asked.status == 401
            assert b"ends up in logs" in asked.read_all()
    cookie = signed_in(server, good)
    url = f"{server.url}/v1/deployments"
    assert httpx2.get(url, headers=cookie).status_code == 200
    assert httpx2.get(url, headers={**cookie, **bearer("lf_no")}).status_code == 401


def test_a_body_is_not_asked_for_in_vain(server: GuardedServer) -> None:
    """Who waits to be told to go on is told 401 instead. Caught: a body that is read for nobody."""
    url = f"{server.url}/v1/deployments/{server.deployment()}/log"
    headers = {**bearer("lf_no"), "Expect": "100-continue", "Content-Length": "6"}
    with Exchange("POST", url, headers, chunked=False) as asked:
        assert asked.status == 401
        assert asked.headers["connection"] == "close"


def test_a_message_is_examined_for_the_log_it_names(server: GuardedServer) -> None:
    """A socket that is open already opens nothing else. Caught: a subscription to a foreign log;
    an answer that tells a foreign one from one that is not there."""
    mine, foreign = server.deployment(), server.deployment("other")
    absent = "dep_" + 37 * "0"
    url = server.url.replace("http", "ws") + f"/v1/deployments/{mine}/log?offset=-1"
    told = []
    with connect(url, additional_headers=bearer(server.secret(READ))) as opened:
        opened.recv(timeout=5)
        for path in (f"deployments/{foreign}/log", f"deployments/{absent}/log", "stream/other/a"):
            asked = {"type": "subscribe", "log": f"/v1/{path}", "offset": "-1"}
            opened.send(json.dumps(asked))
            told.append(json.loads(opened.recv(timeout=5)))
        opened.send(json.dumps({"type": "subscribe", "log": "/v1/audit", "offset": "-1"}))
        told.append(json.loads(opened.recv(timeout=5)))
    assert [one["type"] for one in told] == ["error"] * 4
    problems = [one.get("problem", one) for one in told]
    statuses = [json.dumps(one) for one in problems]
    assert statuses[0].replace(foreign, "") == statuses[1].replace(absent, "")
    assert [("no-such-log" in one, "forbidden" in one) for one in statuses[2:]] == [
        (True, False),
        (False, True),
    ]


def test_a_copy_is_a_reading(server: GuardedServer) -> None:
    """A retry and a fork have another log's records, so they take what reading that takes, or its
    own project. Caught: lines that are read by way of a copy."""
    foreign, absent = server.deployment("other"), "dep_" + 37 * "0"
    server.admin.patch(f"/v1/deployments/{foreign}", json={"status": "failed"})
    token = bearer(server.secret({"scope": "admin", **SHOP}))
    told = [
        server.admin.post(
            "/v1/deployments", json={"project": "shop", "retry_of": source}, headers=token
        )
        for source in (foreign, absent)
    ]
    assert [one.status_code for one in told] == [409, 409]
    assert told[0].text.replace(foreign, "") == told[1].text.replace(absent, "")
    plain = {"Content-Type": "text/plain"}
    assert server.admin.put("/v1/stream/other/source", headers=plain).status_code == 201
    for source in ("source", "absent"):
        fork = {**token, "Stream-Forked-From": f"/v1/stream/other/{source}"}
        assert server.admin.put("/v1/stream/shop/fork", headers=fork).status_code == 404


def test_a_token_tells_its_last_use(server: GuardedServer) -> None:
    """To the minute, and soon."""
    token = server.token(READ, name="used")
    server.admin.get("/v1/deployments", headers=bearer(str(token["token"])))
    while True:
        listed = server.admin.get("/v1/tokens").json()["tokens"]
        [one] = [one for one in listed if one["id"] == token["id"]]
        if one["used_at"] is not None:
            break
    assert one["used_at"] >= one["created_at"]


def test_no_secret_is_written_anywhere(server: GuardedServer) -> None:
    """Neither in the store, nor in the audit log, nor in what the server says. Caught: a secret
    that is stored, and not only its hash."""
    token = server.token(READ)
    secret, shared = str(token["token"]), server.share_secret(server.deployment())
    cookie = signed_in(server, secret)["Cookie"].partition("=")[2]
    httpx2.get(f"{server.url}/s/{shared}")
    refused = [httpx2.post(f"{server.url}/s/{shared}"), httpx2.get(f"{server.url}/{secret}")]
    assert [answer.status_code for answer in refused] == [405, 404]

    def told() -> bool:
        httpx2.get(f"{server.url}/{secret}")  # of many refusals in one second not all are told
        return "GET /lf_…: 404" in server.messages

    until(told)
    with Exchange("GET", f"{server.url}/v1/deployments?token={secret}", chunked=False) as asked:
        assert asked.status == 401
    written = b"".join(file.read_bytes() for file in server.data.iterdir() if file.is_file())
    audit = server.admin.get("/v1/audit").content
    assert str(token["id"]).encode() in written
    for one in (secret, shared, cookie):
        assert one.encode() not in written + audit + server.messages.encode()
    assert server.first_token not in audit.decode()


def test_the_audit_log_names_who_did_it(server: GuardedServer) -> None:
    """A token made by another token's hand, a link, signing in, and their ends."""
    root = server.token({"scope": "admin"}, name="root")
    by_root = bearer(str(root["token"]))
    made = server.admin.post(
        "/v1/tokens", json={"name": "made", "grants": [READ]}, headers=by_root
    ).json()
    deployment = server.deployment()
    shares = f"/v1/deployments/{deployment}/shares"
    link = server.admin.post(shares, json={}, headers=by_root).json()
    signed_in(server, str(made["token"]))
    server.admin.delete(f"{shares}/{link['id']}", headers=by_root)
    server.admin.delete(f"/v1/tokens/{made['id']}", headers=by_root)
    said = [
        (one["kind"], one["by"])
        for one in server.admin.get("/v1/audit").json()
        if one["by"] in ("root", "made")
    ]
    assert said == [
        ("token-created", "root"),
        ("share-created", "root"),
        ("signed-in", "made"),
        ("share-revoked", "root"),
        ("token-revoked", "root"),
    ]


def ended(server: GuardedServer, project: str, text: str, retry_of: str | None = None) -> str:
    """A deployment that said this and failed."""
    asked = {"project": project, **({"retry_of": retry_of} if retry_of else {})}
    made = str(server.admin.post("/v1/deployments", json=asked).json()["id"])
    path = f"/v1/deployments/{made}"
    plain = {"Content-Type": "text/plain"}
    assert server.admin.post(f"{path}/log", content=text, headers=plain).status_code == 204
    assert server.admin.patch(path, json={"status": "failed"}).status_code == 200
    return made


def test_a_copy_is_no_way_to_rewrite_what_it_was_made_from(server: GuardedServer) -> None:
    """Nor is what a copy was made from one to rewrite the copy: either takes `admin` for both
    projects, and whether the caller knows of the other makes no difference. Caught: who may read a
    log, and redacts it by way of a retry in a project of his own."""
    source = ended(server, "shop", "approved by alice\n::group::deploy\nfailed")
    fork = ended(server, "evil", "approved by eve", retry_of=source)
    evil: dict[str, object] = {"scope": "admin", "projects": ["evil"]}
    shop: dict[str, object] = {"scope": "admin", **SHOP}

    def redacted(deployment: str, text: str, *grants: Mapping[str, object]) -> httpx2.Response:
        token = bearer(server.secret(*grants))
        path = f"/v1/deployments/{deployment}/redactions"
        return server.admin.post(path, json={"text": text}, headers=token)

    logs = [f"/v1/deployments/{one}/log" for one in (source, fork)]
    before = [server.admin.get(log).content for log in logs]
    refused = [
        redacted(fork, "approved by alice", evil, READ),
        redacted(fork, "approved by alice", evil),
        redacted(source, "approved by alice", shop),
    ]
    assert [answer.status_code for answer in refused] == [403] * 3
    assert len({answer.text for answer in refused}) == 1
    assert "every deployment that shares these lines" in refused[0].text
    assert [server.admin.get(log).content for log in logs] == before
    assert redacted(fork, "approved by eve", evil).json()["lines"] == [3]
    assert server.admin.get(logs[0]).content == before[0]
    assert redacted(fork, "approved by alice", evil, shop).json()["lines"] == [1]
    assert all(b"alice" not in server.admin.get(log).content for log in logs)
    noted = [one for one in server.admin.get("/v1/audit").json() if one["kind"] == "redacted"]
    assert [(one["deployment"], one["deployments"]) for one in noted] == [
        (fork, [fork]),
        (fork, sorted([source, fork])),
    ]


def test_the_first_token_is_told_once(tmp_path: Path) -> None:
    """Another start tells none, and the first one still lets in; when it is revoked, another is
    told. Caught: a token for whoever restarts the server."""
    with GuardedServer(tmp_path / "data") as server:
        server.restart()
        assert "lf_" not in server.messages
        tokens = server.admin.get("/v1/tokens").json()["tokens"]
        assert [one["name"] for one in tokens] == ["first"]
        server.token(READ)
        server.revoke(tokens[0])
        assert server.admin.get("/v1/tokens").status_code == 401
        server.restart()
        assert server.messages.count("lf_") == 1


def test_who_must_show_a_token() -> None:
    """Everybody, unless only this machine can come or it was said otherwise. Caught: an open server
    on a network, or behind a proxy."""
    assert not Access().needs_tokens("127.0.0.1")
    assert not Access().needs_tokens("::1")
    assert Access(require_tokens=True).needs_tokens("127.0.0.1")
    assert Access(public_url="https://logs.example.com").needs_tokens("127.0.0.1")
    for address in ("0.0.0.0", "::", "10.0.0.5", "fe80::1%eth0"):  # noqa: S104
        assert Access().needs_tokens(address)
        assert not Access(insecure_open=True).needs_tokens(address)
    with pytest.raises(StartError):
        Access(require_tokens=True, insecure_open=True).needs_tokens("127.0.0.1")


def is_called(hosts: Hosts | None, name: str) -> bool:
    """Whether a server may be called so."""
    return hosts is None or hosts.are_called([(b"host", name.encode())])


def test_where_names_are_looked_at() -> None:
    """Where only this machine comes and shows nothing. Caught: a container that refuses whoever
    knows it by its name; a proxy's site that is refused though it was named."""
    named = Access(insecure_open=True, public_url="https://Logs.example.com/x")
    for name in ("logs.example.com", "LOGS.example.com.:443", "localhost:1"):
        assert is_called(named.hosts("127.0.0.1"), name)
    for name in ("logs-example.com", "example.com", "x.logs.example.com"):
        assert not is_called(named.hosts("::1"), name)
    assert not is_called(Access().hosts("127.0.0.1"), "logs.example.com")
    assert is_called(Access(insecure_open=True).hosts("0.0.0.0"), "container")  # noqa: S104
    assert is_called(Access(require_tokens=True).hosts("127.0.0.1"), "logs.example.com")


def test_a_server_on_a_network_tells_a_token(tmp_path: Path) -> None:
    """And lets nobody in without one."""
    command = [sys.executable, "-m", "logflume", "serve", "--host", "0.0.0.0", "--port", "0"]  # noqa: S104
    with subprocess.Popen(
        [*command, "--store", "memory:"], stderr=subprocess.PIPE, text=True, cwd=tmp_path
    ) as process:
        assert process.stderr is not None
        told, serves = (process.stderr.readline() for _ in range(2))
        port = serves.partition("0.0.0.0:")[2].split()[0]
        url = f"http://127.0.0.1:{port}/v1/deployments"
        assert httpx2.get(url).status_code == 401
        assert httpx2.get(url, headers=bearer(told.split()[-1])).status_code == 200
        process.terminate()


def test_links_and_cookies_go_by_the_public_url(tmp_path: Path) -> None:
    """Behind a proxy that tells nothing: links say it, cookies are for https alone, and its page
    may open a WebSocket."""
    public = "https://logs.example.com"
    with GuardedServer(tmp_path / "data", "--public-url", f"{public}/") as server:
        deployment = server.deployment()
        shown = server.admin.get(f"/v1/deployments/{deployment}").json()
        assert shown["links"]["page"] == f"{public}/d/{deployment}"
        link = str(server.share(deployment)["link"])
        assert link.startswith(f"{public}/s/lfs_")
        opened = httpx2.get(link.replace(public, server.url))
        assert "Secure" in opened.headers["set-cookie"]
        assert opened.headers["referrer-policy"] == "no-referrer"
        url = server.url.replace("http", "ws") + f"/v1/deployments/{deployment}/log?offset=-1"
        headers = {**bearer(server.first_token), "Origin": public}
        with connect(url, additional_headers=headers) as socket_:
            socket_.recv(timeout=5)
