"""What WebSockets do that a client cannot see, or only below another server or store."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from websockets.exceptions import InvalidStatus

from logflume.deployments.deployments import FEED
from logflume.errors import StoreUnavailable
from logflume.http.log_addresses import address_of, log_at
from logflume.records import Chunk, LogId, Seq, State
from logflume.store.memory import MemoryStore
from logflume.wire.frames import framed, message_of
from tests.contract.api import Api
from tests.contract.protocol_websocket import FEED as FEED_PATH
from tests.contract.protocol_websocket import follow, problem_name
from tests.own_server import PLAIN, OwnServer
from tests.websocket import TEXT, Closed, log_path


class _FailingStore(MemoryStore):
    """Fails to read the records of one log."""

    fails = LogId("stream/fails")

    async def read(self, log: LogId, after: Seq, *, until: Seq, max_bytes: int) -> Sequence[Chunk]:
        if log == self.fails:
            raise StoreUnavailable("the store is closed")
        return await super().read(log, after, until=until, max_bytes=max_bytes)


def test_a_store_that_fails_for_one_log_ends_that_one() -> None:
    """An error message for it, and the other log goes on.

    Caught: the socket ends, or nobody is told."""
    with OwnServer(_FailingStore()) as server:
        api = Api(server.url)
        path = log_path(deployment := api.create())
        fails = f"/v1/stream/{_FailingStore.fails.removeprefix('stream/')}"
        headers = {"Content-Type": "text/plain"}
        api.request("PUT", fails, content=b"lost", headers=headers)
        with follow(api, path) as socket:
            socket.batch(path)
            socket.subscribe(fails, offset="-1")
            error = socket.next()
            assert (problem_name(error), error["log"]) == ("store-unavailable", fails)
            api.append_lines(deployment, 1, 1)
            assert socket.records()[0]["n"] == 1
            socket.subscribe(fails, offset="now")
            assert "data" not in socket.batch(fails)
        api.close()


class _BrokenStore(MemoryStore):
    """Has a fault in it."""

    async def state(self, log: LogId) -> State:
        if log == _FailingStore.fails:
            raise ZeroDivisionError
        return await super().state(log)


def test_a_fault_of_ours_ends_the_socket(caplog: pytest.LogCaptureFixture) -> None:
    """With 1011, and a word in the server's log. Caught: a socket that waits for ever."""
    with OwnServer(_BrokenStore()) as server:
        api = Api(server.url)
        with follow(api, log_path(api.create())) as socket:
            socket.batch()
            socket.subscribe(f"/v1/stream/{_FailingStore.fails.removeprefix('stream/')}", tail=1)
            assert socket.closed() == Closed(1011, "Logflume failed; its log says more")
        api.close()
    assert "ZeroDivisionError" in caplog.text


def test_below_any_other_server_it_is_the_same() -> None:
    """uvicorn as it comes frames the messages itself: history, live, a second log, an error, the
    end; and refuses before the upgrade.

    Caught: frames where a server wants messages."""
    with OwnServer(options=PLAIN) as server:
        api = Api(server.url)
        first, second = api.create(), api.create()
        api.append_lines(first, 1, 500)
        with follow(api, log_path(first)) as socket:
            assert len(socket.records()) == 500
            socket.subscribe(log_path(second), offset="-1")
            socket.batch(log_path(second))
            socket.connection.send("nonsense")
            assert problem_name(socket.next()) == "bad-request"
            for deployment in (first, second):
                api.finish(deployment)
                assert socket.batch(log_path(deployment))["control"]["streamClosed"]
            assert socket.closed().code == 1000
        with pytest.raises(InvalidStatus, match="403"):
            follow(api, FEED_PATH, origin="http://evil.example")
        api.close()


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536, 300_000])
def test_a_frame_has_its_length_in_front(length: int) -> None:
    """In as many bytes as it takes (RFC 6455, section 5.2), and the message can be had back."""
    message = ("x" * length).encode()
    frame = framed(message)
    head = frame[: len(frame) - length]
    assert (head[0] & 0x0F, head[0] >> 4) == (TEXT, 0b1000)
    assert head[1] == {4: 126, 10: 127}.get(len(head), length)
    assert len(head) == 2 or int.from_bytes(head[2:]) == length
    assert len(head) == 2 + 2 * (125 < length < 1 << 16) + 8 * (length >= 1 << 16)
    assert message_of(frame) == message.decode()


@pytest.mark.parametrize(
    "address",
    [FEED_PATH, log_path("dep_" + "0" * 37), "/v1/stream/a", "/v1/stream/a/b.c~_-"],
)
def test_an_address_is_a_log_and_back(address: str) -> None:
    """One log, one spelling."""
    assert address_of(log_at(address)) == address


def test_the_feed_has_an_address_of_its_own() -> None:
    """It is not a deployment called feed."""
    assert log_at(FEED_PATH) == FEED
