"""uvicorn as Logflume runs it: when it says that it serves, and how it stops."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import uvicorn

from logflume.cli.door import Door
from logflume.cli.listening import BACKLOG
from logflume.cli.notify import STOPPING, notify
from logflume.cli.receipt import Deadlines, Receipt
from logflume.cli.upgrade import UpgradingProtocol
from logflume.http.context import Context

DRAIN_SECONDS = 5
"""How long open requests may take to end once the server stops."""

IDLE_SECONDS = 620
"""How long a connection may be kept without a request. Load balancers keep theirs for up to 600 s;
one that the server closes just then is a 502 for somebody."""

COLLECT_AFTER = (20_000, 20, 20)
"""New objects until the garbage collector looks at the young ones, and how often it looks at the
young ones until at older ones. It would look after 700, and walk all watchers again and again for
cycles that are hardly ever there."""

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Server(uvicorn.Server):
    """A server that says when it serves, and tells the open streams to end before it waits for
    them."""

    def __init__(
        self, config: uvicorn.Config, context: Context, on_started: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._context = context
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.freeze()  # what there is by now stays
        gc.set_threshold(*COLLECT_AFTER)
        self._on_started()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on a signal, and then go on to close the store; uvicorn's own would kill the
        process by the same signal first."""
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in STOP_SIGNALS:
                loop.remove_signal_handler(number)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        notify(STOPPING)
        self._context.tails.stop()
        ending = asyncio.ensure_future(self._context.watchers.end())
        await super().shutdown(sockets)
        await ending


def config_of(app: object, door: Door) -> uvicorn.Config:
    protocol = partial(UpgradingProtocol, door, Receipt(Deadlines(idle=IDLE_SECONDS)))
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        http=protocol,  # type: ignore[arg-type]
        ws="none",  # the endpoint is given the connection
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        timeout_keep_alive=IDLE_SECONDS,
    )


__all__ = ["IDLE_SECONDS", "Server", "config_of"]
