"""The records of a log, wherever they are stored: a fork's first ones are its ancestors'.

Whoever reads what a log has stored reads it here. A fork knows its ancestors and how far each of
them goes, so no read looks for more than one log, however many forks lie between.
"""

from __future__ import annotations

from collections.abc import Sequence

from logflume.errors import StoreCorrupt
from logflume.records import Chunk, LogId, Seq, State
from logflume.store import Store


async def stored(
    store: Store, log: LogId, state: State, after: Seq, *, until: Seq, max_bytes: int
) -> Sequence[Chunk]:
    """Records `after + 1` to `until` as `Store.read` gives them: at least one of them.

    Raises NoSuchLog, and StoreCorrupt when the first of them is missing.
    """
    where, last = home(log, state, Seq(after + 1))
    chunks = await store.read(where, after, until=min(until, last), max_bytes=max_bytes)
    if not chunks or chunks[0].first != after + 1:
        raise StoreCorrupt(f"record {after + 1} of {where} is missing in the store")
    return chunks


def home(log: LogId, state: State, seq: Seq) -> tuple[LogId, Seq]:
    """In which log the record is stored, and how many of those after it are there, too."""
    for ancestor in state.ancestors:
        if seq <= ancestor.until:
            return ancestor.log, ancestor.until
    return log, state.tail


__all__ = ["home", "stored"]
