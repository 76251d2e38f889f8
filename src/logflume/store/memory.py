"""The reference store: what the Protocol means, in a dictionary. It forgets everything on exit.

It is what the other stores are compared with, and what tests use where the disk is not the
question. Everything happens on the event loop, so each call is one step.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BufferedReader

from logflume import rules
from logflume.errors import Conflict, LogExists, NoSuchLog
from logflume.records import Append, Chunk, Gap, LogId, Rewrite, Seq, State
from logflume.store import Announcement, Figures, Listener


@dataclass(slots=True)
class _Log:
    state: State
    chunks: list[Chunk] = field(default_factory=list)

    def trim(self, gap: Gap) -> None:
        """Let go of the records in the gap."""
        kept: list[Chunk] = []
        for chunk in self.chunks:
            kept += [chunk.between(Seq(0), gap.after), chunk.between(gap.until, chunk.last)]
        self.chunks = [chunk for chunk in kept if chunk]


class MemoryStore:
    """A store that lives as long as its process. See `logflume.store.Store`."""

    def __init__(self) -> None:
        self._logs: dict[LogId, _Log] = {}
        self._listeners: list[Listener] = []

    async def create(self, log: LogId, state: State, first: Append | None = None) -> State:
        if log in self._logs:
            raise LogExists(self._logs[log].state)
        state, chunk = rules.begin(state, first)
        grown = [chunk] if chunk else []
        self._logs[log] = _Log(state, list(grown))
        self._announce(Announcement(log, state, grown))
        return state

    async def append(self, log: LogId, append: Append) -> State:
        held = self._held(log)
        held.state, chunk = rules.apply(held.state, append)
        grown = [chunk] if chunk else []
        held.chunks += grown
        if append.trim is not None:
            held.trim(append.trim)
        self._announce(Announcement(log, held.state, grown))
        return held.state

    async def rewrite(self, changes: Sequence[Rewrite]) -> Sequence[State]:
        logs = [self._held(change.log) for change in changes]
        pairs = list(zip(logs, changes, strict=True))
        after = [rules.rewrite(log.state, change) for log, change in pairs]
        chunks = [_rewritten(log, change) for log, change in pairs]
        for (log, change), (state, chunk), held in zip(pairs, after, chunks, strict=True):
            grown = [chunk] if chunk else []
            log.state, log.chunks = state, held + grown
            self._announce(Announcement(change.log, state, grown))
        return [state for state, _ in after]

    async def state(self, log: LogId) -> State:
        return self._held(log).state

    async def read(self, log: LogId, after: Seq, *, until: Seq, max_bytes: int) -> Sequence[Chunk]:
        chunks = self._held(log).chunks
        found: list[Chunk] = []
        for chunk in chunks[bisect_right(chunks, after, key=lambda chunk: chunk.last) :]:
            if chunk.first > until or sum(len(c.body) for c in found) >= max_bytes:
                break
            found.append(next(iter(chunk.between(after, until).pieces(max_bytes))))
            if found[-1].last != min(chunk.last, until):
                break
        return found

    async def delete(self, log: LogId, *, epoch: int | None = None) -> None:
        if epoch not in (None, self._held(log).state.epoch):
            raise NoSuchLog(log)
        del self._logs[log]
        self._announce(Announcement(log, None))

    async def logs(
        self, prefix: str, labels: Mapping[str, str], *, before: LogId | None, limit: int
    ) -> Sequence[tuple[LogId, State]]:
        found = [
            (log, held.state)
            for log, held in self._logs.items()
            if log.startswith(prefix)
            and (before is None or log < before)
            and labels.items() <= held.state.labels.items()
        ]
        return sorted(found, key=lambda pair: pair[0], reverse=True)[:limit]

    def subscribe(self, listener: Listener) -> None:
        self._listeners.append(listener)

    async def ready(self) -> None:
        pass  # there is always room, or no process

    async def figures(self) -> Figures:
        return Figures()

    async def snapshot(self) -> BufferedReader:
        raise Conflict("this server keeps its logs in memory only; there is nothing to back up")

    async def close(self) -> None:
        self._listeners.clear()

    def _held(self, log: LogId) -> _Log:
        try:
            return self._logs[log]
        except KeyError:
            raise NoSuchLog(log) from None

    def _announce(self, announcement: Announcement) -> None:
        for listener in self._listeners:
            listener(announcement)


def _rewritten(log: _Log, change: Rewrite) -> list[Chunk]:
    held = [chunk.replaced(change.records) for chunk in log.chunks]
    numbers = {n for chunk in held for n in range(chunk.first, chunk.last + 1)}
    if missing := change.records.keys() - numbers:
        raise Conflict(f"record {min(missing)} of {change.log} is not stored any more; ask again")
    return held


__all__ = ["MemoryStore"]
