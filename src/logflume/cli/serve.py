"""`logflume serve`: the composition root, the one place that names a concrete store.

What can be wrong with the folder, the port or the options is found out before anything is
announced, and said in one line. A store that fails later ends the server: it could not keep the
promise that what it acknowledges is on disk.
"""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import uvicorn

from logflume.access.first_token import first_token
from logflume.access.people import Provider
from logflume.cli.door import Door, room_for_connections
from logflume.cli.keeping import FreeRoom, keep_retaining, watch_room
from logflume.cli.lifetime_clock import LifetimeClock
from logflume.cli.log_format import announce, log_to
from logflume.cli.notify import READY, STOPPING, notify
from logflume.cli.receipt import Deadlines, Receipt
from logflume.cli.serve_access import StartError
from logflume.cli.serving import Serving
from logflume.cli.upgrade import UpgradingProtocol
from logflume.deployments.deployments import Deployments
from logflume.deployments.masking import rules_of
from logflume.deployments.projects import Projects
from logflume.deployments.reckoning import Reckoning
from logflume.deployments.retention import Retention
from logflume.errors import StoreError
from logflume.generic.logs import Logs
from logflume.http.app import application
from logflume.http.context import Context
from logflume.http.hosts import Hosts
from logflume.http.origins import Origins
from logflume.room import Free, Room
from logflume.store import Store
from logflume.store.memory import MemoryStore
from logflume.store.sqlite import SqliteStore
from logflume.tail import Tails

DRAIN_SECONDS = 5
"""How long open requests may take to end once the server stops."""

IDLE_SECONDS = 620
"""How long a connection may be kept without a request. Load balancers keep theirs for up to 600 s;
one that the server closes just then is a 502 for somebody."""

SWEEP_SECONDS = 60
"""How long an expired log that nobody asks for still takes up room."""

BACKLOG = 4096
"""Connections the kernel holds until they are accepted: watchers come back all at once."""

MAX_UNSENT_BYTES = 128 * 1024
"""The kernel's share of what a client has not taken; it would hold 4 MB for each that stalls."""

PROBES = (60, 15, 4)
"""Seconds of silence until a client is probed, between probes, and how many it may leave without
an answer: a streamed append may be silent for hours, but not from a machine that is gone."""

COLLECT_AFTER = (20_000, 20, 20)
"""New objects until the garbage collector looks at the young ones, and how often it looks at the
young ones until at older ones. It would look after 700, and walk all watchers again and again for
cycles that are hardly ever there."""

MAX_PORT = 65535

SHOWN_ONCE = (
    "Logflume asks for tokens here, and there was none that may do everything. This is one; it is "
    "shown only now:"
)

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_log = logging.getLogger("logflume")

Say = Callable[[str], None]
"""Tells whoever started the server something."""


def serve(serving: Serving) -> int:
    """Serve until a signal ends it; the exit code. Messages go to stderr."""
    log_to(sys.stderr, serving.log_format, serving.log_level)
    say = partial(announce, form=serving.log_format)
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            return runner.run(_serve(serving, say))
    except (StartError, StoreError) as error:
        say(f"logflume: {error}")
        return 2


async def _serve(serving: Serving, say: Say) -> int:
    access, in_all = serving.access, room_for_connections()
    origins = access.allowed
    provider = None if access.oidc is None else access.oidc.provider()
    listener = _listen(serving.host, serving.port)
    address = listener.getsockname()[0]
    needs_tokens, hosts = access.needs_tokens(address), access.hosts(address)
    failures: list[StoreError] = []
    server: Server | None = None

    def on_failure(error: StoreError) -> None:
        failures.append(error)
        if server is not None:
            server.should_exit = True

    store = await _open_store(serving.store, serving.data, on_failure)
    try:
        disk_bytes = store.disk_bytes if isinstance(store, SqliteStore) else None
        room = serving.keeping.room(disk_bytes)
        context = await _context(
            *(store, serving, room, origins, hosts, provider), needs_tokens=needs_tokens
        )
        await context.audit.start()
        await context.registry.start()
        if needs_tokens and (token := await first_token(context.registry, context.audit)):
            say(f"{SHOWN_ONCE} {token}")
        started = partial(_announce, listener, serving.folder, say)
        door = Door(context.watchers, in_all=in_all, per_address=serving.connections_per_address)
        server = Server(_config(application(context), door), context, started)
        with _running(_sweep(context), *_upkeep(context, room, _free_room(store))):
            await server.serve(sockets=[listener])
    finally:
        await store.close()
    for error in failures:
        _log.critical("the store failed, so the server stopped: %s", error)
    return 1 if failures else 0


