"""What may stand between a browser and the server: a proxy that refuses, holds back or lies.

Real sockets, a thread a connection, one request each. Without a rule for an address it passes on
what comes as it comes.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

PIECE_BYTES = 65536
WAIT_SECONDS = 20
_OF_THE_CONNECTION = {"connection", "content-length", "transfer-encoding", "keep-alive"}

Bend = Callable[[bytes], bytes]


@dataclass
class Rule:
    """What happens to requests whose address has these words in it."""

    words: tuple[str, ...]
    status: int = 0
    """Answered with it; 0: asked on."""
    headers: dict[str, str] = field(default_factory=dict)
    body: Callable[[], bytes] = bytes
    """Makes the body that goes with the status."""
    bend: Bend | None = None
    """Makes another body of the answer's."""
    holds: str = ""
    """`body`: the head of the answer is passed on and nothing else; `answer`: nothing at all."""
    times: int = -1
    """How many requests are left; less than none: for all."""


class Between:
    """The proxy, listening. `url` is what a browser is given instead of the server's."""

    def __init__(self, upstream: str) -> None:
        self.seen: list[tuple[float, str]] = []
        """When which addresses were asked for, in order."""
        self.given_up: list[str] = []
        """Addresses whose answer was held until the browser went away."""
        self._upstream = upstream.removeprefix("http://")
        self._rules: list[Rule] = []
        self._open: set[socket.socket] = set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        self._server.shutdown()
        self._server.server_close()

    def rule(self, *words: str, **what: object) -> None:
        """Add a rule; later ones count more."""
        self._rules.insert(0, Rule(words, **what))  # type: ignore[arg-type]

    def clear(self) -> None:
        self._rules.clear()

    def cut(self) -> None:
        """End every connection, wherever it is."""
        for one in list(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def asked(self, *words: str) -> list[str]:
        """The addresses with these words that were asked for."""
        return [path for _, path in self.seen if all(word in path for word in words)]

    def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for something that the browser does."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not is_so():
            assert time.monotonic() < deadline, self.seen
            time.sleep(0.01)

    def _rule_for(self, path: str) -> Rule:
        for rule in self._rules:
            if rule.times != 0 and all(word in path for word in rule.words):
                rule.times -= 1
                return rule
        return Rule(())

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        between = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                between._open.add(self.connection)
                with suppress(OSError):
                    between._answer(self)
                between._open.discard(self.connection)

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        self.seen.append((time.monotonic(), request.path))
        rule = self._rule_for(request.path)
        if rule.status:
            body = rule.body()
            _begin(request, rule.status, {**rule.headers, "Content-Length": str(len(body))})
            request.wfile.write(body)
            return
        if rule.holds == "answer":
            self._hold(request)
            return
        with closing(HTTPConnection(self._upstream, timeout=60)) as connection:
            headers = {
                name: value for name, value in request.headers.items() if name != "Connection"
            }
            connection.request("GET", request.path, headers=headers)
            with connection.getresponse() as answer:
                self._pass_on(answer, request, rule)

    def _pass_on(self, answer: HTTPResponse, request: BaseHTTPRequestHandler, rule: Rule) -> None:
        passed = {
            name: value
            for name, value in answer.getheaders()
            if name.lower() not in _OF_THE_CONNECTION
        }
        if rule.bend is not None:
            body = rule.bend(answer.read())
            _begin(request, answer.status, {**passed, "Content-Length": str(len(body))})
            request.wfile.write(body)
            return
        length = answer.getheader("Content-Length")
        _begin(request, answer.status, passed | ({"Content-Length": length} if length else {}))
        if rule.holds == "body":
            self._hold(request)
            return
        while piece := answer.read1(PIECE_BYTES):
            request.wfile.write(piece)

    def _hold(self, request: BaseHTTPRequestHandler) -> None:
        select.select([request.connection], [], [])
        self.given_up.append(request.path)


def _begin(request: BaseHTTPRequestHandler, status: int, headers: dict[str, str]) -> None:
    request.send_response_only(status)
    for name, value in {**headers, "Connection": "close"}.items():
        request.send_header(name, value)
    request.end_headers()


__all__ = ["Between"]
