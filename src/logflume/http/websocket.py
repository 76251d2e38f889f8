"""WebSocket: follow many logs over one connection, opened at the address of the first.

What can be refused before the handshake is answered is an ordinary HTTP answer with a problem
document. After it, a message that asks for what cannot be had is answered with an error message,
and nothing else on the socket is disturbed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from logflume.cursor import Cursor
from logflume.errors import BadInput, LogError
from logflume.http.context import Context, Receive, Scope, Send
from logflume.http.log_addresses import address_of, log_at
from logflume.http.origins import FOREIGN, is_foreign
from logflume.http.parameters import Query, choice, headers_of, query_of
from logflume.http.place import live_start_of
from logflume.http.problems import Problem, problem_of
from logflume.http.socket_requests import MAX_ECHOED_CHARS, Asked, Unsubscribe, asked_for
from logflume.http.socket_way import way_of
from logflume.http.subscriptions import Subscriptions
from logflume.records import LogId
from logflume.wire.websocket import framed, ws_error, ws_unsubscribed

NORMAL = 1000
"""The close code for an end that was to come (RFC 6455, section 7.4.1)."""

RESTART = 1012
"""The close code for a server that stops and is soon back (IANA, WebSocket Close Code Numbers)."""


class FollowLogs:
    """The endpoint. `log_of` finds the log that the address names, or raises NoSuchLog."""

    def __init__(self, context: Context, log_of: Callable[[Scope], LogId]) -> None:
        self._context = context
        self._log_of = log_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        try:
            if is_foreign(headers_of(scope)):
                await _refuse(FOREIGN, scope, receive, send)
                return
            query = query_of(scope)
            choice(query, "live", ("ws",))
            log = self._log_of(scope)
            cursor = await open_cursor(self._context, log, query)
        except LogError as error:
            await _refuse(problem_of(error), scope, receive, send)
            return
        await _Socket(self._context, scope, send).run(log, cursor, receive)


class _Refuse:
    """The endpoint where there is nothing to follow."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await _refuse(self._problem, scope, receive, send)


no_such_socket = _Refuse(
    Problem(404, "not-found", "there is no WebSocket at this address; open it at a log's")
)


async def _refuse(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer the handshake with a problem; with 403 below a server that knows no other answer."""
    if "websocket.http.response" in scope.get("extensions", {}):
        await problem.response()(scope, receive, send)
    else:
        await send({"type": "websocket.close", "code": 1008, "reason": problem.name})


async def open_cursor(context: Context, log: LogId, query: Query) -> Cursor:
    """A cursor where the query says. Raises BadInput, NoSuchLog, WrongEpoch, AheadOfTail."""
    cursor = await context.cursor(log)
    await context.logs.use(log, cursor.state)
    cursor.seq = await live_start_of(query, {}, cursor)
    return cursor


class _Socket:
    """One WebSocket, from the answer to its handshake to its end."""

    def __init__(self, context: Context, scope: Scope, send: Send) -> None:
        self._context = context
        self._send = send
        self._way = way_of(scope, send, self._on_pause, self._on_writable)
        self._subscriptions = Subscriptions(
            context.crowds, self._way, self._on_ended, self._on_stopped
        )
        self._takes_more = asyncio.Event()
        self._closing: asyncio.Task[None] | None = None

    async def run(self, log: LogId, cursor: Cursor, receive: Receive) -> None:
        """Follow the first log and what the client asks for, until either end closes."""
        await self._send({"type": "websocket.accept"})
        pumping = asyncio.ensure_future(self._way.pump())
        try:
            if self._context.tails.stopping:
                await self._close(RESTART, "the server restarts")
                return
            self._subscriptions.add(log, cursor)
            await self._listen(receive)
        except OSError:
            pass  # the client went away while something was said to it
        finally:
            self._subscriptions.leave()
            pumping.cancel()
            await asyncio.gather(pumping, return_exceptions=True)

    async def _listen(self, receive: Receive) -> None:
        """Do what the client asks for, one message after the other, until it goes away."""
        while (message := await receive())["type"] != "websocket.disconnect":
            try:
                asked = asked_for(message.get("text"))
            except BadInput as error:
                await self._tell_error(None, error)
                continue
            try:
                await self._do(asked)
            except LogError as error:
                await self._tell_error(asked.log[:MAX_ECHOED_CHARS], error)

    async def _do(self, asked: Asked) -> None:
        log = log_at(asked.log)
        if isinstance(asked, Unsubscribe):
            self._subscriptions.remove(log)
            await self._tell(framed(ws_unsubscribed(address_of(log))))
            return
        with self._subscriptions.expecting(log):
            cursor = await open_cursor(self._context, log, asked.query())
            self._subscriptions.add(log, cursor)

    async def _tell_error(self, log: str | None, error: LogError) -> None:
        await self._tell(framed(ws_error(log, problem_of(error).document())))

    async def _tell(self, frame: bytes) -> None:
        """Say something; a client that takes nothing is not listened to either."""
        while not self._way.writable and not self._way.is_over:
            self._takes_more.clear()
            await self._takes_more.wait()
        if not self._way.is_over:
            self._way.write(frame)

    def _on_pause(self) -> None:
        self._subscriptions.pause()

    def _on_writable(self) -> None:
        self._takes_more.set()
        if self._way.is_over:
            self._subscriptions.leave()
        else:
            self._subscriptions.resume()

    def _on_ended(self) -> None:
        self._close_soon(NORMAL, "every log that was followed has ended")

    def _on_stopped(self) -> None:
        self._close_soon(RESTART, "the server restarts")

    def _close_soon(self, code: int, reason: str) -> None:
        if self._closing is None:
            self._closing = asyncio.ensure_future(self._close(code, reason))

    async def _close(self, code: int, reason: str) -> None:
        await self._way.flushed()
        await self._send({"type": "websocket.close", "code": code, "reason": reason})


__all__ = ["FollowLogs", "no_such_socket"]