@contextmanager
def _running(*work: Coroutine[object, object, None]) -> Iterator[None]:
    """Have the work done beside the server, for as long as it serves."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()


def _upkeep(
    context: Context, room: Room, free: FreeRoom | None
) -> Iterator[Coroutine[object, object, None]]:
    """What is done again and again so that there stays room."""
    clock, store = context.clock, context.store
    reckoning = Reckoning(store, clock=clock, steady=time.monotonic)
    yield keep_retaining(
        Retention(store, context.deployments, context.audit, reckoning, clock=clock)
    )
    if free is not None:
        yield watch_room(room, free)


def _free_room(store: Store) -> FreeRoom | None:
    """What tells how much room the store has, if its room has an end that can be told."""
    if not isinstance(store, SqliteStore):
        return None

    async def free() -> Free:
        return Free(*await store.free_bytes())

    return free


async def _sweep(context: Context) -> None:
    """Delete logs that nobody asks for and whose lifetime is over, and what lets nobody in any
    more, until cancelled."""
    while True:
        try:
            await context.logs.sweep()
            await context.registry.sweep()
        except StoreError as error:
            _log.warning("expired logs could not be deleted, and are tried again: %s", error)
        await asyncio.sleep(SWEEP_SECONDS)


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


def _config(app: object, door: Door) -> uvicorn.Config:
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


async def _open_store(
    url: str | None, data: Path, on_failure: Callable[[StoreError], None]
) -> Store:
    if url is None:
        return await SqliteStore.open(data, on_failure=on_failure)
    if url == "memory:":
        return MemoryStore()
    raise StartError(
        f"--store {url} is unknown; leave it out for the embedded one, or give memory:"
    )


async def _context(
    store: Store,
    serving: Serving,
    room: Room,
    origins: Origins,
    hosts: Hosts | None,
    provider: Provider | None,
    *,
    needs_tokens: bool,
) -> Context:
    tails = Tails(store)  # told of each commit first: watchers wait for it, digests do not
    keeping, admission = serving.keeping, serving.admission
    projects = Projects(store, clock=_now_us, defaults=keeping.defaults)
    deployments = Deployments(
        store,
        clock=_now_us,
        random=secrets.token_bytes,
        projects=projects,
        rules=lambda project: rules_of(projects.settings(project).masks),
        room=room,
    )
    await deployments.start()
    patient = LifetimeClock(_now_us, _steady_us)
    logs = Logs(store, clock=patient, room=room, max_log_bytes=keeping.max_log_bytes)
    public_url = serving.access.public_url
    return Context(
        *(store, tails, deployments, logs, _now_us, origins),
        seats=admission.seats(),
        rates=admission.rates(),
        needs_tokens=needs_tokens,
        public_url=public_url and public_url.rstrip("/"),
        hosts=hosts,
        provider=provider,
    )


def _now_us() -> int:
    return time.time_ns() // 1000


def _steady_us() -> int:
    return time.monotonic_ns() // 1000


def _listen(host: str, port: int) -> socket.socket:
    """A bound socket. Raises StartError when the address cannot be had."""
    if not 0 <= port <= MAX_PORT:
        raise StartError(f"--port takes 0 to {MAX_PORT}, not {port}")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise StartError(f"--host {host}: there is no such host") from None
    listener = socket.socket(family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _expect_life(listener)
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):  # each connection inherits it
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, MAX_UNSENT_BYTES)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        hint = _HINTS.get(error.errno or 0, "")
        reason = os.strerror(error.errno or 0)
        raise StartError(f"cannot listen on {host} port {port}: {reason}{hint}") from None
    return listener


def _expect_life(listener: socket.socket) -> None:
    """Have the kernel find out clients whose machine is gone: each connection inherits it."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in zip(("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT"), PROBES, strict=True):
        if hasattr(socket, name):
            listener.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


_HINTS = {
    errno.EADDRINUSE: "; try another --port",
    errno.EACCES: "; try a --port from 1024",
    errno.EADDRNOTAVAIL: "; give an address of this machine to --host",
}


def _announce(listener: socket.socket, data: Path | None, say: Say) -> None:
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    where = "in memory only: everything is gone when it stops" if data is None else f"in {data}"
    say(f"Logflume serves http://{shown}:{port} and keeps its logs {where}")
    notify(READY)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


__all__ = ["serve"]
