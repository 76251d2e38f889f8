"""Who asks. Found out once a request, and told to whatever is done in his name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who was let in."""

    name: str
    """As it stands in the audit log; never a secret."""


ANYBODY = Caller("anybody")
"""Who asks a server that lets everybody in."""

__all__ = ["ANYBODY", "Caller"]
