"""Whether the server lives, and whether it can do its work."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from logflume.deployments.deployments import FEED
from logflume.http.context import Context
from logflume.http.respond import json_response
from logflume.records import Append


async def alive(_: Request) -> Response:
    """The event loop runs, or nobody would answer."""
    return json_response({"status": "alive"})


async def ready(context: Context, _: Request) -> Response:
    """The store takes a write, to the disk. Raises StoreError."""
    await context.store.append(FEED, Append(context.clock()))
    return json_response({"status": "ready"})


__all__ = ["alive", "ready"]
