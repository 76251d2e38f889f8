"""The generic logs a server knows: made, forked, appended to, used, deleted, expired.

Whoever finds a log whose lifetime is over deletes it and goes on as if it had never been there; a
sweep finds those that nobody asks for. Reading a log that expires when idle is noted in its state,
but not every time: `State.expired` counts the idle time generously instead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import msgspec
from msgspec.structs import replace

from logflume.errors import (
    BadInput,
    Conflict,
    LogExists,
    LogExpired,
    LogGone,
    NoSuchLog,
    StoreFull,
)
from logflume.forks import Forks, inheriting
from logflume.generic.messages import encoder_of, records_of
from logflume.lineage import stored
from logflume.records import (
    USES_NOTED,
    Append,
    Lifetime,
    LogId,
    Offset,
    Seq,
    State,
    nothing,
)
from logflume.room import Room
from logflume.store import Store
from logflume.wire.forms import kind_of, media_type

DEFAULT_CONTENT_TYPE = "application/octet-stream"

MORTAL = "mortal"
"""The label of a log with a lifetime, by which the sweep finds it."""


class ForkPoint(msgspec.Struct, frozen=True):
    """What is forked, and where: at an offset (None: the tail), and so many messages of a JSON log,
    or bytes of the one record, after it."""

    source: LogId
    offset: Offset | None = None
    beyond: int = 0


class NewLog(msgspec.Struct, frozen=True):
    """What a client wants made. Of a fork, what is None is the source's."""

    content_type: str | None = None
    lifetime: Lifetime | None = None
    closed: bool = False
    body: bytes = b""
    fork: ForkPoint | None = None


class _Asked(msgspec.Struct, frozen=True):
    """What was asked for when the log was made, so that asking again can be recognised."""

    lifetime: Lifetime | None
    fork: ForkPoint | None


