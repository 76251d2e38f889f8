"""Who asks, as a request's scope has it, and what he shows for it.

A program shows a token, or a share link's secret, in `Authorization`. A browser shows cookies, of
which it may have several: one for whoever signed in, and one for each log whose share link was
opened. What stands in an address is written down in too many places, so a token there is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from logflume.access.callers import ANYBODY, Caller
from logflume.access.registry import Registry
from logflume.http.context import Scope
from logflume.http.problems import Problem, RequestError

SESSION_COOKIE = "logflume_session"
SHARE_COOKIE = "logflume_share_"
"""Its name goes on with the deployment's id, so that one link does not undo another."""

SIGN_ON_COOKIE = "logflume_sign_on"
"""Of who is at the provider to sign in."""

MAX_SHOWN_BYTES = 256
"""More is no secret of ours, and is not looked at."""

_KEY = "logflume.caller"
"""Where a request's scope has its caller."""

_IN_ADDRESS = re.compile(rb"(?:^|&)(?:access_)?token=")
_DEPLOYMENT = re.compile(r"/(?:v1/deployments|d|embed)/(dep_[0-9a-z]+)")

_BEARER = {"WWW-Authenticate": "Bearer"}

UNAUTHORISED = Problem(
    401,
    "unauthorised",
    "show a token, as Authorization: Bearer lf_…; `logflume token create` makes one",
    headers=_BEARER,
)
UNKNOWN = Problem(
    401,
    "unauthorised",
    "the token is unknown, was revoked, or its time is over",
    headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
)
IN_ADDRESS = Problem(
    401,
    "unauthorised",
    "a token in an address ends up in logs and histories, so it is not taken there; send it as "
    "Authorization: Bearer lf_…, and make a new one if it was real",
    headers=_BEARER,
)


def caller_of(scope: Scope) -> Caller:
    """Who asks this."""
    caller: Caller = scope.get(_KEY, ANYBODY)
    return caller


def know_caller(scope: Scope, caller: Caller) -> None:
    """Let `caller_of` say who asks this."""
    scope[_KEY] = caller


@dataclass(frozen=True, slots=True)
class Shown:
    """What a request shows: who may be meant by it, the first who may do it, and whether his
    browser showed it by itself, whichever site's page asked it to."""

    callers: tuple[Caller, ...]
    by_cookie: bool


def shown_by(registry: Registry, scope: Scope) -> Shown:
    """Who asks; nobody at all if nothing is shown. Raises RequestError for what lets nobody in."""
    if _IN_ADDRESS.search(scope["query_string"]):
        raise RequestError(IN_ADDRESS)
    shown = [value for name, value in scope["headers"] if name == b"authorization"]
    if shown:
        return Shown((_bearer(registry, shown),), by_cookie=False)
    callers = _by_cookie(registry, cookies_of(scope), scope["path"])
    return Shown(tuple(callers), by_cookie=True)


def cookies_of(scope: Scope) -> dict[str, str]:
    """The cookies of ours; of two that have one name the first, which is the more special one."""
    cookies: dict[str, str] = {}
    for name, value in _cookies(scope):
        if name == SESSION_COOKIE or name.startswith(SHARE_COOKIE):
            cookies.setdefault(name, value)
    return cookies


def _cookies(scope: Scope) -> Iterator[tuple[str, str]]:
    for name, value in scope["headers"]:
        if name == b"cookie":
            for pair in value.decode("latin-1").split(";"):
                key, _, content = pair.strip().partition("=")
                yield key, content


def _bearer(registry: Registry, shown: list[bytes]) -> Caller:
    scheme, _, secret = shown[0].partition(b" ")
    if len(shown) > 1 or scheme.lower() != b"bearer" or len(secret) > MAX_SHOWN_BYTES:
        raise RequestError(UNKNOWN)
    text = secret.strip().decode("latin-1")
    caller = registry.find(text, "token") or registry.find(text, "share")
    if caller is None:
        raise RequestError(UNKNOWN)
    return caller


def _by_cookie(registry: Registry, cookies: Mapping[str, str], path: str) -> Iterator[Caller]:
    """Who signed in, and who opened the share link of the deployment that is asked for."""
    session = registry.find(cookies.get(SESSION_COOKIE, ""), "session")
    if session is not None:
        yield session
    asked = _DEPLOYMENT.match(path)
    shared = asked and registry.find(cookies.get(SHARE_COOKIE + asked[1], ""), "share")
    if shared is not None:
        yield shared


__all__ = [
    "SESSION_COOKIE",
    "SHARE_COOKIE",
    "SIGN_ON_COOKIE",
    "UNAUTHORISED",
    "UNKNOWN",
    "Shown",
    "caller_of",
    "cookies_of",
    "know_caller",
    "shown_by",
]
