"""Pages of other sites: whose may read here, and whether one opens a WebSocket.

None may, unless whoever runs the server names their origins. What a page cannot choose is the
`Origin` that its browser sends; what is no browser need not send any.

A browser sends a site's cookies along with the handshake of a WebSocket that any page may begin,
and no cross-origin rule keeps the page from reading what comes back (RFC 6455, section 10.2). So
that is refused before it is answered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

EVERYBODY = "*"

_ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<host>[^/?#@\s]+)", re.IGNORECASE)
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^\[\]:]+)(?::(?P<port>[0-9]*))?")
_SENT = re.compile(r"https?://(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[1-9][0-9]{0,4})?")
"""How a browser writes an origin (RFC 6454, section 6.2), but for a port that goes without
saying."""

_PORTS = {"http": "80", "https": "443"}


class Origins:
    """The origins that are allowed, as browsers write them. Raises ValueError for what is none, and
    says what to write."""

    def __init__(self, allowed: Iterable[str] = (), *, own: str | None = None) -> None:
        self._allowed = tuple(dict.fromkeys(_as_sent(one) for one in allowed))
        self.own = own and _as_sent(own)
        """This site's own, where it is known: behind a proxy a request need not tell it."""

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._allowed)

    @property
    def own_only(self) -> Origins:
        """The same without those that are allowed."""
        return Origins(own=self.own)

    @property
    def are_all(self) -> bool:
        """Whether every origin is one of them."""
        return EVERYBODY in self._allowed

    @property
    def frames(self) -> str:
        """Whose pages may show one of ours in a frame, as `frame-ancestors` says it."""
        return EVERYBODY if self.are_all else " ".join(["'self'", *self._allowed])

    def include(self, origin: str) -> bool:
        """Whether this is one of them."""
        return self.are_all or origin in self._allowed


def is_foreign(headers: Mapping[str, str], allowed: Origins) -> bool:
    """Whether a handshake, or what changes something, comes from a page that is neither allowed nor
    of the host and port that it goes to.

    Behind a proxy the host may be another one than the browser knows; the proxy says which.
    """
    origin = headers.get("origin")
    if origin is None or allowed.include(origin) or origin == allowed.own:
        return False
    match = _ORIGIN.fullmatch(origin)
    if match is None:
        return True
    default_port = _PORTS[match["scheme"].lower()]
    forwarded = headers.get("x-forwarded-host", "").partition(",")[0]
    ours = {_host(host, default_port) for host in (headers.get("host", ""), forwarded)}
    return _host(match["host"], default_port) not in ours - {None}


def _as_sent(origin: str) -> str:
    """The origin as a browser writes it. Raises ValueError."""
    if origin == EVERYBODY:
        return origin
    sent = origin.lower()
    if not _SENT.fullmatch(sent):
        raise ValueError(
            f"{origin!r} is no origin; write scheme and host, and the port if it is not the usual "
            "one, and nothing after it: https://shop.example.com or http://localhost:3000. "
            "* stands for everybody"
        )
    scheme = sent.partition(":")[0]
    return sent.removesuffix(f":{_PORTS[scheme]}")


def _host(host: str, default_port: str) -> tuple[str, str] | None:
    """Name and port, in the one spelling that can be compared; None for what is no host."""
    match = _HOST.fullmatch(host.strip().lower())
    return None if match is None else (match["name"], match["port"] or default_port)


__all__ = ["EVERYBODY", "Origins", "is_foreign"]
