"""Every route, in every pattern, by everybody: what is answered.

The cases come from the server's own route table, so that a new route cannot be forgotten: it must
be given a row here, which says what it asks of whoever comes. What follows from that is written
down once for all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import httptools
import pytest

from logflume.http.app import routes, sockets
from tests.exchange import Exchange
from tests.guarded import SHOP, GuardedServer, bearer
from tests.routes import context, shown

JUNK = "lf_" + 39 * "a"
UNKNOWN_ID = "dep_" + 37 * "0"
OK = 0
"""Whatever it answers to who may."""

LET_IN = ("other", "reader", "writer", "share", "admin")
CALLERS = ("none", "junk", "expired", "revoked", *LET_IN)
STRANGERS = dict.fromkeys(("none", "junk", "expired", "revoked"), 401)


def _answers(other: int, reader: int, writer: int, share: int) -> dict[str, int]:
    told = {"other": other, "reader": reader, "writer": writer, "share": share}
    return {**STRANGERS, **told, "admin": OK}


ANYBODY = dict.fromkeys(CALLERS, OK)
NOT_HERE = dict.fromkeys(CALLERS, 404)
"""This server has no single sign-on."""

SIGNED_IN = {**STRANGERS, **dict.fromkeys(LET_IN, OK)}
PAGE = {**dict.fromkeys(STRANGERS, 303), **dict.fromkeys(LET_IN, OK)}
READ = _answers(other=404, reader=OK, writer=403, share=404)
WRITE = _answers(other=404, reader=403, writer=OK, share=403)
ADMIN = _answers(other=404, reader=403, writer=403, share=403)
READ_NAME = {**READ, "share": 404}
LIST = _answers(other=OK, reader=OK, writer=403, share=403)
MAKE = _answers(other=403, reader=403, writer=OK, share=403)
PROJECT_ADMIN = _answers(other=403, reader=403, writer=403, share=403)
EVERYWHERE = _answers(other=403, reader=403, writer=403, share=403)

NEEDS = {
    "GET /v1/deployments": LIST,
    "POST /v1/deployments": MAKE,
    "GET /v1/deployments/{id}": READ,
    "PATCH /v1/deployments/{id}": WRITE,
    "DELETE /v1/deployments/{id}": ADMIN,
    "GET /v1/deployments/{id}/log": READ,
    "POST /v1/deployments/{id}/log": WRITE,
    "GET /v1/deployments/{id}/log/search": READ,
    "POST /v1/deployments/{id}/redactions": ADMIN,
    "GET /v1/deployments/{id}/shares": ADMIN,
    "POST /v1/deployments/{id}/shares": ADMIN,
    "DELETE /v1/deployments/{id}/shares/{share}": ADMIN,
    "GET /v1/deployments/feed": EVERYWHERE,
    "GET /v1/stream/{name}": READ_NAME,
    "PUT /v1/stream/{name}": MAKE,
    "POST /v1/stream/{name}": WRITE,
    "DELETE /v1/stream/{name}": ADMIN,
    "OPTIONS /v1/stream/{name}": ANYBODY,
    "GET /v1/audit": EVERYWHERE,
    "GET /v1/projects/{project}": PROJECT_ADMIN,
    "PUT /v1/projects/{project}": PROJECT_ADMIN,
    "GET /v1/tokens": EVERYWHERE,
    "POST /v1/tokens": EVERYWHERE,
    "DELETE /v1/tokens/{id}": EVERYWHERE,
    "POST /v1/backup": EVERYWHERE,
    "GET /metrics": EVERYWHERE,
    "GET /v1/session": SIGNED_IN,
    "POST /v1/session": ANYBODY,
    "DELETE /v1/session": ANYBODY,
    "GET /": PAGE,
    "GET /d/{id}": PAGE,
    "GET /compare": PAGE,
    "GET /sign-in": ANYBODY,
    "GET /sign-in/oidc": NOT_HERE,
    "GET /sign-in/oidc/callback": NOT_HERE,
    "GET /embed/{id}": ANYBODY,
    "GET /s/{secret}": ANYBODY,
    "GET /docs": ANYBODY,
    "GET /assets/{name}": ANYBODY,
    "GET /assets/{edition}/{name}": ANYBODY,
    "GET /healthz": ANYBODY,
    "GET /readyz": ANYBODY,
    "GET /openapi.json": ANYBODY,
}
"""What everybody is answered, by route. HEAD is answered as GET."""

LIVE = {"", "?offset=-1&live=long-poll", "?offset=-1&live=sse", "?offset=-1&live=follow"}
LOGS = {
    path for call, path in (key.split() for key in NEEDS) if "/log" in path or "/stream" in path
}

BODIES = {
    "POST /v1/deployments": ("application/json", '{"project": "shop"}'),
    "PATCH /v1/deployments/{id}": ("application/json", '{"title": "t"}'),
    "POST /v1/deployments/{id}/log": ("text/plain", "line\n"),
    "POST /v1/deployments/{id}/shares": ("application/json", "{}"),
    "POST /v1/deployments/{id}/redactions": ("application/json", '{"text": "line", "line": 1}'),
    "PUT /v1/stream/{name}": ("text/plain", ""),
    "POST /v1/stream/{name}": ("text/plain", "bytes"),
    "PUT /v1/projects/{project}": ("application/json", "{}"),
    "POST /v1/tokens": (
        "application/json",
        '{"name": "t", "grants": [{"scope": "read", "projects": ["shop"]}]}',
    ),
    "POST /v1/session": ("application/json", '{"token": "lf_no"}'),
}
HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


def _calls() -> list[str]:
    """Method and path of every route."""
    table = routes(context())
    return sorted(f"{one} {shown(route.path)}" for route in table for one in route.methods or ())


def _patterns(call: str) -> list[str]:
    method, path = call.split()
    live = method == "GET" and path in (*LOGS, "/v1/deployments/feed", "/v1/audit")
    return sorted(LIVE) if live and not path.endswith(("search", "shares")) else [""]


CASES = [(call, query) for call in _calls() for query in _patterns(call)]
SOCKETS = [shown(route.path) for route in sockets(context()) if "{path" not in route.path]


class Everybody:
    """The server, all who come to it, and what they ask for."""

    def __init__(self, server: GuardedServer) -> None:
        self.server = server
        shop_admin = {"scope": "admin", **SHOP}
        foreign = server.deployment("other")
        self.secrets = {
            "junk": JUNK,
            "revoked": server.revoked(shop_admin),
            "other": server.secret({"scope": "admin", "projects": ["other"]}),
            "reader": server.secret({"scope": "read", **SHOP}),
            "writer": server.secret({"scope": "write", **SHOP}),
            "share": server.share_secret(foreign),
            "admin": server.first_token,
            "expired": server.secret(shop_admin, expires_in=1),
        }
        self._names = 0
        deadline_reached = False
        while not deadline_reached:  # until the second is over
            answer = server.admin.get("/v1/session", headers=bearer(self.secrets["expired"]))
            deadline_reached = answer.status_code == 401

    def headers(self, who: str) -> dict[str, str]:
        return {} if who == "none" else bearer(self.secrets[who])

    def target(self, call: str) -> str:
        """The path of a thing that is there, and that this call has not used up."""
        method, path = call.split()
        if "/deployments/{id}" in path or path in ("/d/{id}", "/embed/{id}"):
            deployment = self.server.deployment()
            self.server.admin.post(f"/v1/deployments/{deployment}/log", content=b"line\n")
            path = path.replace("{id}", deployment)
            if "{share}" in path:
                path = path.replace("{share}", str(self.server.share(deployment)["id"]))
        if "{name}" in path and "/stream/" in path:
            self._names += 1
            path = path.replace("{name}", f"shop/{self._names}")
            if method != "PUT":
                plain = {"Content-Type": "text/plain"}
                made = self.server.admin.put(path, headers=plain, content=b"line")
                assert made.status_code == 201
        if path == "/v1/tokens/{id}":
            path = path.replace("{id}", str(self.server.token({"scope": "read"})["id"]))
        path = path.replace("{project}", "shop")
        if "{secret}" in path:
            deployment = self.server.deployment()
            path = path.replace("{secret}", self.server.share_secret(deployment))
        path = path.replace("{project}", "shop")
        return path.replace("{name}", "page.css").replace("{edition}", "any")

    def ask(self, call: str, path: str, who: str, **more: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and, of what is refused, the body."""
        method = call.split()[0]
        headers = {**self.headers(who), **more}
        content_type, body = BODIES.get(call, ("", ""))
        if content_type:
            headers |= {"Content-Type": content_type, "Content-Length": str(len(body))}
        with Exchange(method, self.server.url + path, headers, chunked=False) as exchange:
            exchange.socket.sendall(body.encode())
            try:
                answered = exchange.headers
            except httptools.HttpParserUpgrade:
                return 101, {}, b""
            told = exchange.read_all() if exchange.status >= 400 and method != "HEAD" else b""
            return exchange.status, answered, told


