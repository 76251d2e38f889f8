"""GET …/log: which of the patterns is asked for, and in which form."""

from __future__ import annotations

from collections.abc import Callable

from logflume.http.context import Context, Receive, Scope, Send
from logflume.http.history import FORMS, send_history
from logflume.http.parameters import Query, choice, headers_of, query_of
from logflume.http.place import live_start_of, span_of
from logflume.http.sse import follow_sse
from logflume.records import LogId

_ACCEPTED = {
    "application/json": "json",
    "application/x-ndjson": "ndjson",
    "text/plain": "text",
    "text/event-stream": "sse",
}


class ReadLog:
    """The endpoint. `log_of` finds the log that the address names, or raises NoSuchLog."""

    def __init__(self, context: Context, log_of: Callable[[Scope], LogId]) -> None:
        self._context = context
        self._log_of = log_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        query, headers = query_of(scope), headers_of(scope)
        head = scope["method"] == "HEAD"
        form = _form_of(query, headers.get("accept", ""))
        cursor = await self._context.cursor(self._log_of(scope))
        if form == "sse":
            cursor.seq = await live_start_of(query, headers, cursor)
            returning = "last-event-id" in headers
            await follow_sse(self._context, cursor, receive, send, returning=returning, head=head)
        else:
            span = await span_of(query, cursor)
            await send_history(form, cursor, span, receive, send, head=head)


def _form_of(query: Query, accept: str) -> str:
    """`live` and `format` say it plainly; else the first type in `Accept` that is known."""
    live = choice(query, "live", ("sse",))
    form = choice(query, "format", tuple(FORMS))
    if live or form:
        return live or form or ""
    types = (item.split(";")[0].strip().lower() for item in accept.split(","))
    return next((_ACCEPTED[name] for name in types if name in _ACCEPTED), "json")


__all__ = ["ReadLog"]
