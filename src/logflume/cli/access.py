"""`logflume token` and `logflume share`: what lets somebody in, made, listed and revoked."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from urllib.parse import quote

import msgspec

from logflume.cli.escapes import plain
from logflume.cli.messages import say
from logflume.cli.settings import Settings
from logflume.cli.since import parse_duration
from logflume.client.addresses import Address
from logflume.client.blocking.client import Client
from logflume.client.records import decode
from logflume.client.requests import deployment_path

TOKENS = "/v1/tokens"


class Grant(msgspec.Struct, omit_defaults=True):
    """What a token may do."""

    scope: str
    projects: list[str] | None = None

    @classmethod
    def of(cls, text: str) -> Grant:
        """`SCOPE[:PROJECT,…]`; what is no scope, the server says."""
        scope, colon, projects = text.partition(":")
        return cls(scope, projects.split(",") if colon else None)

    def __str__(self) -> str:
        return self.scope + (":" + ",".join(self.projects) if self.projects else "")


class Token(msgspec.Struct):
    """A token as it is answered."""

    id: str
    name: str
    grants: list[Grant]
    expires_at: str | None
    used_at: str | None
    token: str = ""


class TokenList(msgspec.Struct):
    tokens: list[msgspec.Raw]


class Share(msgspec.Struct):
    """A share link as it is answered."""

    id: str
    created_by: str
    expires_at: str | None
    link: str = ""


class ShareList(msgspec.Struct):
    shares: list[msgspec.Raw]


def create_token(
    name: str, scopes: Sequence[str], expires: str, settings: Settings, *, json: bool
) -> None:
    """Print a new token. Raises ClientError, ValueError."""
    body = {"name": name, "grants": [Grant.of(scope) for scope in scopes], **_until(expires)}
    raw = _asked(settings, "POST", TOKENS, body)
    made = decode(raw, Token)
    _print([_text(raw) if json else made.token])
    say(f"this is {made.id}; it is shown only now, so keep it where secrets are kept")


def list_tokens(settings: Settings, *, json: bool) -> None:
    """Print all tokens, newest first. Raises ClientError."""
    found = decode(_asked(settings, "GET", TOKENS), TokenList).tokens
    if json:
        _print(map(_text, found))
        return
    for one in (decode(raw, Token) for raw in found):
        may = " ".join(map(str, one.grants))
        used, expires = one.used_at or "never used", one.expires_at or "never expires"
        _print(["\t".join(plain(cell) for cell in (one.id, one.name, may, used, expires))])


def revoke_token(token_id: str, settings: Settings) -> None:
    """Raises ClientError."""
    _asked(settings, "DELETE", f"{TOKENS}/{quote(token_id, safe='')}")


def share_deployment(address: Address, expires: str, settings: Settings, *, json: bool) -> None:
    """Print a new link. Raises ClientError, ValueError."""
    raw = _asked(settings, "POST", _shares(address), _until(expires), address.server)
    made = decode(raw, Share)
    _print([_text(raw) if json else made.link])
    until = f"until {made.expires_at}" if made.expires_at else "for good"
    say(f"whoever has the link may read this deployment {until}; this is {made.id}")


def list_shares(address: Address, settings: Settings, *, json: bool) -> None:
    """Print the deployment's links, newest first. Raises ClientError."""
    answer = _asked(settings, "GET", _shares(address), None, address.server)
    found = decode(answer, ShareList).shares
    if json:
        _print(map(_text, found))
        return
    for one in (decode(raw, Share) for raw in found):
        expires = one.expires_at or "never expires"
        _print(["\t".join(plain(cell) for cell in (one.id, one.created_by, expires))])


def revoke_share(address: Address, share_id: str, settings: Settings) -> None:
    """Raises ClientError."""
    path = f"{_shares(address)}/{quote(share_id, safe='')}"
    _asked(settings, "DELETE", path, None, address.server)


def _shares(address: Address) -> str:
    return f"{deployment_path(address.id)}/shares"


def _until(expires: str) -> dict[str, int]:
    return {"expires_in": int(parse_duration(expires).total_seconds())} if expires else {}


def _asked(
    settings: Settings, method: str, path: str, body: object = None, server: str = ""
) -> bytes:
    """The answer's body. Raises ClientError."""
    where = server or settings.server
    json = None if body is None else msgspec.to_builtins(body)
    with Client(where, settings.token_for(where)) as client:
        return client.calls.connection.call(method, path, json=json).content


def _text(raw: bytes | msgspec.Raw) -> str:
    return bytes(raw).decode().strip()


def _print(rows: Iterable[str]) -> None:
    for row in rows:
        sys.stdout.write(row + "\n")
    sys.stdout.flush()
