"""A WebSocket below a server that only has ASGI's `receive` and `send`: messages, which it frames.

It has two tasks, one that sends what is written and one that obeys. Logflume's own server gives the
connection away instead (`socket_connection.py`).
"""

from __future__ import annotations

import asyncio

from logflume.access.callers import Caller
from logflume.cursor import Cursor
from logflume.http.context import Context, Receive, Send
from logflume.http.outlet import AsgiOutlet
from logflume.http.socket_connection import DISMISSED, NOT_LET_IN
from logflume.http.socket_requests import obey
from logflume.http.subscriptions import Subscriptions
from logflume.wire.frames import message_of


class MessageWay(AsgiOutlet):
    """One WebSocket, from the answer to its handshake to its end."""

    def __init__(self, context: Context, receive: Receive, send: Send, caller: Caller) -> None:
        self.caller = caller
        self._context = context
        self._receive = receive
        self._send = send
        self._logs = Subscriptions(context.crowds, context.seats, self)
        self._end = {"type": "websocket.close", "code": 1000}
        super().__init__(self._emit_message, self._logs.resume)

    async def run(self, cursor: Cursor) -> None:
        """Follow the log and what the client asks for, until either end closes."""
        await self._send({"type": "websocket.accept"})
        tasks = [asyncio.ensure_future(work) for work in (self._tell(), self._listen())]
        try:
            self._logs.begin(cursor)
            self._context.watchers.park(self)
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._logs.leave()
            for task in tasks:
                task.cancel()
            told, heard = await asyncio.gather(*tasks, return_exceptions=True)
        for fault in (told, heard):
            if isinstance(fault, Exception):
                raise fault  # which may be the server's own, when the client has gone

    def write(self, data: bytes) -> None:
        super().write(data)
        self._logs.pause()

    def close(self, code: int, reason: str) -> None:
        """See `subscriptions.Way`."""
        self._logs.leave()
        self._end = {"type": "websocket.close", "code": code, "reason": reason}
        self.end()

    def dismiss(self) -> None:
        """See `watchers.Waiting`."""
        self.close(NOT_LET_IN, DISMISSED)

    async def _tell(self) -> None:
        await self.pump()
        await self._send(self._end)

    async def _listen(self) -> None:
        """Obey, one message after the other, as long as the client takes the answers."""
        while (message := await self._receive())["type"] != "websocket.disconnect":
            await self.flushed()
            await obey(self._context, self._logs, message.get("text"), self.caller)

    async def _emit_message(self, frame: bytes) -> None:
        await self._send({"type": "websocket.send", "text": message_of(frame)})


__all__ = ["MessageWay"]
