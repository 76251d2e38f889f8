"""SSE over real sockets: every kind of client has the stream and its end, and one that does not
take it costs little, for a while, and nobody else anything."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from logflume.http import live_outlets
from tests.cli_tools import until
from tests.contract.api import Api
from tests.exchange import PATIENCE_SECONDS
from tests.own_server import PLAIN, OwnServer
from tests.servers import ServerProcess
from tests.sse import SseReader

MAX_UNSENT_BYTES = 1024 * 1024
"""What is promised of a client that never reads."""

KILOBYTE_LINES = ("x" * 1000 + "\n") * 1000

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
    yield client
    client.close()


class RawClient:
    """A request for the stream, byte for byte, whose answer is read when the test says so."""

    def __init__(
        self, api: Api, deployment: str, version: str, *headers: str, then: bytes = b""
    ) -> None:
        parts = urlsplit(api.url)
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(PATIENCE_SECONDS)
        self.socket.connect((parts.hostname, parts.port))
        path = f"/v1/deployments/{deployment}/log?live=sse&offset=-1"
        lines = [f"GET {path} HTTP/{version}", f"Host: {parts.netloc}", *headers, "", ""]
        self.socket.sendall("\r\n".join(lines).encode() + then)
        self.answer = b""

    def until(self, text: bytes) -> None:
        """Read until the text has come."""
        while text not in self.answer:
            data = self.socket.recv(65536)
            assert data, f"the connection ended before {text!r}: {self.answer!r}"
            self.answer += data

    def until_end(self) -> bytes:
        """Read until the server closes; the whole answer."""
        while data := self.socket.recv(65536):
            self.answer += data
        return self.answer

    def __enter__(self) -> RawClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


@pytest.mark.parametrize(
    ("version", "headers"),
    [("1.0", []), ("1.1", ["Connection: close"]), ("1.1", ["Connection: TE, Close"])],
)
def test_who_ends_with_the_stream_gets_it_bare(
    own_api: Api, version: str, headers: list[str]
) -> None:
    """HTTP/1.0 knows no chunks, and who asks for a connection that closes needs none: its end is
    the stream's. Caught: a body that is chunked for everybody."""
    api, deployment = own_api, own_api.create()
    with RawClient(api, deployment, version, *headers) as client:
        client.until(b"event: control\n")
        api.append_lines(deployment, 1, 2)
        client.until(b"line 2")
        api.finish(deployment)
        head, _, body = client.until_end().partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head.lower()
    assert b"connection: close" in head.lower()
    assert body.startswith(b"retry: ")
    assert b"\r" not in body
    assert body.endswith(b"\n\n")
    assert b'"streamClosed":true' in body.splitlines()[-2]


@pytest.mark.parametrize("headers", [[], ["Connection: keep-alive"]])
def test_everybody_else_gets_chunks_and_their_end(own_api: Api, headers: list[str]) -> None:
    """And then the connection closes. Caught: a body whose end is not told."""
    api, deployment = own_api, own_api.create()
    with RawClient(api, deployment, "1.1", *headers) as client:
        client.until(b"event: control\n")
        api.append_lines(deployment, 1, 1)
        api.finish(deployment)
        head, _, body = client.until_end().partition(b"\r\n\r\n")
    assert b"transfer-encoding: chunked" in head.lower()
    assert b'"streamClosed":true' in body
    assert body.endswith(b"\n\n\r\n0\r\n\r\n")
    assert body.count(b"\r\n0\r\n\r\n") == 1


def test_the_first_place_comes_at_once(api: Api) -> None:
    """Before there is any record, with the time to wait before coming back."""
    with api.follow(api.create()) as reader:
        assert reader.batch().records == []
        assert len(reader.retries_ms) == 1


def test_what_a_client_says_on_the_stream_is_not_heard(own_api: Api) -> None:
    """It goes on. Caught: a stream that a second request, or what is none, breaks off."""
    deployment = own_api.create()
    with own_api.follow(deployment) as reader:
        reader.batch()
        for junk in (b"\x00\xff" * 5000, b"GET / HTTP/1.1\r\n\r\n"):
            reader.exchange.socket.sendall(junk)
            own_api.append_lines(deployment, 1, 1)
            assert len(reader.batch().records) == 1


def test_a_request_behind_the_streams_does_it_no_harm(own_api: Api) -> None:
    """Pipelined: such a stream goes the ordinary way. Caught: a request that is cut in two."""
    deployment = own_api.create()
    then = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
    with RawClient(own_api, deployment, "1.1", then=then) as client:
        client.until(b"event: control\n")
        own_api.append_lines(deployment, 1, 1)
        own_api.finish(deployment)
        client.until(b'"streamClosed":true')
        client.until(b"\r\n0\r\n\r\n")
        client.until(b"\r\n0\r\n\r\nHTTP/1.1 ")


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_outlets, "STALLED_SECONDS", 0.5)


