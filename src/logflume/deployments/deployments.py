"""The deployments a server knows: created, found, listed, changed, deleted, appended to.

A deployment is the document of its log, so that its last change, the `end` record and the closing
of the log are one append. The feed, the log of what happened to all of them, is another log and
written after it: no store need have transactions across logs. What a crash leaves untold is
covered by a `restart` record, upon which a reader of the feed reads the list again.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from weakref import WeakValueDictionary

import msgspec

from logflume.deployments.deployment import (
    FINAL,
    Change,
    Deployment,
    NewDeployment,
    begin,
    changed,
    of_state,
)
from logflume.deployments.digests import Digests
from logflume.deployments.ids import RANDOM_BYTES, is_deployment_id, new_deployment_id
from logflume.deployments.line_records import encode_end, encode_feed, encode_status
from logflume.deployments.masking import Masking, Maskings, RulesOf, no_rules
from logflume.deployments.projects import Projects
from logflume.deployments.redaction_request import Asked, Redacted
from logflume.deployments.redactions import Note, Redactions
from logflume.deployments.retries import retry
from logflume.deployments.sizes import Sizes
from logflume.errors import Conflict, LogExists, LogGone, NoSuchLog, Outdated, StoreFull
from logflume.forks import FORKED_FROM, FORKING, Forks
from logflume.records import Append, Encoder, LogId, Producer, State, nothing
from logflume.room import Room
from logflume.store import Store

FEED = LogId("feed")
PREFIX = "deployment/"
CONTENT_TYPE = "application/json"


def log_of(deployment: str) -> LogId:
    """The log of the deployment of this id. Raises NoSuchLog for what cannot be an id, so that
    nothing a caller makes up reaches the store."""
    if not is_deployment_id(deployment):
        raise NoSuchLog(LogId(deployment))
    return LogId(PREFIX + deployment)


def id_of(log: LogId) -> str:
    """The deployment whose log it is."""
    return log.removeprefix(PREFIX)


class Deployments:
    """All deployments in a store. Use it on one event loop.

    `clock` gives microseconds since 1970, `random` that many random bytes, `rules` what is masked
    in a project's logs.
    """

    def __init__(
        self,
        store: Store,
        *,
        clock: Callable[[], int],
        random: Callable[[int], bytes],
        projects: Projects | None = None,
        rules: RulesOf = no_rules,
        room: Room | None = None,
    ) -> None:
        self._store = store
        self.projects = projects or Projects(store, clock=clock)
        self._room = room or Room()
        self._clock = clock
        self._random = random
        self._untold = False
        self._digests = Digests(store, PREFIX)
        self._sizes = Sizes(store, PREFIX, limit_of=self._limit_of)
        self._maskings = Maskings(self._project_of, rules)
        self._forks = Forks(store)
        # A lock lives as long as somebody holds it or waits for it.
        self._changing: WeakValueDictionary[LogId, asyncio.Lock] = WeakValueDictionary()
        self._redactions = Redactions(
            store,
            FEED,
            self._digests,
            clock=clock,
            lock_of=lambda log: self._changing.setdefault(log, asyncio.Lock()),
            tell=partial(self._tell, "changed"),
        )

    async def start(self) -> None:
        """Make the feed if need be, and tell its readers that something may be missing in it."""
        await self.projects.start()
        with suppress(LogExists):
            await self._store.create(FEED, State(self._clock(), CONTENT_TYPE))
        await self._tell("restart", None)

    async def create(self, new: NewDeployment) -> tuple[Deployment, bool]:
        """The deployment, and whether it is new. Creating one again by its own id finds it.

        Raises BadRecord, Conflict if the id is another deployment's, StoreLow.
        """
        now_us = self._clock()
        made = new.id or new_deployment_id(now_us, self._random(RANDOM_BYTES))
        deployment = begin(new, made, now_us)
        log = log_of(deployment.id)
        state = State(
            now_us,
            CONTENT_TYPE,
            document=deployment.encode(),
            labels=deployment.labels,
            grown_us=now_us,
        )
        try:
            if self._room.low:
                await self._refuse_existing(log)
                self._room.refuse_if_low()
            if new.retry_of is None:
                state = await self._forks.create(log, state)
            else:
                state = await self._create_retry(log, state, new.retry_of, now_us)
        except LogExists as there:
            if there.state.deleted:
                raise Conflict("the deployment was deleted, and retries of it remain") from None
            return _same(of_state(there.state), deployment), False
        deployment = of_state(state)
        await self._tell("created", deployment)
        return deployment, True

    async def _create_retry(self, log: LogId, state: State, of: str, now_us: int) -> State:
        async with self._redactions.turn:  # or it might inherit what it has measured before
            await self._refuse_existing(log)
            state, first = await retry(self._store, state, log_of(of), of, now_us)
            return await self._forks.create(log, state, first)

    async def redact(self, id: str, asked: Asked, note: Note) -> Redacted:  # noqa: A002
        """See `Redactions.redact`."""
        return await self._redactions.redact(log_of(id), asked, note)

    async def get(self, id: str) -> Deployment:  # noqa: A002
        """Raises NoSuchLog."""
        return of_state(await self._state(log_of(id)))

    async def list(
        self,
        labels: Mapping[str, str],
        projects: Collection[str] | None = None,
        *,
        after: str | None,
        limit: int,
    ) -> Sequence[Deployment]:
        """Deployments that carry all of `labels` and are of one of the `projects` (None: of any),
        newest first, those older than `after`."""
        if projects is None:
            return await self._list(labels, after=after, limit=limit)
        found = [
            await self._list({**labels, "project": project}, after=after, limit=limit)
            for project in projects
            if labels.get("project", project) == project
        ]
        newest = heapq.merge(*found, key=lambda one: one.id, reverse=True)
        return [*islice(newest, limit)]

    async def _list(
        self, labels: Mapping[str, str], *, after: str | None, limit: int
    ) -> Sequence[Deployment]:
        before = None if after is None else log_of(after)
        listed: list[Deployment] = []
        while len(listed) < limit:
            found = await self._store.logs(PREFIX, labels, before=before, limit=limit)
            listed += [of_state(state) for _, state in found if not state.deleted]
            if len(found) < limit:
                break
            before = found[-1][0]
        return listed[:limit]

    async def change(self, id: str, change: Change) -> Deployment:  # noqa: A002
        """Change the deployment; a final status ends its log in the same step.

        Raises NoSuchLog, Conflict.
        """
        log = log_of(id)
        # One change after another, and no new appends meanwhile.
        async with self._changing.setdefault(log, asyncio.Lock()):
            while True:
                state = await self._state(log)
                old = of_state(state)
                now_us = self._clock()
                new = changed(old, change, now_us)
                if new is old:
                    return old
                step = await self._step(old, new, state, now_us)
                with suppress(Outdated):  # an append was under way: look again
                    new = of_state(await self._store.append(log, step))
                    break
            if new.finished:
                self._maskings.forget(log)
            # Before the next change is let in, or the feed could tell them in the wrong order.
            await self._tell("changed", new)
        return new

    async def delete(self, id: str) -> None:  # noqa: A002
        """The lines that retries of it begin with stay theirs. Raises NoSuchLog."""
        deployment = await self.get(id)
        await self._forks.delete(log_of(id), self._clock())
        self._maskings.forget(log_of(id))
        await self._tell("deleted", deployment)

    def append(
        self, log: LogId, encode: Encoder, producer: Producer | None = None
    ) -> Awaitable[State]:
        """Append lines. Raises StoreLow, NoSuchLog, LogClosed, what else `rules.apply` raises."""
        self._room.refuse_if_low()
        append = Append(self._clock(), encode, producer)
        changing = self._changing.get(log)
        if changing is None:
            return self._store.append(log, append)
        return self._append_after(changing, log, append)

    async def masking(self, log: LogId) -> Masking:
        """What masks lines before they are appended to the log, by one who appends again and again.
        Raises NoSuchLog."""
        return await self._maskings.of(log)

    async def _append_after(self, changing: asyncio.Lock, log: LogId, append: Append) -> State:
        """Let the change through, or a busy producer could hold off the end for ever."""
        async with changing:
            pass
        return await self._store.append(log, append)

    async def _step(self, old: Deployment, new: Deployment, state: State, now_us: int) -> Append:
        """The append that turns `old` into `new`."""
        encode: Encoder = nothing
        if new.status in FINAL and not old.finished:
            new = msgspec.structs.replace(new, lines=state.tail, size_bytes=state.size_bytes)
            digest = await self._digests.at(log_of(new.id), state)
            omitted = state.gap.until - state.gap.after if state.gap else 0
            redacted = (new.redacted, new.redacted_at)
            encode = encode_end(
                *(new.status, new.exit_code, state.tail, digest, now_us, redacted), omitted=omitted
            )
        elif new.status != old.status:
            encode = encode_status(new.status, now_us)
        return Append(
            now_us,
            encode,
            revision=state.revision,
            close=new.finished and not old.finished,
            document=new.encode(),
            labels={**new.labels, **_lineage(state)},
        )

    def _limit_of(self, state: State) -> int:
        """How many bytes the log may have."""
        return self.projects.max_log_bytes(state.labels.get("project", ""))

    async def _project_of(self, log: LogId) -> str:
        return (await self._store.state(log)).labels.get("project", "")

    async def _refuse_existing(self, log: LogId) -> None:
        """Raise LogExists before the source is looked at, which may be gone when a create is
        repeated."""
        with suppress(NoSuchLog):
            raise LogExists(await self._store.state(log))

    async def _state(self, log: LogId) -> State:
        state = await self._store.state(log)
        if state.deleted:
            raise LogGone
        return state

    async def _tell(self, kind: str, deployment: Deployment | None) -> None:
        """What it tells of is stored, so a full disk does not make it fail: what stays untold is
        made up for by a `restart` record as soon as there is room."""
        now_us = self._clock()
        about = None if deployment is None else msgspec.Raw(deployment.encode())
        try:
            if self._untold:
                await self._store.append(FEED, Append(now_us, encode_feed("restart", None, now_us)))
                self._untold = False
            await self._store.append(FEED, Append(now_us, encode_feed(kind, about, now_us)))
        except StoreFull:
            self._untold = True


def _lineage(state: State) -> dict[str, str]:
    """The labels that say what the log was forked from: no change of a deployment may drop them."""
    return {name: state.labels[name] for name in (FORKED_FROM, FORKING) if name in state.labels}


def _same(there: Deployment, wanted: Deployment) -> Deployment:
    if (there.project, there.environment) != (wanted.project, wanted.environment):
        raise Conflict("the id is taken by another deployment")
    return there


__all__ = ["FEED", "PREFIX", "Deployments", "id_of", "log_of"]
