"""A server in a thread of the tests' own process, over real sockets.

For what cannot be seen from outside: how much it holds back for a client, what it does with a store
that fails, and how a server behaves that knows nothing of Logflume's own part of uvicorn. It is
given faster pings than `logflume serve`, so that a dead client is found out in a second.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import threading
import time
from collections.abc import Coroutine
from typing import Any, Self

import uvicorn
import uvloop

from logflume.cli.upgrade import UpgradingProtocol
from logflume.cli.websocket_protocol import MAX_MESSAGE_BYTES, WebSocketProtocol
from logflume.deployments.deployments import Deployments
from logflume.generic.logs import Logs
from logflume.http.app import application
from logflume.http.context import Context
from logflume.store import Store
from logflume.store.memory import MemoryStore
from logflume.tail import Tails
from tests.exchange import PATIENCE_SECONDS

PING_SECONDS = 0.25
CLOSE_SECONDS = 1.5

KERNEL_BYTES = 64 * 1024
"""What the kernel takes for a client before the server notices that the client does not."""


class HastyProtocol(WebSocketProtocol):
    """Waits less for an answer to its close."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.close_timeout = CLOSE_SECONDS


OURS: dict[str, Any] = {
    "http": UpgradingProtocol,
    "ws": HastyProtocol,
    "ws_max_size": MAX_MESSAGE_BYTES,
    "ws_ping_interval": PING_SECONDS,
    "ws_ping_timeout": None,
    "ws_per_message_deflate": False,
}

PLAIN: dict[str, Any] = {"ws": "websockets-sansio"}
"""uvicorn as it comes."""


class OwnServer:
    """Serves `store` from a thread; the same options that uvicorn's Config takes."""

    def __init__(self, store: Store | None = None, options: dict[str, Any] = OURS) -> None:
        self._store = store or MemoryStore()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._options = options
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(PATIENCE_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive(), "the server does not stop"

    def sockets(self) -> list[WebSocketProtocol]:
        """The connections that are WebSockets."""
        connections = list(self._server.server_state.connections)
        return [one for one in connections if isinstance(one, WebSocketProtocol)]

    def unsent_bytes(self) -> int:
        """What it holds back for the client that takes the least."""

        async def count() -> int:
            return max([one.transport.get_write_buffer_size() for one in self.sockets()] + [0])

        return self.call(count())

    def call(self, work: Coroutine[Any, Any, int]) -> int:
        """The result of `work` on the server's event loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_SECONDS)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        deployments = Deployments(self._store, clock=_now_us, random=secrets.token_bytes)
        await deployments.start()
        logs = Logs(self._store, clock=_now_us)
        context = Context(self._store, Tails(self._store), deployments, logs, _now_us)
        config = uvicorn.Config(
            application(context),
            lifespan="off",
            log_config=None,
            log_level="warning",
            timeout_graceful_shutdown=1,
            **self._options,
        )
        self._server = uvicorn.Server(config)
        self._loop.call_soon(self._ready.set)
        await self._server.serve(sockets=[self._listener])


def _now_us() -> int:
    return time.time_ns() // 1000


__all__ = ["OURS", "PING_SECONDS", "PLAIN", "OwnServer"]