@pytest.fixture(scope="module")
def everybody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everybody]:
    with GuardedServer(tmp_path_factory.mktemp("guarded") / "data", store="memory:") as server:
        yield Everybody(server)


def _needed(call: str) -> dict[str, int]:
    return NEEDS[re.sub("^HEAD ", "GET ", call)]


def test_every_route_has_a_row() -> None:
    """A route that nobody thought of asks for one, and a row without a route goes."""
    calls = {re.sub("^HEAD ", "GET ", call) for call in _calls()}
    assert calls == set(NEEDS)


@pytest.mark.parametrize(("call", "query"), CASES)
def test_everybody_is_answered_as_he_may(everybody: Everybody, call: str, query: str) -> None:
    """Caught: a route that lets in who may not, in whichever pattern; that keeps out who may."""
    path = everybody.target(call)
    found, wanted = {}, {}
    for who in CALLERS:
        status = everybody.ask(call, path + query, who)[0]
        expected = _needed(call)[who]
        wanted[who] = expected or "let in"
        is_let_in = expected == OK and status not in (401, 403, 404)
        if call == "POST /v1/session":
            is_let_in = status == 403  # no page of this site asked
        if call == "DELETE /v1/session":
            is_let_in = status == 403
        found[who] = "let in" if is_let_in else status
    assert found == wanted


