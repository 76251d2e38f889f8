"""Who is let in, and from where, as the options of `logflume serve` say it."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from logflume.access.callers import SCOPES, Grant
from logflume.access.people import Provider
from logflume.http.hosts import Hosts
from logflume.http.origins import Origins


class StartError(Exception):
    """The server cannot start as it was asked to; the text says why."""


@dataclass(frozen=True, slots=True)
class Oidc:
    """The options of single sign-on."""

    issuer: str
    client_id: str = ""
    client_secret: str = ""
    groups_claim: str = "groups"
    mapped: Sequence[str] = ()
    """`GROUP=SCOPE[:PROJECT,…]` each."""

    def provider(self) -> Provider:
        """Raises StartError for what is missing or malformed."""
        is_local = self.issuer.startswith(("http://127.0.0.1:", "http://localhost:"))
        if not self.issuer.startswith("https://") and not is_local:
            raise StartError(f"--oidc-issuer takes an https:// address, not {self.issuer!r}")
        if not self.client_id or not self.client_secret:
            raise StartError(
                "--oidc-issuer goes with --oidc-client-id and --oidc-client-secret-file"
            )
        grants: dict[str, list[Grant]] = {}
        for pair in self.mapped:
            group, equals, granted = pair.rpartition("=")
            grants.setdefault(group, []).append(_grant(granted if equals else ""))
        if not grants:
            raise StartError("--oidc-map says which groups may do what; without one nobody may")
        from logflume.access.provider import OpenIdProvider

        return OpenIdProvider(
            *(self.issuer, self.client_id, self.client_secret, self.groups_claim, grants),
            seconds=time.monotonic,
        )


def _grant(text: str) -> Grant:
    scope, colon, projects = text.partition(":")
    try:
        named = tuple(projects.split(",")) if colon else None
        return msgspec.convert({"scope": scope, "projects": named}, Grant)
    except msgspec.ValidationError:
        raise StartError(
            f"--oidc-map takes GROUP=SCOPE[:PROJECT,…], SCOPE being {', '.join(SCOPES)}"
        ) from None


@dataclass(frozen=True, slots=True)
class Access:
    """The options."""

    origins: Sequence[str] = ()
    public_url: str | None = None
    require_tokens: bool = False
    insecure_open: bool = False
    oidc: Oidc | None = None

    def needs_tokens(self, address: str) -> bool:
        """Whether everybody who comes to this address must show one: unless only this machine can
        come, and no proxy brings others, or it was said that all may. Raises StartError for both
        at once."""
        if self.require_tokens and self.insecure_open:
            raise StartError("--require-tokens and --insecure-open exclude each other")
        is_private = _is_local(address) and self.public_url is None and self.oidc is None
        return self.require_tokens or not (is_private or self.insecure_open)

    def hosts(self, address: str) -> Hosts | None:
        """By which names alone the server may be called at this address, None: by any. Where only
        this machine can come, its browser must not bring the pages of others."""
        if self.needs_tokens(address) or not _is_local(address):
            return None
        return Hosts(self.public_url)

    @property
    def allowed(self) -> Origins:
        """The origins. Raises StartError for what is none."""
        try:
            allowed = Origins(self.origins)
        except ValueError as error:
            raise StartError(f"--allow-origin: {error}") from None
        if self.public_url is None:
            return allowed
        try:
            return Origins(self.origins, own="/".join(self.public_url.split("/")[:3]))
        except ValueError as error:
            raise StartError(f"--public-url: {error}") from None


def _is_local(address: str) -> bool:
    """Whether only this machine can come to the address."""
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


__all__ = ["Access", "StartError"]
