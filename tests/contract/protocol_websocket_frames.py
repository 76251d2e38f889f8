"""WebSocket frames and the handshake as RFC 6455 has them, byte by byte, and what breaks it."""

from __future__ import annotations

import os
import struct

import pytest

from tests.contract.api import Api, check_problem
from tests.contract.protocol_websocket import FEED, follow, problem_name
from tests.websocket import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    RawSocket,
    frame,
    log_path,
    ws_url,
)

CONTINUATION = 0x0
MIB = 1024 * 1024
SUBSCRIBE = '{"type":"subscribe","log":"%s","offset":"-1","\u00e9":"\U0001f600"}'

BROKEN = {
    "unmasked": (1002, frame(TEXT, b"{}", masked=False)),
    "compressed": (1002, b"\xc1" + frame(TEXT, b"{}")[1:]),
    "of an unknown kind": (1002, frame(0x3, b"")),
    "a continuation of nothing": (1002, frame(CONTINUATION, b"")),
    "a message within a message": (1002, frame(TEXT, b"{", fin=False) + frame(TEXT, b"}")),
    "a ping in fragments": (1002, frame(PING, b"", fin=False)),
    "a long ping": (1002, frame(PING, b"x" * 126)),
    "half a close code": (1002, frame(CLOSE, b"x")),
    "a close code that is never sent": (1002, frame(CLOSE, struct.pack("!H", 1005))),
    "text that is not": (1007, frame(TEXT, b"\xff")),
    "half a character": (1007, frame(TEXT, b"\xc3", fin=False) + frame(CONTINUATION, b"(")),
    "a surrogate": (1007, frame(TEXT, b'{"type":"\xed\xa0\x80"}')),
    "a reason that is no text": (1007, frame(CLOSE, struct.pack("!H", 1000) + b"\xff")),
    "2 MiB": (1009, frame(TEXT, b"x" * (2 * MIB))),
    "a byte over 1 MiB": (1009, frame(BINARY, b"x" * (MIB + 1))),
    "a byte over in fragments": (
        1009,
        frame(TEXT, b"x" * MIB, fin=False) + frame(CONTINUATION, b"x"),
    ),
    "2^63 bytes to come": (1009, b"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff"),
}
"""What no client may send, and the close code that it gets."""


def raw(api: Api, path: str = FEED, early: bytes = b"") -> RawSocket:
    """A socket that follows the log from now on, past its handshake and first message."""
    socket = RawSocket(ws_url(api.url, path, "offset=now"), early=early)
    assert socket.head().startswith("HTTP/1.1 101 ")
    assert socket.message()["log"] == path
    return socket


class TestHandshake:
    def test_it_is_answered_as_it_must_be(self, api: Api) -> None:
        """The accept key of RFC 6455's own example, the upgrade, and no extension."""
        with RawSocket(ws_url(api.url, FEED)) as socket:
            status, *lines = socket.head().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        assert status.startswith("HTTP/1.1 101 ")
        assert headers["upgrade"] == "websocket"
        assert headers["connection"] == "upgrade"
        assert headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".lower()
        assert "sec-websocket-extensions" not in headers

    @pytest.mark.parametrize(
        "headers",
        [
            {"Upgrade": ""},
            {"Connection": "close"},
            {"Sec-WebSocket-Key": ""},
            {"Sec-WebSocket-Key": "short"},
            {"Sec-WebSocket-Key": "not base64, is it?!"},
            {"Sec-WebSocket-Version": ""},
            {"Sec-WebSocket-Version": "8"},
            {"Content-Length": "5"},
        ],
        ids=str,
    )
    def test_half_a_handshake_is_an_ordinary_request(
        self, api: Api, headers: dict[str, str]
    ) -> None:
        """426 with a problem document, as for a plain GET of that address."""
        with RawSocket(ws_url(api.url, FEED), headers) as socket:
            assert socket.head().startswith("HTTP/1.1 426 ")
        check_problem(api.request("GET", f"{FEED}?live=ws&offset=-1"), 426, "upgrade-required")

    def test_it_is_not_compressed(self, api: Api) -> None:
        """A client that offers compression does without: a frame is for many."""
        with follow(api, log_path(api.create())) as socket:
            answer = socket.connection.response
            assert answer is not None
            assert "Sec-WebSocket-Extensions" not in answer.headers
            assert socket.records() == []

    def test_long_headers_are_taken(self, api: Api) -> None:
        """A site's cookies may come to more than 8 KB."""
        with RawSocket(ws_url(api.url, FEED), {"Cookie": "x" * 10_000}) as socket:
            assert socket.head().startswith("HTTP/1.1 101 ")

    def test_what_comes_right_behind_it_is_heard(self, api: Api) -> None:
        """A ping and a subscription in the same packet as the handshake, and one cut in two: all
        are answered, after the handshake.

        Caught: what comes with the handshake is forgotten, or answered before it."""
        path = log_path(api.create())
        asked = frame(PING, b"early") + frame(TEXT, (SUBSCRIBE % path).encode())
        for cut in (len(asked), len(asked) - 3):
            url = ws_url(api.url, FEED, "offset=now")
            with RawSocket(url, early=asked[:cut]) as socket:
                assert socket.head().startswith("HTTP/1.1 101 ")
                socket.socket.sendall(asked[cut:])
                came = [socket.next() for _ in range(3)]
            assert (PONG, b"early") in came
            assert path.encode() in b"".join(payload for opcode, payload in came if opcode == TEXT)

    def test_any_path_is_answered(self, api: Api) -> None:
        """Bytes beyond ASCII and escapes in the address: an answer, never a silent end."""
        for path in ("/v1/stream/\u00e9", "/v1/stream/%C3%A9", "/v1/stream/%00", "/%2e%2e/v1"):
            with RawSocket(ws_url(api.url, path)) as socket:
                assert socket.head().startswith(("HTTP/1.1 400 ", "HTTP/1.1 404 ")), path


