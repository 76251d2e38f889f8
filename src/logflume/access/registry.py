"""All that lets somebody in, in memory, kept true by what the store announces.

So a request is examined without a look into the store, and what was revoked on another server ends
here as soon as this one hears of it. Whoever goes on with a stream after his request was examined
is told by `on_end`, at most `LOOK_SECONDS` after a time has run out.

Use it on the event loop only.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from msgspec.structs import replace

from logflume.access.callers import Caller, Grant
from logflume.access.credentials import (
    ALL_PREFIXES,
    CONTENT_TYPE,
    PREFIXES,
    Credential,
    of_state,
)
from logflume.access.secret import RANDOM_BYTES, Kind, digest_of, is_secret, new_secret
from logflume.errors import NoSuchLog, Outdated, StoreError
from logflume.records import Append, LogId, State
from logflume.store import Announcement, Store

LOOK_SECONDS = 1.0
"""How late it may be noticed that a time has run out while nothing is asked."""

USE_NOTED_US = 60_000_000
"""A token's use is noted once a minute at most: noting it is a write."""

PAGE = 1000
"""Credentials in one read at the start."""

ID_BYTES = 10
"""Random ones of an id: no secret, only no other's."""


@dataclass(slots=True)
class _Held:
    """A credential, and the one caller who shows it."""

    credential: Credential
    caller: Caller
    used_us: int


