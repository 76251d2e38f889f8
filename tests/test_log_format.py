"""The server's own log: one record a line, and nothing in it that a terminal obeys."""

from __future__ import annotations

import io
import json
import logging
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logflume.cli.log_format import FORMATTERS, MAX_CHARS, LogFormat, escaped
from tests.servers import ServerProcess, new_deployment
from tests.test_metrics import until

HOSTILE = (
    "\n2026 CRITICAL forged: line",
    "\r\nERROR logflume: forged",
    "\x1b[2J\x1b]0;title\x07",
    "\x9b31m\x85\u2028\u2029",
    "\x00\x08\x7f",
    "\u202etxt.exe\u2066",
    "\ud800 alone",
)

FORMS: tuple[LogFormat, ...] = ("text", "json")


class Formatted(ServerProcess):
    """A server whose log has this form."""

    def __init__(self, data: Path, form: LogFormat) -> None:
        self._form = form
        super().__init__(data)

    def command(self) -> list[str]:
        return [*super().command(), "--log-format", self._form, "--log-level", "debug"]


@pytest.fixture(params=FORMS)
def formatted(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Formatted]:
    with Formatted(tmp_path / "data", request.param) as running:
        yield running


def written(form: LogFormat, message: str, *arguments: object, **options: object) -> str:
    """What a handler writes of a record."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(FORMATTERS[form]())
    record = logging.makeLogRecord({"name": "x", "levelname": "INFO", "msg": message, **options})
    record.args = arguments
    handler.handle(record)
    return stream.getvalue()


@given(st.text(st.characters()))
def test_whatever_is_told_stays_on_its_line(told: str) -> None:
    """Nothing that is not printed is written, in either form, and JSON gives it back."""
    for form in FORMS:
        line = written(form, "GET %s", told)
        assert line.endswith("\n")
        assert line[:-1].isprintable()
        line.encode("utf-8")
    assert json.loads(written("json", "%s", told))["message"] == escaped(told)[:MAX_CHARS]


def test_a_traceback_is_no_second_record() -> None:
    """Its lines are marked, or part of the object. Caught: an exception's words begin a line."""
    try:
        raise ValueError("\nERROR logflume: forged\x1b[2J")  # noqa: TRY301
    except ValueError as error:
        trace = (type(error), error, error.__traceback__)
    first, *rest = written("text", "failed", exc_info=trace).splitlines()
    assert first == "INFO x: failed"
    assert rest
    assert all(line.startswith("  | ") and line.isprintable() for line in rest)
    [line] = written("json", "failed", exc_info=trace).splitlines()
    assert any("forged" in part for part in json.loads(line)["trace"])


def test_one_request_does_not_fill_the_log() -> None:
    """What is too long is cut."""
    assert len(written("text", "%s", "x" * 1_000_000)) < MAX_CHARS + 100


def test_what_clients_send_forges_nothing(formatted: Formatted) -> None:
    """Paths, queries, headers and bodies, over the wire as bytes. Caught: a message as it is."""
    raw = [text.encode("utf-8", "surrogatepass") for text in HOSTILE]
    quoted = ["".join(f"%{byte:02x}" for byte in one).encode() for one in raw]
    log = f"/v1/deployments/{new_deployment(formatted.url)}/log"
    for text, escape in zip(raw, quoted, strict=True):
        send(formatted, b"GET /%b HTTP/1.1\r\nHost: localhost\r\n\r\n" % escape)
        send(formatted, b"GET /v1/stream/%b HTTP/1.1\r\nHost: localhost\r\n\r\n" % escape)
        send(formatted, b"GET /d/%b?x=%b HTTP/1.1\r\nHost: %b\r\n\r\n" % (escape, escape, text))
        head = b"POST %b?stream=%b HTTP/1.1\r\nHost: localhost\r\n" % (log.encode(), escape)
        send(formatted, head + b"Content-Length: 1\r\nContent-Encoding: %b\r\n\r\nx" % text)
        send(formatted, text)

    def is_told() -> bool:
        httpx2.get(f"{formatted.url}/last")  # of many refusals in one second not all are told
        return "/last" in formatted.messages

    until(is_told)
    lines = formatted.messages.split("\n")[:-1]
    assert len(lines) > len(HOSTILE)
    for line in lines:
        assert line.isprintable(), line
        assert told(line), line


def told(line: str) -> bool:
    """Whether a line is the server's own, in its form."""
    if line.startswith("{"):
        return {"time", "level", "logger", "message"} <= set(json.loads(line))
    return re.match(r"(DEBUG|INFO|WARNING|ERROR) [a-z._]+: |Logflume serves ", line) is not None


def send(server: ServerProcess, data: bytes) -> None:
    """Send bytes, and hear what the server says to them, if it says anything."""
    address = server.url.removeprefix("http://").split(":")
    with socket.create_connection((address[0], int(address[1])), 5) as client:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        while client.recv(65536):
            pass


def test_no_token_and_no_line_gets_into_the_log(formatted: Formatted) -> None:
    """Whatever is refused: not what an address, a header or a body had. Caught: a query is told."""
    log = f"{formatted.url}/v1/deployments/{new_deployment(formatted.url)}/log"
    token = {"Authorization": "Bearer s3cret", "Cookie": "session=s3cret"}
    ndjson = {**token, "Content-Type": "application/x-ndjson"}
    httpx2.get(f"{formatted.url}/nowhere?token=s3cret", headers=token)
    httpx2.get(f"{log}?offset=s3cret", headers=token)
    httpx2.post(log, content="s3cret", headers=ndjson)
    httpx2.post(log, content='{"text": 1, "s3cret": "s3cret"}', headers=ndjson)
    httpx2.post(f"{formatted.url}/v1/deployments", json={"project": ["s3cret"]}, headers=token)
    until(lambda: formatted.messages.count("400 ") + formatted.messages.count("422 ") >= 4)
    assert "404 not-found" in formatted.messages
    assert "s3cret" not in formatted.messages


def test_a_flood_of_refusals_is_told_in_part(server: ServerProcess) -> None:
    """And that there were more. Caught: each is told."""
    with httpx2.Client(base_url=server.url) as client:
        for _ in range(200):
            client.get("/nowhere")
        until(lambda: "more that were not told" in (client.get("/nowhere"), server.messages)[1])
    assert server.messages.count("404 not-found") < 150


def test_only_what_is_asked_for_is_logged(tmp_path: Path) -> None:
    """From a level on; that it serves, always."""

    class Quiet(ServerProcess):
        def command(self) -> list[str]:
            return [*super().command(), "--log-level", "error"]

    with Quiet(tmp_path / "data") as quiet:
        httpx2.get(f"{quiet.url}/nowhere")
        assert quiet.stop() == 0
        assert quiet.messages.count("\n") == 1
