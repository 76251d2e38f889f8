"""Signing in and out with a browser: a token goes in once, a cookie goes on for it.

The cookie is another secret than the token, ends with it, and is of no use to a script or to
another site's page.
"""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from logflume.access.callers import ANYBODY, Grant
from logflume.access.credentials import Credential
from logflume.deployments import deployments
from logflume.http.callers import SESSION_COOKIE, UNKNOWN, caller_of, cookies_of
from logflume.http.context import Context, Scope
from logflume.http.gate import refuse_other_sites
from logflume.http.json_body import parsed
from logflume.http.problems import RequestError
from logflume.http.respond import json_response
from logflume.http.shares import seconds_left
from logflume.http.site import is_secure

SESSION_SECONDS = 7 * 24 * 3600
"""A week: who watches deployments does so every day, and a machine that was left is not for long
somebody else's."""


class SignIn(msgspec.Struct, frozen=True):
    """What a browser says to sign in."""

    token: str


class Session(msgspec.Struct, frozen=True):
    """Who asks, as the server sees it."""

    name: str
    needs_token: bool
    """Whether this server asks everybody for one."""
    reads_all: bool
    """Whether the feed of all deployments may be followed."""
    deployment: str | None = None
    """The only one that may be read, by a share link."""


class SessionApi:
    """The endpoints of `/v1/session`."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def show(self, request: Request) -> Response:
        caller = caller_of(request.scope)
        reads_all = caller.may_everywhere("read")
        only = caller.log and deployments.id_of(caller.log)
        shown = Session(caller.name, self._context.needs_tokens, reads_all, only)
        return json_response(shown)

    async def sign_in(self, request: Request) -> Response:
        refuse_other_sites(self._context, request.scope)
        asked = await parsed(request, SignIn)
        token = self._context.registry.shown(asked.token.strip(), "token")
        if token is None:
            raise RequestError(UNKNOWN)
        answer = Response(status_code=204, headers={"X-Content-Type-Options": "nosniff"})
        await begin_session(
            self._context,
            request.scope,
            answer,
            token.name,
            grants=token.grants,
            token=token,
        )
        return answer

    async def sign_out(self, request: Request) -> Response:
        refuse_other_sites(self._context, request.scope)
        secret = cookies_of(request.scope).get(SESSION_COOKIE, "")
        session = self._context.registry.shown(secret, "session")
        if session is not None:
            await self._context.registry.revoke(session)
        answer = Response(status_code=204, headers={"X-Content-Type-Options": "nosniff"})
        answer.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax")
        return answer


async def begin_session(
    context: Context,
    scope: Scope,
    answer: Response,
    name: str,
    *,
    grants: tuple[Grant, ...],
    token: Credential | None = None,
    seconds: int = SESSION_SECONDS,
) -> None:
    """Have the answer let its browser in, for so long and no longer than the token does."""
    expires_us = context.clock() + seconds * 1_000_000
    if token is not None and token.expires_us is not None:
        expires_us = min(expires_us, token.expires_us)
    secret, made = await context.registry.issue(
        "session",
        name,
        by=name,
        grants=grants,
        token=None if token is None else token.id,
        expires_us=expires_us,
    )
    caller = context.registry.find(secret, "session") or ANYBODY
    await context.audit.note("signed-in", caller, id=made.id)
    answer.set_cookie(
        SESSION_COOKIE,
        secret,
        max_age=seconds_left(context, made),
        httponly=True,
        samesite="lax",
        secure=is_secure(context, scope),
    )


__all__ = ["Session", "SessionApi", "SignIn", "begin_session"]
