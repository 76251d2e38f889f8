"""How a WebSocket ends when its client or its server does not say goodbye.

What waits for a dead client is in a server of the tests' own, which looks for it every quarter of a
second; `logflume serve` does so every ten seconds.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest

from tests.cli_tools import until
from tests.contract.api import Api
from tests.contract.protocol_websocket import FEED, follow
from tests.own_server import OwnServer
from tests.servers import ServerProcess
from tests.websocket import (
    CLOSE,
    PING,
    PONG,
    TEXT,
    Closed,
    RawSocket,
    frame,
    log_path,
    ws_url,
)

CONTINUATION = 0x0
MAX_UNSENT_BYTES = 1024 * 1024
"""What is promised of a client that never reads."""

SLOW_BYTES = 16 * 1024
PAUSE_SECONDS = 0.01
"""So slow takes about three seconds for a long log: many more pings than may be unanswered."""

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def own() -> Iterator[OwnServer]:
    with OwnServer() as server:
        yield server


@pytest.fixture
def api(own: OwnServer) -> Iterator[Api]:
    client = Api(own.url)
    yield client
    client.close()


class SlowSocket(RawSocket):
    """Takes a little, and rests."""

    def _receive(self) -> None:
        time.sleep(PAUSE_SECONDS)
        super()._receive()


def long_log(api: Api, megabytes: int = 3) -> str:
    """A log of as many thousand lines: more than its own kernel holds of it; the deployment."""
    deployment = api.create()
    for _ in range(megabytes):
        api.append(deployment, ("x" * 1000 + "\n") * 1000)
    return deployment


def is_over(own: OwnServer) -> bool:
    return not own.watchers()


class TestDeadClients:
    def test_one_who_never_reads_is_cut_off(self, own: OwnServer, api: Api) -> None:
        """It costs at most 1 MiB and is gone, although it keeps talking; a neighbour gets all.

        Caught: a connection with bytes to send is closed, which waits for ever for them to go."""
        path = log_path(deployment := long_log(api))
        most = 0
        with (
            RawSocket(ws_url(api.url, path), receive_bytes=4096) as stalls,
            follow(api, path) as reads,
        ):
            seen = 0
            while seen < 3_000:
                seen += len(reads.records())
                most = max(most, own.unsent_bytes())
            reads.close()

            def gone() -> bool:
                nonlocal most
                most = max(most, own.unsent_bytes())
                return is_over(own)

            stalls.socket.sendall(frame(TEXT, b"?") + frame(PONG, b"made up"))
            until(gone)
        assert api.records(deployment, tail=1)[0]["n"] == 3_000
        assert 0 < most <= MAX_UNSENT_BYTES

    def test_a_flood_of_pings_is_not_held(self, own: OwnServer, api: Api) -> None:
        """Who takes no pongs gets none.

        Caught: a pong for each ping, in memory until the client reads."""
        with RawSocket(ws_url(api.url, FEED), receive_bytes=4096) as floods:
            floods.head()
            pings = frame(PING, b"x" * 125) * 500
            most = 0
            with suppress(ConnectionError, TimeoutError):
                while not is_over(own):
                    floods.socket.sendall(pings)
                    most = max(most, own.unsent_bytes())
        until(lambda: is_over(own))
        assert 0 < most <= MAX_UNSENT_BYTES

    def test_one_who_answers_no_ping_is_told_why(self, own: OwnServer, api: Api) -> None:
        """1008 and a reason, if it reads at all.

        Caught: a client that is there no more is followed for ever."""
        with RawSocket(ws_url(api.url, FEED, "offset=now")) as silent:
            silent.head()
            silent.message()
            opcode, payload = silent.next()
            assert (opcode, len(payload)) == (PING, 4)
            code, reason = silent.closed()
            assert code == 1008
            assert "ping" in reason
            assert silent.at_end()

    def test_one_who_answers_stays(self, own: OwnServer, api: Api) -> None:
        """Ping after ping; a pong that is not the answer is no sign of life.

        Caught: any pong counts, or none does."""
        with RawSocket(ws_url(api.url, FEED, "offset=now")) as answers:
            answers.head()
            answers.message()
            for _ in range(8):
                opcode, payload = answers.next()
                assert opcode == PING
                answers.send(PONG, payload)
            opcode, payload = answers.next()
            answers.send(PONG, payload[::-1] + b"?")
            assert answers.closed().code == 1008

    def test_one_who_is_slow_but_reads_stays(self, own: OwnServer, api: Api) -> None:
        """A client that takes a little at a time, and no ping for as long as that lasts, gets all.

        Caught: a ping that waits behind what the client is taking counts as unanswered."""
        path = log_path(deployment := long_log(api))
        api.finish(deployment)
        with SlowSocket(ws_url(api.url, path), receive_bytes=SLOW_BYTES) as slow:
            slow.head()
            numbers: list[int] = []
            while len(numbers) < 3_001:
                opcode, payload = slow.next()
                if opcode == TEXT:
                    numbers += [record["n"] for record in json.loads(payload).get("data", ())]
            assert numbers == list(range(1, 3_002))

    def test_one_who_resets_its_connection_is_forgotten(self, own: OwnServer, api: Api) -> None:
        """While the server waits for it to take more.

        Caught: whoever waits to write is never told."""
        path = log_path(long_log(api))
        with RawSocket(ws_url(api.url, path), receive_bytes=4096) as stalls:
            until(lambda: own.unsent_bytes() > 0)
            stalls.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        until(lambda: is_over(own))

    def test_one_who_says_goodbye_and_never_reads_is_forgotten(
        self, own: OwnServer, api: Api
    ) -> None:
        """It has asked for the end, so there is no more to wait for.

        Caught: the answer to its close waits for ever behind what it does not take."""
        path = log_path(long_log(api))
        with RawSocket(ws_url(api.url, path), receive_bytes=4096) as stalls:
            until(lambda: own.unsent_bytes() > 0)
            stalls.send(CLOSE, struct.pack("!H", 1000))
            until(lambda: is_over(own))

    def test_fragments_of_nothing_are_not_kept(self, own: OwnServer, api: Api) -> None:
        """A message in a hundred thousand fragments is one string while it comes.

        Caught: a list of them, which a client could make as long as it likes."""
        with RawSocket(ws_url(api.url, FEED, "offset=now")) as odd:
            odd.head()
            odd.message()
            odd.send(TEXT, b"", fin=False)
            for _ in range(100):
                odd.socket.sendall(frame(CONTINUATION, b"", fin=False) * 1000)
            odd.send(PING, b"seen")
            while odd.next() != (PONG, b"seen"):
                pass
            [connection] = own.watchers()
            assert sys.getsizeof(connection._reader._message) < 1000


@pytest.mark.timeout(20)
def test_a_ping_comes_when_nothing_happens(server: ServerProcess) -> None:
    """Within 15 s from `logflume serve`, before a proxy takes the silence for the end.

    Caught: a socket that says something only when there is something to say."""
    with RawSocket(ws_url(server.url, FEED, "offset=now")) as waits:
        waits.head()
        waits.message()
        waits.socket.settimeout(15)
        opcode, _ = waits.next()
        assert opcode == PING


class TestServerStops:
    def test_everybody_is_told(self, server: ServerProcess) -> None:
        """1012 to who follows and to who follows nothing just now; the server ends well.

        Caught: sockets that are cut off, or that the server waits for."""
        api = Api(server.url)
        deployment = api.create()
        with follow(api, log_path(deployment)) as follows, follow(api, FEED) as idle:
            follows.batch()
            idle.batch()
            idle.unsubscribe(FEED)
            assert idle.next()["type"] == "unsubscribed"
            assert server.stop() == 0
            for one in (follows, idle):
                assert one.closed() == Closed(1012, "the server restarts")
        api.close()
        assert "Traceback" not in server.messages

    def test_those_who_take_nothing_do_not_keep_it(self, server: ServerProcess) -> None:
        """Neither one who stalls, nor one who has asked for the end and stalls, nor one who asks
        for more and more and takes no answer.

        Caught: the stop of the one fails over a socket that is ending already."""
        api = Api(server.url)
        url = ws_url(api.url, log_path(deployment := long_log(api, 12)))
        with ExitStack() as open_ones:
            stalls, ends, asks = (
                open_ones.enter_context(RawSocket(url, receive_bytes=4096)) for _ in range(3)
            )
            for one in (stalls, ends, asks):
                one.head()
            asks.socket.settimeout(0.5)
            with suppress(TimeoutError):
                while True:
                    asks.socket.sendall(frame(TEXT, b"?") * 1000)
            ends.send(CLOSE, struct.pack("!H", 1000))
            assert len(api.records(deployment)) == 12_000  # by then it has come
            assert server.stop() == 0
        api.close()
        assert "Traceback" not in server.messages

    def test_a_bad_client_says_little_in_the_log(self, server: ServerProcess) -> None:
        """What clients break fills no operator's log: bad frames and resets say nothing, a refused
        handshake says that it was refused."""
        api = Api(server.url)
        url = ws_url(api.url, log_path(api.create()))
        for broken in (
            frame(TEXT, b"\xff"),
            b"\xff\xff",
            frame(TEXT, b"{}", masked=False),
            b"\x81",
        ):
            with RawSocket(url) as one:
                one.head()
                one.message()
                one.socket.sendall(broken)
        for headers in ({"Origin": "null"}, {"Sec-WebSocket-Key": "?"}, {"Upgrade": "h2c"}):
            with RawSocket(url, headers) as one:
                one.head()
        with RawSocket(ws_url(api.url, "/nowhere")) as one:
            one.head()
        api.close()
        assert server.stop() == 0
        told = server.messages.splitlines()[1:]
        assert [line.split()[4:6] for line in told] == [
            ["403", "foreign-origin:"],
            ["426", "upgrade-required:"],
            ["426", "upgrade-required:"],
            ["404", "not-found:"],
        ]
