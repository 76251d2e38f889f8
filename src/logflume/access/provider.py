"""An OpenID provider: who somebody is, and the groups that he is of, on its word.

Where it is asked is what its own document says, found at the issuer that whoever runs the server
configured; nothing that came with a request or stands in a token is ever an address. No claim is
looked at before the signature has been verified with a key of the issuer's, by an algorithm that
takes two keys, and the token is for this server, of now, and for the request that it answers.

Loaded only where there is single sign-on: what it is built with takes longer than all the rest.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlencode

import httpx2
import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from logflume.access.callers import Grant
from logflume.access.people import Asking, Person, ProviderError

ANSWER_SECONDS = 10.0
"""A provider that takes longer is down, and somebody waits before a blank page."""

MAX_ANSWER_BYTES = 256 * 1024
"""Of a document or a set of keys; real ones have a few KB."""

ALGORITHMS = ["RS256", "ES256", "PS256", "EdDSA", "RS384", "RS512", "ES384", "ES512"]
"""With a key to verify that is not the one to sign: else who knows the client's secret could."""

LEEWAY_SECONDS = 60
"""Clocks differ."""

KEYS_SECONDS = 60.0
"""Keys that lack the one that signed are asked for anew no sooner: anybody may make a token up."""

T = TypeVar("T")

WELL_KNOWN = "/.well-known/openid-configuration"
SCOPE = "openid email"


class Document(msgspec.Struct):
    """What a provider says of itself (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class Tokens(msgspec.Struct):
    """What a code is worth."""

    id_token: str


@dataclass(slots=True)
class OpenIdProvider:
    """See `people.Provider`. `seconds` is a clock that only goes forward."""

    issuer: str
    client_id: str
    client_secret: str
    groups_claim: str
    grants: Mapping[str, Sequence[Grant]]
    """What the members of a group may do."""
    seconds: Callable[[], float]
    _document: Document | None = None
    _keys: KeySet | None = None
    _keys_since: float = field(default=0.0)

    async def address(self, asking: Asking) -> str:
        """Where a browser is to go to sign in. Raises ProviderError."""
        document = await self._known()
        challenge = hashlib.sha256(asking.verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": asking.redirect_uri,
            "scope": SCOPE,
            "state": asking.state,
            "nonce": asking.nonce,
            "code_challenge": base64.urlsafe_b64encode(challenge).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        mark = "&" if "?" in document.authorization_endpoint else "?"
        return document.authorization_endpoint + mark + urlencode(query)

    async def person(self, asking: Asking, code: str) -> Person:
        """Who came back with this code. Raises ProviderError."""
        document = await self._known()
        said = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": asking.redirect_uri,
            "code_verifier": asking.verifier,
        }
        login = httpx2.BasicAuth(_form(self.client_id), _form(self.client_secret))
        body = await _asked("POST", document.token_endpoint, data=said, auth=login)
        claims = await self._verified(_parsed(body, Tokens).id_token, asking.nonce)
        name = claims.get("email") or claims.get("preferred_username") or claims["sub"]
        return Person(str(name), self._granted(claims.get(self.groups_claim)))

    def _granted(self, groups: object) -> tuple[Grant, ...]:
        named = [groups] if isinstance(groups, str) else groups
        if not isinstance(named, list):
            return ()
        return tuple(grant for group in named for grant in self.grants.get(str(group), ()))

    async def _known(self) -> Document:
        if self._document is None:
            body = await _asked("GET", self.issuer.rstrip("/") + WELL_KNOWN)
            document = _parsed(body, Document)
            if document.issuer != self.issuer:
                raise ProviderError(f"{self.issuer} calls itself {document.issuer}")
            self._document = document
        return self._document

    async def _verified(self, id_token: str, nonce: str) -> dict[str, object]:
        """The token's claims. Raises ProviderError."""
        wanted = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            token = await self._decoded(id_token)
            wanted.validate(token.claims)
        except (JoseError, ValueError) as error:
            raise ProviderError(f"its token cannot be believed: {error}") from error
        claims: dict[str, object] = token.claims
        if isinstance(claims["aud"], list) and claims.get("azp", self.client_id) != self.client_id:
            raise ProviderError("its token is for somebody else")
        return claims

    async def _decoded(self, id_token: str) -> jwt.Token:
        """By the keys that are known; if it is signed by another, by those of now."""
        if self._keys is not None:
            try:
                return jwt.decode(id_token, self._keys, algorithms=ALGORITHMS)
            except (JoseError, ValueError):
                if self.seconds() - self._keys_since < KEYS_SECONDS:
                    raise
        document = await self._known()
        body = await _asked("GET", document.jwks_uri)
        self._keys = KeySet.import_key_set(msgspec.json.decode(body))
        self._keys_since = self.seconds()
        return jwt.decode(id_token, self._keys, algorithms=ALGORITHMS)


async def _asked(
    method: str,
    url: str,
    *,
    data: Mapping[str, str] | None = None,
    auth: httpx2.BasicAuth | None = None,
) -> bytes:
    """The answer's body. Raises ProviderError."""
    try:
        async with (
            httpx2.AsyncClient(timeout=ANSWER_SECONDS) as client,
            client.stream(method, url, data=data, auth=auth) as answer,
        ):
            body = b""
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > MAX_ANSWER_BYTES:
                    raise ProviderError(f"{url} answers without end")
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise ProviderError(f"{url} does not answer: {type(error).__name__}") from error
    if not answer.is_success:
        raise ProviderError(f"{url} answered {answer.status_code}")
    return body


def _parsed(body: bytes, type_: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=type_)
    except (msgspec.MsgspecError, ValueError) as error:
        raise ProviderError(f"its answer is not as OpenID has it: {error}") from error


def _form(text: str) -> str:
    """As RFC 6749, section 2.3.1, has names and secrets in a header."""
    return urlencode({"": text})[1:]


__all__ = ["OpenIdProvider"]
