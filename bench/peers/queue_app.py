"""Fan-out as it is written in an afternoon: each watcher has a queue, and a task that empties it.

One log. Nothing is kept: who comes later, or comes back, has missed what was said.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

queues: set[asyncio.Queue[bytes]] = set()


async def append(request: Request) -> Response:
    lines = (await request.body()).split(b"\n")
    event = b"".join(b"data: %b\n" % line for line in lines) + b"\n"
    for queue in queues:
        queue.put_nowait(event)
    return Response(status_code=204)


async def watch(_: Request) -> StreamingResponse:
    queue: asyncio.Queue[bytes] = asyncio.Queue()
    queues.add(queue)
    return StreamingResponse(_events(queue), media_type="text/event-stream")


async def _events(queue: asyncio.Queue[bytes]) -> AsyncIterator[bytes]:
    try:
        while True:
            yield await queue.get()
    finally:
        queues.discard(queue)


app = Starlette(
    routes=[Route("/append", append, methods=["POST"]), Route("/watch", watch)],
)
