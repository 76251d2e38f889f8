"""Pages of other sites in a real browser: one that is allowed reads, follows and embeds, and one
that is not does none of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.contract.api import Api
from tests.page.browsing import WAIT_MILLISECONDS
from tests.servers import ServerProcess
from tests.test_embedding import OpenServer

READ = """async (log) => {
  const answer = await fetch(`${log}?from=2`);
  const tag = answer.headers.get("etag");
  const known = { cache: "no-store", headers: { "If-None-Match": tag } };
  const again = await fetch(`${log}?from=2`, known);
  return {
    numbers: (await answer.json()).map((record) => record.n),
    next: answer.headers.get("Stream-Next-Offset"),
    again: again.status,
  };
}"""

FOLLOW = """(log) => new Promise((told) => {
  const source = new EventSource(`${log}?live=sse&from=2`);
  const seen = [];
  source.addEventListener("data", (event) => {
    seen.push(...JSON.parse(event.data).map((record) => record.n));
    if (seen.length === 2) told(seen);
  });
  source.onerror = () => told("refused");
})"""

BODY = """async (log) => {
  const reader = (await fetch(`${log}?live=follow&from=3&format=text`)).body.getReader();
  return new TextDecoder().decode((await reader.read()).value);
}"""

SOCKET = """(log) => new Promise((told) => {
  const socket = new WebSocket(`${log.replace("http", "ws")}?live=ws&from=3`);
  socket.onmessage = (message) => told(JSON.parse(message.data).data.map((record) => record.n));
  socket.onerror = () => told("refused");
})"""

WRITE = """(log) => fetch(log, { method: "DELETE" }).then(() => "done", () => "refused")"""

IMPORT = (
    """(server) => import(`${server}/assets/deploy-log.js`).then(() => "run", () => "refused")"""
)

FRAME = """(address) => {
  const frame = document.createElement("iframe");
  frame.src = address;
  frame.style = "width: 900px; height: 600px";
  document.body.append(frame);
}"""


@contextmanager
def site() -> Iterator[str]:
    """A site with an empty page; its origin."""

    class Empty(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<!doctype html><title>Elsewhere</title>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Empty) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def at(browser: Browser, origin: str) -> Iterator[Page]:
    """A page of this site."""
    with browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(WAIT_MILLISECONDS)
        page.goto(origin)
        yield page


@pytest.fixture
def allowed() -> Iterator[str]:
    with site() as origin:
        yield origin


@pytest.fixture
def stranger() -> Iterator[str]:
    with site() as origin:
        yield origin


@pytest.fixture
def opened(tmp_path: Path, allowed: str) -> Iterator[ServerProcess]:
    """A server that is open to the one site."""
    with OpenServer(tmp_path / "data", allowed) as server:
        yield server


@pytest.fixture
def deployment(opened: ServerProcess) -> str:
    """Of three lines."""
    api = Api(opened.url)
    made = api.create()
    api.append_lines(made, 1, 3)
    api.close()
    return made


def test_an_allowed_site_reads_follows_and_embeds(
    browser: Browser, opened: ServerProcess, deployment: str, allowed: str
) -> None:
    """Fetch, with its headers, asked for before it or not; EventSource, WebSocket, a body that goes
    on; the viewer's modules; the viewer in a frame. It writes nothing."""
    log = f"{opened.url}/v1/deployments/{deployment}/log"
    with at(browser, allowed) as page:
        read = page.evaluate(READ, log)
        assert read["numbers"] == [2, 3]
        assert read["next"].endswith("3")
        assert read["again"] == 304
        assert page.evaluate(FOLLOW, log) == [2, 3]
        assert page.evaluate(BODY, log) == "line 3\n"
        assert page.evaluate(SOCKET, log) == [3]
        assert page.evaluate(WRITE, f"{opened.url}/v1/deployments/{deployment}") == "refused"
        assert page.evaluate(IMPORT, opened.url) == "run"
        page.evaluate(FRAME, f"{opened.url}/embed/{deployment}")
        page.frame_locator("iframe").locator(".row[data-n='3']").wait_for()


def test_another_site_does_none_of_it(
    browser: Browser, opened: ServerProcess, deployment: str, stranger: str
) -> None:
    """Its browser says no, and the frame stays empty."""
    log = f"{opened.url}/v1/deployments/{deployment}/log"
    with at(browser, stranger) as page:
        read = f"(log) => ({READ})(log).catch(() => 'refused')"
        assert page.evaluate(read, log) == "refused"
        assert page.evaluate(FOLLOW, log) == "refused"
        assert page.evaluate(SOCKET, log) == "refused"
        assert page.evaluate(IMPORT, opened.url) == "refused"
        with page.expect_console_message(lambda said: "frame-ancestors" in said.text):
            page.evaluate(FRAME, f"{opened.url}/embed/{deployment}")


def test_an_allowed_site_frames_no_other_page(
    browser: Browser, opened: ServerProcess, deployment: str, allowed: str
) -> None:
    """Only the viewer is made for it."""
    with (
        at(browser, allowed) as page,
        page.expect_console_message(lambda said: "frame-ancestors" in said.text),
    ):
        page.evaluate(FRAME, f"{opened.url}/d/{deployment}")
