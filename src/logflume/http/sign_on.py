"""Single sign-on: a browser goes to the provider, and comes back with a code for a session.

What the way back is recognised by lies in a cookie of the browser that began, and nowhere here: any
server may finish what another one began. Who comes back without it is not let in, so nobody can be
signed in as somebody else by a link.
"""

from __future__ import annotations

import logging
import secrets
from hmac import compare_digest
from urllib.parse import parse_qsl, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from logflume.access.people import Asking, Person, Provider, ProviderError
from logflume.http.callers import SIGN_ON_COOKIE
from logflume.http.context import Context
from logflume.http.pages import SENT_ON
from logflume.http.sessions import begin_session
from logflume.http.site import is_secure, site_of

CALLBACK = "/sign-in/oidc/callback"

COOKIE_SECONDS = 600
"""Ten minutes to type a password and find a phone."""

SESSION_SECONDS = 12 * 3600
"""A working day: what a provider takes from somebody ends here by then."""

RANDOM_BYTES = 32

MAX_NEXT_CHARS = 1000
"""Browsers keep no more than 4096 bytes of a cookie, and some characters are written as nine."""

_log = logging.getLogger(__name__)


class SignOn:
    """The endpoints of `/sign-in/oidc`."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @property
    def _provider(self) -> Provider:
        if self._context.provider is None:
            raise HTTPException(404)
        return self._context.provider

    async def begin(self, request: Request) -> Response:
        """Send the browser to the provider."""
        state, nonce, verifier = (secrets.token_urlsafe(RANDOM_BYTES) for _ in range(3))
        asking = Asking(state, nonce, verifier, self._callback(request))
        try:
            address = await self._provider.address(asking)
        except ProviderError as error:
            return _failed(error)
        answer = RedirectResponse(address, 303, SENT_ON)
        there = own_path(request.query_params.get("next", "/")[:MAX_NEXT_CHARS])
        kept = urlencode({"state": state, "nonce": nonce, "verifier": verifier, "next": there})
        answer.set_cookie(
            SIGN_ON_COOKIE,
            kept.replace("~", "%7E").replace("&", "~"),
            max_age=COOKIE_SECONDS,
            path=CALLBACK,
            httponly=True,
            samesite="lax",
            secure=is_secure(self._context, request.scope),
        )
        return answer

    async def end(self, request: Request) -> Response:
        """Let the browser in that came back, and send it to where it wanted to go."""
        provider = self._provider
        kept = dict(parse_qsl(request.cookies.get(SIGN_ON_COOKIE, "").replace("~", "&")))
        asked = request.query_params
        if not compare_digest(kept.get("state", "").encode(), asked.get("state", "").encode()):
            return _failed(ProviderError("who came back is not who went"))
        try:
            person = await self._person(provider, request, kept, asked.get("code", ""))
        except ProviderError as error:
            return _failed(error)
        if not person.grants:
            return _back("not-mapped")
        answer = RedirectResponse(own_path(kept.get("next", "/")), 303, SENT_ON)
        await begin_session(
            self._context,
            request.scope,
            answer,
            person.name,
            grants=person.grants,
            seconds=SESSION_SECONDS,
        )
        answer.delete_cookie(SIGN_ON_COOKIE, path=CALLBACK, httponly=True, samesite="lax")
        return answer

    async def _person(
        self, provider: Provider, request: Request, kept: dict[str, str], code: str
    ) -> Person:
        if not code or not kept.get("state"):
            said = request.query_params.get("error", "it came back without a code")
            raise ProviderError(f"the provider says {said[:100]!r}")
        asking = Asking(
            kept["state"],
            kept.get("nonce", ""),
            kept.get("verifier", ""),
            self._callback(request),
        )
        return await provider.person(asking, code)

    def _callback(self, request: Request) -> str:
        return site_of(self._context, request.scope) + CALLBACK


def own_path(address: str) -> str:
    """The address, if it is a path of this site; else the list."""
    is_own = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if is_own and address.isprintable() else "/"


def _failed(error: ProviderError) -> Response:
    _log.warning("single sign-on: %s", error)
    return _back("failed")


def _back(problem: str) -> Response:
    return RedirectResponse(f"/sign-in?problem={problem}", 303, SENT_ON)


__all__ = ["CALLBACK", "SignOn", "own_path"]
