"""The one reading primitive: a place in a log that moves on as it reads.

History is one read, long polling one read that may wait, a live stream a read after the other.
All of them go the same way: what the ring has comes from the ring, what it no longer has from
the store, by a read that followers may share (`reads`), and at the end the cursor waits. There is
no other path for "live", hence no seam.

Invariant: a cursor at `seq` has handed out every record up to `seq` once, in order.
"""

from __future__ import annotations

from logflume.batch import Batch
from logflume.errors import AheadOfTail, NoSuchLog, StoreCorrupt, Trimmed, WrongEpoch
from logflume.lineage import stored
from logflume.reads import Reads
from logflume.records import LogId, Offset, Seq, State
from logflume.store import Store
from logflume.tail import Tail, Tails, Waiter

MAX_BATCH_BYTES = 256 * 1024
"""One read: large enough that the work around it does not count, small enough that ten thousand
readers who catch up at once fit into memory."""


class Cursor:
    """A reader's place in a log. Use it from one task only."""

    __slots__ = ("_reads", "_store", "_tail", "seq")

    def __init__(self, store: Store, reads: Reads, tail: Tail, seq: Seq) -> None:
        self._store = store
        self._reads = reads
        self._tail = tail
        self.seq = seq

    @classmethod
    async def at(cls, store: Store, tails: Tails, log: LogId, offset: Offset | None) -> Cursor:
        """A cursor at `offset`, or at the start for None. Raises NoSuchLog, WrongEpoch when the
        offset is of an earlier log of this name, AheadOfTail when nothing is there yet, Trimmed
        when it is there no longer."""
        tail = await tails.open(log)
        cursor = cls(store, tails.reads, tail, tail.state.start)
        if offset is not None:
            await cursor.move(offset)
        return cursor

    @property
    def tail(self) -> Tail:
        """The live end of the log: the same object for all that follow it on this server."""
        return self._tail

    @property
    def state(self) -> State:
        return self._tail.state

    def twin(self) -> Cursor:
        """Another cursor at the same place."""
        return Cursor(self._store, self._reads, self._tail, self.seq)

    async def move(self, offset: Offset) -> None:
        """Go to `offset`. Raises WrongEpoch, AheadOfTail and Trimmed."""
        if offset != self.state.offset(offset.seq) or offset.seq > self.state.tail:
            # Another server that gave it out may be ahead. What the store answers from its leader,
            # this server announces to the tail before.
            await self._store.state(self._tail.log)
        if offset != self.state.offset(offset.seq):
            raise WrongEpoch
        if offset.seq > self.state.tail:
            raise AheadOfTail(self.state)
        if offset.seq < self.state.start:
            raise Trimmed(self.state)
        self.seq = offset.seq

    async def read(
        self,
        *,
        until: Seq | None = None,
        max_bytes: int = MAX_BATCH_BYTES,
        wait_seconds: float = 0,
    ) -> Batch:
        """The next records, about `max_bytes` and none beyond `until`; at the tail, what comes
        within `wait_seconds`, or an empty batch.

        Cancel-safe: the cursor moves after the last await, so a cancelled read has read nothing.
        Raises NoSuchLog when the log is gone, Trimmed when the records are, StoreError.
        """
        if wait_seconds:
            await self._tail.wait(self.seq, wait_seconds)
        batch = self._at_hand(max_bytes)
        if batch is None:
            batch = await self._stored(until, max_bytes)
        if until is not None and batch.until > until:
            chunks = [c.between(batch.after, until) for c in batch.chunks if c.first <= until]
            batch = Batch(batch.after, chunks, batch.state)
        self.seq = batch.until
        return batch

    def read_ring(self, max_bytes: int = MAX_BATCH_BYTES) -> Batch | None:
        """What `read` gives without waiting, if it is at hand; else None, and the cursor stays.

        Raises NoSuchLog when the log is gone.
        """
        batch = self._at_hand(max_bytes)
        if batch is not None:
            self.seq = batch.until
        return batch

    @property
    def has_news(self) -> bool:
        """Whether `read_ring` has something to tell. Raises NoSuchLog when the log is gone."""
        return self._tail.has_news(self.seq)

    def moved(self, offset: Offset) -> bool:
        """Go to `offset` if this server knows it; whether it does. `move` may know more."""
        state = self._tail.state
        if not state.start <= offset.seq <= state.tail or offset != state.offset(offset.seq):
            return False
        self.seq = offset.seq
        return True

    def join(self, waiter: Waiter) -> None:
        """Call `waiter` once, as soon as there may be something to read."""
        self._tail.join(waiter)

    def leave(self, waiter: Waiter) -> None:
        """Do not call `waiter` any more."""
        self._tail.leave(waiter)

    def _at_hand(self, max_bytes: int) -> Batch | None:
        """The next batch, if it is in the ring or was read for another lately."""
        tail = self._tail
        return tail.recent(self.seq, max_bytes) or self._reads.kept(
            tail.log, tail.state, self.seq, max_bytes
        )

    async def _stored(self, until: Seq | None, max_bytes: int) -> Batch:
        log, state = self._tail.log, self.state
        last = state.tail if until is None else min(until, state.tail)
        if last <= self.seq:
            return Batch(self.seq, (), state)
        try:
            if until is None:
                batch = await self._reads.read(log, state, self.seq, max_bytes)
            else:
                chunks = await stored(
                    self._store, log, state, self.seq, until=last, max_bytes=max_bytes
                )
                batch = Batch(self.seq, chunks, state)
        except StoreCorrupt:
            if not self._tail.gone:
                raise
        if self._tail.gone:
            # Another log may have this name by now; the announcement of the deletion came before
            # anything of that one could be read, or found missing.
            raise NoSuchLog(log)
        return batch


__all__ = ["MAX_BATCH_BYTES", "Cursor"]
