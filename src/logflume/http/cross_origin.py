"""Lets pages of other sites read what can be read here, if their origin is allowed.

How a browser is told so (Fetch standard, section 3.2) is known here alone. An answer that passes
gets the headers for it, the *grant*; whoever answers on a connection that the server has lent or
given away puts them there, with `grant_of`. Nothing may be written, and cookies are not asked for:
such a page reads nothing that its reader's browser could not be told by anybody's program.

Where an answer depends on who asks, caches are told so whoever asks.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import ASGIApp

from logflume.http.context import Message, Receive, Scope, Send
from logflume.http.origins import EVERYBODY, Origins
from logflume.http.parameters import headers_of
from logflume.http.respond import Grant, granted, respond

LOGS, FILES = "/v1/", "/assets/"
"""What may be read, and what the viewer is made of. Nothing else is of use to another site."""

EXPOSED = ", ".join(
    [
        *("ETag", "Link", "Retry-After", "Stream-Closed", "Stream-Cursor", "Stream-Next-Offset"),
        *("Stream-SSE-Data-Encoding", "Stream-Start-Offset", "Stream-Up-To-Date"),
    ]
)
"""The answer's headers that a page may see besides those that every page may."""

PREFLIGHT_SECONDS = "7200"
"""How long a browser need not ask again; Chromium forgets it after so long in any case."""

_ALLOWED = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "Authorization, If-None-Match, Last-Event-ID",
    "Access-Control-Max-Age": PREFLIGHT_SECONDS,
}
_SHARED = {"Cross-Origin-Resource-Policy": "cross-origin"}
_READ = {"Access-Control-Expose-Headers": EXPOSED, **_SHARED}
_VARY = {"Vary": "Origin"}

_KEY = "logflume.grant"
"""Where a request's scope has its grant."""


def grant_of(scope: Scope) -> Grant:
    """What must stand in the head of the answer to this request, besides its own headers."""
    grant: Grant = scope.get(_KEY, ())
    return grant


class CrossOrigin:
    """The application `app`, open to pages of `origins`."""

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith((LOGS, FILES)):
            await self._app(scope, receive, send)
            return
        headers = headers_of(scope)
        origin = headers.get("origin", "")
        if scope["method"] in ("GET", "HEAD"):
            grant = self._grant(origin, is_file=scope["path"].startswith(FILES))
            scope[_KEY] = grant
            await self._app(scope, receive, _granting(send, grant))
        elif _asks_whether(scope, headers) and self._origins.include(origin):
            await respond(send, 204, {**self._names(origin), **_ALLOWED})
        else:
            await self._app(scope, receive, send)

    def _grant(self, origin: str, *, is_file: bool) -> Grant:
        """What the answer to a page of this origin says; empty for one that is no page."""
        told = _VARY
        if self._origins.include(origin):
            told = {**self._names(origin), **_READ}
        elif is_file:
            told = {**_VARY, **_SHARED}
        return tuple((name.lower().encode(), value.encode()) for name, value in told.items())

    def _names(self, origin: str) -> Mapping[str, str]:
        """Whose pages are meant."""
        if self._origins.are_all:
            return {"Access-Control-Allow-Origin": EVERYBODY}
        return {"Access-Control-Allow-Origin": origin, **_VARY}


def _asks_whether(scope: Scope, headers: Mapping[str, str]) -> bool:
    """Whether it is a browser's question what a page may do."""
    return scope["method"] == "OPTIONS" and "access-control-request-method" in headers


def _granting(send: Send, grant: Grant) -> Send:
    async def send_granted(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": granted(message["headers"], grant)}
        await send(message)

    return send_granted


__all__ = ["CrossOrigin", "grant_of"]
