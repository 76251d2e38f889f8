"""Peers of an SSE stream that are gone, broken or unkind: each costs little, for a while, and
nobody else notices."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from logflume.http import crowd, live_outlets
from tests.cli_tools import until
from tests.contract.api import Api
from tests.own_server import OwnServer
from tests.peers import Peer
from tests.servers import ServerProcess
from tests.sse import SseReader
from tests.websocket import Closed, RawSocket, WsReader, log_path, ws_url

KILOBYTE_LINES = ("x" * 1000 + "\n") * 1000
MIB = 1024 * 1024
SOME_BATCHES_BYTES = 600_000
"""A read has 256 KiB: at least one has come whole, and another in part."""

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def own() -> Iterator[OwnServer]:
    with OwnServer() as server:
        yield server


@pytest.fixture
def api(own: OwnServer) -> Iterator[Api]:
    client = Api(own.url)
    until(lambda: not own.watchers())
    yield client
    client.close()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_outlets, "STALLED_SECONDS", 0.5)
    monkeypatch.setattr(live_outlets, "UNREACHABLE_SECONDS", 0.5)
    monkeypatch.setattr(live_outlets, "PROBE_SECONDS", (1, 1))
    monkeypatch.setattr(crowd, "BEAT_SECONDS", 0.1)


def grow(api: Api, deployment: str, reader: SseReader) -> None:
    """Append up to 3,000 lines, a kilobyte each, and see that the reader gets all of them."""
    while api.get(deployment)["lines"] < 3000:
        api.append(deployment, KILOBYTE_LINES)
    seen = 0
    while seen < 3000:
        seen += len(reader.batch().records)


def test_a_peer_that_vanishes_is_found_out(own: OwnServer, api: Api, hasty: None) -> None:
    """Its kernel acknowledges nothing, not even a heartbeat, and the connection never ends.

    Caught: a watcher that is there as long as the kernel tries, a quarter of an hour."""
    deployment = api.create()
    with Peer(api, deployment) as gone, api.follow(deployment) as stays:
        gone.until(b"event: control")
        stays.batch()
        gone.vanish()
        until(lambda: len(own.watchers()) == 1)
        api.append_lines(deployment, 1, 1)
        assert len(stays.batch().records) == 1


@pytest.mark.parametrize("query", ["offset=-1", "offset=now"])
def test_a_peer_that_resets_is_forgotten(own: OwnServer, api: Api, query: str) -> None:
    """While it is written to, alone or among others. Caught: a round that it breaks off."""
    deployment = api.create()
    with api.follow(deployment) as stays:
        stays.batch()
        for _ in range(3):
            with Peer(api, deployment, query) as breaks:
                until(lambda: len(own.watchers()) == 2)
                api.append(deployment, KILOBYTE_LINES)
                until(lambda: own.unsent_bytes() > 0)
                breaks.reset()
                until(lambda: len(own.watchers()) == 1)
        seen = 0
        while seen < 3000:
            seen += len(stays.batch().records)


def test_a_peer_that_takes_a_byte_at_a_time_has_everything(
    own: OwnServer, api: Api, hasty: None
) -> None:
    """Its window is as small as can be; it is not cut off, costs one batch, and delays nobody."""
    deployment = api.create()
    with Peer(api, deployment, "offset=now") as slow, api.follow(deployment) as reads:
        slow.until(b"event: control")
        reads.batch()
        grow(api, deployment, reads)
        for _ in range(50_000):
            assert slow.take(1)
        assert own.unsent_bytes() <= MIB
        api.finish(deployment)
        while slow.take():
            pass
    assert slow.numbers() == list(range(1, 3002))


def test_a_peer_that_was_cut_off_comes_back_to_where_it_was(
    own: OwnServer, api: Api, hasty: None
) -> None:
    """It had taken some of a batch; from the last whole one on nothing is lost or repeated."""
    deployment = api.create()
    with Peer(api, deployment) as stalls, api.follow(deployment) as reads:
        reads.batch()
        api.append(deployment, KILOBYTE_LINES)
        while len(stalls.answer) < SOME_BATCHES_BYTES:
            stalls.take()
        grow(api, deployment, reads)
        until(lambda: len(own.watchers()) == 1)
        api.finish(deployment)
    last_id = stalls.last_id()
    with api.follow(deployment, "offset=-1", {"Last-Event-ID": last_id}) as again:
        rest = [record["n"] for record in again.rest()]
    assert stalls.numbers() + rest == list(range(1, 3002))


@pytest.mark.parametrize("pattern", ["sse", "websocket"])
def test_a_watcher_that_has_gone_leaves_no_cycle(own: OwnServer, api: Api, pattern: str) -> None:
    """What it took up is free at once. Caught: memory that grows until it is next collected."""
    deployment = api.create()
    url = ws_url(api.url, log_path(deployment))
    gc.collect()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        with WsReader(url) if pattern == "websocket" else api.follow(deployment) as watches:
            watches.batch()
        until(lambda: not own.watchers())
        gc.collect()
        assert [one for one in gc.garbage if type(one).__module__.startswith("logflume")] == []
    finally:
        gc.set_debug(0)
        gc.garbage.clear()


def test_ten_megabytes_said_into_a_stream_are_not_kept(server: ServerProcess) -> None:
    """Requests and what is none: it is thrown away, and the stream goes on beside others.

    Caught: what a client says is kept for a request that never comes."""
    api = Api(server.url)
    deployment = api.create()
    with ExitStack() as open_ones:
        talks, reads = (open_ones.enter_context(api.follow(deployment)) for _ in range(2))
        for one in (talks, reads):
            one.batch()
        before = resident_bytes(server)
        request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        for said in (request * (5 * MIB // len(request)), bytes(5 * MIB)):
            talks.exchange.socket.sendall(said)
        api.append_lines(deployment, 1, 1)
        for one in (talks, reads):
            assert len(one.batch().records) == 1
        assert resident_bytes(server) - before < 4 * MIB
    api.close()


def resident_bytes(server: ServerProcess) -> int:
    status = Path(f"/proc/{server.pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) * 1024


def test_a_stop_cuts_off_who_takes_nothing() -> None:
    """Alone, behind the tail, as a stream or as a socket; a socket that follows nothing just now is
    told, too, and so is who reads; who is told and says nothing is told once. No connection is left
    that the server would wait for.

    Caught: a watcher that only hears of its log's news, and waits for none."""
    with OwnServer() as stops, ExitStack() as open_ones:
        api = Api(stops.url)
        deployment = api.create()
        for _ in range(3):
            api.append(deployment, KILOBYTE_LINES)
        url = ws_url(api.url, log_path(deployment))
        reads = open_ones.enter_context(api.follow(deployment, "offset=now"))
        idle = open_ones.enter_context(WsReader(ws_url(api.url, log_path(api.create()))))
        for one in (reads, idle):
            one.batch()
        idle.unsubscribe(next(iter(idle._offsets)))
        idle.next()
        open_ones.enter_context(Peer(api, deployment))
        open_ones.enter_context(RawSocket(url, receive_bytes=4096))
        silent = open_ones.enter_context(RawSocket(ws_url(api.url, log_path(api.create()))))
        silent.head()
        silent.message()
        until(lambda: sum(held > 0 for held in stops.unsent()) == 2)
        stops.stop()
        until(lambda: stops.watchers() == [])
        assert reads.next() is None
        assert len(reads.retries_ms) == 2
        assert idle.closed() == silent.closed() == Closed(1012, "the server restarts")
        assert silent.at_end()
        api.close()
