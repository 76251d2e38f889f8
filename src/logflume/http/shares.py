"""Share links: one deployment, to be read by whoever has the link, until a time or a revocation.

The address with the secret is asked for once. It sets a cookie and sends on to the deployment's
page, so that the secret stands in no history, no address bar and no `Referer`.
"""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from logflume.access.credentials import Credential
from logflume.deployments import deployments
from logflume.errors import BadInput
from logflume.http.callers import SHARE_COOKIE, caller_of
from logflume.http.context import Context
from logflume.http.json_body import parsed
from logflume.http.pages import SENT_ON
from logflume.http.problems import Problem, RequestError
from logflume.http.respond import json_response
from logflume.http.site import is_secure, site_of
from logflume.http.tokens import NO_SUCH_CREDENTIAL, ExpiresIn, expiry, found, revoked, told_time
from logflume.wire.forms import rfc3339

DEFAULT_SECONDS = 24 * 3600
"""A day: as long as a failed deployment is talked about."""

NO_SUCH_SHARE = Problem(
    404,
    "no-such-credential",
    "this share link is unknown, was revoked, or its time is over; ask for a new one",
)


class NewShare(msgspec.Struct, frozen=True):
    """What a client says when it shares a deployment."""

    expires_in: ExpiresIn = DEFAULT_SECONDS


class ShownShare(msgspec.Struct, frozen=True):
    """What may be seen of a share link."""

    id: str
    deployment: str
    created_at: str
    created_by: str
    expires_at: str | None


class SharesApi:
    """The endpoints of a deployment's share links, and of the links themselves."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def list(self, request: Request) -> Response:
        id_ = request.path_params["id"]
        log = deployments.log_of((await self._context.deployments.get(id_)).id)
        shares = self._context.registry.listed("share")
        return json_response({"shares": [_shown(one) for one in shares if one.shared == log]})

    async def create(self, request: Request) -> Response:
        new, caller = await parsed(request, NewShare), caller_of(request.scope)
        deployment = await self._context.deployments.get(request.path_params["id"])
        secret, made = await self._context.registry.issue(
            "share",
            f"a share link of {deployment.id}",
            by=caller.name,
            shared=deployments.log_of(deployment.id),
            expires_us=expiry(self._context, new.expires_in),
        )
        about = {"id": made.id, "deployment": deployment.id}
        await self._context.audit.note("share-created", caller, **about)
        link = f"{site_of(self._context, request.scope)}/s/{secret}"
        return json_response({**msgspec.to_builtins(_shown(made)), "link": link}, 201)

    async def revoke(self, request: Request) -> Response:
        share = found(self._context, "share", request.path_params["share"])
        if share.shared != deployments.log_of(request.path_params["id"]):
            raise RequestError(NO_SUCH_CREDENTIAL)
        await revoked(self._context, share)
        about = {"id": share.id, "deployment": _deployment_of(share)}
        await self._context.audit.note("share-revoked", caller_of(request.scope), **about)
        return Response(status_code=204, headers={"X-Content-Type-Options": "nosniff"})

    async def open(self, request: Request) -> Response:
        """Let the browser in, and send it on; a person whose link lets nobody in is told so on a
        page."""
        secret = request.path_params["secret"]
        share = self._context.registry.shown(secret, "share")
        if share is None:
            if "text/html" in request.headers.get("accept", ""):
                return RedirectResponse("/sign-in?problem=share", 303, SENT_ON)
            raise RequestError(NO_SUCH_SHARE)
        deployment = _deployment_of(share)
        answer = RedirectResponse(f"/d/{deployment}", 303, SENT_ON)
        answer.set_cookie(
            SHARE_COOKIE + deployment,
            secret,
            max_age=seconds_left(self._context, share),
            httponly=True,
            samesite="lax",
            secure=is_secure(self._context, request.scope),
        )
        return answer


def seconds_left(context: Context, credential: Credential) -> int | None:
    """How long a browser is to keep it."""
    if credential.expires_us is None:
        return None
    return max(1, (credential.expires_us - context.clock()) // 1_000_000)


def _deployment_of(share: Credential) -> str:
    if share.shared is None:
        raise BadInput("that is no share link")
    return deployments.id_of(share.shared)


def _shown(share: Credential) -> ShownShare:
    return ShownShare(
        share.id,
        _deployment_of(share),
        rfc3339(share.created_us),
        share.created_by,
        told_time(share.expires_us),
    )


__all__ = ["NO_SUCH_SHARE", "NewShare", "SharesApi", "ShownShare", "seconds_left"]