class Registry:
    """All tokens, sessions and share links of a store. `clock` gives microseconds since 1970,
    `random` that many random bytes."""

    def __init__(
        self, store: Store, *, clock: Callable[[], int], random: Callable[[int], bytes]
    ) -> None:
        self._store = store
        self._clock = clock
        self._random = random
        self._held: dict[LogId, _Held] = {}
        self._by_digest: dict[str, _Held] = {}
        self._due: list[tuple[int, LogId]] = []
        """When times run out, the next one first; some may be gone by then."""
        self._gone: set[LogId] | None = None
        """What ended while the store was being read."""
        self._listeners: list[Callable[[Caller], None]] = []
        self._noting: set[asyncio.Task[None]] = set()
        store.subscribe(self._hear)

    async def start(self) -> None:
        """Read all that there is, and look at the time from now on. Raises StoreError."""
        gone: set[LogId] = set()
        self._gone = gone
        for prefix in PREFIXES.values():
            before: LogId | None = None
            while found := await self._store.logs(prefix, {}, before=before, limit=PAGE):
                for log, state in found:
                    if log not in self._held and log not in gone and not state.deleted:
                        self._hold(of_state(state))
                before = found[-1][0]
        self._gone = None
        self._look_later()

    def on_end(self, listener: Callable[[Caller], None]) -> None:
        """Call `listener` with every caller who may do nothing any more, from now on."""
        self._listeners.append(listener)

    def find(self, secret: str, kind: Kind) -> Caller | None:
        """Who shows this secret, if it lets anybody in now."""
        if not is_secret(secret, kind):
            return None
        held = self._by_digest.get(digest_of(secret))
        if held is None or held.credential.kind != kind:
            return None
        now_us = self._clock()
        if held.credential.expired(now_us):
            self._end(held)
        if not held.caller.valid:
            return None
        if kind == "token" and now_us - held.used_us >= USE_NOTED_US:
            held.used_us = now_us
            self._note_use(held.credential, now_us)
        return held.caller

    def shown(self, secret: str, kind: Kind) -> Credential | None:
        """What is known of the credential with this secret, if `find` lets its caller in."""
        if self.find(secret, kind) is None:
            return None
        return self._by_digest[digest_of(secret)].credential

    async def issue(
        self,
        kind: Kind,
        name: str,
        *,
        by: str,
        grants: tuple[Grant, ...] = (),
        shared: LogId | None = None,
        token: str | None = None,
        expires_us: int | None = None,
    ) -> tuple[str, Credential]:
        """Make one: its secret, which is told here and never again, and what is kept of it.
        Raises StoreError."""
        secret = new_secret(kind, self._random(RANDOM_BYTES))
        made = Credential(
            kind=kind,
            id=f"{kind[:2]}_{self._random(ID_BYTES).hex()}",
            digest=digest_of(secret),
            name=name,
            grants=grants,
            shared=shared,
            token=token,
            created_us=self._clock(),
            created_by=by,
            expires_us=expires_us,
        )
        state = State(made.created_us, CONTENT_TYPE, document=made.encode())
        await self._store.create(made.log, state)
        return secret, made

    async def revoke(self, credential: Credential) -> None:
        """End it, and what began with it. Raises NoSuchLog, StoreError."""
        await self._store.delete(credential.log)

    def listed(self, kind: Kind) -> Sequence[Credential]:
        """All of this kind, the newest first; those whose time is over too."""
        found = [one.credential for one in self._held.values() if one.credential.kind == kind]
        return sorted(found, key=lambda one: (one.created_us, one.id), reverse=True)

    def get(self, kind: Kind, id: str) -> Credential:  # noqa: A002
        """The one of this id. Raises NoSuchLog."""
        held = self._held.get(LogId(PREFIXES[kind] + id))
        if held is None:
            raise NoSuchLog(LogId(id))
        return held.credential

    def caller(self, token_id: str) -> Caller | None:
        """Who shows the token of this id."""
        held = self._held.get(LogId(PREFIXES["token"] + token_id))
        return None if held is None else held.caller

    async def sweep(self) -> None:
        """Delete sessions and share links that are over. Tokens stay, to be seen in the list."""
        now_us = self._clock()
        for held in list(self._held.values()):
            is_over = held.credential.expired(now_us) or not held.caller.valid
            if is_over and held.credential.kind != "token":
                with suppress(NoSuchLog):
                    await self.revoke(held.credential)

    def _hear(self, announcement: Announcement) -> None:
        if announcement.chunks or not announcement.log.startswith(ALL_PREFIXES):
            return  # appends come first: they are many
        state = announcement.state
        if state is not None and not state.deleted:
            self._hold(of_state(state))
            return
        if self._gone is not None:
            self._gone.add(announcement.log)
        held = self._held.pop(announcement.log, None)
        if held is not None:
            self._by_digest.pop(held.credential.digest, None)
            self._end(held)

    def _hold(self, credential: Credential) -> None:
        held = self._held.get(credential.log)
        if held is not None:  # only its last use is ever noted
            held.credential = credential
            held.used_us = max(held.used_us, credential.used_us or 0)
            return
        caller = Caller(credential.name, credential.grants, log=credential.shared)
        held = _Held(credential, caller, credential.used_us or 0)
        self._held[credential.log] = self._by_digest[credential.digest] = held
        if credential.expires_us is not None:
            heapq.heappush(self._due, (credential.expires_us, credential.log))
        if credential.token is not None and not self._is_token_valid(credential.token):
            self._end(held)

    def _is_token_valid(self, id: str) -> bool:  # noqa: A002
        caller = self.caller(id)
        return caller is not None and caller.valid

    def _end(self, held: _Held) -> None:
        """Nobody is let in by it, or by what began with it, any more."""
        for one in (held, *self._begun_with(held.credential)):
            if one.caller.valid:
                one.caller.valid = False
                for listener in self._listeners:
                    listener(one.caller)

    def _begun_with(self, credential: Credential) -> Iterator[_Held]:
        if credential.kind == "token":
            for held in list(self._held.values()):
                if held.credential.token == credential.id:
                    yield held

    def _look_later(self) -> None:
        asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        self._look_later()  # first: whatever goes wrong with one, the next one's time comes, too
        now_us = self._clock()
        while self._due and self._due[0][0] <= now_us:
            held = self._held.get(heapq.heappop(self._due)[1])
            if held is not None:
                self._end(held)

    def _note_use(self, credential: Credential, now_us: int) -> None:
        noting = asyncio.get_running_loop().create_task(self._noted(credential, now_us))
        self._noting.add(noting)
        noting.add_done_callback(self._noting.discard)

    async def _noted(self, credential: Credential, now_us: int) -> None:
        """Of no consequence if it fails: a full disk keeps nobody from reading."""
        with suppress(NoSuchLog, Outdated, StoreError):
            state = await self._store.state(credential.log)
            used = replace(of_state(state), used_us=now_us)
            append = Append(now_us, document=used.encode(), revision=state.revision)
            await self._store.append(credential.log, append)


__all__ = ["LOOK_SECONDS", "Registry"]
