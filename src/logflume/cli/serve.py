"""`logflume serve`: the composition root, the one place that names a concrete store.

What can be wrong with the folder, the port or the options is found out before anything is
announced, and said in one line. A store that fails later ends the server: it could not keep the
promise that what it acknowledges is on disk.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from logflume.access.first_token import first_token
from logflume.access.people import Provider
from logflume.cli.door import Door, room_for_connections
from logflume.cli.keeping import FreeRoom, keep_retaining, watch_room
from logflume.cli.lifetime_clock import LifetimeClock
from logflume.cli.listening import listen
from logflume.cli.log_format import announce, log_to
from logflume.cli.notify import READY, notify
from logflume.cli.serve_access import StartError
from logflume.cli.server import Server, config_of
from logflume.cli.serving import Serving
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

SWEEP_SECONDS = 60
"""How long an expired log that nobody asks for still takes up room."""

SHOWN_ONCE = (
    "Logflume asks for tokens here, and there was none that may do everything. This is one; it is "
    "shown only now:"
)

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
    listener = listen(serving.host, serving.port)
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
        server = Server(config_of(application(context), door), context, started)
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
