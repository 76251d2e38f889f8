"""Logflume's application below Hypercorn, as whoever has an ASGI server already would run it.

`python -m tests.hypercorn_server PORT FOLDER` serves until SIGTERM. Such a server lends no
connections, so every live stream is an ordinary response there. Only the one who runs it can tell
the streams that it stops: an application hears of that when all connections have ended.
"""

from __future__ import annotations

import asyncio
import secrets
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any, cast

from hypercorn.asyncio import serve
from hypercorn.config import Config

from logflume.deployments.deployments import Deployments
from logflume.generic.logs import Logs
from logflume.http.app import application
from logflume.http.context import Context
from logflume.store.sqlite import SqliteStore
from logflume.tail import Tails
from tests.servers import ServerProcess

DRAIN_SECONDS = 8
"""More than a stream needs to say its last on a busy machine. What has not ended by then is cut."""


class HypercornProcess(ServerProcess):
    """This module in a process of its own."""

    def command(self) -> list[str]:
        return [sys.executable, "-m", __name__, str(self._port), str(self.data)]


async def run(port: int, folder: Path) -> None:
    store = await SqliteStore.open(folder, on_failure=print)
    try:
        await _serve(store, socket.create_server(("127.0.0.1", port)))
    finally:
        await store.close()


async def _serve(store: SqliteStore, listener: socket.socket) -> None:
    deployments = Deployments(store, clock=_now_us, random=secrets.token_bytes)
    await deployments.start()
    context = Context(store, Tails(store), deployments, Logs(store, clock=_now_us), _now_us)
    config = Config()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config.bind = [f"fd://{listener.detach()}"]
    config.graceful_timeout = DRAIN_SECONDS
    config.errorlog = None
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)

    async def until_stopped() -> None:
        await stopped.wait()
        context.tails.stop()

    print(f"Hypercorn serves {url}", file=sys.stderr, flush=True)
    app = cast(Any, application(context))
    await serve(app, config, shutdown_trigger=until_stopped)


def _now_us() -> int:
    return time.time_ns() // 1000


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]), Path(sys.argv[2])))
