"""Searching a log: the records that match, a bounded part of the log an answer.

The work is done in a thread, some records at a time, until the answer is full or its time is over.
Where it ends the client goes on with another request, so that no search, however long the log is or
whatever is looked for, keeps others from theirs. Most of the time the thread lets the event loop
run meanwhile (RE2 does); the rest is in steps of a millisecond.
"""

from __future__ import annotations

import asyncio

from logflume.cursor import Cursor
from logflume.deployments.deployments import log_of
from logflume.deployments.search import LOOK_BACK, Search
from logflume.http.callers import caller_of
from logflume.http.context import Context, Receive, Scope, Send
from logflume.http.findings import Findings
from logflume.http.parameters import path_parameter, query_of
from logflume.http.place import span_of
from logflume.http.respond import respond
from logflume.http.search_request import Looked, looked_for
from logflume.http.watch import while_let_in
from logflume.records import Seq, State

WORK_SECONDS = 0.06
"""Of one answer: the first hits are on the screen within a tenth of a second."""

LATEST_SECONDS = 1.0
"""After this long an answer is given, whatever kept it from working: a slow disk, a busy server."""

STARTS: tuple[str, ...] = ("offset", "from")
"""Ways to say where to begin; one of them."""

READ_BYTES = 512 * 1024
"""Read at a time: what each read and each step to the thread costs no longer counts."""

AT_ONCE = 2
"""Searches that work at the same time; others wait their turn, 0.1 s for each before them. More
would share the same interpreter, and all would be later."""


class SearchLog:
    """The endpoint."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = query_of(scope)
        cursor = await self._context.cursor(log_of(path_parameter(scope, "id")))
        looked = looked_for(query)
        span = await span_of({name: query[name] for name in STARTS if name in query}, cursor)
        cursor.seq = span.after
        head = scope["method"] == "HEAD"
        answering = self._answer(send, cursor, looked, head=head)
        await while_let_in(self._context.watchers, caller_of(scope), receive, answering)

    async def _answer(self, send: Send, cursor: Cursor, looked: Looked, *, head: bool) -> None:
        """Search up to the tail as it is now; what comes meanwhile is not looked at."""
        first, state = Seq(cursor.seq + 1), cursor.state
        async with self._turns:
            findings = await _found(cursor, looked, state.tail)
        follow = None if findings.last >= state.tail else str(state.offset(findings.last))
        headers = _headers(state, findings.last)
        await respond(send, 200, headers, findings.answer(first, follow), head=head)


async def _found(cursor: Cursor, looked: Looked, until: Seq) -> Findings:
    """What a part of the log holds, from the cursor on."""
    search = Search(looked.wanted)
    await _recall(search, cursor)
    findings = Findings(cursor.seq, looked.limit)
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + LATEST_SECONDS
    while findings.last < until and not findings.full:
        batch = await cursor.read(until=until, max_bytes=READ_BYTES)
        await asyncio.to_thread(findings.look, search, batch.chunks, WORK_SECONDS)
        findings.full = findings.full or loop.time() >= ends_at
    return findings


async def _recall(search: Search, cursor: Cursor) -> None:
    """Let the search know which lines go on where it begins."""
    start = cursor.seq
    cursor.seq = Seq(max(cursor.state.start, start - LOOK_BACK))
    while cursor.seq < start:
        batch = await cursor.read(until=start, max_bytes=READ_BYTES)
        await asyncio.to_thread(search.recall, batch.chunks)


def _headers(state: State, last: Seq) -> dict[str, str]:
    at_tail = last >= state.tail
    return {
        "Content-Type": "application/json",
        "Cache-Control": "no-store",
        "Stream-Next-Offset": str(state.offset(last)),
        **({"Stream-Up-To-Date": "true"} if at_tail else {}),
        **({"Stream-Closed": "true"} if at_tail and state.closed else {}),
    }


__all__ = ["SearchLog"]
