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
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Self, TypeVar

import uvicorn
import uvloop

from logflume.cli.door import Door
from logflume.cli.receipt import Deadlines, Receipt
from logflume.cli.upgrade import UpgradingProtocol
from logflume.deployments.deployments import Deployments
from logflume.generic.logs import Logs
from logflume.http.app import application
from logflume.http.context import Context
from logflume.store import Store
from logflume.store.memory import MemoryStore
from logflume.tail import Tails
from tests.exchange import PATIENCE_SECONDS

T = TypeVar("T")

LOOK_SECONDS = 0.25

KERNEL_BYTES = 64 * 1024
"""What the kernel takes for a client before the server notices that the client does not."""


OURS: dict[str, Any] = {"http": UpgradingProtocol, "ws": "none"}

PATIENT = Deadlines(idle=PATIENCE_SECONDS * 10)

PLAIN: dict[str, Any] = {"ws": "websockets-sansio"}
"""uvicorn as it comes."""


class OwnServer:
    """Serves `store` from a thread; the same options that uvicorn's Config takes."""

    def __init__(
        self,
        store: Store | None = None,
        options: dict[str, Any] = OURS,
        *,
        deadlines: Deadlines = PATIENT,
        room: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        self._deadlines = deadlines
        self._room = room
        self._store = store or MemoryStore()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._options = options
        self._ready = threading.Event()
        # A daemon: one that never ends must not keep the tests from ending.
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(PATIENCE_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive(), "the server does not stop"

    def watchers(self) -> list[Any]:
        """The connections that are nothing but a watcher's."""
        return list(self.context.watchers._all)

    def unsent_bytes(self) -> int:
        """What it holds back for the watcher that takes the least."""
        return max([0, *self.unsent()])

    def unsent(self) -> list[int]:
        """What it holds back for each."""

        async def sizes() -> list[int]:
            return [one._transport.get_write_buffer_size() for one in self.watchers()]

        return self.call(sizes())

    def stop(self) -> None:
        """Tell all watchers that the server stops, and see them off."""

        async def end() -> None:
            self.context.tails.stop()
            await self.context.watchers.end()

        self.call(end())

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work` on the server's event loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_SECONDS)

    def until(self, met: Callable[[], bool]) -> None:
        """Return when it is met, as the server's event loop sees it."""

        async def look() -> None:
            while not met():  # noqa: ASYNC110 -- there is no event for it
                await asyncio.sleep(0.001)

        self.call(look())

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        deployments = Deployments(self._store, clock=_now_us, random=secrets.token_bytes)
        await deployments.start()
        logs = Logs(self._store, clock=_now_us)
        tails = Tails(self._store)
        self.context = Context(self._store, tails, deployments, logs, _now_us)
        await self.context.audit.start()
        self.context.watchers.look_seconds = LOOK_SECONDS
        options = dict(self._options)
        if options.get("http") is UpgradingProtocol:
            self.door = Door(self.context.watchers, **self._room)
            self.receipt = Receipt(self._deadlines)
            options["http"] = partial(UpgradingProtocol, self.door, self.receipt)
        config = uvicorn.Config(
            application(self.context),
            lifespan="off",
            log_config=None,
            log_level="warning",
            timeout_graceful_shutdown=1,
            **options,
        )
        self._server = uvicorn.Server(config)
        self._loop.call_soon(self._ready.set)
        await self._server.serve(sockets=[self._listener])


def _now_us() -> int:
    return time.time_ns() // 1000


__all__ = ["LOOK_SECONDS", "OURS", "PLAIN", "OwnServer"]
