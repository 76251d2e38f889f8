"""The records of a log, wherever they are stored: a fork's first ones are its ancestors'.

Whoever reads what a log has stored reads it here. A fork knows its ancestors and how far each of
them goes, so no read looks for more than one log, however many forks lie between. A log knows, too,
which of its records are no longer kept: where they were amid others one record stands for them, and
where they were the first, that is an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from logflume.errors import StoreCorrupt, Trimmed
from logflume.records import Chunk, LogId, Seq, State
from logflume.store import Store
from logflume.wire.omitted import omitted


async def stored(
    store: Store, log: LogId, state: State, after: Seq, *, until: Seq, max_bytes: int
) -> Sequence[Chunk]:
    """Records `after + 1` to `until` as `Store.read` gives them: at least one of them.

    Raises NoSuchLog, Trimmed, and StoreCorrupt when the first of them is missing.
    """
    gap = state.gap
    if gap is not None and gap.meets(after, until):
        if gap.after == 0:
            raise Trimmed(state)
        if after >= gap.after:
            return [omitted(after, min(until, gap.until), gap)]
        until = gap.after
    where, last = home(log, state, Seq(after + 1))
    chunks = await store.read(where, after, until=min(until, last), max_bytes=max_bytes)
    if not chunks or chunks[0].first != after + 1:
        now = await store.state(log)
        if now.epoch == state.epoch and now.gap != gap:  # trimmed since `state` was known
            return await stored(store, log, now, after, until=until, max_bytes=max_bytes)
        raise StoreCorrupt(f"record {after + 1} of {where} is missing in the store")
    return _before_a_gap(chunks)


def _before_a_gap(chunks: Sequence[Chunk]) -> Sequence[Chunk]:
    """The chunks that follow one another: some may have been trimmed since the state was known, or
    be missing, which the next read finds."""
    for place, (chunk, following) in enumerate(pairwise(chunks), 1):
        if following.first != chunk.last + 1:
            return chunks[:place]
    return chunks


def home(log: LogId, state: State, seq: Seq) -> tuple[LogId, Seq]:
    """In which log the record is stored, and how many of those after it are there, too."""
    for ancestor in state.ancestors:
        if seq <= ancestor.until:
            return ancestor.log, ancestor.until
    return log, state.tail


__all__ = ["home", "stored"]
