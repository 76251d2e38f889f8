"""People whom another server knows: what is asked of it, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from logflume.access.callers import Grant


class ProviderError(Exception):
    """The provider cannot be asked, or what it said cannot be believed."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who signed in, and what he may do."""

    name: str
    grants: tuple[Grant, ...]


@dataclass(frozen=True, slots=True)
class Asking:
    """What a request to sign in is recognised by when it comes back."""

    state: str
    nonce: str
    verifier: str
    redirect_uri: str


class Provider(Protocol):
    """Who says who somebody is."""

    async def address(self, asking: Asking) -> str:
        """Where a browser is to go to sign in. Raises ProviderError."""

    async def person(self, asking: Asking, code: str) -> Person:
        """Who came back with this code. Raises ProviderError."""


__all__ = ["Asking", "Person", "Provider", "ProviderError"]