class TestFrames:
    def test_a_ping_is_answered_with_what_it_says(self, api: Api) -> None:
        """Empty and full ones, between the fragments of a message, and never the pongs."""
        with raw(api) as socket:
            for payload in (b"", b"x", os.urandom(125)):
                socket.send(PONG, payload)
                socket.send(TEXT, b'{"type":', fin=False)
                socket.send(PING, payload)
                assert socket.next() == (PONG, payload)
                socket.send(CONTINUATION, b"1}")
                assert socket.message()["type"] == "error"

    def test_fragments_are_one_message(self, api: Api) -> None:
        """Cut at every byte, also within a character, with empty ones between.

        Caught: fragments taken for messages, or decoded one by one."""
        path = log_path(api.create())
        message = (SUBSCRIBE % path).encode()
        with raw(api) as socket:
            parts = frame(TEXT, b"", fin=False)
            for at in range(len(message)):
                parts += frame(CONTINUATION, message[at : at + 1], fin=False)
                parts += frame(CONTINUATION, b"", fin=False)
            socket.socket.sendall(parts + frame(CONTINUATION, b""))
            assert socket.message()["log"] == path

    def test_closing_is_answered_alike(self, api: Api) -> None:
        """The client's code comes back, then the end of the connection."""
        for code, reason in ((1000, b""), (1001, b"going"), (4000, "\u00e9".encode())):
            with raw(api) as socket:
                socket.send(CLOSE, struct.pack("!H", code) + reason)
                assert socket.closed()[:2] == (code, reason.decode())
                assert socket.at_end()

    @pytest.mark.parametrize("name", BROKEN)
    def test_what_breaks_the_rules_ends_the_socket(self, api: Api, name: str) -> None:
        """Unmasked, compressed, unknown, misplaced: 1002; not UTF-8: 1007; over 1 MiB: 1009. The
        client can read why, though it goes on sending; nobody else notices.

        Caught: the connection is reset, so that nobody learns why."""
        code, sent = BROKEN[name]
        path = log_path(deployment := api.create())
        with follow(api, path) as stays, raw(api, path) as breaks:
            stays.batch()
            breaks.socket.sendall(sent + frame(TEXT, b"more"))
            assert breaks.closed().code == code
            assert breaks.at_end()
            api.append_lines(deployment, 1, 1)
            assert stays.records()[0]["n"] == 1

    def test_a_message_of_1_mib_is_taken(self, api: Api) -> None:
        """The bound is not one less."""
        with raw(api) as socket:
            socket.send(TEXT, b"x" * MIB)
            assert problem_name(socket.message()) == "bad-request"

    @pytest.mark.parametrize(
        "half",
        [
            frame(TEXT, b"a subscription")[:-3],
            frame(TEXT, b"a subscription")[:1],
            frame(TEXT, b"a fragment", fin=False),
            frame(CLOSE, b"\x03\xe8")[:-1],
            b"",
        ],
        ids=len,
    )
    def test_one_who_breaks_off_disturbs_nobody(self, api: Api, half: bytes) -> None:
        """In the middle of a frame or of a message, or without a word."""
        path = log_path(deployment := api.create())
        with follow(api, path) as stays:
            stays.batch()
            for number in range(1, 6):
                with raw(api, path) as leaves:
                    leaves.socket.sendall(half)
                api.append_lines(deployment, number, number)
                assert stays.records()[0]["n"] == number

    def test_one_who_takes_nothing_disturbs_nobody(self, api: Api) -> None:
        """Others on the same log get all of it meanwhile; when it reads at last, so does it.

        Caught: a batch is read before there is room for it and then lost."""
        path = log_path(deployment := api.create())
        url = ws_url(api.url, path, "offset=-1")
        with RawSocket(url, receive_bytes=4096) as stalls, follow(api, path) as reads:
            lines = "".join(f"{number} {'x' * 1000}\n" for number in range(100))
            for _ in range(60):
                api.append(deployment, lines)
            api.finish(deployment)
            assert [record["n"] for record in reads.rest()] == list(range(1, 6002))
            stalls.head()
            numbers: list[int] = []
            while len(numbers) < 6001:
                numbers += [record["n"] for record in stalls.message().get("data", ())]
            assert numbers == list(range(1, 6002))
            assert stalls.closed().code == 1000
