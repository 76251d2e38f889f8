"""The server's route table, for tests that compare it with what is written about it."""

from __future__ import annotations

from starlette.routing import Route

from logflume.deployments.deployments import Deployments
from logflume.http.app import routes
from logflume.http.context import Context
from logflume.store.memory import MemoryStore
from logflume.tail import Tails

PAGES = frozenset({"/", "/d/{id}", "/docs", "/assets/{name}"})
"""What people look at, and its files: documented, but no part of the API."""


def route_table() -> list[Route]:
    store = MemoryStore()
    deployments = Deployments(store, clock=lambda: 0, random=bytes)
    return routes(Context(store, Tails(store), deployments, lambda: 0))


def api_calls() -> set[tuple[str, str]]:
    """Method and path of all that the API can be asked."""
    return {
        (method, route.path)
        for route in route_table()
        if route.path not in PAGES
        for method in route.methods or ()
    }
