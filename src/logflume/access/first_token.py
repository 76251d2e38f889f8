"""The token that all others are made with."""

from __future__ import annotations

from logflume.access.audit import Audit
from logflume.access.callers import EVERYTHING, Caller
from logflume.access.registry import Registry

SERVER = Caller("the server")
"""Who makes it."""


async def first_token(registry: Registry, audit: Audit) -> str | None:
    """The secret of a new token that may do everything; None where there is one. Raises
    StoreError."""
    if any(_may_everything(registry, one.id) for one in registry.listed("token")):
        return None
    secret, made = await registry.issue("token", "first", by=SERVER.name, grants=EVERYTHING)
    await audit.note("token-created", SERVER, id=made.id, name=made.name, scopes=["admin"])
    return secret


def _may_everything(registry: Registry, id: str) -> bool:  # noqa: A002
    caller = registry.caller(id)
    return caller is not None and caller.valid and caller.may_everywhere("admin")


__all__ = ["first_token"]
