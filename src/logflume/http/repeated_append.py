"""A producer that appends over one connection, request after request: no task, no parsing.

A producer's next request differs from its last in nothing but the body, its length and the
producer's number. It need not be parsed, routed and authorised like a stranger's: it is taken on
here, and answered when the store says that all is on disk.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from logflume.access.callers import Caller
from logflume.errors import Duplicate, LogError
from logflume.http.callers import caller_of
from logflume.http.context import Scope, Send
from logflume.http.lent import Connection, connection_of
from logflume.http.problems import BUG, Problem, RequestError, note_refusal, problem_of
from logflume.http.respond import raw_response, respond, tail_headers
from logflume.records import Producer, State

_log = logging.getLogger(__name__)

Appending = Callable[[bytes, Producer | None], Awaitable[State]]
"""Appends a whole body as the first request did. Raises LogError, RequestError, at once or when
awaited."""


async def answer_stored(
    scope: Scope, send: Send, state: State, producer: Producer | None, again: Appending | None
) -> None:
    """Answer an append that is on disk; where the server lends its connection, those that repeat
    it go to `again`."""
    answer = stored_answer(state, producer)
    connection = connection_of(scope)
    is_taken = False
    if connection is not None and again is not None:
        asked = {name: scope.get(name) for name in ("app", "method", "path")}
        refused = partial(note_refusal, asked)
        repeated = RepeatedAppend(connection, again, producer, caller_of(scope), refused)
        is_taken = repeated.begin(*answer)
    if not is_taken:
        await respond(send, *answer)


class RepeatedAppend:
    """A producer's appends to one log over one connection."""

    def __init__(
        self,
        connection: Connection,
        append: Appending,
        producer: Producer | None,
        caller: Caller,
        refused: Callable[[Problem], None],
    ) -> None:
        self._caller = caller
        self._connection = connection
        self._append = append
        self._producer = producer
        self._refused = refused
        self._is_lost = False

    def begin(self, status: int, headers: Mapping[str, str]) -> bool:
        """Answer the first request, and take on those that repeat it. False, and nothing is
        answered, if the connection cannot be had."""
        if not self._connection.lend(self):
            return False
        self._connection.answer(raw_response(status, headers))
        return True

    def again(self, said: Mapping[str, str], body: bytes) -> bool:
        """See `lent.Waiting`."""
        if not self._caller.valid:
            return False  # it is refused like a stranger's
        if not body:
            return False  # without a body it may be another thing that is asked for: to close
        old = self._producer
        if old is not None and "producer-seq" in said:
            self._producer = Producer(old.id, old.epoch, int(said["producer-seq"]))
        try:
            storing = asyncio.ensure_future(self._append(body, self._producer))
        except Exception as error:  # noqa: BLE001 -- told to who asked
            self._fail(error)
        else:
            storing.add_done_callback(self._stored)
        return True

    def lost(self) -> None:
        """See `lent.Waiting`. What was sent is stored all the same."""
        self._is_lost = True

    def _stored(self, storing: asyncio.Future[State]) -> None:
        if storing.cancelled():
            return  # the server is at its end
        error = storing.exception()
        if error is not None:
            self._fail(error)
        else:
            self._answer(raw_response(*stored_answer(storing.result(), self._producer)))

    def _fail(self, error: BaseException) -> None:
        """Answer an append that was refused or failed, as the ordinary way would."""
        if isinstance(error, Duplicate):
            self._answer(raw_response(*repeated_answer(error)))
            return
        problem = _problem_behind(error)
        self._refused(problem)
        self._answer(problem.raw())

    def _answer(self, response: bytes) -> None:
        if not self._is_lost:
            self._connection.answer(response)


def _problem_behind(error: BaseException) -> Problem:
    match error:
        case RequestError():
            return error.problem
        case LogError():
            return problem_of(error)
        case _:
            _log.error("an append failed", exc_info=error)
            return BUG


def stored_answer(state: State, producer: Producer | None) -> tuple[int, dict[str, str]]:
    """Status and headers that say that all is stored."""
    if producer is None:
        return 204, tail_headers(state)
    return 200, {**tail_headers(state), **producer_headers(producer)}


def repeated_answer(repeated: Duplicate) -> tuple[int, dict[str, str]]:
    """Status and headers that say that all was stored before."""
    return 204, {**tail_headers(repeated.state), **producer_headers(repeated.producer)}


def producer_headers(producer: Producer) -> dict[str, str]:
    """A producer's last accepted mark, told."""
    return {"Producer-Epoch": str(producer.epoch), "Producer-Seq": str(producer.seq)}


__all__ = ["answer_stored", "producer_headers", "repeated_answer"]
