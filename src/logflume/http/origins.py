"""Whether a page of another site opens a WebSocket (RFC 6455, section 10.2).

A browser sends a site's cookies along with a handshake that any page may begin, and no
cross-origin rule keeps the page from reading what comes back. What a page cannot choose is the
`Origin` that the browser sends, nor any other header; what is no browser sends no `Origin`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from logflume.http.problems import Problem

FOREIGN = Problem(
    403,
    "foreign-origin",
    "a page of another site may not open a WebSocket here: its Origin is not this host",
)

_ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<host>[^/?#@\s]+)", re.IGNORECASE)
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^\[\]:]+)(?::(?P<port>[0-9]*))?")

_PORTS = {"http": "80", "https": "443"}


def is_foreign(headers: Mapping[str, str]) -> bool:
    """Whether the handshake comes from a page of another host or port than it goes to.

    Behind a proxy the host may be another one than the browser knows; the proxy says which.
    """
    origin = headers.get("origin")
    if origin is None:
        return False
    match = _ORIGIN.fullmatch(origin)
    if match is None:
        return True
    default_port = _PORTS[match["scheme"].lower()]
    forwarded = headers.get("x-forwarded-host", "").partition(",")[0]
    ours = {_host(host, default_port) for host in (headers.get("host", ""), forwarded)}
    return _host(match["host"], default_port) not in ours - {None}


def _host(host: str, default_port: str) -> tuple[str, str] | None:
    """Name and port, in the one spelling that can be compared; None for what is no host."""
    match = _HOST.fullmatch(host.strip().lower())
    return None if match is None else (match["name"], match["port"] or default_port)


__all__ = ["FOREIGN", "is_foreign"]
