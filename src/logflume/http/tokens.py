"""The tokens: made, listed, revoked. A secret is in one answer, and then nowhere."""

from __future__ import annotations

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from logflume.access.callers import Grant, ScopeName
from logflume.access.credentials import Credential
from logflume.access.secret import Kind
from logflume.deployments.deployment import Name
from logflume.errors import NoSuchLog
from logflume.http.callers import caller_of
from logflume.http.context import Context
from logflume.http.json_body import parsed
from logflume.http.problems import Problem, RequestError
from logflume.http.respond import json_response
from logflume.wire.forms import rfc3339

MAX_GRANTS = 20
MAX_PROJECTS = 100
"""Of a grant: a list of deployments looks into the store for each."""

MAX_EXPIRES_SECONDS = 10 * 366 * 24 * 3600
"""Ten years; who wants more wants no end."""

ExpiresIn = Annotated[int, msgspec.Meta(ge=1, le=MAX_EXPIRES_SECONDS)]
Projects = Annotated[list[Name], msgspec.Meta(min_length=1, max_length=MAX_PROJECTS)]

NO_SUCH_CREDENTIAL = Problem(
    404, "no-such-credential", "there is no token or share link of this id, or no longer"
)


class Granted(msgspec.Struct, frozen=True):
    """A scope, for some projects or for all."""

    scope: ScopeName
    projects: Projects | None = None


Grants = Annotated[list[Granted], msgspec.Meta(min_length=1, max_length=MAX_GRANTS)]


class NewToken(msgspec.Struct, frozen=True):
    """What a client says when it makes a token."""

    name: Name
    grants: Grants
    expires_in: ExpiresIn | None = None


class ShownToken(msgspec.Struct, frozen=True):
    """What may be seen of a token."""

    id: str
    name: str
    grants: list[Granted]
    created_at: str
    created_by: str
    expires_at: str | None
    used_at: str | None


class TokensApi:
    """The endpoints of `/v1/tokens`."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._registry = context.registry

    async def list(self, _: Request) -> Response:
        tokens = [shown_token(one) for one in self._registry.listed("token")]
        return json_response({"tokens": tokens})

    async def create(self, request: Request) -> Response:
        new, caller = await parsed(request, NewToken), caller_of(request.scope)
        grants = tuple(
            Grant(one.scope, None if one.projects is None else tuple(one.projects))
            for one in new.grants
        )
        expires_us = expiry(self._context, new.expires_in)
        secret, made = await self._registry.issue(
            "token", new.name, by=caller.name, grants=grants, expires_us=expires_us
        )
        scopes = [str(one.scope) for one in grants]
        await self._context.audit.note(
            "token-created", caller, id=made.id, name=made.name, scopes=scopes
        )
        shown = {**msgspec.to_builtins(shown_token(made)), "token": secret}
        return json_response(shown, 201)

    async def revoke(self, request: Request) -> Response:
        token = found(self._context, "token", request.path_params["id"])
        await revoked(self._context, token)
        caller = caller_of(request.scope)
        await self._context.audit.note("token-revoked", caller, id=token.id, name=token.name)
        return Response(status_code=204, headers={"X-Content-Type-Options": "nosniff"})


def shown_token(token: Credential) -> ShownToken:
    """What may be seen of it."""
    return ShownToken(
        token.id,
        token.name,
        [
            Granted(one.scope, None if one.projects is None else list(one.projects))
            for one in token.grants
        ],
        rfc3339(token.created_us),
        token.created_by,
        told_time(token.expires_us),
        told_time(token.used_us),
    )


def told_time(us: int | None) -> str | None:
    return None if us is None else rfc3339(us)


def expiry(context: Context, seconds: int | None) -> int | None:
    """When it will be over, microseconds since 1970."""
    return None if seconds is None else context.clock() + seconds * 1_000_000


def found(context: Context, kind: Kind, id: str) -> Credential:  # noqa: A002
    """The credential of this id. Raises RequestError."""
    try:
        return context.registry.get(kind, id)
    except NoSuchLog:
        raise RequestError(NO_SUCH_CREDENTIAL) from None


async def revoked(context: Context, credential: Credential) -> None:
    """End it. Raises RequestError when somebody else was quicker, StoreError."""
    try:
        await context.registry.revoke(credential)
    except NoSuchLog:
        raise RequestError(NO_SUCH_CREDENTIAL) from None


__all__ = [
    "NO_SUCH_CREDENTIAL",
    "ExpiresIn",
    "NewToken",
    "ShownToken",
    "TokensApi",
    "expiry",
    "found",
    "revoked",
    "told_time",
]
