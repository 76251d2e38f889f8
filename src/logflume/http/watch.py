"""Work for a client that may go away, or be let in no longer."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from logflume.access.callers import Caller
from logflume.http.context import Receive
from logflume.http.watchers import Watchers


async def while_connected(
    receive: Receive, work: Coroutine[Any, Any, None], over: asyncio.Future[None] | None = None
) -> None:
    """Run `work` until it is done, or cancel it when the client disconnects or it is `over`: below
    ASGI, sending to nobody succeeds silently."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_disconnect(receive))
    ends = (working, leaving) if over is None else (working, leaving, over)
    try:
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        working.cancel()
        leaving.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def while_let_in(
    watchers: Watchers, caller: Caller, receive: Receive, work: Coroutine[Any, Any, None]
) -> None:
    """The same, and cancel it when the caller is no longer `valid`: whoever asks for that looks."""
    going = _Going(caller)
    watchers.park(going)
    await while_connected(receive, work, going.over)


class _Going:
    """Work that its caller's end puts an end to. See `watchers.Waiting`."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def dismiss(self) -> None:
        if not self.over.done():
            self.over.set_result(None)


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


__all__ = ["while_connected", "while_let_in"]
