"""A long-polling client that waits on a lent connection: a cursor and a timer, no task.

A client that has its answer asks at once for what follows. That next request differs in nothing
but its offset and cursor, so it need not be parsed, routed and authorised like a stranger's: it is
taken on here. What is in the ring is answered in the same call; only what must be read from the
store needs a task.

The timer outlives many requests: it is cheaper to look now and then whether a request has waited
for long than to set an alarm for each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from logflume.access.callers import Caller
from logflume.cursor import Cursor
from logflume.errors import BadInput, LogError
from logflume.http.callers import UNKNOWN
from logflume.http.context import Context
from logflume.http.lent import Connection
from logflume.http.long_poll import WAIT_SECONDS, PollAnswer, poll_answer
from logflume.http.problems import Problem, problem_of
from logflume.records import Offset
from logflume.tail import Batch


class ParkedPoll:
    """A client's long polling over one connection, one request after the other."""

    def __init__(
        self,
        context: Context,
        answer: PollAnswer,
        cursor: Cursor,
        connection: Connection,
        caller: Caller,
    ) -> None:
        self._context = context
        self.caller = caller
        self._answer = answer
        self._cursor = cursor
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._waiter = self._on_news
        self._waiting_since: float | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._reading: asyncio.Task[None] | None = None
        self._has_seat = False
        self._told = ""
        """The offset of the last answer, where nearly every client goes on."""

    def begin(self) -> None:
        """Answer what is there, or wait for it."""
        self._context.counts.waiting_polls += 1
        self._waiting_since = self._loop.time()
        self._on_news()

    def again(self, said: Mapping[str, str], _: bytes) -> bool:
        """See `lent.Waiting`."""
        if not self.caller.valid:
            return False  # it is refused like a stranger's
        cursor = said.get("cursor")
        try:
            if self._cursor.state.lifetime or not self._is_at(said["offset"]):
                return False
        except (BadInput, LogError):
            return False
        old = self._answer
        if cursor != old.known_cursor or not old.lasting:
            self._answer = poll_answer(
                old.form, cursor, private=old.private, lasting=True, grant=old.grant
            )
        self.begin()
        return True

    def dismiss(self) -> None:
        """Its caller may read no more: if a request waits, refuse it."""
        if self._waiting_since is not None:
            if self._reading is not None:
                self._reading.cancel()
            self._refuse(UNKNOWN)

    def lost(self) -> None:
        """See `lent.Waiting`."""
        self._rest()
        if self._alarm is not None:
            self._alarm.cancel()
        if self._reading is not None:
            self._reading.cancel()

    def _is_at(self, offset: str) -> bool:
        """Whether the cursor now is where the client says it is."""
        return offset == self._told or self._cursor.moved(Offset.parse(offset))

    def _on_news(self) -> None:
        try:
            if self._cursor.has_news:
                batch = self._cursor.read_ring()
                if batch is None:
                    self._reading = self._loop.create_task(self._read())
                else:
                    self._tell(batch)
            elif self._context.tails.stopping:
                self._tell_nothing()
            else:
                self._wait()
        except LogError as error:
            self._refuse(problem_of(error))

    def _wait(self) -> None:
        if not self._has_seat:
            self._context.seats.take(self._cursor.tail.log)
            self._has_seat = True
        self._cursor.join(self._waiter)
        if self._alarm is None:
            self._alarm = self._loop.call_later(WAIT_SECONDS, self._on_alarm)

    def _on_alarm(self) -> None:
        self._alarm = None
        if self._waiting_since is None:
            return
        left_seconds = self._waiting_since + WAIT_SECONDS - self._loop.time()
        if left_seconds > 0:
            self._alarm = self._loop.call_later(left_seconds, self._on_alarm)
        else:
            self._tell_nothing()

    async def _read(self) -> None:
        """What the ring no longer has."""
        try:
            self._tell(await self._cursor.read())
        except LogError as error:
            self._refuse(problem_of(error))
        finally:
            self._reading = None

    def _tell_nothing(self) -> None:
        batch = self._cursor.read_ring()
        if batch is not None:  # at the tail the ring has all that there is
            self._tell(batch)

    def _tell(self, batch: Batch) -> None:
        self._rest()
        self._told = batch.token
        self._context.counts.delivered["long-poll"] += batch.until - batch.after
        self._connection.answer(batch.framed(self._answer, self._context.clock()))

    def _refuse(self, problem: Problem) -> None:
        self._rest()
        refused = (problem.status, problem.name, problem.detail)
        self._context.refusals.note("GET", "a long poll", *refused)
        self._connection.answer(problem.raw(self._answer.grant))

    def _rest(self) -> None:
        """Nobody waits any more."""
        if self._waiting_since is not None:
            self._context.counts.waiting_polls -= 1
            self._waiting_since = None
        self._cursor.leave(self._waiter)
        if self._has_seat:
            self._context.seats.leave(self._cursor.tail.log)
            self._has_seat = False


__all__ = ["ParkedPoll"]
