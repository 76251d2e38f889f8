"""Under which address this server is known: the configured one, or the one that a request names."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from logflume.http.context import Context, Scope


def site_of(context: Context, scope: Scope) -> str:
    """The site's address, without a last slash."""
    return context.public_url or str(HTTPConnection(scope).base_url).rstrip("/")


def is_secure(context: Context, scope: Scope) -> bool:
    """Whether browsers reach it by https. A proxy on this machine is believed what it says; the
    server has put it into the scope."""
    return site_of(context, scope).startswith("https:")


__all__ = ["is_secure", "site_of"]
