"""What docs/which-pattern.md says beyond the figures of `logflume compare`, seen for real: what a
browser's six connections mean, how one socket lifts that, and what base64 costs."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import httpx2
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.page.browsing import ARGUMENTS, CHROMIUM
from tests.servers import ServerProcess, new_deployment

pytestmark = pytest.mark.live

CONNECTIONS = 6
"""What a browser opens to a host by HTTP/1.1."""

LOGS = CONNECTIONS + 2

NOTHING = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)

COUNT_OPEN = "() => window.sources.filter((one) => one.readyState === EventSource.OPEN).length"

FOLLOW_EACH = """(logs) => {
  window.sources = logs.map((log) => new EventSource(`${log}?live=sse&offset=-1`));
}"""

FOLLOW_ALL = """(logs) => {
  const [first, ...others] = logs;
  window.told = new Set();
  const server = location.origin.replace("http", "ws");
  const socket = new WebSocket(`${server}${first}?live=ws&offset=-1`);
  socket.onopen = () => others.forEach((log) =>
    socket.send(JSON.stringify({ type: "subscribe", log, offset: "-1" })));
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.data) window.told.add(message.log);
  };
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS) as chromium,
    ):
        yield chromium


@pytest.fixture
def page(browser: Browser, shared_server: ServerProcess) -> Iterator[Page]:
    """A page of the server's own that follows nothing by itself."""
    page = browser.new_page(bypass_csp=True)  # or playwright may not wait for a condition in it
    page.goto(f"{shared_server.url}/docs")
    yield page
    page.close()


@pytest.fixture
def logs(shared_server: ServerProcess) -> list[str]:
    """Logs of one line, more of them than a browser has connections."""
    url = shared_server.url
    paths = [f"/v1/deployments/{new_deployment(url)}/log" for _ in range(LOGS)]
    for path in paths:
        httpx2.post(url + path, content=b"a line").raise_for_status()
    return paths


def test_a_seventh_stream_waits(page: Page, logs: list[str]) -> None:
    """Of eight event streams six open; each further one when another is closed."""
    page.evaluate(FOLLOW_EACH, logs)
    page.wait_for_function(f"({COUNT_OPEN})() === {CONNECTIONS}")
    waiting = page.evaluate(
        "fetch('/healthz', { signal: AbortSignal.timeout(1000) }).then("
        "() => 'answered', (error) => error.name)"
    )
    assert waiting == "TimeoutError"
    assert page.evaluate(COUNT_OPEN) == CONNECTIONS
    page.evaluate("window.sources.find((one) => one.readyState === EventSource.OPEN).close()")
    page.wait_for_function(f"({COUNT_OPEN})() === {CONNECTIONS}")


def test_one_socket_brings_all_logs(page: Page, logs: list[str]) -> None:
    """A single WebSocket follows as many, and leaves the page's other connections free."""
    page.evaluate(FOLLOW_ALL, logs)
    page.wait_for_function(f"window.told.size === {LOGS}")
    assert page.evaluate("fetch('/healthz').then((answer) => answer.status)") == 200


def test_a_socket_opens_beside_six_streams(page: Page, logs: list[str]) -> None:
    """WebSockets do not count among the six."""
    page.evaluate(FOLLOW_EACH, logs)
    page.wait_for_function(f"({COUNT_OPEN})() === {CONNECTIONS}")
    page.evaluate(FOLLOW_ALL, logs)
    page.wait_for_function(f"window.told.size === {LOGS}")


def test_a_browser_says_more_than_it_must(browser: Browser) -> None:
    """Each of its requests carries some hundred bytes of headers that nobody asked for."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        asked: list[bytes] = []
        threading.Thread(target=_answer_all, args=(listener, asked), daemon=True).start()
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{listener.getsockname()[1]}/")
        page.evaluate("fetch('/v1/log?offset=0').then((answer) => answer.status)")
        page.close()
        listener.shutdown(socket.SHUT_RDWR)
    [request] = [one for one in asked if one.startswith(b"GET /v1/log")]
    least = len("GET /v1/log?offset=0 HTTP/1.1\r\nHost: 127.0.0.1:12345\r\n\r\n")
    assert 300 < len(request) - least < 1000


def _answer_all(listener: socket.socket, asked: list[bytes]) -> None:
    with suppress(OSError):  # the test has ended
        while True:
            connection, _ = listener.accept()
            with connection:
                asked.append(connection.recv(65536))
                connection.sendall(NOTHING)


def test_base64_costs_a_third(shared_server: ServerProcess) -> None:
    """Bytes that are no text come as they are by request, and a third longer by event stream."""
    address = f"{shared_server.url}/v1/stream/claims/{os.urandom(8).hex()}"
    httpx2.put(address, headers={"content-type": "application/octet-stream"}).raise_for_status()
    body = os.urandom(300_000)
    httpx2.post(
        address,
        content=body,
        headers={"content-type": "application/octet-stream", "stream-closed": "true"},
    ).raise_for_status()
    raw = httpx2.get(address, params={"offset": "-1"}).content
    framed = httpx2.get(address, params={"offset": "-1", "live": "sse"}).content
    assert raw == body
    assert 1.33 < len(framed) / len(raw) < 1.34
