"""What a watcher who waits costs the server in memory, and what is left when all have gone."""

from __future__ import annotations

import re
import resource
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.cli_tools import until
from tests.contract.api import Api
from tests.servers import ServerProcess
from tests.websocket import handshake, ws_url

WATCHERS = 4000
LOGS = 2000
WARM_UP = 1000
"""What the server needs once is there when so many have come and gone."""

AT_ONCE = 100
DESCRIPTORS = WATCHERS + WARM_UP
SPARE_DESCRIPTORS = 200

MOST_BYTES = {"sse": 2000, "websocket": 2500}
MOST_LOG_BYTES = 5000
"""With a log of its own."""

pytestmark = pytest.mark.live


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(soft, DESCRIPTORS + SPARE_DESCRIPTORS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    try:
        with ServerProcess(tmp_path / "data") as running:
            yield running
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def opening(server: ServerProcess, pattern: str, path: str) -> bytes:
    """A watcher's request, as a small client sends it."""
    if pattern == "websocket":
        return handshake(ws_url(server.url, path, "offset=now"))
    host = urlsplit(server.url).netloc
    return f"GET {path}?live=sse&offset=now HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


@contextmanager
def watching(server: ServerProcess, pattern: str, paths: Sequence[str]) -> Iterator[None]:
    """A watcher of each, who has been told where it stands."""
    parts = urlsplit(server.url)
    with ExitStack() as open_ones:
        for begin in range(0, len(paths), AT_ONCE):
            some = []
            for path in paths[begin : begin + AT_ONCE]:
                one = open_ones.enter_context(socket.socket())
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                one.connect((parts.hostname, parts.port))
                one.sendall(opening(server, pattern, path))
                some.append(one)
            for one in some:
                told = b""
                while b"upToDate" not in told:
                    piece = one.recv(65536)
                    assert piece, told
                    told += piece
        yield
    until(lambda: open_files(server) < AT_ONCE)


def open_files(server: ServerProcess) -> int:
    """Of which nearly all are watchers' connections."""
    return len(list(Path(f"/proc/{server.pid}/fd").iterdir()))


def resident_bytes(server: ServerProcess) -> int:
    status = Path(f"/proc/{server.pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) * 1024


@pytest.mark.parametrize("pattern", ["sse", "websocket"])
def test_a_watcher_costs_two_kilobytes(server: ServerProcess, pattern: str) -> None:
    """Most of it the transport's. Caught: a task, a request or a timer for each."""
    api = Api(server.url)
    path = f"/v1/deployments/{api.create()}/log"
    with watching(server, pattern, [path] * WARM_UP):
        pass
    before = resident_bytes(server)
    with watching(server, pattern, [path] * WATCHERS):
        each = (resident_bytes(server) - before) / WATCHERS
    print(f"{pattern}: {each:.0f} bytes a watcher")
    assert each <= MOST_BYTES[pattern]
    api.close()


def test_a_watched_log_costs_little_more(server: ServerProcess) -> None:
    """A crowd of one and a tail; and all of it is used again when those watchers have gone.

    Caught: a ring for every log, or what a log leaves behind when nobody watches it."""
    api = Api(server.url)
    paths = [f"/v1/stream/{number}" for number in range(LOGS)]
    for path in paths:
        api.request("PUT", path, headers={"Content-Type": "text/plain"})
    with watching(server, "sse", paths[:WARM_UP]):
        pass
    before = resident_bytes(server)
    for _ in range(3):
        with watching(server, "sse", paths):
            each = (resident_bytes(server) - before) / LOGS
        print(f"{each:.0f} bytes a log with a watcher")
        assert each <= MOST_LOG_BYTES
    api.close()
