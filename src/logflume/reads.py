"""Reads of the store that many ask for at once: done once.

When a server starts again, or a line was cut, all watchers of a log come back together, nearly all
of them to the same place. Who asks for what is being read waits for that read. What is asked for a
second time is kept for some seconds, with what it was framed as, for those who come after; a reader
that is alone leaves nothing behind but the places that it asked for.

Invariant: what is kept is given only to readers of the same log, of the same epoch and as often
rewritten, and only while it is true that its records are the last ones, or if it never was.
"""

from __future__ import annotations

import asyncio

from logflume.batch import Batch
from logflume.lineage import stored
from logflume.records import LogId, Seq, State
from logflume.store import Store

KEPT_SECONDS = 5
"""What was not asked for again goes after this time, or twice as long: as long as it takes a few
thousand watchers to come back."""

KEPT_BYTES = 4 * 1024 * 1024
"""Records kept of all logs together, or twice as much, and as much again for each way in which they
were framed: sixteen full batches, for as many places at which watchers were cut off."""

MAX_PLACES = 4096
"""Places known as asked for, some 200 bytes each. One that is forgotten is read once more."""

Place = tuple[LogId, int, int, Seq, int]
"""A log, its epoch, how often its records were replaced, the record after which to read, and about
how many bytes."""


class Reads:
    """Use it on the event loop only."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._running: dict[Place, asyncio.Task[Batch]] = {}
        self._asked: set[Place] = set()
        self._kept: dict[Place, Batch] = {}
        self._older: dict[Place, Batch] = {}
        """Kept before the last turn; gone with the next."""
        self._kept_bytes = 0
        self._turning = False

    def kept(self, log: LogId, state: State, after: Seq, max_bytes: int) -> Batch | None:
        """The batch after `after`, if it is at hand. `state` is the log's state now."""
        if not self._kept and not self._older:
            return None
        place = (log, state.epoch, state.rewrites, after, max_bytes)
        batch = self._kept.get(place) or self._older.get(place)
        if batch is None or (batch.up_to_date and batch.state is not state):
            return None
        if state.gap is not None and state.gap.meets(after, batch.until):
            return None  # the gap was not there, or was shorter
        return batch

    async def read(self, log: LogId, state: State, after: Seq, max_bytes: int) -> Batch:
        """The batch after `after`, of which `state` has at least one record. It may have been read
        for another, a moment before `state`; but not if it would say that nothing follows, since
        who asks may know better.

        Cancel-safe: the read goes on for the others. Raises what `lineage.stored` raises.
        """
        place = (log, state.epoch, state.rewrites, after, max_bytes)
        batch = await self._shared(place, state)
        if batch.up_to_date and batch.state.revision < state.revision:
            # Whatever runs by now was begun after `state` was known.
            batch = await self._shared(place, state)
        return batch

    async def _shared(self, place: Place, state: State) -> Batch:
        is_wanted = place in self._asked
        self._note(place)
        reading = self._running.get(place)
        if reading is None:
            reading = asyncio.ensure_future(self._read(place, state))
            reading.add_done_callback(_take_note)
            self._running[place] = reading
        batch = await asyncio.shield(reading)
        if is_wanted:
            self._keep(place, batch)
        return batch

    async def _read(self, place: Place, state: State) -> Batch:
        log, _, _, after, max_bytes = place
        try:
            chunks = await stored(
                self._store, log, state, after, until=state.tail, max_bytes=max_bytes
            )
        finally:
            del self._running[place]  # at once: nobody joins what has ended
        return Batch(after, chunks, state)

    def _note(self, place: Place) -> None:
        if len(self._asked) >= MAX_PLACES:
            self._asked.clear()
        self._asked.add(place)
        self._turn_in_time()

    def _keep(self, place: Place, batch: Batch) -> None:
        if self._kept.get(place) is batch:
            return
        self._kept[place] = batch
        self._kept_bytes += sum(len(chunk.body) for chunk in batch.chunks)
        if self._kept_bytes > KEPT_BYTES:
            self._turn()

    def _turn(self) -> None:
        self._older, self._kept, self._kept_bytes = self._kept, {}, 0

    def _turn_in_time(self) -> None:
        if not self._turning:
            self._turning = True
            asyncio.get_running_loop().call_later(KEPT_SECONDS, self._on_time)

    def _on_time(self) -> None:
        self._turning = False
        self._turn()
        self._asked.clear()
        if self._older:
            self._turn_in_time()


def _take_note(reading: asyncio.Task[Batch]) -> None:
    """Of how it ended: whoever asked may be gone, and then nobody else does."""
    if not reading.cancelled():
        reading.exception()


__all__ = ["Reads"]
