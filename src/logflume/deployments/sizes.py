"""Logs that become too large keep their beginning and their newest part.

Once a log is over its limit, the oldest piece after its head goes, and again with each piece that
comes, so that no single step costs much and the producer is never held up. Where a piece ends is
found by reading it once more, which is many times faster than it was written; nothing has to be
known from before, so a restart changes nothing.

Invariant: a log that is within its limit loses nothing; numbers never change.
"""

from __future__ import annotations

import asyncio
import logging
from bisect import bisect_left
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from logflume.deployments.projects import MIN_LOG_BYTES
from logflume.errors import CallerError, StoreError
from logflume.lineage import stored
from logflume.records import Append, Gap, LogId, Seq, State
from logflume.store import Announcement, Store

HEAD_SHARE = 16
"""Of a log's limit, so much at its beginning stays: what was started, with which settings."""

PIECE_SHARE = 256
"""So many pieces has a log at its limit: 4 MiB of 1 GiB, some 64 rows of the database."""

STEP_BYTES = 8 * 1024 * 1024
"""Trimmed in one transaction at most, for which other producers wait: some 20 ms."""

READ_BYTES = 1024 * 1024
"""Read at a time, to find where a piece ends."""

_1970 = datetime(1970, 1, 1, tzinfo=UTC)

_log = logging.getLogger(__name__)


class _Place(NamedTuple):
    """A place in a log: how many records stand before it, how many bytes, and the last of them."""

    seq: Seq
    size_bytes: int
    record: bytes = b""


class _Received(msgspec.Struct):
    time: datetime


_decoder = msgspec.json.Decoder(_Received)


def _received_us(record: bytes) -> int:
    """When the record was received, microseconds since 1970."""
    return (_decoder.decode(record).time - _1970) // timedelta(microseconds=1)


class Sizes:
    """Trims the logs whose ids begin with `prefix`. Use it on one event loop.

    `limit_of` says how many bytes the log of a state may have.
    """

    def __init__(
        self,
        store: Store,
        prefix: str,
        *,
        limit_of: Callable[[State], int],
    ) -> None:
        self._store = store
        self._prefix = prefix
        self._limit_of = limit_of
        self._trimming: dict[LogId, State] = {}
        """The logs that are being trimmed, each with the newest state that was announced:
        what comes while a step is under way starts no other one, and must not be forgotten."""
        self._tasks: set[asyncio.Task[None]] = set()
        store.subscribe(self._hear)

    def _hear(self, announcement: Announcement) -> None:
        state, log = announcement.state, announcement.log
        if state is None or state.size_bytes <= MIN_LOG_BYTES:
            return  # nearly all; no limit is lower
        if log in self._trimming:
            self._trimming[log] = state
            return
        if state.closed or not log.startswith(self._prefix):
            return
        if announcement.chunks and self._is_too_large(state):
            self._trimming[log] = state
            trimming = asyncio.ensure_future(self._trim(log))
            self._tasks.add(trimming)
            trimming.add_done_callback(self._tasks.discard)

    def _is_too_large(self, state: State) -> bool:
        return state.kept_bytes > self._limit_of(state)

    async def _trim(self, log: LogId) -> None:
        """Trim the log until it is within its limit. What fails is tried again when it grows."""
        try:
            while self._is_too_large(state := self._trimming[log]):
                gap = await self._next_gap(log, state)
                await self._store.append(log, Append(state.grown_us, trim=gap, epoch=state.epoch))
        except CallerError:
            pass  # it has ended meanwhile, or is gone
        except StoreError as error:
            _log.warning("a log that is too large could not be trimmed yet: %s", error)
        finally:
            del self._trimming[log]

    async def _next_gap(self, log: LogId, state: State) -> Gap:
        """What is to go next, so that in the end the log is a piece below its limit."""
        limit = self._limit_of(state)
        old = state.gap
        if old is not None:
            after, begins, done = old.after, old.begins_bytes, _Place(old.until, old.ends_bytes)
        else:
            head = await self._place(log, state, _Place(Seq(0), 0), limit // HEAD_SHARE)
            after, begins, done = head.seq, head.size_bytes, head
        excess = state.kept_bytes - limit + limit // PIECE_SHARE
        end = await self._place(log, state, done, done.size_bytes + min(excess, STEP_BYTES))
        return Gap(after, end.seq, _received_us(end.record), begins, end.size_bytes)

    async def _place(self, log: LogId, state: State, start: _Place, size_bytes: int) -> _Place:
        """The place after the record, one after `start` at least, with which the log has so many
        bytes."""
        seq, size = start.seq, start.size_bytes
        while True:
            chunks = await stored(
                self._store, log, state, seq, until=state.tail, max_bytes=READ_BYTES
            )
            for chunk in chunks:
                if size + len(chunk.body) >= size_bytes:
                    index = bisect_left(chunk.ends, size_bytes - size)
                    number = Seq(chunk.first + index)
                    record = chunk.between(Seq(number - 1), number).body
                    return _Place(number, size + chunk.ends[index], record)
                size += len(chunk.body)
            seq = chunks[-1].last


__all__ = ["Sizes"]
