"""A deployment tried again: its log begins with the old one's, up to the section that failed.

Nothing is copied: the new log is a fork. What is above the fork is what need not run again; where
the old log has no sections, nothing is.
"""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from logflume.deployments.digests import READ_BYTES
from logflume.deployments.line_records import encode_lines
from logflume.deployments.sections import Sections
from logflume.errors import Conflict, NoSuchLog
from logflume.forks import inheriting
from logflume.lineage import stored
from logflume.records import Append, LogId, Seq, State
from logflume.store import Store


async def retry(
    store: Store, state: State, source: LogId, name: str, now_us: int
) -> tuple[State, Append]:
    """`state`, of a log that is to be made, as a retry of the deployment called `name`; and the
    line that says so. Raises Conflict when there is no such deployment or it has not ended."""
    try:
        old = await store.state(source)
    except NoSuchLog:
        old = None
    if old is None or old.deleted:
        raise no_source(name)
    if not old.closed:
        raise Conflict(f"retry_of: {name} has not ended yet")
    at, size_bytes = await _before_last_section(store, source, old)
    above = ", whose log up to its last section stands above" if at else ""
    line = encode_lines([(f"retry of {name}{above}", False)], "system", now_us)
    made = replace(inheriting(state, source, old, at, now_us), size_bytes=size_bytes)
    return made, Append(now_us, line)


def no_source(name: str) -> Conflict:
    """What is raised where there is no such deployment, or none that the caller may know of."""
    return Conflict(f"retry_of: there is no deployment {name}")


async def _before_last_section(store: Store, log: LogId, state: State) -> tuple[Seq, int]:
    """How many records stand before the last section, and their bytes."""
    sections = Sections()
    seq = Seq(0)
    while seq < state.tail:
        chunks = await stored(store, log, state, seq, until=state.tail, max_bytes=READ_BYTES)
        for chunk in chunks:
            await asyncio.to_thread(sections.add, chunk)
        seq = chunks[-1].last
    return Seq(0 if sections.last is None else sections.last - 1), sections.bytes_before


__all__ = ["no_source", "retry"]
