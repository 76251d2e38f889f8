"""What a store must do: a small Protocol that memory, SQLite and JetStream can all keep.

Its promises, which `tests/contract/store.py` examines in each:

- **Acknowledged is durable.** `create`, `append` and `delete` return once the change would
  survive a power cut.
- **Visible is durable.** What `state`, `read`, `logs` and an announcement show has been
  acknowledged or is about to be, and is on disk.
- **One log, one step.** An `Append` is applied whole or not at all, by `rules.apply`, one after
  another for each log. There is no transaction across logs, but for `rewrite`.
- **The store announces.** After every change, to all who subscribed, on the event loop, in the
  log's order. An announcement is a hint: whoever misses one reads the store. What a change
  returned, and the deletion of a log that was made again, this server has announced before;
  a read may be ahead of the announcement by a moment.

`docs/decisions/0002-the-store-protocol.md` shows how JetStream carries each of them out.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from io import BufferedReader
from typing import Protocol

import msgspec

from logflume.histogram import Histogram
from logflume.records import Append, Chunk, LogId, Rewrite, Seq, State


class Announcement(msgspec.Struct, frozen=True):
    """A log changed: its state now (None: it is gone) and the chunks that it grew by."""

    log: LogId
    state: State | None
    chunks: Sequence[Chunk] = ()


Listener = Callable[[Announcement], None]

COMMIT_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Bounds for the time of a transaction: from a fast disk's sync to a disk that is stuck."""

COMMIT_CHANGES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096)
"""Bounds for the changes in a transaction; no more than the last are taken into one."""


class Figures(msgspec.Struct):
    """What there is to know of a store as it runs. Of one that has no disk, nothing."""

    commit_seconds: Histogram = msgspec.field(default_factory=lambda: Histogram(COMMIT_SECONDS))
    """From a transaction's start to its end, the sync to disk included."""
    commit_changes: Histogram = msgspec.field(default_factory=lambda: Histogram(COMMIT_CHANGES))
    """How many changes shared a transaction."""
    database_bytes: int | None = None
    wal_bytes: int | None = None
    """The write-ahead log's file, which is kept at its size and used again."""
    free_bytes: int | None = None
    """What is left on the disk, for who may not use the last of it."""


class Store(Protocol):
    """Where logs are kept. Every method may raise StoreError; none loses data when cancelled:
    a cancelled change may still happen, and is then announced like any other."""

    async def create(self, log: LogId, state: State, first: Append | None = None) -> State:
        """Make the log, with `first` applied to it in the same step; its state. Raises LogExists
        with the state of the one that is there, deleted or not, and what `rules.apply` raises."""

    def append(self, log: LogId, append: Append) -> Awaitable[State]:
        """Apply `append`; the state after it. Records that it trims are not read again, and the
        room that they took is used for others. Raises NoSuchLog and what `rules.apply` raises."""

    async def rewrite(self, changes: Sequence[Rewrite]) -> Sequence[State]:
        """Replace records of these logs, of all or of none; their states after it. When it returns,
        the old bytes are nowhere in what the store has on disk, those of calls before it included.
        Raises NoSuchLog, what `rules.rewrite` raises, Conflict for a record that is not there any
        more, and StoreBusy when another program keeps the old bytes: the records are replaced then,
        and asking again, for nothing too, has them wiped."""

    async def state(self, log: LogId) -> State:
        """The log's state now. Raises NoSuchLog."""

    async def read(self, log: LogId, after: Seq, *, until: Seq, max_bytes: int) -> Sequence[Chunk]:
        """Records `after + 1` to `until`, in order, from the first that is kept on: about
        `max_bytes` of them, at least one if there is one. Raises NoSuchLog."""

    async def delete(self, log: LogId, *, epoch: int | None = None) -> None:
        """Remove the log, if it is of this epoch, and its records. Raises NoSuchLog."""

    async def logs(
        self, prefix: str, labels: Mapping[str, str], *, before: LogId | None, limit: int
    ) -> Sequence[tuple[LogId, State]]:
        """Logs whose id begins with `prefix` and that carry all of `labels`, in falling order of
        their ids, below `before`. Every change that was acknowledged before is seen, by whichever
        server: `forks` rests on it."""

    def subscribe(self, listener: Listener) -> None:
        """Call `listener` with every announcement from now on."""

    async def ready(self) -> None:
        """Return when a write of this moment is durable; nothing has grown by it. Raises
        StoreError."""

    async def figures(self) -> Figures:
        """What there is to know of it now. Waits for no write, but for a disk to say how full it
        is. Raises OSError."""

    async def snapshot(self) -> BufferedReader:
        """All of the store as it is at one moment, in a file that is gone once it is closed.
        Changes go on meanwhile. Raises Conflict where there is nothing to copy, StoreError."""

    async def close(self) -> None:
        """Finish what was accepted, then let go of everything."""


__all__ = ["Announcement", "Figures", "Listener", "Store"]