@pytest.mark.parametrize("comes", ["before", "after"])
def test_a_client_that_reads_nothing_is_cut_off(
    own: OwnServer, own_api: Api, hasty: None, comes: str
) -> None:
    """Whether it has history to read or what comes live; it costs at most 1 MiB until then, and a
    neighbour gets everything. Caught: a connection that is kept for who takes nothing."""
    until(lambda: not own.watchers())
    deployment = own_api.create()
    with ExitStack() as open_ones:
        if comes == "after":
            open_ones.enter_context(RawClient(own_api, deployment, "1.1"))
        reads = open_ones.enter_context(own_api.follow(deployment))
        reads.batch()
        for _ in range(3):
            own_api.append(deployment, KILOBYTE_LINES)
        if comes == "before":
            open_ones.enter_context(RawClient(own_api, deployment, "1.1"))
        until(lambda: own.unsent_bytes() > 0)
        most = 0

        def gone() -> bool:
            nonlocal most
            most = max(most, own.unsent_bytes())
            return len(own.watchers()) == 1

        seen = 0
        while seen < 3000:
            seen += len(reads.batch().records)
            gone()
        until(gone)
        own_api.append_lines(deployment, 1, 1)
        assert len(reads.batch().records) == 1
    assert 0 < most <= MAX_UNSENT_BYTES


def test_a_client_that_is_filled_by_the_last_of_the_history_costs_no_more(
    own: OwnServer, own_api: Api
) -> None:
    """It takes nothing live either: at most 1 MiB is held for it, of five that come.

    Caught: a client who is full as he comes to the tail, and is told on for all that."""
    until(lambda: not own.watchers())
    deployment = own_api.create()
    with ExitStack() as open_ones:
        reads = open_ones.enter_context(own_api.follow(deployment))
        reads.batch()
        own_api.append(deployment, ("x" * 1000 + "\n") * 200)
        open_ones.enter_context(RawClient(own_api, deployment, "1.1"))
        until(lambda: len(own.watchers()) == 2 and own.unsent_bytes() > 0)
        for _ in range(50):  # none more than the ring holds, or nobody would be told together
            own_api.append(deployment, ("x" * 1000 + "\n") * 100)
        seen = 0
        while seen < 5200:
            seen += len(reads.batch().records)
        assert 0 < own.unsent_bytes() <= MAX_UNSENT_BYTES


def test_a_client_that_is_slow_is_not_cut_off(own_api: Api, hasty: None) -> None:
    """As long as it takes something. Caught: a time in which everything must be taken."""
    deployment = own_api.create()
    own_api.append(deployment, KILOBYTE_LINES)
    own_api.finish(deployment)
    with RawClient(own_api, deployment, "1.1") as client:
        while not client.answer.endswith(b"\r\n0\r\n\r\n"):
            time.sleep(0.005)  # this is what slow is
            client.answer += client.socket.recv(2048)
    assert client.answer.count(b"x" * 1000) == 1000


def test_a_client_that_rests_and_reads_on_has_everything(api: Api) -> None:
    """Alone it has caught up with the others, and what is new comes to all."""
    deployment = api.create()
    with api.follow(deployment) as rests, api.follow(deployment) as reads:
        rests.batch()
        for _ in range(3):
            api.append(deployment, KILOBYTE_LINES)
        for reader in (reads, rests):
            numbers: list[int] = []
            while len(numbers) < 3000:
                numbers += [record["n"] for record in reader.batch().records]
            assert numbers == list(range(1, 3001))
        api.append_lines(deployment, 1, 1)
        for reader in (reads, rests):
            assert [record["n"] for record in reader.batch().records] == [3001]


def test_a_client_that_breaks_off_leaves_nothing(own: OwnServer, own_api: Api) -> None:
    """Caught: a follower who is told on, into a connection that is gone."""
    until(lambda: not own.watchers())
    deployment = own_api.create()
    with own_api.follow(deployment) as stays:
        stays.batch()
        for _ in range(3):
            with own_api.follow(deployment) as goes:
                goes.batch()
        until(lambda: len(own.watchers()) == 1)
        own_api.append_lines(deployment, 1, 1)
        assert len(stays.batch().records) == 1


def test_a_stop_ends_every_stream_and_waits_for_no_stalled_one(server: ServerProcess) -> None:
    """Each is asked to come back, and its body ends as it should. Caught: a stream that is only
    cut."""
    api = Api(server.url)
    deployment = api.create()
    with ExitStack() as open_ones:
        open_ones.enter_context(RawClient(api, deployment, "1.1"))
        for _ in range(3):
            api.append(deployment, KILOBYTE_LINES)
        address = f"{api.url}/v1/deployments/{deployment}/log?live=sse&offset=now"
        readers = [open_ones.enter_context(SseReader(address)) for _ in range(5)]
        for reader in readers:
            reader.batch()
        assert server.stop() == 0
        for reader in readers:
            assert reader.next() is None
            assert len(reader.retries_ms) == 2
    api.close()
