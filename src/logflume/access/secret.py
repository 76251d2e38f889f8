"""The secrets that are shown to be let in, and what is stored of them.

`lf_` and its like, 160 random bits and a checksum, all in letters that need no escaping anywhere:
programs that look for leaked secrets find one by its form, and a mistyped one is told from a
forgotten one without a look into the store. Pure: the random bytes are an argument.

A secret has more chance in it than anybody can try out, so its plain SHA-256 is enough to store
and to look it up by; how long the look-up takes tells nothing of the secret itself.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from typing import Literal

Kind = Literal["token", "share", "session"]

RANDOM_BYTES = 20
"""160 bits, a multiple of five, so that they fill 32 letters."""

_PREFIXES: dict[Kind, str] = {"token": "lf_", "share": "lfs_", "session": "lfc_"}
_FORM = re.compile(r"(?P<prefix>lf[sc]?_)(?P<random>[a-z2-7]{32})(?P<checksum>[a-z2-7]{7})")


def new_secret(kind: Kind, random: bytes) -> str:
    """The secret of these `RANDOM_BYTES` random bytes."""
    if len(random) != RANDOM_BYTES:
        raise ValueError(f"a secret takes {RANDOM_BYTES} random bytes, not {len(random)}")
    text = _PREFIXES[kind] + _letters(random)
    return text + _checksum(text)


def is_secret(text: str, kind: Kind) -> bool:
    """Whether the text could be a secret of this kind, as far as can be said of it alone."""
    match = _FORM.fullmatch(text)
    return (
        match is not None
        and match["prefix"] == _PREFIXES[kind]
        and match["checksum"] == _checksum(match["prefix"] + match["random"])
    )


def digest_of(secret: str) -> str:
    """What is stored of it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def without_secrets(text: str) -> str:
    """The text as it may be shown to whoever may see none: of each secret its kind is left."""
    return _FORM.sub(lambda match: match["prefix"] + "…", text)


def _checksum(text: str) -> str:
    return _letters(zlib.crc32(text.encode()).to_bytes(4))


def _letters(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()


__all__ = ["RANDOM_BYTES", "Kind", "digest_of", "is_secret", "new_secret", "without_secrets"]
