"""A connection in its states: who is told what when the client stalls, hangs up, or the server
stops, and that nothing is left of it."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from logflume.cli.http_protocol import HttpProtocol
from logflume.cli.server import IDLE_SECONDS
from logflume.errors import StoreFull, StoreUnavailable
from logflume.records import Append, LogId, State
from logflume.store.memory import MemoryStore
from tests.answers import Answers
from tests.appending import MARK, Log
from tests.cutting import RESET
from tests.own_server import KERNEL_BYTES, OURS, OwnServer

Condition = Callable[[Any], bool]


class GatedStore(MemoryStore):
    """Its appends wait until they are let, and may be told to fail, at once or then."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None
        self.error_at_once: Exception | None = None
        self.ended = 0

    def append(self, log: LogId, append: Append) -> Awaitable[State]:  # type: ignore[override]
        if self.error_at_once is not None:
            raise self.error_at_once
        return self._append(log, append)

    async def _append(self, log: LogId, append: Append) -> State:
        try:
            await self.gate.wait()
            if self.error is not None:
                raise self.error
            return await super().append(log, append)
        finally:
            self.ended += 1


class Own:
    """A log of a server in this process, to which one connection has appended once."""

    def __init__(self, server: OwnServer, store: GatedStore) -> None:
        self.server, self.store = server, store
        self.log = Log(server.url)
        self.socket = self.log.answers.socket
        assert self.log.ask(b"first\n")[0] == 204

    @property
    def connection(self) -> Any:
        """The connection, as the server has it."""
        port = self.socket.getsockname()[1]
        known: list[Any] = list(self.server._server.server_state.connections)
        return next(one for one in known if one.client[1] == port)

    def do(self, act: Callable[[], object]) -> None:
        """`act`, on the server's loop."""

        async def turn() -> None:
            act()

        self.server.call(turn())

    def turns(self, count: int) -> None:
        """Let the server's loop go round so often."""

        async def take() -> None:
            for _ in range(count):
                await asyncio.sleep(0)

        self.server.call(take())

    def until(self, met: Callable[[], bool]) -> None:
        async def look() -> None:
            while not met():  # noqa: ASYNC110 -- there is no event for it
                await asyncio.sleep(0.001)

        self.server.call(look())


@pytest.fixture
def own() -> Iterator[Own]:
    store = GatedStore()
    with OwnServer(store, {**OURS, "timeout_keep_alive": IDLE_SECONDS}) as server:
        made = Own(server, store)
        yield made
        made.log.close()


@pytest.mark.parametrize("error", [StoreFull("no room"), StoreUnavailable("gone"), ValueError("x")])
@pytest.mark.parametrize("when", ["error", "error_at_once"])
def test_a_store_that_fails_is_told_of_as_it_is_to_anybody(
    own: Own, error: Exception, when: str
) -> None:
    """In a repeat as in a first request: no room, gone, a bug of ours; and then all is well."""
    setattr(own.store, when, error)
    repeated = own.log.ask(b"second\n")
    fresh = Answers(own.server.url)
    fresh.socket.sendall(own.log.request(b"second\n"))
    ordinary = fresh.next()
    fresh.close()
    assert (repeated[0], repeated[2]) == (ordinary[0], ordinary[2])
    assert repeated[1].get("retry-after") == ordinary[1].get("retry-after")
    setattr(own.store, when, None)
    assert own.log.ask(b"third\n")[0] == 204
    assert own.log.texts() == ["first", "third"]


@pytest.mark.parametrize("error", [None, StoreFull("no room"), ValueError("x")])
def test_an_append_whose_client_is_gone_ends_in_peace(
    own: Own, error: Exception | None, caplog: pytest.LogCaptureFixture
) -> None:
    """Stored or not, nobody is answered, and nobody is told that nobody was."""
    gc.collect()  # what tests before this one left is said now
    caplog.clear()
    own.do(own.store.gate.clear)
    connection = own.connection
    own.log.send(b"second\n")
    own.until(lambda: connection._waiting is not None)
    own.socket.close()
    own.until(lambda: connection.parser is None)  # it knows
    own.store.error = error
    ended = own.store.ended
    own.do(own.store.gate.set)
    own.until(lambda: own.store.ended > ended)
    own.do(gc.collect)
    assert [record.message for record in caplog.records if record.name == "asyncio"] == []


