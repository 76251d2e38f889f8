"""The one place where a request is let in: before its endpoint, and before its body is read.

Who asks is found out once. What repeats the request on its connection, or goes on after it for
hours, is his too, and looks whether he is still `valid`.

A browser shows its cookies whichever site's page asks it to. So what changes something must come
from a page of this very site, and say so in a way that no other page can: by what browsers say of
where a request comes from, and, where a form could send it, by a type that no form has. Where
nobody need show anything, it must be asked for by a name that no other page can have.
"""

from __future__ import annotations

from logflume.errors import LogError
from logflume.http.callers import UNAUTHORISED, Shown, know_caller, shown_by
from logflume.http.context import Context, Scope
from logflume.http.needs import Asking, Need
from logflume.http.origins import is_foreign
from logflume.http.parameters import headers_of
from logflume.http.problems import Problem, RequestError

SAFE = ("GET", "HEAD", "OPTIONS")
"""Methods that change nothing."""

CROSS_SITE = Problem(
    403,
    "cross-site",
    "only this site's own page may do that with a browser's cookies, and only as JSON where a form "
    "could do it too; programs send a token in Authorization instead",
)

FOREIGN_HOST = Problem(
    403,
    "foreign-host",
    "this server lets in everybody on its own machine, so it answers only to localhost, 127.0.0.1 "
    "and [::1]: any other name in Host may be that of a page that means to get in. If it has "
    "another name, or a proxy in front of it, start it with --public-url https://logs.example.com",
)


class Gate:
    """Of one server."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def admit(self, scope: Scope, need: Need) -> None:
        """Let the request in, and know who asks. Raises RequestError, LogError."""
        if need.is_open:
            return
        hosts = self._context.hosts
        if hosts is not None and not hosts.are_called(scope["headers"]):
            raise RequestError(FOREIGN_HOST)
        if not self._context.needs_tokens:
            if _changes(scope) and is_foreign(headers_of(scope), self._context.origins.own_only):
                raise RequestError(CROSS_SITE)
            return
        shown = shown_by(self._context.registry, scope)
        if not shown.callers:
            raise RequestError(UNAUTHORISED)
        if shown.by_cookie:
            refuse_other_sites(self._context, scope)
        await self._examine(shown, scope, need)

    async def _examine(self, shown: Shown, scope: Scope, need: Need) -> None:
        """The first who may, asks; what is said if none may, is said of the first."""
        refusal: LogError | RequestError | None = None
        for caller in shown.callers:
            try:
                await need.examine(Asking(self._context, caller, scope))
            except (LogError, RequestError) as error:
                refusal = refusal or error
            else:
                know_caller(scope, caller)
                return
        if refusal is not None:
            raise refusal


def refuse_other_sites(context: Context, scope: Scope) -> None:
    """Raise RequestError for what changes something, or opens a WebSocket, and may be another
    site's page with this browser's cookies."""
    headers = headers_of(scope)
    own = context.origins.own_only
    if scope["type"] == "websocket":
        if is_foreign(headers, own):
            raise RequestError(CROSS_SITE)
        return
    if not _changes(scope):
        return
    told = headers.get("sec-fetch-site")
    is_own = told == "same-origin" if told else "origin" in headers
    is_form = scope["method"] == "POST" and not _is_json(headers.get("content-type", ""))
    if not is_own or is_form or is_foreign(headers, own):
        raise RequestError(CROSS_SITE)


def _changes(scope: Scope) -> bool:
    return scope["type"] == "http" and scope["method"] not in SAFE


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"


__all__ = ["CROSS_SITE", "FOREIGN_HOST", "Gate", "refuse_other_sites"]
