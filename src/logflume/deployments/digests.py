"""The SHA-256 of each growing log, kept up as the store announces, so that the end is quick.

A running hash is a convenience: after a restart, a gap, or when too many logs grow at once, it is
computed again from the store. It is never computed inside the writer's transaction. Of a log that
was trimmed it is of what is left, with the record that stands for the rest: what can be read.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping

from logflume.errors import StoreCorrupt
from logflume.lineage import stored
from logflume.records import Chunk, LogId, Seq, State
from logflume.store import Announcement, Store

MAX_RUNNING = 4096
"""Hashes kept, about 400 bytes each; a log beyond these is read once more when it ends."""

READ_BYTES = 1024 * 1024
"""How much is read and hashed at a time: off the event loop, where hashing lets others run."""


class _Running:
    """The hash of records 1 to `seq`, as they are after so many rewrites of the log."""

    __slots__ = ("hash", "rewrites", "seq")

    def __init__(self, rewrites: int) -> None:
        self.rewrites = rewrites
        self.seq = Seq(0)
        self.hash = hashlib.sha256()

    def add(self, chunks: Iterable[Chunk]) -> bool:
        """Take in the chunks, if they follow; whether they did."""
        for chunk in chunks:
            if chunk.first != self.seq + 1:
                return False
            self.hash.update(chunk.body)
            self.seq = chunk.last
        return True


class Digests:
    """Running hashes of the logs whose ids begin with `prefix`."""

    def __init__(self, store: Store, prefix: str) -> None:
        self._store = store
        self._prefix = prefix
        self._running: OrderedDict[LogId, _Running] = OrderedDict()
        store.subscribe(self._hear)

    async def at(self, log: LogId, state: State) -> str:
        """The SHA-256 of the bytes of all records so far, in hexadecimal. Raises NoSuchLog."""
        running = self._running.get(log)
        if running is None or (running.seq, running.rewrites) != (state.tail, state.rewrites):
            running = await self._computed(log, state, state.tail, {})
        return running.hash.hexdigest()

    async def of(self, log: LogId, state: State, until: Seq, replaced: Mapping[Seq, bytes]) -> str:
        """The same of records 1 to `until`, as they will be when these are replaced."""
        return (await self._computed(log, state, until, replaced)).hash.hexdigest()

    async def _computed(
        self, log: LogId, state: State, until: Seq, replaced: Mapping[Seq, bytes]
    ) -> _Running:
        running = _Running(state.rewrites)
        while running.seq < until:
            chunks = await stored(
                self._store, log, state, running.seq, until=until, max_bytes=READ_BYTES
            )
            if replaced:
                chunks = [chunk.replaced(replaced) for chunk in chunks]
            if not await asyncio.to_thread(running.add, chunks):
                raise StoreCorrupt(f"records after {running.seq + 1} of {log} do not follow")
        return running

    def _hear(self, announcement: Announcement) -> None:
        log, state = announcement.log, announcement.state
        if not log.startswith(self._prefix):
            return
        if state is None or state.closed or state.gap is not None:
            self._running.pop(log, None)
            return
        running = self._running.get(log)
        if running is None and not (announcement.chunks and announcement.chunks[0].first == 1):
            return  # grown before this server started: computed when it ends
        running = self._running.setdefault(log, _Running(state.rewrites))
        self._running.move_to_end(log)
        if running.rewrites != state.rewrites or not running.add(announcement.chunks):
            del self._running[log]
        if len(self._running) > MAX_RUNNING:
            self._running.popitem(last=False)


__all__ = ["READ_BYTES", "Digests"]
