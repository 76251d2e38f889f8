"""What every endpoint needs, handed to it by whoever builds the application."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from logflume.access.audit import Audit
from logflume.access.people import Provider
from logflume.access.registry import Registry
from logflume.cursor import Cursor
from logflume.deployments.deployments import Deployments
from logflume.generic.logs import Logs
from logflume.http.counts import Counts
from logflume.http.crowd import Crowds
from logflume.http.hosts import Hosts
from logflume.http.origins import Origins
from logflume.http.rates import Rates
from logflume.http.refusals import Refusals
from logflume.http.seats import Seats
from logflume.http.watchers import Watchers
from logflume.records import LogId
from logflume.store import Store
from logflume.tail import Tails

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Context:
    """The store and what is built on it. `clock` gives microseconds since 1970."""

    store: Store
    tails: Tails
    deployments: Deployments
    logs: Logs
    clock: Callable[[], int]
    origins: Origins = field(default_factory=Origins)
    """Of whose pages may read here besides its own."""
    seats: Seats = field(default_factory=Seats)
    rates: Rates = field(default_factory=Rates)
    needs_tokens: bool = False
    """Whether nobody is let in who shows nothing; else anybody may do everything."""
    hosts: Hosts | None = None
    """By which names alone it may be called; None: by any."""
    public_url: str | None = None
    """The site's address as its users know it, without a last slash, where requests cannot tell."""
    provider: Provider | None = None
    """Who says who somebody is, where there is single sign-on."""
    registry: Registry = field(init=False)
    audit: Audit = field(init=False)
    counts: Counts = field(default_factory=Counts)
    refusals: Refusals = field(default_factory=Refusals)
    crowds: Crowds = field(init=False)
    watchers: Watchers = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "audit", Audit(self.store, clock=self.clock))
        object.__setattr__(self, "crowds", Crowds(self.tails, self.clock, self.counts))
        object.__setattr__(self, "watchers", Watchers())
        registry = Registry(self.store, clock=self.clock, random=secrets.token_bytes)
        registry.on_end(self.watchers.end_of)
        object.__setattr__(self, "registry", registry)
        self.store.subscribe(self.counts.hear)

    async def cursor(self, log: LogId) -> Cursor:
        """A cursor at the start of the log. Raises NoSuchLog."""
        return await Cursor.at(self.store, self.tails, log, None)


__all__ = ["Context", "Message", "Receive", "Scope", "Send"]
