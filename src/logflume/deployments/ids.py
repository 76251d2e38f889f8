"""A deployment's id: made by the server, or by a client that wants the page's address at once.

`dep_`, then 11 characters for the time in microseconds since 1970 and 26 random ones (130 bits),
all from an alphabet without letters that look alike (Crockford's, in lower case). Ids sort by the
time at which they were made, and nobody can guess one.

Pure: the clock's reading and the random bytes are arguments.
"""

from __future__ import annotations

import re

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"

TIME_CHARS = 11
"""55 bits of microseconds last until the year 3111."""

RANDOM_CHARS = 26
"""130 bits: the first multiple of five above the 128 that make guessing hopeless."""

RANDOM_BYTES = 17
"""What `new_deployment_id` asks for: the fewest bytes that hold 130 bits."""

_ID = re.compile(rf"dep_[{ALPHABET}]{{{TIME_CHARS + RANDOM_CHARS}}}")


def new_deployment_id(now_us: int, random: bytes) -> str:
    """The id for this time, microseconds since 1970, and these `RANDOM_BYTES` random bytes.

    Raises ValueError if the time does not fit or the bytes are not that many.
    """
    if not 0 <= now_us < 1 << 5 * TIME_CHARS:
        raise ValueError(f"no deployment was made at {now_us} microseconds since 1970")
    if len(random) != RANDOM_BYTES:
        raise ValueError(f"an id takes {RANDOM_BYTES} random bytes, not {len(random)}")
    number = int.from_bytes(random) >> 8 * RANDOM_BYTES - 5 * RANDOM_CHARS
    return "dep_" + _base32(now_us, TIME_CHARS) + _base32(number, RANDOM_CHARS)


def is_deployment_id(text: str) -> bool:
    """Whether `text` has the form of a deployment's id, exactly."""
    return _ID.fullmatch(text) is not None


def _base32(number: int, width: int) -> str:
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(width)))


__all__ = ["ALPHABET", "RANDOM_BYTES", "is_deployment_id", "new_deployment_id"]
