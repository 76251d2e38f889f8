"""Whether the server lives, and whether it can do its work.

Ready is who has just written to the disk. What is written stands there already, so that a probe a
second makes nothing grow, and however many ask at once, one write answers them all. A disk that is
stuck does not make anybody wait: it is the answer.
"""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from logflume.errors import StoreBusy, StoreError, StoreFull
from logflume.http.context import Context
from logflume.http.problems import RETRY_SECONDS, Problem, RequestError
from logflume.http.respond import json_response

PATIENCE_SECONDS = 1.5
"""How long a write may take. Who asks gives up after 1 to 5 seconds, and a disk that takes as long
as this keeps nobody's promise."""

LEAST_FREE_BYTES = 64 * 1024 * 1024
"""What must be left on the disk: as much as the write-ahead log may grow to. With less a write may
still find room in what the log has, and the next one find none."""


async def alive(_: Request) -> Response:
    """The event loop runs, or nobody would answer."""
    return json_response({"status": "alive"})


class Readiness:
    """The endpoint."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._looking: asyncio.Task[None] | None = None
        """The write under way; a disk that is stuck has one to finish and not one a probe."""

    async def __call__(self, _: Request) -> Response:
        if self._context.tails.stopping:
            raise RequestError(not_ready("stopping", "the server is stopping"))
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(self._look())
            self._looking.add_done_callback(_heard)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await asyncio.shield(self._looking)
        except TimeoutError:
            slow = f"the disk has not taken a write for {PATIENCE_SECONDS} s"
            raise RequestError(not_ready("store-slow", slow)) from None
        except StoreError as error:
            raise RequestError(not_ready(_reason(error), str(error))) from None
        except OSError as error:
            failed = f"the store's disk does not say how full it is: {error}"
            raise RequestError(not_ready("store-failed", failed)) from None
        return json_response({"status": "ready"})

    async def _look(self) -> None:
        """Raises StoreError, OSError."""
        figures = await self._context.store.figures()
        if figures.free_bytes is not None and figures.free_bytes < LEAST_FREE_BYTES:
            raise StoreFull(f"only {figures.free_bytes} bytes are left on the store's disk")
        await self._context.store.ready()


def _heard(looking: asyncio.Task[None]) -> None:
    """Who asked may have been answered long ago; how it went is then nobody's news."""
    if not looking.cancelled():
        looking.exception()


def _reason(error: StoreError) -> str:
    match error:
        case StoreFull():
            return "store-full"
        case StoreBusy():
            return "store-busy"
        case _:
            return "store-failed"


def not_ready(reason: str, detail: str) -> Problem:
    """What is answered instead of "ready"."""
    headers = {"Retry-After": RETRY_SECONDS}
    return Problem(503, "not-ready", detail, {"reason": reason}, headers)


__all__ = ["Readiness", "alive", "not_ready"]
