"""A connection that the server lends, so that who waits on it needs no task.

A server that can lend its connection, or give it away, says so in the request's scope, under
`EXTENSION`. An endpoint that borrows it returns without an answer; whatever it left with the server
gives the answer later, on the event loop, all of it in one call. After it the connection is the
server's again.
"""

from __future__ import annotations

from asyncio import BaseProtocol, Transport
from collections.abc import Mapping
from typing import Protocol

from logflume.http.context import Scope

EXTENSION = "logflume.connection"
"""The key in `scope["extensions"]` (ASGI, Extensions)."""


class Waiting(Protocol):
    """Who waits for something to answer."""

    def again(self, said: Mapping[str, str], body: bytes) -> bool:
        """The client asks the same again with another body, and what else is said differently: a
        GET's `offset` and `cursor`, a POST's `content-length` and `producer-seq`, as far as the
        first request had them. Take it on, or return False to have it go the ordinary way."""

    def lost(self) -> None:
        """The connection is gone; nobody is left to answer."""


class Connection(Protocol):
    """A connection with one request that has not been answered."""

    def give_away(self, protocol: BaseProtocol) -> Transport | None:
        """Let go of the connection: what comes on it is `protocol`'s from now on, and the request
        counts as answered. None if this one must go the ordinary way."""

    def lend(self, waiting: Waiting) -> bool:
        """Leave the request to `waiting`; False if this one must go the ordinary way."""

    def may_pause(self) -> None:
        """The body that is coming may be silent for as long as it likes; others must go on."""

    def answer(self, response: bytes) -> None:
        """The whole answer, as HTTP/1.1 writes it."""


def connection_of(scope: Scope) -> Connection | None:
    """The connection, if the server lends it."""
    connection: Connection | None = scope.get("extensions", {}).get(EXTENSION)
    return connection


__all__ = ["EXTENSION", "Connection", "Waiting", "connection_of"]
