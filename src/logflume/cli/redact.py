"""`logflume redact`: a secret goes out of a deployment, and what changed is told."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import msgspec

from logflume.cli.messages import say
from logflume.cli.settings import Settings
from logflume.client.addresses import Address
from logflume.client.blocking.client import Client
from logflume.client.records import Redacted

MAX_NAMED = 20
"""Lines named in one sentence."""


def redact(
    address: Address, secret: str, lines: Sequence[int] | None, settings: Settings, *, json: bool
) -> int:
    """Take it out; 0 if it was found, else 1. Raises ClientError."""
    with Client(address.server, settings.token_for(address.server)) as client:
        done = client.redact(address.id, secret, lines=lines or None)
    if json:
        sys.stdout.write(msgspec.json.encode(done).decode() + "\n")
    else:
        sys.stdout.write(_told(done) + "\n")
    if done.left_in:
        say(
            f"the deployment's {' and '.join(done.left_in)} holds it, too, and stays;"
            " delete the deployment if that must not be"
        )
    return 0 if done.lines or done.fields else 1


def _told(done: Redacted) -> str:
    if not done.lines and not done.fields:
        return "it was not found"
    places = []
    if done.lines:
        named = ", ".join(map(str, done.lines[:MAX_NAMED]))
        more = len(done.lines) - MAX_NAMED
        rest = f" and {more} more" if more > 0 else ""
        places.append(f"line{'s' if len(done.lines) > 1 else ''} {named}{rest}")
    if done.fields:
        places.append(f"the deployment's {', '.join(done.fields)}")
    return f"redacted: {'; '.join(places)}"


__all__ = ["redact"]
