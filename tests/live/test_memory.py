"""The server's memory stays flat, whatever arrives: long lines, bombs, millions of lines."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Iterator

import pytest

from tests.contract.api import Api
from tests.contract.generic import JSON, TEXT, GenericLog
from tests.contract.protocol_compression import gzip_bomb, zstd_bomb
from tests.exchange import Exchange
from tests.server_memory import Memory
from tests.servers import ServerProcess

pytestmark = pytest.mark.live

MEBIBYTE = 1024 * 1024
LINE_BYTES = 100 * MEBIBYTE


@pytest.fixture
def api(server: ServerProcess) -> Iterator[Api]:
    client = Api(server.url)
    # What any request needs is there before memory is measured.
    deployment = client.create()
    client.append(deployment, gzip.compress(b"x\n"), headers={"Content-Encoding": "gzip"})
    client.append(deployment, '{"text":"x"}', "application/x-ndjson")
    client.text(deployment)
    yield client
    client.close()


def test_a_line_of_100_mb(api: Api, server: ServerProcess) -> None:
    """It is streamed in and read back byte for byte, and the server grows by less than 64 MB.

    Caught: a line that is gathered before it is cut."""
    deployment = api.create()
    memory = Memory(server)
    block = bytes(range(97, 123)) * 40_330  # a megabyte whose pieces all differ
    sent = hashlib.sha256()
    with api.stream(deployment) as stream:
        for _ in range(LINE_BYTES // len(block)):
            stream.send(block)
            sent.update(block)
        stream.send(b"\n")
        sent.update(b"\n")
        stream.end()
        assert stream.status == 204
    writing = memory.grown_mib()
    assert hashlib.sha256(api.text(deployment)).digest() == sent.digest()
    print(f"a line of 100 MB: grown by {writing:.0f} MiB, {memory.grown_mib():.0f} with reading")
    assert memory.grown_mib() < 64
    assert len(api.ndjson(deployment).split(b"\n")) - 1 == api.get(deployment)["lines"]


@pytest.mark.parametrize(
    ("encoding", "make", "content_type"),
    [
        ("gzip", lambda: gzip_bomb(256 * MEBIBYTE), "text/plain"),
        ("zstd", lambda: zstd_bomb(1024 * MEBIBYTE), "application/x-ndjson"),
        ("gzip", lambda: gzip_bomb(20 * MEBIBYTE, fill=b"\n"), "text/plain"),
        ("gzip", lambda: gzip_bomb(20 * MEBIBYTE, fill=b"\n"), "application/x-ndjson"),
        ("gzip", lambda: gzip.compress(b"[" + b"[]," * 6 * MEBIBYTE), "application/json"),
        ("gzip", lambda: gzip.compress(b"[]," * 6 * MEBIBYTE), "application/x-ndjson"),
    ],
    ids=["gzip", "zstd", "newlines", "blank NDJSON", "lists in JSON", "lists in NDJSON"],
)
def test_a_bomb(
    api: Api, server: ServerProcess, encoding: str, make: Callable[[], bytes], content_type: str
) -> None:
    """What is small on the wire and huge in memory is refused before it is huge.

    Caught: lines that are counted after they are made."""
    body = make()
    deployment = api.create()
    memory = Memory(server)
    answer = api.append(deployment, body, content_type, headers={"Content-Encoding": encoding})
    print(f"{len(body)} bytes: grown by {memory.grown_mib():.0f} MiB")
    assert answer.status_code in (413, 422)
    assert api.records(deployment) == []
    assert memory.grown_mib() < 64


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_bomb_of_messages(api: Api, server: ServerProcess, method: str) -> None:
    """20 KB that unpack into ten million numbers: refused before each is a record.

    Caught: messages that are counted after they are made."""
    body = gzip.compress(b"[" + b"1," * (10 * MEBIBYTE - 2) + b"1]")
    log = GenericLog(api)
    if method == "POST":
        log.make(JSON)
    memory = Memory(server)
    answer = log.request(method, body, JSON, Content_Encoding="gzip")
    print(f"{len(body)} bytes: grown by {memory.grown_mib():.0f} MiB")
    assert answer.status_code in (400, 413)
    assert memory.grown_mib() < 64


def test_a_bomb_of_line_ends(api: Api, server: ServerProcess) -> None:
    """20 KB that unpack into twenty million empty lines of one text, which a watcher then follows:
    each is a line of the event, and none an object of its own.

    Caught: text that is split into its lines to be framed."""
    body = gzip.compress(b"\n" * (20 * MEBIBYTE))
    log = GenericLog(api).make(TEXT, body, Content_Encoding="gzip", Stream_Closed="true")
    memory = Memory(server)
    with Exchange("GET", f"{log.url}?live=sse&offset=-1", chunked=False) as exchange:
        read = len(exchange.read_all())
    print(f"{read / MEBIBYTE:.0f} MiB sent: grown by {memory.grown_mib():.0f} MiB")
    assert read > 6 * 20 * MEBIBYTE
    assert memory.grown_mib() < 640
