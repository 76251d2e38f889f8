"""Long polling: one read that may wait.

What is there is answered at once. Else the request waits until something comes, the log is closed
or gone, or its time is up; then the answer names the offset that was truly delivered, which is the
one that was asked for, whatever has come in the meantime.

Who waits at the same place gets the same bytes. Where the server lends its connection, a request
waits without a task (`parked_poll.py`); below any other, as an ordinary one.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from functools import lru_cache

from logflume.access.callers import Caller
from logflume.cursor import Cursor
from logflume.http.caching import cache_control, etag_of
from logflume.http.callers import UNKNOWN
from logflume.http.context import Context, Receive, Send
from logflume.http.forms import Form
from logflume.http.problems import RequestError
from logflume.http.respond import Grant, raw_response, respond
from logflume.http.watch import while_let_in
from logflume.tail import Batch
from logflume.wire.control import least_cursor, stream_cursor

WAIT_SECONDS = 20
"""Shorter than the silence that proxies end, long enough to make empty answers rare."""


@dataclass(frozen=True, slots=True, eq=False)
class PollAnswer:
    """Makes a batch into an answer; `poll_answer` gives the one that all of the same kind share."""

    form: Form
    known_cursor: str | None
    private: bool
    """Whether the request took credentials, so that no cache may give its answer to others."""
    lasting: bool
    """Whether the same request will always have this answer: not if it began at the tail of now."""
    grant: Grant = ()

    def __call__(self, batch: Batch, now_us: int) -> bytes:
        """The answer as HTTP/1.1 writes it."""
        return raw_response(*self.parts(batch, now_us), self.grant)

    def parts(self, batch: Batch, now_us: int) -> tuple[int, dict[str, str], bytes]:
        """Its status, headers and body."""
        chance = random.random()  # noqa: S311 -- spreads load, no secret
        least = least_cursor(now_us, self.known_cursor, chance)
        headers = {
            "Vary": "Accept",
            "Stream-Next-Offset": batch.token,
            "Stream-Cursor": stream_cursor(now_us, least),
            **({"Stream-Up-To-Date": "true"} if batch.up_to_date else {}),
            **({"Stream-Closed": "true"} if batch.closed else {}),
        }
        if not batch.chunks:
            return 204, {**headers, "Cache-Control": "no-store"}, b""
        headers |= {
            "Content-Type": self.form.content_type or batch.state.content_type,
            "Cache-Control": "no-store",
        }
        if self.lasting:
            headers["ETag"] = etag_of(self.form.name, batch.state, batch.after, batch.until)
            headers["Cache-Control"] = cache_control(private=self.private, lasting=True)
        return 200, headers, self.form.whole(batch.chunks)


@lru_cache(maxsize=1024)
def poll_answer(
    form: Form, known_cursor: str | None, *, private: bool, lasting: bool, grant: Grant = ()
) -> PollAnswer:
    """What answers all who came with the same cursor, as those do who had the same answer
    before."""
    return PollAnswer(form, known_cursor, private, lasting, grant)


async def long_poll(
    context: Context,
    answer: PollAnswer,
    cursor: Cursor,
    caller: Caller,
    receive: Receive,
    send: Send,
    *,
    head: bool,
) -> None:
    """Answer, now or when there is something. Raises NoSuchLog, TooManyWatchers, StoreError, and
    RequestError when the caller may read no more."""

    is_told = False

    async def tell(batch: Batch) -> None:
        nonlocal is_told
        is_told = True
        context.counts.delivered["long-poll"] += batch.until - batch.after
        await respond(send, *answer.parts(batch, context.clock()), head=head)

    async def wait() -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + WAIT_SECONDS
        while True:
            # Who comes here when the server has told everybody that it stops would hear of nothing.
            seconds = 0 if context.tails.stopping else max(0.001, due - loop.time())
            batch = await cursor.read(wait_seconds=seconds)
            over = loop.time() >= due or context.tails.stopping
            if batch.chunks or batch.closed or over:
                return await tell(batch)

    batch = await cursor.read()
    if batch.chunks or batch.closed or head:
        await tell(batch)
        return
    log = cursor.tail.log
    context.seats.take(log)
    context.counts.waiting_polls += 1
    try:
        await while_let_in(context.watchers, caller, receive, wait())
    finally:
        context.counts.waiting_polls -= 1
        context.seats.leave(log)
    if not (is_told or caller.valid):
        raise RequestError(UNKNOWN)


__all__ = ["WAIT_SECONDS", "PollAnswer", "long_poll", "poll_answer"]
