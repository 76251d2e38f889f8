"""What goes by itself: finished deployments that are too old, or too many bytes; old news.

Nothing goes unless somebody set how long things are kept. A deployment that has not ended never
goes, nor does a project's newest one for its size. Each is deleted as a person would delete it,
one after the other: the feed tells it, and the audit log notes it first. Of the feed and the audit
log themselves the newest records stay.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from logflume.access.audit import AUDIT, Audit
from logflume.access.callers import Caller
from logflume.deployments.deployments import FEED, PREFIX, Deployments, log_of
from logflume.deployments.ids import RANDOM_BYTES, new_deployment_id
from logflume.deployments.projects import ProjectSettings
from logflume.deployments.reckoning import Reckoning
from logflume.errors import NoSuchLog, StoreCorrupt
from logflume.records import Append, Gap, LogId, Seq, State
from logflume.store import Store

RETENTION = Caller("retention")

DAY_US = 24 * 3600 * 1_000_000

PAGE = 100
"""Deployments looked at in one read."""

MAX_AT_ONCE = 200
"""Deleted in one sweep: some seconds' work, between which others have their turn."""

MAX_FEED_RECORDS = 100_000
"""Some 60 MB. Whoever was away for longer reads the list again."""

MAX_AUDIT_RECORDS = 1_000_000
"""Some 200 MB: years of a busy team."""

SLACK = 10
"""A log of news is trimmed when it is a tenth too long, not with each record."""

STEP_RECORDS = 10_000
"""Trimmed in one transaction, some 6 MB, for which others wait."""

_log = logging.getLogger(__name__)


class Retention:
    """Use it on one event loop."""

    def __init__(
        self,
        store: Store,
        deployments: Deployments,
        audit: Audit,
        reckoning: Reckoning,
        *,
        clock: Callable[[], int],
    ) -> None:
        self._store = store
        self._deployments = deployments
        self._audit = audit
        self._reckoning = reckoning
        self._clock = clock

    async def sweep(self) -> int:
        """Delete what is due, as far as it goes in a while; how many deployments. Raises
        StoreError."""
        await self._trim(FEED, MAX_FEED_RECORDS)
        await self._trim(AUDIT, MAX_AUDIT_RECORDS)
        gone = 0
        async for log, why in self._due(await self._reckoning.now_us()):
            id_ = log.removeprefix(PREFIX)
            await self._audit.note("deployment-expired", RETENTION, deployment=id_, why=why)
            with suppress(NoSuchLog):  # somebody else deleted it
                await self._deployments.delete(id_)
            gone += 1
            if gone == MAX_AT_ONCE:
                break
        if gone:
            _log.info("retention deleted %d deployments", gone)
        return gone

    async def _trim(self, log: LogId, max_records: int) -> None:
        """A log of news that is damaged where it would be cut keeps nothing else from going."""
        try:
            await trim_to(self._store, log, max_records, self._clock())
        except StoreCorrupt as error:
            _log.warning("%s is not trimmed: %s; restore a backup", log, error)

    async def _due(self, now_us: int | None) -> AsyncIterator[tuple[LogId, str]]:
        """The deployments that are to go, and why. Without the time none goes for its age."""
        kept_bytes: defaultdict[str, int] = defaultdict(int)
        newest = self._newest_of_interest(now_us)
        before: LogId | None = None  # clients make ids, too, and may make them of times to come
        while newest is not _NOTHING:
            found = await self._store.logs(PREFIX, {}, before=before, limit=PAGE)
            for log, state in found:
                if (why := self._why(state, now_us, kept_bytes)) is not None:
                    yield log, why
            if len(found) < PAGE:
                return
            before = found[-1][0]
            if newest is not None and before < _made_at(self._clock() + DAY_US):
                before = min(before, newest)
            await asyncio.sleep(0)

    def _newest_of_interest(self, now_us: int | None) -> LogId | None:
        """Below which id there may be one that is to go. All must be looked at to add up their
        bytes, but only those made long ago to find the old ones."""
        known = self._deployments.projects.known()
        if any(settings.keep_bytes for settings in known):
            return None
        days = [settings.keep_days for settings in known if settings.keep_days]
        if not days or now_us is None:
            return _NOTHING
        return _made_at(max(0, now_us - min(days) * DAY_US))

    def _why(
        self, state: State, now_us: int | None, kept_bytes: defaultdict[str, int]
    ) -> str | None:
        """Why the deployment is to go, if it is."""
        project = state.labels.get("project", "")
        settings = self._deployments.projects.settings(project)
        newer_bytes = kept_bytes[project]
        kept_bytes[project] += state.kept_bytes
        if state.deleted or not state.closed:
            return None
        if now_us is not None and _is_old(state, settings, now_us):
            return "keep_days"
        if settings.keep_bytes and newer_bytes and kept_bytes[project] > settings.keep_bytes:
            return "keep_bytes"
        return None


_NOTHING = LogId("")
"""Below this id there is no log."""


def _made_at(time_us: int) -> LogId:
    """Below which id those are that were made before that time, if their ids tell the truth."""
    return log_of(new_deployment_id(time_us, bytes(RANDOM_BYTES)))


def _is_old(state: State, settings: ProjectSettings, now_us: int) -> bool:
    """Whether the deployment ended, which is when its log grew last, so long ago."""
    return bool(settings.keep_days) and now_us - state.grown_us > (settings.keep_days or 0) * DAY_US


async def trim_to(store: Store, log: LogId, max_records: int, now_us: int) -> None:
    """Let the oldest records of a log go once it has more than so many, and a tenth."""
    try:
        state = await store.state(log)
    except NoSuchLog:
        return
    if state.tail - state.start <= max_records + max_records // SLACK:
        return
    while (excess := state.tail - state.start - max_records) > 0:
        until = Seq(state.start + min(excess, STEP_RECORDS))
        state = await store.append(log, Append(now_us, trim=Gap(Seq(0), until, now_us)))


__all__ = ["Retention", "trim_to"]
