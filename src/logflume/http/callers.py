"""Who asks, as a request's scope has it."""

from __future__ import annotations

from logflume.access.callers import ANYBODY, Caller
from logflume.http.context import Scope

_KEY = "logflume.caller"
"""Where a request's scope has its caller."""


def caller_of(scope: Scope) -> Caller:
    """Who asks this."""
    caller: Caller = scope.get(_KEY, ANYBODY)
    return caller


__all__ = ["caller_of"]
