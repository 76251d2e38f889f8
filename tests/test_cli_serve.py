"""`logflume serve`: what it says when it cannot start, and how it stops."""

from __future__ import annotations

import json
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import httpx2
import pytest

from tests.servers import ServerProcess, new_deployment


def refused(*options: str) -> str:
    """The one line that a server says which does not start."""
    command = [sys.executable, "-m", "logflume", "serve", "--port", "0", *options]
    run = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert run.returncode == 2, run.stderr
    assert run.stdout == ""
    [line] = run.stderr.strip().splitlines()
    assert line.startswith("logflume: ")
    return line


def test_a_taken_port_is_refused(tmp_path: Path) -> None:
    """With the port, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        line = refused("--port", port, "--data", str(tmp_path / "data"))
    assert f"port {port}" in line
    assert "try another --port" in line


def test_a_port_that_is_none_is_refused(tmp_path: Path) -> None:
    """65,536 is one too many."""
    assert "--port takes 0 to 65535, not 65536" in refused(
        "--port", "65536", "--data", str(tmp_path / "data")
    )


def test_an_address_of_elsewhere_is_refused(tmp_path: Path) -> None:
    """It names the host."""
    assert "192.0.2.1" in refused("--host", "192.0.2.1", "--data", str(tmp_path / "data"))


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """It names the folder. A file in its way stands for permissions, which root has always."""
    (tmp_path / "file").write_text("")
    assert "file/data" in refused("--data", str(tmp_path / "file" / "data"))


def test_an_unknown_store_is_refused(tmp_path: Path) -> None:
    """It says what there is."""
    assert "memory:" in refused("--store", "redis://", "--data", str(tmp_path / "data"))


def test_a_second_server_in_the_same_folder_is_refused(server: ServerProcess) -> None:
    """It names the process that has the folder."""
    assert f"process {server.pid}" in refused("--data", str(server.data))


def test_an_unknown_option_is_refused() -> None:
    """In one line too."""
    assert "--nonsense" in refused("--nonsense")


@pytest.mark.live
def test_a_stop_ends_open_streams_and_loses_nothing(server: ServerProcess) -> None:
    """Followers are told when to come back, and find what came before the stop after it.

    Caught: a server that waits for its followers to go, or cuts them without a word.
    """
    log = f"{server.url}/v1/deployments/{new_deployment(server.url)}/log"
    httpx2.post(log, content="before").raise_for_status()
    with httpx2.stream("GET", f"{log}?live=sse&offset=-1", timeout=20) as stream:
        lines = stream.iter_lines()
        assert any('"text":"before"' in line for line in lines)
        assert server.stop() == 0
        rest = list(lines)
    assert rest[-2].startswith("retry: ")
    server.start()
    assert [record["text"] for record in httpx2.get(log).json()] == ["before"]


@pytest.mark.live
def test_a_stop_stores_what_an_open_append_has_sent(server: ServerProcess) -> None:
    """A body that never ends is answered with 503, after its last words are on disk."""
    deployment = new_deployment(server.url)
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as producer:
        head = f"POST /v1/deployments/{deployment}/log HTTP/1.1\r\nHost: localhost\r\n"
        producer.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        producer.sendall(b"10\r\nfirst\nlast words\r\n")
        log = f"{server.url}/v1/deployments/{deployment}/log"
        with httpx2.stream("GET", f"{log}?live=sse&offset=-1", timeout=20) as stream:
            assert any('"text":"last words"' in line for line in stream.iter_lines())
        assert server.stop() == 0
        answer = b"".join(iter(lambda: producer.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 503 ")
    server.start()
    texts = [record["text"] for record in httpx2.get(log).json()]
    assert "".join(texts) == "firstlast words"


@pytest.mark.live
def test_a_stop_is_told_to_a_stream_that_never_pauses(server: ServerProcess) -> None:
    """Soon, and with what it has sent stored. Caught: looking only when nothing comes."""
    deployment = new_deployment(server.url)
    log = f"{server.url}/v1/deployments/{deployment}/log"

    def forever() -> Iterator[bytes]:
        for number in count():
            time.sleep(0.02)
            yield f"line {number}\n".encode()

    def stop_once_seen() -> None:
        with httpx2.stream("GET", f"{log}?live=sse&offset=-1", timeout=20) as stream:
            assert any('"text":"line 3"' in line for line in stream.iter_lines())
        codes.append(server.stop())

    codes: list[int] = []
    watcher = threading.Thread(target=stop_once_seen)
    watcher.start()
    try:
        answer = httpx2.post(log, content=forever(), timeout=20)
        assert answer.status_code == 503
    except httpx2.TransportError:  # the answer may be lost while the body is still being sent
        pass
    watcher.join()
    assert codes == [0]
    assert "Traceback" not in server.messages


@pytest.mark.live
def test_the_last_words_of_a_producer_that_dies_are_kept(server: ServerProcess) -> None:
    """All that had arrived when the connection closed. Caught: a server that forgets what came
    while it was busy with what came before."""
    for _ in range(20):
        deployment = new_deployment(server.url)
        host, port = server.url.removeprefix("http://").split(":")
        head = f"POST /v1/deployments/{deployment}/log HTTP/1.1\r\nHost: localhost\r\n"
        with socket.create_connection((host, int(port)), timeout=20) as producer:
            producer.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
            producer.sendall(b"6\r\nfirst\n\r\n")
            producer.sendall(b"a\r\nlast words\r\n")
        log = f"{server.url}/v1/deployments/{deployment}/log"
        with httpx2.stream("GET", f"{log}?live=sse&offset=-1", timeout=5) as stream:
            assert any('"text":"last words"' in line for line in stream.iter_lines())


@pytest.mark.live
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_0(server: ServerProcess, number: signal.Signals) -> None:
    """An operator's stop is no failure."""
    assert server.stop(number) == 0


@pytest.mark.live
def test_a_store_that_fails_ends_the_server_with_1(server: ServerProcess) -> None:
    """What cannot be kept is not acknowledged, and somebody is told.

    Caught: a server that goes on and acknowledges.
    """
    deployment = new_deployment(server.url)
    log = f"{server.url}/v1/deployments/{deployment}/log"
    httpx2.post(log, content="before").raise_for_status()
    # No file may grow: to SQLite that is an I/O error, unlike a full disk.
    size = (server.data / "logflume.db-wal").stat().st_size
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size, size))
    answer = httpx2.post(log, content="after")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert server.wait() == 1
    assert "the store failed, so the server stopped" in server.messages
    server.start()
    assert [record["text"] for record in httpx2.get(log).json()] == ["before"]


def test_readiness_is_a_write(shared_server: ServerProcess) -> None:
    """And liveness is an answer."""
    assert httpx2.get(f"{shared_server.url}/readyz").json() == {"status": "ready"}
    assert httpx2.get(f"{shared_server.url}/healthz").json() == {"status": "alive"}
    feed = httpx2.get(f"{shared_server.url}/v1/deployments/feed?limit=1").json()
    assert json.dumps(feed).count('"kind"') == 1
