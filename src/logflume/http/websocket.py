"""WebSocket: follow many logs over one connection, opened at the address of the first.

What can be refused before the handshake is answered is an ordinary HTTP answer with a problem
document.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from logflume.errors import BadInput, LogError
from logflume.http.callers import caller_of
from logflume.http.context import Context, Receive, Scope, Send
from logflume.http.handshake import acceptance
from logflume.http.lent import connection_of
from logflume.http.origins import is_foreign
from logflume.http.parameters import choice, headers_of, query_of
from logflume.http.problems import Problem, RequestError, note_refusal, refusal_of
from logflume.http.socket_connection import SocketConnection
from logflume.http.socket_requests import open_cursor
from logflume.http.socket_way import MessageWay
from logflume.records import LogId

FOREIGN = Problem(
    403,
    "foreign-origin",
    "a page of another site may not open a WebSocket here: its Origin is neither this host nor "
    "one that the server allows",
)


class FollowLogs:
    """The endpoint. `log_of` finds the log that the address names, or raises NoSuchLog; `admit`
    lets who asks in, or raises RequestError, LogError."""

    def __init__(
        self,
        context: Context,
        log_of: Callable[[Scope], LogId],
        admit: Callable[[Scope], Awaitable[None]],
    ) -> None:
        self._context = context
        self._log_of = log_of
        self._admit = admit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        try:
            if is_foreign(headers_of(scope), self._context.origins):
                await _refuse(FOREIGN, scope, receive, send)
                return
            await self._admit(scope)
            query = query_of(scope)
            choice(query, "live", ("ws",))
            if "ansi" in query:
                raise BadInput("ansi=strip does not go with live=ws")
            log = self._log_of(scope)
            cursor = await open_cursor(self._context, log, query)
        except (LogError, RequestError) as error:
            problem = refusal_of(error)
            await _refuse(problem, scope, receive, send)
            return
        caller = caller_of(scope)
        connection = connection_of(scope)
        if connection is None:
            await MessageWay(self._context, receive, send, caller).run(cursor)
            return
        socket = SocketConnection(self._context, caller)
        if (transport := connection.give_away(socket)) is not None:  # or the client has gone
            socket.begin(transport, acceptance(scope), cursor)


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
    if connection_of(scope) is not None:
        await problem.response()({**scope, "type": "http"}, receive, send)
    elif "websocket.http.response" in scope.get("extensions", {}):
        await problem.response()(scope, receive, send)
    else:
        note_refusal(scope, problem)
        await send({"type": "websocket.close", "code": 1008, "reason": problem.name})


__all__ = ["FOREIGN", "FollowLogs", "no_such_socket"]
