"""GET of a log: which of the patterns is asked for, and in which form."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from logflume.cursor import Cursor
from logflume.http.asked_form import asked_form
from logflume.http.caching import is_private
from logflume.http.callers import caller_of
from logflume.http.context import Context, Receive, Scope, Send
from logflume.http.cross_origin import grant_of
from logflume.http.follow import follow_log
from logflume.http.history import send_history
from logflume.http.lent import connection_of
from logflume.http.long_poll import PollAnswer, long_poll, poll_answer
from logflume.http.parameters import choice, cursor_of, headers_of, query_of, single
from logflume.http.parked_poll import ParkedPoll
from logflume.http.place import live_start_of, span_of
from logflume.http.problems import Problem, RequestError
from logflume.http.sse import follow_sse
from logflume.http.watch import while_let_in
from logflume.records import LogId

LIVE = ("sse", "long-poll", "ws", "follow")


class ReadLog:
    """The endpoint. `log_of` finds the log that the address names, or raises NoSuchLog; `lines`
    says that its records are lines, so that they have a text."""

    def __init__(
        self, context: Context, log_of: Callable[[Scope], LogId], *, lines: bool = False
    ) -> None:
        self._context = context
        self._log_of = log_of
        self._lines = lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        query, headers = query_of(scope), headers_of(scope)
        head = scope["method"] == "HEAD"
        live = choice(query, "live", LIVE)
        if live == "ws":
            raise RequestError(UPGRADE)
        log = self._log_of(scope)
        cursor = await self._context.cursor(log)
        await self._context.logs.use(log, cursor.state)
        accept, content_type = headers.get("accept", ""), cursor.state.content_type
        form = asked_form(query, accept, content_type, live, lines=self._lines)
        if form is not None and live is None:
            span = await span_of(query, cursor)
            now_us = self._context.clock()
            connected = partial(while_let_in, self._context.watchers, caller_of(scope), receive)
            sent = await send_history(
                form, cursor, span, headers, now_us, connected, send, head=head
            )
            self._context.counts.delivered["history"] += sent
            return
        cursor.seq = await live_start_of(query, headers, cursor)
        known = cursor_of(query)
        if form is None:
            await follow_sse(self._context, cursor, known, scope, receive, send)
        elif live == "follow":
            await follow_log(self._context, cursor, form, scope, receive, send)
        else:
            lasting = "tail" not in query and single(query, "offset") != "now"
            private, grant = is_private(headers), grant_of(scope)
            answer = poll_answer(form, known, private=private, lasting=lasting, grant=grant)
            if head or not self._park(scope, answer, cursor):
                caller = caller_of(scope)
                await long_poll(self._context, answer, cursor, caller, receive, send, head=head)

    def _park(self, scope: Scope, answer: PollAnswer, cursor: Cursor) -> bool:
        """Let the request wait without a task, if the server lends its connection."""
        connection = connection_of(scope)
        if connection is None:
            return False
        parked = ParkedPoll(self._context, answer, cursor, connection, caller_of(scope))
        if not connection.lend(parked):
            return False
        parked.begin()
        self._context.watchers.park(parked)
        return True


UPGRADE = Problem(
    426,
    "upgrade-required",
    "live=ws is a WebSocket: open it with ws:// or wss://, not with a plain GET",
    headers={
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
    },
)


__all__ = ["LIVE", "UPGRADE", "ReadLog"]
