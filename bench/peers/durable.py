"""Other servers of the same protocol, Durable Streams: the reference for Node, and one in Rust.

The Rust server is the crate `durable-streams-server`, which is not Electric's.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path

from bench.connection import Connection
from bench.peers import build
from bench.peers.peer import Feed, Missing, Peer, json_array
from bench.peers.running import free_ports
from bench.requests import get, put
from bench.watching import CONTROL

NODE = Path(__file__).parent.parent / "node"


class DurableStreams(Peer):
    """A log of JSON, watched by SSE."""

    def feed(self, port: int) -> Feed:
        path = f"/v1/stream/bench-{secrets.token_hex(8)}"
        with Connection(port) as connection:
            connection.ask(put(path, "application/json"))
        watch = get(f"{path}?offset=now&live=sse", "text/event-stream")
        return Feed(watch, CONTROL.decode(), lambda count: json_array(path, count), port)


class NodeReference(DurableStreams):
    def __init__(self, *, on_disk: bool = False) -> None:
        self._on_disk = on_disk
        self.name = f"Node reference, {'files' if on_disk else 'memory'}"
        self.keeps = "in files" if on_disk else "in memory"

    def command(self, folder: Path) -> Sequence[str]:
        node = shutil.which("node")
        if node is None:
            raise Missing("Node is not installed (Debian: nodejs and npm)")
        if not (NODE / "node_modules").exists():
            raise Missing("npm did not install it in bench/node")
        return [node, str(NODE / "reference.mjs"), *([str(folder)] if self._on_disk else [])]


class RustServer(DurableStreams):
    name = "durable-streams-server (Rust)"
    keeps = "in files, synced"

    def command(self, folder: Path) -> Sequence[str]:
        (self.port,) = free_ports(1)
        settings = {
            "DS_SERVER__BIND_ADDRESS": f"127.0.0.1:{self.port}",
            "DS_STORAGE__MODE": "file-durable",
            "DS_STORAGE__DATA_DIR": str(folder / "logs"),
            "DS_LIMITS__MAX_STREAM_BYTES": str(2**30),  # the default is less than a round appends
            "DS_LIMITS__MAX_MEMORY_BYTES": str(2**32),
            "DS_OBSERVABILITY__RUST_LOG": "error",
        }
        given = [f"{name}={value}" for name, value in settings.items()]
        return ["env", *given, str(build.rust_server())]
