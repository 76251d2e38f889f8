"""The server's route table, for tests that compare it with what is written about it."""

from __future__ import annotations

import re

from logflume.deployments.deployments import Deployments
from logflume.generic.logs import Logs
from logflume.http.app import routes, sockets
from logflume.http.context import Context
from logflume.store.memory import MemoryStore
from logflume.tail import Tails

PAGES = frozenset({"/", "/d/{id}", "/embed/{id}", "/compare", "/docs"}) | {
    "/assets/{name}",
    "/assets/{edition}/{name}",
    "/sign-in",
    "/sign-in/oidc",
    "/sign-in/oidc/callback",
    "/s/{secret}",
}
"""What people look at, and its files: documented, but no part of the API."""


def context() -> Context:
    store = MemoryStore()
    deployments = Deployments(store, clock=lambda: 0, random=bytes)
    return Context(store, Tails(store), deployments, Logs(store, clock=lambda: 0), lambda: 0)


def api_calls() -> set[tuple[str, str]]:
    """Method and path of all that the API can be asked."""
    return {
        (method, shown(route.path))
        for route in routes(context())
        if route.path not in PAGES
        for method in route.methods or ()
    }


def socket_paths() -> set[str]:
    """Where a WebSocket may be opened. The route that takes the rest refuses it."""
    return {shown(route.path) for route in sockets(context())} - {"/{path}"}


def shown(path: str) -> str:
    """The path as it is written for readers: how much of it a parameter takes is the router's."""
    return re.sub(r"{(\w+):\w+}", r"{\1}", path)
