"""Pages of other sites: what those may read that `--allow-origin` names, and that no others may."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.api import Api, check_problem
from tests.contract.generic import JSON, GenericLog
from tests.contract.live_body import follow_body
from tests.exchange import Exchange
from tests.servers import ServerProcess
from tests.websocket import WsReader, log_path, ws_url

SITE, OTHER = "https://deploys.example.com", "http://localhost:3000"
STRANGERS = (
    *("https://example.com", "http://deploys.example.com", "https://deploys.example.com:8443"),
    *("https://deploys.example.com.attacker.test", "https://deploys.example.com/", "null"),
)
POLICY = "cross-origin-resource-policy"


class OpenServer(ServerProcess):
    """Open to these origins."""

    def __init__(self, data: Path, *origins: str) -> None:
        self._origins = origins
        super().__init__(data, store="memory:")

    def command(self) -> list[str]:
        allowed = [word for origin in self._origins for word in ("--allow-origin", origin)]
        return [*super().command(), *allowed]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Of a server that is open to two sites."""
    with OpenServer(tmp_path_factory.mktemp("open") / "data", SITE, OTHER) as server:
        client = Api(server.url)
        yield client
        client.close()


@pytest.fixture
def closed(shared_server: ServerProcess) -> Iterator[Api]:
    """Of a server without the setting."""
    client = Api(shared_server.url)
    yield client
    client.close()


def addresses(api: Api) -> dict[str, str]:
    """What a page reads, by what it is."""
    deployment = api.create()
    api.append_lines(deployment, 1, 3)
    path = log_path(deployment)
    return {
        "history": path,
        "a part": f"{path}?from=2&limit=1&format=text",
        "long polling": f"{path}?live=long-poll&offset=-1",
        "a deployment": f"/v1/deployments/{deployment}",
        "the list": "/v1/deployments?limit=1",
        "the feed": "/v1/deployments/feed?tail=1",
        "a generic log": GenericLog(api).make(JSON, "[1]").path,
        "a problem": "/v1/deployments/dep_nothing",
        "no such address": "/v1/nothing",
        "a module": "/assets/deploy-log.js",
    }


def allowed(headers: dict[str, str], origin: str = SITE) -> None:
    """Whether a page of this origin may read the answer, and no cache gives it to another."""
    assert headers["access-control-allow-origin"] == origin
    exposed = set(headers["access-control-expose-headers"].split(", "))
    assert {"Stream-Next-Offset", "Stream-Closed", "ETag", "Retry-After", "Link"} <= exposed
    assert headers[POLICY] == "cross-origin"
    assert "Origin" in headers["vary"].replace(" ", "").split(",")
    assert "access-control-allow-credentials" not in headers


def shut(headers: dict[str, str]) -> None:
    """Whether no page of another site may read the answer."""
    assert not [name for name in headers if name.startswith("access-control-")]
    assert headers.get(POLICY) != "cross-origin"


@pytest.mark.parametrize("origin", [SITE, OTHER])
def test_an_allowed_page_reads_what_can_be_read(api: Api, origin: str) -> None:
    """By GET and HEAD; problems too, so that it can say what is wrong."""
    for address in addresses(api).values():
        for method in ("GET", "HEAD"):
            answer = api.request(method, address, headers={"Origin": origin})
            assert answer.headers.get_list(POLICY, split_commas=True) == ["cross-origin"]
            allowed(dict(answer.headers), origin)


def test_an_allowed_page_that_asks_again_is_told_so(api: Api) -> None:
    """304 is for it, too. Caught: an answer that a browser has and may not show."""
    deployment = api.create()
    origin = {"Origin": SITE}
    tag = api.read(deployment, headers=origin).headers["etag"]
    again = api.read(deployment, headers={**origin, "If-None-Match": tag})
    assert again.status_code == 304
    allowed(dict(again.headers))


@pytest.mark.parametrize("origin", STRANGERS)
def test_no_other_page_may_read(api: Api, origin: str) -> None:
    """Whatever its origin has in common with one that may; and caches are told that it depends.

    Caught: an origin that only begins or ends like an allowed one."""
    for what, address in addresses(api).items():
        headers = dict(api.request("GET", address, headers={"Origin": origin}).headers)
        assert not [name for name in headers if name.startswith("access-control-")], what
        assert "Origin" in headers["vary"]
        if what not in ("a module", "a problem", "no such address", "the list", "a deployment"):
            assert headers[POLICY] == "same-origin"


