"""Following by WebSocket: what a server may say, and how it may hang up."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from websockets.sync.server import ServerConnection, serve

from logflume.client.errors import ClientError, LogBroken, LogGone, LogReset, Refused, ServerAway
from tests.client_tools import BUSY, Script, Watch, answer, offset, record

DONE, LEAVING, RESTARTING, FAULT = 1000, 1001, 1012, 1011
END = {"upToDate": True, "streamClosed": True}
OTHER = json.dumps({"type": "of-the-future", "log": "/x", "data": 5})


def batch(*numbers: int, after: int | None = None, **state: bool) -> str:
    """A message of these records."""
    place = offset(numbers[-1] if after is None else after)
    data = {"data": [record(number) for number in numbers]} if numbers else {}
    control = {"streamNextOffset": place, **state}
    return json.dumps({"type": "batch", "log": "/x", **data, "control": control})


def problem(status: int, name: str) -> str:
    """A message that ends the reading."""
    told = {"type": f"urn:logflume:problem:{name}", "status": status, "detail": name}
    return json.dumps({"type": "error", "log": "/x", "problem": told})


class Sockets:
    """What a server sends, connection by connection: messages, then a close code."""

    def __init__(self, *connections: tuple[list[str], int]) -> None:
        self._connections = list(connections)
        self.asked: list[str] = []

    def watched(self, **options: Any) -> Watch:
        """What comes of following it."""
        with serve(self._speak, "127.0.0.1", 0, compression=None) as server:
            threading.Thread(target=server.serve_forever).start()
            url = f"http://127.0.0.1:{server.socket.getsockname()[1]}"
            try:
                with Watch("blocking", url, "dep_x", transport="websocket", **options) as watch:
                    return watch.wait()
            finally:
                server.shutdown()

    def _speak(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        self.asked.append(connection.request.path.partition("?")[2])
        messages, code = self._connections.pop(0)
        for message in messages:
            connection.send(message)
        connection.close(code)


def test_one_connection() -> None:
    """Batches in one go; what is of a later version of the server is passed over."""
    sockets = Sockets(([batch(1, 2), OTHER, batch(3), batch(after=3, **END)], DONE))
    watch = sockets.watched()
    assert watch.numbers == [1, 2, 3]
    assert sockets.asked == ["offset=-1&live=ws"]
    assert watch.told == []


@pytest.mark.parametrize("code", [DONE, LEAVING, RESTARTING, FAULT])
def test_a_server_that_hangs_up(code: int) -> None:
    """Whatever the server says for a goodbye, before the log's end it is none."""
    sockets = Sockets(([batch(1, 2)], code), ([batch(3, **END)], DONE))
    watch = sockets.watched()
    assert watch.numbers == [1, 2, 3]
    assert sockets.asked[1] == f"offset={offset(2)}&live=ws"
    assert watch.told == ["away", "back"]


def test_a_problem_that_may_pass() -> None:
    """A store that fails for a while ends the connection, not the reading."""
    sockets = Sockets(
        ([batch(1), problem(503, "store-unavailable")], DONE), ([batch(2, **END)], DONE)
    )
    watch = sockets.watched(tail=2)
    assert watch.numbers == [1, 2]
    assert sockets.asked == ["tail=2&live=ws", f"offset={offset(1)}&live=ws"]


@pytest.mark.parametrize(
    ("messages", "kind"),
    [
        ([batch(1, 3)], LogBroken),
        ([batch(1), batch(3)], LogBroken),
        ([batch(1), batch(1)], LogBroken),
        ([batch(1), '{"type":"gone","log":"/x"}'], LogGone),
        ([batch(1), problem(409, "wrong-epoch")], LogReset),
        ([batch(1), problem(403, "not-allowed")], Refused),
        (["nonsense"], Refused),
        (['{"type":"batch","control":{}}'], Refused),
    ],
)
def test_ends_that_are_errors(messages: list[str], kind: type[ClientError]) -> None:
    """Holes and repeats, a log that is gone or another one, a final no, nonsense."""
    assert type(Sockets((messages, DONE)).watched().error) is kind


def test_a_message_that_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than memory is to hold is an error; to come back would bring it again."""
    monkeypatch.setattr("logflume.client.sockets.MAX_MESSAGE_BYTES", 1000)
    error = Sockets(([batch(*range(1, 100))], DONE)).watched().error
    assert type(error) is Refused
    assert "too long" in str(error)


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        (BUSY, ServerAway, "503"),
        (answer(b'{"detail":"no way","status":403}', "403 No"), Refused, "no way"),
        (answer(b"hello"), Refused, "no WebSocket"),
        (b"220 mail.test ESMTP\r\n", ServerAway, "."),
        (b"", ServerAway, "."),
    ],
)
def test_a_server_that_does_not_begin(said: bytes, kind: type[ClientError], words: str) -> None:
    """An answer instead of a WebSocket is what that answer says."""
    error = Script(said).watched(transport="websocket").error
    assert type(error) is kind
    assert words in f"{error}."
