"""Logs that begin with another log's records, and what that means for deleting either.

A fork has no copy of what it inherits, so a log must not vanish while forks of it exist: deleting
it takes it out of use at once, and its records go with its last fork.

No store need have transactions across logs, so each side first does its own step and then looks at
the other's: whoever forks makes the fork and then sees whether its source is still in use; whoever
deletes takes the log out of use and then sees whether it has forks. Whichever comes second sees the
first, so neither a fork without records nor records without a reader can remain. What a crash
leaves between two steps is labelled, and a sweep takes the second.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress

from msgspec.structs import replace

from logflume.errors import Conflict, LogExists, NoSuchLog, Outdated
from logflume.records import FORKING, Ancestor, Append, Gap, LogId, Seq, State
from logflume.store import Store

FORKED_FROM = "forked_from"
"""The label of a fork that names its source."""

DELETED = "deleted"
"""The label of a log that waits for its last fork to go."""

MAX_ANCESTORS = 64
"""Each takes about 300 bytes of a state, and a JetStream header, where it must fit, has 64 KiB."""

SWEEP_PAGE = 100
"""Logs looked at in one read of a sweep."""

APART_US = 1_000_000
"""By a clock that is behind its source's epoch, a fork's epoch lies within so much after that, and
where it does, the clock says: for one that is made again under the same name to have the same, it
would have to be made at the same microsecond of a second."""


def inheriting(state: State, source: LogId, of: State, at: Seq, now_us: int) -> State:
    """`state`, of a log that is to be made, with the first `at` records of `source`.

    Its epoch is later than its source's, so that offsets go on rising where the records do, and is
    not that of an earlier fork of this name, whose offsets mean nothing here. Raises Conflict for a
    fork of too many forks.
    """
    ancestors: list[Ancestor] = []
    for ancestor in (*of.ancestors, Ancestor(source, of.epoch, of.tail)):
        before = ancestors[-1].until if ancestors else -1
        until = min(at, ancestor.until)
        # The source is named also where nothing of its own is inherited: by its epoch it is known
        # whether it is still the same log.
        if until > before or ancestor.log == source:
            ancestors.append(replace(ancestor, until=until))
    if len(ancestors) > MAX_ANCESTORS:
        raise Conflict(f"a fork of {MAX_ANCESTORS} forks is not forked again; copy its records")
    return replace(
        state,
        epoch=now_us if now_us > of.epoch else of.epoch + 1 + now_us % APART_US,
        tail=at,
        ancestors=tuple(ancestors),
        gap=_inherited(of.gap, at),
        labels={**state.labels, FORKED_FROM: source, FORKING: "yes"},
    )


def _inherited(gap: Gap | None, at: Seq) -> Gap | None:
    """What is not kept of the first `at` records. Its bytes are not in the size of the fork."""
    if gap is None or not gap.meets(Seq(0), at):
        return None
    until = min(gap.until, at)
    return replace(gap, until=until, ends_bytes=gap.begins_bytes)


class Forks:
    """Makes and deletes logs that may have to do with others."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def create(self, log: LogId, state: State, first: Append | None = None) -> State:
        """Make the log, which may be `inheriting`. Raises LogExists, what `rules.apply` raises, and
        Conflict when its source was deleted meanwhile."""
        try:
            made = await self._store.create(log, state, first)
        except LogExists as there:
            raise LogExists(await self._settled(log, there.state)) from None
        return await self._settled(log, made)

    async def delete(self, log: LogId, now_us: int, *, epoch: int | None = None) -> None:
        """Take the log, if it is of this epoch, out of use, and remove it unless it has forks.
        Raises NoSuchLog; LogGone when it was deleted before."""
        while True:
            state = await self._store.state(log)
            if epoch not in (None, state.epoch):
                raise NoSuchLog(log)
            kept = {name: value for name, value in state.labels.items() if name == FORKED_FROM}
            labels = {**kept, DELETED: "yes"}
            gone = Append(now_us, delete=True, labels=labels, epoch=state.epoch)
            with suppress(Outdated):  # it was made again meanwhile
                state = await self._store.append(log, gone)
                break
        await self.collect(log, state)

    async def collect(self, log: LogId, state: State) -> bool:
        """Remove the log if nothing needs it any more, and then its source likewise; whether the
        log itself is gone."""
        gone = False
        while state.deleted and not await self._has_forks(log):
            with suppress(NoSuchLog):  # another collector was quicker
                await self._store.delete(log, epoch=state.epoch)
            gone = True
            source = state.labels.get(FORKED_FROM)
            if source is None:
                break
            log = LogId(source)
            try:
                state = await self._store.state(log)
            except NoSuchLog:
                break
        return gone

    async def sweep(self) -> None:
        """Finish what a crash left half done."""
        async for log, state in self.labelled(FORKING):
            with suppress(Conflict):  # told to whoever asked, if that was not the crash's victim
                await self._settled(log, state)
        async for log, state in self.labelled(DELETED):
            await self.collect(log, state)

    async def labelled(self, label: str) -> AsyncIterator[tuple[LogId, State]]:
        """The logs with this label, read a page at a time: those found may be deleted meanwhile."""
        before: LogId | None = None
        while found := await self._store.logs("", {label: "yes"}, before=before, limit=SWEEP_PAGE):
            for log, state in found:
                yield log, state
            before = found[-1][0]

    async def _settled(self, log: LogId, state: State) -> State:
        """The state of a fork that is known to be whole. Raises Conflict when it is not: then it is
        deleted."""
        if FORKING not in state.labels:
            return state
        if not await self._in_use(LogId(state.labels[FORKED_FROM]), state):
            with suppress(NoSuchLog):
                await self.delete(log, state.used_us, epoch=state.epoch)
            raise Conflict("the log to fork was deleted meanwhile")
        labels = {name: value for name, value in state.labels.items() if name != FORKING}
        settled = Append(state.used_us, labels=labels, epoch=state.epoch, revision=state.revision)
        try:
            return await self._store.append(log, settled)
        except Outdated as changed:
            if changed.state.epoch != state.epoch:
                raise
            # Its labels may have changed, too, which must not be undone.
            return await self._settled(log, changed.state)

    async def _in_use(self, source: LogId, fork: State) -> bool:
        try:
            state = await self._store.state(source)
        except NoSuchLog:
            return False
        return not state.deleted and state.epoch == fork.ancestors[-1].epoch

    async def _has_forks(self, log: LogId) -> bool:
        return bool(await self._store.logs("", {FORKED_FROM: log}, before=None, limit=1))


__all__ = ["DELETED", "FORKED_FROM", "FORKING", "MAX_ANCESTORS", "Forks", "inheriting"]
