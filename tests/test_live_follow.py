"""`live=follow` over real sockets: how its body ends for each kind of client, below other servers
too, and that who is not there any more is found out although nothing is said to him."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from logflume.http import live_outlets
from tests.cli_tools import until
from tests.contract.api import Api
from tests.contract.live_body import follow_body
from tests.followers import FarStore
from tests.own_server import PLAIN, OwnServer
from tests.peers import Peer
from tests.servers import ServerProcess
from tests.websocket import log_path

LAST_CHUNK = b"\r\n0\r\n\r\n"
PARTIAL_FILE = 18
"""curl: the end of the answer is missing."""

KILOBYTE_LINES = ("x" * 1000 + "\n") * 1000
TEXT = "offset=-1&format=text"

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def own() -> Iterator[OwnServer]:
    with OwnServer() as server:
        yield server


@pytest.fixture(scope="module")
def plain() -> Iterator[OwnServer]:
    """uvicorn as it comes: it neither lends nor gives away its connections."""
    with OwnServer(options=PLAIN) as server:
        yield server


@pytest.fixture(params=["own", "plain"])
def api(request: pytest.FixtureRequest) -> Iterator[Api]:
    """Of a server of ours, and of one that knows nothing of it."""
    client = Api(request.getfixturevalue(request.param).url)
    yield client
    client.close()


@pytest.fixture
def own_api(own: OwnServer) -> Iterator[Api]:
    client = Api(own.url)
    until(lambda: not own.watchers())
    yield client
    client.close()


def whole(api: Api, deployment: str, version: str, *headers: str) -> tuple[bytes, bytes]:
    """Head and body, byte for byte, of a log that says three lines and is closed."""
    with Peer(api, deployment, TEXT, *headers, live="follow", version=version) as client:
        client.until(b"\r\n\r\n")
        api.append_lines(deployment, 1, 3)
        client.until(b"line 3")
        api.finish(deployment)
        while client.take():
            pass
    head, _, body = client.answer.partition(b"\r\n\r\n")
    return head.lower(), body


@pytest.mark.parametrize(("version", "headers"), [("1.0", []), ("1.1", ["Connection: close"])])
def test_who_ends_with_the_body_gets_it_bare(
    own_api: Api, version: str, headers: list[str]
) -> None:
    """Nothing but the lines. Caught: a body that is chunked for everybody."""
    head, body = whole(own_api, own_api.create(), version, *headers)
    assert b"transfer-encoding" not in head
    assert b"connection: close" in head
    assert body == b"line 1\nline 2\nline 3\n"


def test_everybody_else_gets_chunks_and_their_end(api: Api) -> None:
    """Once. Caught: a body whose end is not told."""
    head, body = whole(api, api.create(), "1.1", "Connection: keep-alive")
    assert b"transfer-encoding: chunked" in head
    assert body.endswith(LAST_CHUNK)
    assert body.count(LAST_CHUNK) == 1


def test_a_deleted_log_breaks_off(api: Api) -> None:
    """Below any server. Caught: an end that a server gives to what has none."""
    deployment = api.create()
    api.append_lines(deployment, 1, 1)
    with follow_body(api, log_path(deployment), TEXT) as body:
        assert body.until(7) == b"line 1\n"
        api.request("DELETE", f"/v1/deployments/{deployment}")
        assert body.breaks_off() == b""


def test_a_store_that_fails_breaks_it_off() -> None:
    """What it could not read is not taken for read."""
    store = FarStore()
    with OwnServer(store) as server:
        api = Api(server.url)
        deployment = api.create()
        api.append_lines(deployment, 1, 3)
        store.failing = True
        with follow_body(api, log_path(deployment), TEXT) as body:
            assert body.status == 200
            assert body.breaks_off() == b""
        api.close()


def test_a_stop_breaks_every_body_off(server: ServerProcess) -> None:
    """And waits for none, nor for one that takes nothing; who comes back goes on by the number.

    Caught: a body that seems to be all of a log that goes on after the restart."""
    api = Api(server.url)
    deployment = api.create()
    path = log_path(deployment)
    with ExitStack() as open_ones:
        open_ones.enter_context(Peer(api, deployment, TEXT, live="follow"))
        for _ in range(3):
            api.append(deployment, KILOBYTE_LINES)
        follow = [
            open_ones.enter_context(follow_body(api, path, "offset=now&format=text"))
            for _ in range(5)
        ]
        assert {one.status for one in follow} == {200}
        api.append(deployment, "before\n")
        assert [one.until(7) for one in follow] == [b"before\n"] * 5
        assert server.stop() == 0
        assert [one.breaks_off() for one in follow] == [b""] * 5
    server.start()
    api.append(deployment, "after\n")
    with follow_body(api, path, "from=3002&format=text") as body:
        assert body.until(6) == b"after\n"
    api.close()


def test_curl_tells_the_two_ends_apart(own: OwnServer, own_api: Api) -> None:
    """0 at the end of a log, 18 where it broke off; each line as it comes."""
    codes = []
    for ends in ("closed", "deleted"):
        deployment = own_api.create()
        address = f"{own_api.url}{log_path(deployment)}?live=follow&{TEXT}"
        with subprocess.Popen(["curl", "-sN", address], stdout=subprocess.PIPE) as curl:
            assert curl.stdout is not None
            until(lambda: len(own.watchers()) == 1)
            own_api.append_lines(deployment, 1, 1)
            assert curl.stdout.readline() == b"line 1\n"
            if ends == "closed":
                own_api.finish(deployment)
            else:
                own_api.request("DELETE", f"/v1/deployments/{deployment}")
            assert curl.stdout.read() == b""
        codes.append(curl.returncode)
        until(lambda: not own.watchers())
    assert codes == [0, PARTIAL_FILE]


def test_who_vanishes_is_found_out_though_nothing_is_said(
    own: OwnServer, own_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """His kernel answers no probe; another's does, and he stays.

    Caught: a watcher of a silent log who is there for ever."""
    monkeypatch.setattr(live_outlets, "UNREACHABLE_SECONDS", 0.5)
    monkeypatch.setattr(live_outlets, "PROBE_SECONDS", (1, 1))
    deployment = own_api.create()
    with (
        Peer(own_api, deployment, TEXT, live="follow") as gone,
        follow_body(own_api, log_path(deployment), TEXT) as stays,
    ):
        gone.until(b"\r\n\r\n")
        assert stays.status == 200
        gone.vanish()
        until(lambda: len(own.watchers()) == 1)
        own_api.append_lines(deployment, 1, 1)
        assert stays.until(7) == b"line 1\n"


def test_who_takes_nothing_is_cut_off(
    own: OwnServer, own_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And costs at most 1 MiB until then."""
    monkeypatch.setattr(live_outlets, "STALLED_SECONDS", 0.5)
    deployment = own_api.create()
    most = 0

    def is_gone() -> bool:
        nonlocal most
        most = max(most, own.unsent_bytes())
        return not own.watchers()

    with Peer(own_api, deployment, TEXT, live="follow") as stalls:
        stalls.until(b"\r\n\r\n")
        for _ in range(3):
            own_api.append(deployment, KILOBYTE_LINES)
        until(lambda: own.unsent_bytes() > 0)
        until(is_gone)
    assert 0 < most <= 1024 * 1024


def test_who_rests_and_reads_on_has_everything(api: Api) -> None:
    """In order, none twice, beside one who reads all the time."""
    deployment = api.create()
    with ExitStack() as open_ones:
        rests, reads = (
            open_ones.enter_context(follow_body(api, log_path(deployment))) for _ in range(2)
        )
        assert (rests.status, reads.status) == (200, 200)
        for _ in range(3):
            api.append(deployment, KILOBYTE_LINES)
        api.finish(deployment)
        history = api.ndjson(deployment)
        assert reads.read_all() == history
        assert rests.read_all() == history
