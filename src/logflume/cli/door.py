"""How many connections may be open, in all and from one address.

Every connection takes a descriptor, and so does every file of the store. Connections are refused
while there are still some left: who is refused then hears it, and a server without descriptors can
neither refuse nor store. A watcher's connection counts for as long as it is open, though it has
left its server's request machinery.

One address may be a proxy that everybody comes through. From this machine there is no bound, since
proxies mostly run there; elsewhere it is an option.
"""

from __future__ import annotations

import ipaddress
import logging
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import lru_cache

from logflume.http.limits import server_full, too_many_connections
from logflume.http.problems import Problem
from logflume.http.watchers import Watchers, Watching

RESERVED_DESCRIPTORS = 128
"""Kept for the store's files, and for telling those who are refused."""

MAX_DESCRIPTORS = 1_048_576
"""Asked of the system, if it gives so many: Linux's own bound."""

MAX_LINGERING = 64
"""Refused connections that are kept open to be read; any more are closed at once."""

RETRY_SECONDS = (2, 10)
"""Told to those who are refused, at random: they must not all come back at once."""

WARN_SECONDS = 10
"""At least, between two warnings that connections are refused."""

NETWORK_BITS = 64
"""Of an IPv6 address: whoever has one has as many as fit into the rest."""

_log = logging.getLogger(__name__)


class Door:
    """Lets connections in. Use it on the event loop only. No bound where one is 0."""

    def __init__(
        self,
        watchers: Watchers,
        *,
        in_all: int = 0,
        per_address: int = 0,
        place_of: Callable[[str], str] | None = None,
    ) -> None:
        self.refused = 0
        self.lingering = 0
        self._watchers = watchers
        self._place_of = place_of or place
        self._in_all = in_all
        self._per_address = per_address
        self._inside: Counter[str] = Counter()
        self._given_away: dict[object, str] = {}
        self._may_warn_at = 0.0
        watchers.on_gone = self.gone

    def enter(self, address: str, open_requests: int) -> Problem | None:
        """Count one in from this address, or say why not; it is counted all the same. Of the other
        connections, so many are not watchers."""
        counted = self._place(address)
        if counted:
            self._inside[counted] += 1
        if self._in_all and open_requests + len(self._watchers) > self._in_all:
            return self._refused(server_full(_pause_seconds()))
        if counted and self._inside[counted] > self._per_address:
            return self._refused(too_many_connections(self._per_address, _pause_seconds()))
        return None

    def leave(self, address: str) -> None:
        """One of this address is closed."""
        self._count_out(self._place(address))

    def give_away(self, address: str, protocol: object) -> None:
        """One of this address is a watcher's from now on, and leaves with it."""
        counted = self._place(address)
        if counted:
            self._given_away[protocol] = counted

    def gone(self, watcher: Watching) -> None:
        """A watcher's connection is closed."""
        self._count_out(self._given_away.pop(watcher, ""))

    def _place(self, address: str) -> str:
        return self._place_of(address) if self._per_address else ""

    def _count_out(self, counted: str) -> None:
        if not counted:
            return
        self._inside[counted] -= 1
        if not self._inside[counted]:
            del self._inside[counted]

    def _refused(self, problem: Problem) -> Problem:
        self.refused += 1
        now = time.monotonic()
        if now >= self._may_warn_at:
            self._may_warn_at = now + WARN_SECONDS
            _log.warning("connections are refused, %d by now: %s", self.refused, problem.detail)
        return problem


def _pause_seconds() -> int:
    return random.randint(*RETRY_SECONDS)  # noqa: S311 -- no secret


@lru_cache(maxsize=4096)
def place(address: str) -> str:
    """What is counted as one; "" for this machine itself, which is not."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""  # a socket of this machine that is no network's
    if isinstance(found, ipaddress.IPv6Address):
        mapped = found.ipv4_mapped
        if mapped is None:
            network = ipaddress.ip_network((found, NETWORK_BITS), strict=False)
            return "" if found.is_loopback else str(network)
        found = mapped
    return "" if found.is_loopback else str(found)


def room_for_connections() -> int:
    """How many connections there are descriptors for, once the system has given what it gives."""
    if sys.platform == "win32":
        return 0
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MAX_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MAX_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        soft = most
    has = MAX_DESCRIPTORS if soft == resource.RLIM_INFINITY else soft
    return max(has - RESERVED_DESCRIPTORS, has // 2)


__all__ = [
    "MAX_LINGERING",
    "RESERVED_DESCRIPTORS",
    "Door",
    "place",
    "room_for_connections",
]