class Logs:
    """All generic logs in a store. Use it on one event loop.

    `clock` gives microseconds since 1970.
    """

    def __init__(
        self,
        store: Store,
        *,
        clock: Callable[[], int],
        room: Room | None = None,
        max_log_bytes: int | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._room = room or Room()
        self._max_log_bytes = max_log_bytes
        self._forks = Forks(store)

    async def create(self, log: LogId, new: NewLog) -> tuple[State, bool]:
        """The log's state, and whether the log is new. Making one again as it was made finds it.

        Raises BadInput; NoSuchLog when there is nothing to fork; Conflict when the log is there but
        differs, was deleted and has forks, or what is to be forked is of another type or deleted.
        """
        while True:
            there = await self._there(log)
            if there is None:
                with suppress(LogExists):  # somebody else made it meanwhile
                    return await self._make(log, new), True
            elif not there.deleted:
                return _same(there, new), False
            elif not await self._forks.collect(log, there):
                raise Conflict(
                    "a log of this name was deleted, and logs that were forked from it remain"
                )

    async def append(self, log: LogId, append: Append) -> State:
        """Raises NoSuchLog and what `rules.apply` raises; StoreLow, if it brings records."""
        if append.encode is not nothing:
            self._room.refuse_if_low()
            append = replace(append, max_log_bytes=self._max_log_bytes)
        try:
            return await self._store.append(log, append)
        except LogExpired:
            await self._delete_expired(log)
            raise

    def now_us(self) -> int:
        """The time by which logs expire."""
        return self._clock()

    async def state(self, log: LogId) -> State:
        """The log's state now. Raises NoSuchLog, LogGone."""
        state = await self._store.state(log)
        await self._refuse_absent(log, state)
        return state

    async def use(self, log: LogId, state: State) -> None:
        """Note that the log is read. Raises NoSuchLog when its lifetime is over."""
        await self._refuse_absent(log, state)
        if state.lifetime is None or state.lifetime.idle_seconds is None:
            return
        now_us = self._clock()
        if (now_us - state.used_us) * USES_NOTED >= state.lifetime.idle_seconds * 1_000_000:
            with suppress(StoreFull):  # reading goes on
                await self.append(log, Append(now_us, uses=True))

    async def delete(self, log: LogId) -> None:
        """Raises NoSuchLog; LogGone when it was deleted before and still has forks."""
        await self.state(log)
        await self._forks.delete(log, self._clock())

    async def sweep(self) -> None:
        """Delete the logs whose lifetime is over, and what a crash left of deleted ones."""
        async for log, state in self._forks.labelled(MORTAL):
            if state.expired(self._clock()):
                await self._delete_expired(log)
        await self._forks.sweep()

    async def _make(self, log: LogId, new: NewLog) -> State:
        self._room.refuse_if_low()
        now_us = self._clock()
        state = State(
            now_us,
            new.content_type or DEFAULT_CONTENT_TYPE,
            document=msgspec.json.encode(_Asked(new.lifetime, new.fork)),
            labels=_labels(new.lifetime),
            lifetime=new.lifetime,
            used_us=now_us,
            grown_us=now_us,
        )
        records: list[bytes] = []
        if new.fork is not None:
            state, records = await self._forked(state, new, new.fork)
        if new.body:
            records += await asyncio.to_thread(records_of, new.body, state.content_type)
        encode = encoder_of(records) if records else nothing
        first = Append(now_us, encode, close=new.closed) if records or new.closed else None
        return await self._forks.create(log, state, first)

    async def _forked(
        self, state: State, new: NewLog, fork: ForkPoint
    ) -> tuple[State, list[bytes]]:
        """The state of the fork, and the part of a record that it begins with."""
        try:
            source = await self.state(fork.source)
        except LogGone:
            raise Conflict("the log to fork was deleted") from None
        if new.content_type and media_type(new.content_type) != media_type(source.content_type):
            raise Conflict(f"the log to fork holds {source.content_type}; ask for the same")
        at = _seq_in(source, fork.offset)
        part: list[bytes] = []
        if kind_of(source.content_type) == "json":
            at = Seq(at + fork.beyond)
        elif fork.beyond:
            part = [await self._part(fork, source, at)]
        if at > source.tail:
            raise BadInput("the fork's point is beyond the end of the log to fork")
        lifetime = new.lifetime or source.lifetime
        state = replace(
            state,
            content_type=source.content_type,
            lifetime=lifetime,
            labels=_labels(lifetime),
        )
        return inheriting(state, fork.source, source, at, state.used_us), part

    async def _part(self, fork: ForkPoint, source: State, at: Seq) -> bytes:
        """The first bytes of the record after `at`."""
        if at >= source.tail:
            raise BadInput("the fork's point is beyond the end of the log to fork")
        until = Seq(at + 1)
        [chunk] = await stored(self._store, fork.source, source, at, until=until, max_bytes=1)
        if fork.beyond > len(chunk.body):
            raise BadInput(f"Stream-Fork-Sub-Offset is beyond the record's {len(chunk.body)} bytes")
        return chunk.body[: fork.beyond]

    async def _there(self, log: LogId) -> State | None:
        """The log's state, if there is a log of this name. Looked for before a fork's source is,
        which may be gone when a request to fork it is repeated."""
        try:
            state = await self._store.state(log)
        except NoSuchLog:
            return None
        if not state.deleted and state.expired(self._clock()):
            await self._delete_expired(log)
            return await self._there(log)
        return state

    async def _refuse_absent(self, log: LogId, state: State) -> None:
        if state.deleted:
            raise LogGone
        if state.expired(self._clock()):
            await self._delete_expired(log)
            raise LogExpired

    async def _delete_expired(self, log: LogId) -> None:
        with suppress(NoSuchLog):  # somebody else found it, too
            state = await self._store.state(log)
            if state.expired(self._clock()):
                await self._forks.delete(log, self._clock(), epoch=state.epoch)


def _seq_in(source: State, offset: Offset | None) -> Seq:
    """The place in the source. Epoch 0 and record 0 is the start of any log."""
    if offset is None:
        return source.tail
    if offset == Offset(0, Seq(0)):
        return Seq(0)
    if offset.seq > source.tail or offset != source.offset(offset.seq):
        raise BadInput("Stream-Fork-Offset is no offset of the log to fork")
    return offset.seq


def _labels(lifetime: Lifetime | None) -> dict[str, str]:
    return {} if lifetime is None else {MORTAL: "yes"}


def _same(there: State, new: NewLog) -> State:
    """The state that is there, if it is what was asked for. Raises Conflict."""
    known = msgspec.json.decode(there.document, type=_Asked)
    wanted = new.content_type or (there.content_type if new.fork else DEFAULT_CONTENT_TYPE)
    differing = [
        what
        for what, differs in {
            "content type": media_type(wanted) != media_type(there.content_type),
            "lifetime": new.lifetime != known.lifetime,
            "fork": new.fork != known.fork,
            "closing": new.closed != there.closed,
        }.items()
        if differs
    ]
    if differing:
        raise Conflict(f"there is a log of this name already, of another {', '.join(differing)}")
    return there


__all__ = ["DEFAULT_CONTENT_TYPE", "ForkPoint", "Logs", "NewLog"]