def test_a_program_is_answered_as_ever_but_for_caches(api: Api) -> None:
    """What is no page says no origin. Caught: an answer kept for a page that lets no page in."""
    for address in addresses(api).values():
        headers = dict(api.request("GET", address).headers)
        assert "access-control-allow-origin" not in headers
        assert "Origin" in headers["vary"]


def test_without_the_setting_nothing_is_open(closed: Api) -> None:
    """As it was: not even a word of origins."""
    for address in addresses(closed).values():
        for method in ("GET", "HEAD"):
            headers = dict(closed.request(method, address, headers={"Origin": SITE}).headers)
            shut(headers)
            assert "Origin" not in headers.get("vary", "")
    for address in ("/v1/deployments", "/assets/deploy-log.js"):
        answer = closed.request("OPTIONS", address, headers=asking("GET"))
        check_problem(answer, 405, "method-not-allowed")


def asking(method: str, origin: str = SITE) -> dict[str, str]:
    """A browser's question whether a page may do so."""
    return {"Origin": origin, "Access-Control-Request-Method": method}


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"])
def test_a_page_that_asks_is_told_that_it_may_read_and_nothing_else(api: Api, method: str) -> None:
    """At every address, also at those that answer OPTIONS themselves.

    Caught: a page that may delete a generic log, for that is what OPTIONS says of it."""
    for address in addresses(api).values():
        answer = api.request("OPTIONS", address.partition("?")[0], headers=asking(method))
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["access-control-allow-origin"] == SITE
        assert answer.headers["access-control-allow-methods"] == "GET, HEAD"
        assert "If-None-Match" in answer.headers["access-control-allow-headers"]
        assert int(answer.headers["access-control-max-age"]) > 0


def test_a_strange_page_that_asks_is_told_nothing(api: Api) -> None:
    """What OPTIONS answers to anybody names no origin, and elsewhere there is no OPTIONS."""
    stream = GenericLog(api).make(JSON).path
    answer = api.request("OPTIONS", stream, headers=asking("GET", "https://attacker.test"))
    shut(
        {
            name: answer.headers[name]
            for name in answer.headers
            if "allow-methods" not in name and "allow-headers" not in name
        }
    )
    answer = api.request("OPTIONS", "/v1/deployments", headers=asking("GET", "null"))
    check_problem(answer, 405, "method-not-allowed")


def test_what_writes_is_for_no_page_of_another_site(api: Api) -> None:
    """Its answer does not say that it is. Caught: a page that creates a deployment and sees it."""
    for method, address in (("POST", "/v1/deployments"), ("DELETE", "/v1/stream/nothing")):
        answer = api.request(method, address, headers={"Origin": SITE}, json={"project": "x"})
        shut(dict(answer.headers))


@pytest.mark.parametrize("live", ["sse", "follow"])
def test_an_allowed_page_follows(api: Api, live: str) -> None:
    """What it is told goes past the rest of the server, its head too; a stranger beside it is told
    another one.

    Caught: the head of one who came in the same second."""
    deployment = api.create()
    address = f"{api.url}{log_path(deployment)}?live={live}&offset=-1"
    for _ in range(2):
        for origin in (SITE, "https://attacker.test", OTHER):
            with Exchange("GET", address, {"Origin": origin}, chunked=False) as stream:
                assert stream.status == 200
                if origin == "https://attacker.test":
                    assert "access-control-allow-origin" not in stream.headers
                    assert stream.headers[POLICY] == "same-origin"
                else:
                    allowed({**stream.headers, "vary": "Origin"}, origin)


