"""What goes on after its request was let in ends with what let it in: within five seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.exchange import Exchange
from tests.guarded import SHOP, GuardedServer, bearer

READ, WRITE = {"scope": "read", **SHOP}, {"scope": "write", **SHOP}

END_SECONDS = 5.0
"""What is promised."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedServer]:
    with GuardedServer(tmp_path_factory.mktemp("guarded") / "data") as running:
        yield running


def revoke(server: GuardedServer) -> tuple[str, Callable[[], None]]:
    """A reader's secret, and what ends it."""
    token = server.token(READ)
    return str(token["token"]), lambda: server.revoke(token)


def expire(server: GuardedServer) -> tuple[str, Callable[[], None]]:
    return server.secret(READ, expires_in=2), lambda: None


ENDS = {"revoked": revoke, "expired": expire}


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("live", ["sse", "follow"])
def test_a_body_that_goes_on_ends(server: GuardedServer, live: str, how: str) -> None:
    """It ends cleanly, or breaks off where its form has no end, and who comes back is refused.
    Caught: a stream that outlives its token."""
    deployment = server.deployment()
    secret, end = ENDS[how](server)
    url = f"{server.url}/v1/deployments/{deployment}/log?offset=-1&live={live}"
    with Exchange("GET", url, bearer(secret), chunked=False) as stream:
        assert stream.status == 200
        end()
        since = time.monotonic()
        if live == "sse":
            stream.read_all()
        else:
            with pytest.raises(ConnectionError):
                stream.read_all()
        assert time.monotonic() - since < END_SECONDS
    with Exchange("GET", url, bearer(secret), chunked=False) as again:
        assert again.status == 401


@pytest.mark.parametrize("how", ENDS)
def test_a_poll_that_waits_is_refused(server: GuardedServer, how: str) -> None:
    """Not twenty seconds later, when its time is up; nor is the next one on its connection let in.
    Caught: a parked request that nobody tells."""
    deployment = server.deployment()
    secret, end = ENDS[how](server)
    url = f"{server.url}/v1/deployments/{deployment}/log?offset=now&live=long-poll"
    with Exchange("GET", url, bearer(secret), chunked=False) as poll:
        with pytest.raises(TimeoutError):
            poll.read(0.2)
        since = time.monotonic()
        end()
        assert poll.status == 401
        assert time.monotonic() - since < END_SECONDS


def test_a_backup_breaks_off(server: GuardedServer) -> None:
    """However slowly it is taken. Caught: all that there is, for a token that was revoked."""
    deployment = server.deployment()
    for _ in range(4):  # more than sockets hold
        text = b"x" * 63 + b"\n"
        server.admin.post(f"/v1/deployments/{deployment}/log", content=text * 2**16)
    token = server.token({"scope": "admin"})
    shown = bearer(str(token["token"]))
    with Exchange("POST", f"{server.url}/v1/backup", shown, chunked=False) as backup:
        assert backup.status == 200
        server.revoke(token)
        since = time.monotonic()
        with pytest.raises(ConnectionError):
            _taken_slowly(backup)
        assert time.monotonic() - since < END_SECONDS


def _taken_slowly(backup: Exchange) -> None:
    while backup.read():
        time.sleep(0.05)


def test_a_web_socket_is_closed(server: GuardedServer) -> None:
    """It is told why. Caught: a socket that outlives its token."""
    deployment = server.deployment()
    token = server.token(READ)
    url = server.url.replace("http", "ws") + f"/v1/deployments/{deployment}/log?offset=-1"
    with connect(url, additional_headers=bearer(str(token["token"]))) as socket:
        socket.recv(timeout=END_SECONDS)
        server.revoke(token)
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=END_SECONDS)
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, "revoked" in closed.value.rcvd.reason) == (1008, True)


def test_others_go_on(server: GuardedServer) -> None:
    """Caught: one token's end that ends everybody's stream."""
    deployment = server.deployment()
    going, coming = server.token(READ), server.token(READ)
    url = f"{server.url}/v1/deployments/{deployment}/log?offset=-1&live=sse"
    with (
        Exchange("GET", url, bearer(str(going["token"])), chunked=False) as ended,
        Exchange("GET", url, bearer(str(coming["token"])), chunked=False) as goes_on,
    ):
        assert (ended.status, goes_on.status) == (200, 200)
        server.revoke(going)
        ended.read_all()
        server.admin.post(f"/v1/deployments/{deployment}/log", content=b"still here\n")
        told = b""
        while b"still here" not in told:
            told += goes_on.read()


def test_a_body_that_is_still_being_sent_is_refused(server: GuardedServer) -> None:
    """What came before stays. Caught: an append without end by a token that has ended."""
    deployment = server.deployment()
    token = server.token(WRITE)
    url = f"{server.url}/v1/deployments/{deployment}/log"
    headers = {**bearer(str(token["token"])), "Content-Type": "text/plain"}
    with Exchange("POST", url, headers, chunked=True) as append:
        append.send(b"before\n")
        log = f"/v1/deployments/{deployment}/log"
        while server.admin.get(log).json() == []:
            pass
        server.revoke(token)
        since = time.monotonic()
        assert append.status == 401
        assert time.monotonic() - since < END_SECONDS
    assert [line["text"] for line in server.admin.get(log).json()] == ["before"]


@pytest.mark.parametrize("path", ["deployment", "stream"])
def test_an_append_that_repeats_the_last_is_refused(server: GuardedServer, path: str) -> None:
    """The server does not parse it, and looks all the same. Caught: a connection that is let in
    for good."""
    if path == "deployment":
        address, kind = f"/v1/deployments/{server.deployment()}/log", "text/plain"
    else:
        address, kind = f"/v1/stream/shop/{time.time_ns()}", "text/plain"
        server.admin.put(address, headers={"Content-Type": kind})
    token = server.token(WRITE)
    headers = {**bearer(str(token["token"])), "Content-Type": kind}
    with httpx2.Client(base_url=server.url, headers=headers) as producer:
        statuses = [producer.post(address, content=b"a\n").status_code for _ in range(4)]
        server.revoke(token)
        refused = producer.post(address, content=b"refused\n").status_code
    assert (statuses, refused) == ([204] * 4, 401)
    assert b"refused" not in server.admin.get(address).content
