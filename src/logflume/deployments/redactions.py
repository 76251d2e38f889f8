"""Redacting a deployment: a secret goes out of its log, its document, the feed and the digests.

Records lie in one log and are read in all that were forked from it after them, so a redaction
reaches over a family of logs. All of them change in one step of the store, each with its document
and end record: whoever reads sees a log from before or from after it, whose digest agrees.

One redaction goes on at a time, and no retry is made meanwhile. Nothing else changes records, so
the looking and the hashing are done with nothing held; appends to the family and changes of its
deployments wait for the last part.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress

import msgspec
from msgspec.structs import replace

from logflume.deployments.deployment import Deployment, of_state
from logflume.deployments.digests import READ_BYTES, Digests
from logflume.deployments.line_records import digested, encode_redacted
from logflume.deployments.redaction import NewRecord, Redaction
from logflume.deployments.redaction_request import (
    Asked,
    Redacted,
    document_without,
    feed_record_without,
    names_with,
)
from logflume.errors import BadRecord, LogGone, NoSuchLog, Outdated, StoreBusy
from logflume.forks import FORKED_FROM, SWEEP_PAGE
from logflume.lineage import home, stored
from logflume.records import Chunk, Encoder, LogId, Rewrite, Seq, State, nothing
from logflume.store import Store
from logflume.wire.forms import rfc3339

LOOK_BYTES = 64 * 1024
"""Looked through without giving way to the event loop: one to three milliseconds."""

Note = Callable[[Redacted, Sequence[Deployment]], Awaitable[None]]
"""Told what is about to be changed, and in which deployments: records that are shared are not only
those of whoever asked. What it raises leaves all as it is."""


class _Found:
    """The records that change, and in which log of the family each lies."""

    def __init__(self, log: LogId, state: State, records: Mapping[Seq, NewRecord]) -> None:
        self.records = records
        self.homes = {n: home(log, state, n)[0] for n in records}

    def of(self, log: LogId, state: State) -> dict[Seq, NewRecord]:
        """Those that this log has, its own or inherited."""
        return {
            n: record
            for n, record in self.records.items()
            if n <= state.tail and home(log, state, n)[0] == self.homes[n]
        }


class Redactions:
    """Use it on one event loop. `lock_of` gives the lock under which a deployment changes, `tell`
    tells the feed of one that did."""

    def __init__(
        self,
        store: Store,
        feed: LogId,
        digests: Digests,
        *,
        clock: Callable[[], int],
        lock_of: Callable[[LogId], asyncio.Lock],
        tell: Callable[[Deployment], Awaitable[None]],
    ) -> None:
        self._store = store
        self._feed = feed
        self._digests = digests
        self._clock = clock
        self._lock_of = lock_of
        self._tell = tell
        self.turn = asyncio.Lock()
        """Held by a redaction, and by whoever makes a fork."""

    async def redact(self, log: LogId, asked: Asked, note: Note) -> Redacted:
        """Take the text out of the deployment's log and out of all that share its records. `note`
        is told before anything changes, and not if nothing does; again if it has become more.

        Raises NoSuchLog; BadRecord for a number that the log does not have; Conflict when a record
        was trimmed meanwhile; StoreBusy when the old bytes could not be wiped yet. Asking again
        goes on from wherever a failure or a crash has left it.
        """
        async with self.turn:
            state = await self._in_use(log)
            numbers = asked.numbers
            if numbers and max(numbers) > state.tail:
                raise BadRecord(f"lines: the log has {state.tail} records, not {max(numbers)}")
            looking = Redaction(asked.secret, numbers)
            for after, until in _spans(numbers, looking.margin, state.tail):
                looking.skip()
                await self._look(looking, log, state, after, until)
            found = _Found(log, state, await asyncio.to_thread(looking.done))
            family = await self._family({log, *found.homes.values()})
            family[log] = state  # as it was looked through: it may have been closed meanwhile
            digests = {
                member: await self._digest(member, of, found.of(member, of))
                for member, of in family.items()
                if of.closed and found.of(member, of)
            }
            async with AsyncExitStack() as held:
                for member in sorted(family):
                    await held.enter_async_context(self._lock_of(member))
                seen = state.tail if numbers is None else None
                return await self._finish(log, asked, note, looking, seen, [*family], digests)

    async def _finish(
        self,
        log: LogId,
        asked: Asked,
        note: Note,
        looking: Redaction,
        seen: Seq | None,
        family: Iterable[LogId],
        digests: Mapping[LogId, str],
    ) -> Redacted:
        """Look through what came after `seen`, and do it. Nothing appends or changes by now, but
        what was under way may still be stored: then all is looked at anew."""
        noted: object = None
        while True:
            state = await self._in_use(log)
            if seen is not None:
                await self._look(looking, log, state, seen, state.tail)
                seen = state.tail
            found = _Found(log, state, await asyncio.to_thread(looking.done))
            changes = [
                change
                for member in family
                if (change := await self._change(member, log, asked, found, digests)) is not None
            ]
            fed = await self._fed(log, asked)
            told = _told(asked, of_state(state), found, complete=not looking.full)
            changed = [msgspec.json.decode(one.document or b"", type=Deployment) for one in changes]
            about = (told, [one.id for one in changed])
            if (changes or fed) and about != noted:
                await note(told, changed)
                noted = about
            try:
                await self._store.rewrite([*changes, *fed])
            except (Outdated, NoSuchLog):
                continue
            except StoreBusy:  # replaced, but not wiped
                await self._tell_of(changes)
                raise
            await self._tell_of(changes)
            return told

    async def _tell_of(self, changes: Iterable[Rewrite]) -> None:
        for change in changes:
            with suppress(NoSuchLog):
                state = await self._in_use(change.log)
                await self._tell(of_state(state))

    async def _change(
        self,
        log: LogId,
        asked_log: LogId,
        asked: Asked,
        found: _Found,
        digests: Mapping[LogId, str],
    ) -> Rewrite | None:
        """What becomes of one log of the family; None if nothing does."""
        try:
            state = await self._store.state(log)
        except NoSuchLog:
            return None
        new, now_us = found.of(log, state), self._clock()
        deployment, fields = of_state(state), list[str]()
        if log == asked_log:
            deployment, fields = document_without(asked, deployment)
        if not new:
            if not fields:
                return None
            return Rewrite(log, now_us, {}, 0, state.revision, deployment.encode())
        records = {n: record.body for n, record in new.items() if found.homes[n] == log}
        more_bytes = sum(record.more_bytes for record in new.values())
        first = sum(record.is_first for record in new.values())
        deployment = replace(
            deployment, redacted=deployment.redacted + first, redacted_at=rfc3339(now_us)
        )
        encode: Encoder = nothing
        if state.closed:
            deployment = replace(deployment, size_bytes=deployment.size_bytes + more_bytes)
            digest = digests.get(log) or await self._digest(log, state, new)
            old, records[state.tail] = await self._end(log, state, deployment, digest)
            more_bytes += len(records[state.tail]) - len(old)
        elif not state.deleted:
            encode = encode_redacted(list(new), now_us)
        document = deployment.encode()
        return Rewrite(log, now_us, records, more_bytes, state.revision, document, encode)

    async def _digest(self, log: LogId, state: State, new: Mapping[Seq, NewRecord]) -> str:
        """What the end record of a closed log will say."""
        records = {n: record.body for n, record in new.items()}
        return await self._digests.of(log, state, Seq(state.tail - 1), records)

    async def _end(
        self, log: LogId, state: State, deployment: Deployment, digest: str
    ) -> tuple[bytes, bytes]:
        """The end record as it is, and as it is to be."""
        before = Seq(state.tail - 1)
        [chunk] = await stored(self._store, log, state, before, until=state.tail, max_bytes=1)
        told = digested(digest, (deployment.redacted, deployment.redacted_at))
        end = {**msgspec.json.decode(chunk.body), **told}
        return chunk.body, msgspec.json.encode(end) + b"\n"

    async def _fed(self, log: LogId, asked: Asked) -> list[Rewrite]:
        """What becomes of the feed, which has the deployment as it was at several times."""
        deployment = of_state(await self._in_use(log)).id
        state = await self._store.state(self._feed)
        records: dict[Seq, bytes] = {}
        more_bytes = 0
        async for chunk in self._chunks(self._feed, state, state.start, state.tail):
            if deployment.encode() not in chunk.body:
                continue
            for n, old in enumerate(chunk.records(), chunk.first):
                new = feed_record_without(asked, deployment, old)
                if new is not None:
                    records[Seq(n)] = new
                    more_bytes += len(new) - len(old)
        return [Rewrite(self._feed, self._clock(), records, more_bytes)] if records else []

    async def _look(
        self, looking: Redaction, log: LogId, state: State, after: Seq, until: Seq
    ) -> None:
        async for chunk in self._chunks(log, state, after, until):
            if looking.full:
                return
            await asyncio.to_thread(looking.add, chunk)

    async def _chunks(
        self, log: LogId, state: State, after: Seq, until: Seq
    ) -> AsyncIterator[Chunk]:
        """Records `after + 1` to `until`, a little at a time."""
        while after < until:
            chunks = await stored(self._store, log, state, after, until=until, max_bytes=READ_BYTES)
            for chunk in (chunk for chunk in chunks if not chunk.omitted):
                for piece in chunk.pieces(LOOK_BYTES):
                    yield piece
            after = chunks[-1].last

    async def _family(self, homes: Iterable[LogId]) -> dict[LogId, State]:
        """These logs and all that were forked from them, deleted ones included."""
        family: dict[LogId, State] = {}
        left = [(log, await self._store.state(log)) for log in homes]
        while left:
            log, state = left.pop()
            if log not in family:
                family[log] = state
                left += [fork async for fork in self._forks(log)]
        return family

    async def _forks(self, log: LogId) -> AsyncIterator[tuple[LogId, State]]:
        before: LogId | None = None
        labels = {FORKED_FROM: log}
        while found := await self._store.logs("", labels, before=before, limit=SWEEP_PAGE):
            for fork in found:
                yield fork
            before = found[-1][0]

    async def _in_use(self, log: LogId) -> State:
        state = await self._store.state(log)
        if state.deleted:
            raise LogGone
        return state


def _spans(numbers: Iterable[int] | None, margin: int, tail: Seq) -> Iterable[tuple[Seq, Seq]]:
    """After which and until which records to look: all, or around those that are named."""
    if numbers is None:
        return [(Seq(0), tail)]
    spans: list[tuple[Seq, Seq]] = []
    for number in sorted(numbers):
        after, until = Seq(max(0, number - 1 - margin)), Seq(min(tail, number + margin))
        if spans and after <= spans[-1][1]:
            after = spans.pop()[0]
        spans.append((after, until))
    return spans


def _told(asked: Asked, deployment: Deployment, found: _Found, *, complete: bool) -> Redacted:
    marks = sum(record.marks for record in found.records.values())
    fields = document_without(asked, deployment)[1]
    return Redacted([*found.records], marks, fields, names_with(asked, deployment), complete)


__all__ = ["Note", "Redactions"]