def test_an_allowed_page_polls_on_and_on(api: Api) -> None:
    """Requests that repeat the last one of their connection, and the refusal that ends them.

    Caught: a page that may read the first answer only."""
    deployment = api.create()
    offset = "-1"
    headers = {"Origin": SITE}
    producer = Api(api.url)  # on a connection of its own, or the polls would not follow each other
    for number in range(1, 5):
        producer.append_lines(deployment, number, number)
        query = {"live": "long-poll", "offset": offset, "cursor": str(number)}
        answer = api.read(deployment, query, headers)
        assert answer.status_code == 200
        allowed(dict(answer.headers))
        offset = answer.headers["stream-next-offset"]
    producer.close()
    with Exchange(
        "GET",
        f"{api.url}{log_path(deployment)}?live=long-poll&offset={offset}",
        headers,
        chunked=False,
    ) as waits:
        api.request("DELETE", f"/v1/deployments/{deployment}")
        assert waits.status == 404
        allowed({**waits.headers, "vary": "Origin"})


@pytest.mark.parametrize("origin", [SITE, OTHER])
def test_an_allowed_page_opens_a_socket(api: Api, origin: str) -> None:
    """Though it is of another host."""
    deployment = api.create()
    with WsReader(ws_url(api.url, log_path(deployment)), origin=origin) as socket:
        assert socket.batch()["control"]["upToDate"]


@pytest.mark.parametrize("origin", STRANGERS)
def test_no_other_page_opens_a_socket(api: Api, origin: str) -> None:
    """403 before the handshake is answered."""
    key = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    headers = {**key, "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Origin": origin}
    path = f"{log_path(api.create())}?live=ws&offset=-1"
    answer = api.request("GET", path, headers=headers)
    check_problem(answer, 403, "foreign-origin")


def policy(api: Api, path: str) -> dict[str, str]:
    """A page's Content-Security-Policy by directive."""
    said = api.request("GET", path).headers["content-security-policy"]
    return {name: value for name, _, value in (one.partition(" ") for one in said.split("; "))}


def test_only_the_embedded_viewer_may_be_framed_by_them(api: Api) -> None:
    """Every other page by this server's alone; and each may start a worker of this server."""
    for path in ("/", "/d/dep_x", "/compare", "/docs", "/embed/dep_x"):
        said = policy(api, path)
        assert said["default-src"] == "'none'"
        framed = f"'self' {SITE} {OTHER}" if path.startswith("/embed/") else "'self'"
        assert said["frame-ancestors"] == framed
        assert said["worker-src"] == "'self'"


def test_without_the_setting_nobody_elses_page_frames_the_viewer(closed: Api) -> None:
    """A page of this server may."""
    assert policy(closed, "/embed/dep_x")["frame-ancestors"] == "'self'"


def test_everybody_may_if_it_says_so(tmp_path: Path) -> None:
    """Any origin, `null` too, and no answer depends on which; still nothing is written."""
    with OpenServer(tmp_path / "data", "*") as server:
        api = Api(server.url)
        deployment = api.create()
        for origin in ("https://anybody.test", "null"):
            answer = api.read(deployment, headers={"Origin": origin})
            assert answer.headers["access-control-allow-origin"] == "*"
            assert "Origin" not in answer.headers["vary"]
            with follow_body(api, log_path(deployment), headers={"Origin": origin}) as body:
                assert body.headers["access-control-allow-origin"] == "*"
            with WsReader(ws_url(api.url, log_path(deployment)), origin=origin) as socket:
                socket.batch()
            asked = api.request("OPTIONS", "/v1/stream/x", headers=asking("PUT", origin))
            assert asked.headers["access-control-allow-methods"] == "GET, HEAD"
        assert policy(api, "/embed/dep_x")["frame-ancestors"] == "*"
        assert policy(api, "/d/dep_x")["frame-ancestors"] == "'self'"
        api.close()


def test_files_say_what_they_are(closed: Api) -> None:
    """Whatever the machine knows of types: a browser runs no module of another one.

    Caught: a type that the machine's own table gives."""
    types = {
        "deploy-log.js": "text/javascript; charset=utf-8",
        "page.css": "text/css; charset=utf-8",
        "favicon.svg": "image/svg+xml",
    }
    for name, media_type in types.items():
        assert closed.request("GET", f"/assets/{name}").headers["content-type"] == media_type
    check_problem(closed.request("GET", "/assets/deploy-log.js.map"), 404, "not-found")