@pytest.mark.parametrize("path", SOCKETS)
def test_every_socket_is_opened_by_who_may_read(everybody: Everybody, path: str) -> None:
    """The handshake is answered as GET is."""
    target = everybody.target(f"GET {path}")
    for who in CALLERS:
        status = everybody.ask(f"GET {path}", f"{target}?offset=-1", who, **HANDSHAKE)[0]
        assert (who, status) == (who, _needed(f"GET {path}")[who] or 101)


@pytest.mark.parametrize(
    ("call", "query"), [case for case in CASES if re.search("/v1/.*{(id|name)}", case[0])]
)
def test_what_is_foreign_answers_as_what_is_not_there(
    everybody: Everybody, call: str, query: str
) -> None:
    """Status, headers and body are the same: nobody finds out what there is."""
    there = everybody.target(call)
    absent = re.sub(r"dep_\w+", UNKNOWN_ID, there)
    absent = re.sub(r"/stream/shop/\d+", "/stream/shop/none", absent)
    absent = re.sub(r"/tokens/\w+", "/tokens/to_none", absent)
    for who in ("other", "share", "writer", "none"):
        if _needed(call)[who] == OK or (who == "writer" and _needed(call)[who] != 404):
            continue
        answers = [everybody.ask(call, path + query, who) for path in (there, absent)]
        for _, headers, _body in answers:
            headers.pop("date", None)
        assert answers[0] == answers[1], who


def test_a_restricted_list_has_nothing_else(everybody: Everybody) -> None:
    """Who may read one project sees that one, by whatever he filters, in all pages."""
    server = everybody.server
    mine = [server.deployment("mine") for _ in range(3)]
    server.deployment("shop")
    secret = server.secret({"scope": "read", "projects": ["mine", "nowhere"]})
    seen: list[str] = []
    address = "/v1/deployments?limit=2"
    while address:
        answer = server.admin.get(address, headers=bearer(secret))
        seen += [one["id"] for one in answer.json()["deployments"]]
        address = answer.links.get("next", {}).get("url", "")
    assert seen == mine[::-1]
    other = server.admin.get("/v1/deployments?project=shop", headers=bearer(secret))
    assert json.loads(other.content) == {"deployments": []}
