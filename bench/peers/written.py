"""What users write themselves: a queue for each watcher in Starlette, and the Centrifuge library.

Centrifuge is what Centrifugo is built on; the program around it is in the folder `centrifuge`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from bench.peers import build
from bench.peers.peer import HEAD_ENDED, Feed, Peer, json_array, text_of_records
from bench.peers.running import free_ports
from bench.requests import get
from bench.rounds import PYTHON


class StarletteQueue(Peer):
    """`StreamingResponse` and `asyncio.Queue`, under uvicorn with uvloop and httptools."""

    name = "Starlette, a queue a watcher"
    keeps = "nothing"

    def command(self, _: Path) -> Sequence[str]:
        (self.port,) = free_ports(1)
        app = ["uvicorn", "bench.peers.queue_app:app", "--port", str(self.port)]
        fast = ["--loop", "uvloop", "--http", "httptools", "--backlog", "4096"]
        quiet = ["--no-access-log", "--log-level", "warning", "--timeout-graceful-shutdown", "1"]
        return [*PYTHON, *app, *fast, *quiet]

    def feed(self, port: int) -> Feed:
        watch = get("/watch", "text/event-stream")
        return Feed(watch, HEAD_ENDED, lambda count: text_of_records("/append", count), port)


class Centrifuge(Peer):
    name = "Centrifuge library (Go)"
    keeps = "the last 100 messages in memory"

    def command(self, _: Path) -> Sequence[str]:
        return [str(build.centrifuge())]

    def feed(self, port: int) -> Feed:
        joining = quote('{"id":1,"connect":{}}')
        watch = get(f"/watch?cf_connect={joining}", "text/event-stream")
        return Feed(watch, '"connect"', lambda count: json_array("/append", count), port)