def test_who_takes_no_answers_gets_no_more(own: Own) -> None:
    """Each asks only after the one before, so that nothing waits behind another: what the server
    keeps for it does not grow with what it asks for."""
    own.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BYTES)
    for _ in range(4):
        own.log.client.post(own.log.path, content=b"x" * 60_000 + b"\n")
    connection = own.connection
    asked = f"GET {own.log.path}?live=long-poll&offset=-1 HTTP/1.1\r\nHost: h\r\n\r\n".encode()
    answered = connection.cycle

    def is_read() -> bool:
        return connection.cycle is not answered or connection.flow.read_paused

    for _ in range(40):
        own.socket.sendall(asked)
        own.until(is_read)
        answered = connection.cycle
        own.turns(30)  # it has been read; and answered, if it is to be
    assert connection.transport.get_write_buffer_size() < 1_000_000
    assert [own.log.answers.next()[0] for _ in range(40)] == [200] * 40


def test_a_request_that_has_begun_is_not_idle(own: Own) -> None:
    """However long its body takes: idleness ends when something comes."""
    whole = own.log.request(b"second\n")
    own.socket.sendall(whole[:-3])
    connection = own.connection
    own.until(lambda: len(connection._partial) > 0)
    connection.timeout_keep_alive = 0
    own.do(connection.timeout_keep_alive_handler)
    own.socket.sendall(whole[-3:])
    assert own.log.answers.next()[0] == 204
    own.until(lambda: connection.transport.is_closing())  # then it is
    assert own.log.answers.socket.recv(1) == b""


@pytest.mark.parametrize("missing", [0, 3])
def test_the_last_answer_before_the_end_says_so(own: Own, missing: int) -> None:
    """A server that stops answers what it has taken, and what has begun to come; whoever sends on
    could not know what became of it."""
    own.do(own.store.gate.clear)
    connection = own.connection
    whole = own.log.request(b"second\n")
    own.socket.sendall(whole[: len(whole) - missing])
    own.until(lambda: connection._waiting is not None or connection._partial)
    own.do(connection.shutdown)
    own.socket.sendall(whole[len(whole) - missing :])
    own.do(own.store.gate.set)
    status, headers, _ = own.log.answers.next()
    assert (status, headers["connection"]) == (204, "close")
    assert own.socket.recv(1) == b""
    assert own.log.texts() == ["first", "second"]


def test_who_waits_behind_another_request_hears_that_the_client_is_gone(own: Own) -> None:
    """A long poll with a request behind it on the same connection. Caught: the last one that came
    is told, and nobody waits there."""
    connection = own.connection
    asked = f"GET {own.log.path}?live=long-poll&offset=now HTTP/1.1\r\nHost: h\r\n\r\n".encode()
    own.socket.sendall(asked * 2)
    own.until(lambda: len(connection.pipeline) == 1)
    own.socket.close()
    own.until(lambda: not own.server._server.server_state.tasks)


def in_every_state(own: Own) -> list[list[bytes]]:
    """What a connection may have been sent when it ends."""
    append, health = own.log.request(b"x\n"), b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"
    refused = own.log.request(b"x\n", **MARK, Producer_Seq="7")
    return [
        [],
        [health],
        [append],
        [append, append],
        [append, append[:-1]],
        [append, append[:20]],
        [append, health],
        [append, append + append[:-1]],
        [append[:-1]],
        [append[:20]],
        [refused],
        [append + append],
    ]


def connections() -> list[HttpProtocol]:
    """All that there are in this process."""
    return [one for one in gc.get_objects() if isinstance(one, HttpProtocol)]


@pytest.mark.parametrize("reset", [False, True])
def test_nothing_is_left_of_a_connection(own: Own, reset: bool) -> None:
    """Whatever it was at, however it ends: at once, without a search for garbage. With ten minutes
    of idleness allowed, what a timer holds would be held for ten minutes."""
    assert own.log.client.get("/healthz").status_code == 200
    gc.collect()
    gc.disable()
    try:
        before = connections()
        for sent in in_every_state(own):
            answers = Answers(own.server.url)
            for part in sent:
                answers.socket.sendall(part)
                assert own.log.client.get("/healthz").status_code == 200
            if reset:
                answers.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            answers.close()
        own.until(lambda: all(one in before for one in connections()))
    finally:
        gc.enable()
