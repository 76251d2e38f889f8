"""What is asked of a redaction, what is told of it, and what it means for a deployment's document.

The text that is to go is in none of the answers, nor in any error. Pure.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec.structs import replace

from logflume.deployments.deployment import Deployment
from logflume.deployments.redaction import encoded, taken_out
from logflume.deployments.secret import Secret
from logflume.errors import BadRecord

MIN_CHARS = 4
"""A text that is shorter is looked for only in records that are named: it stands in many places
that have nothing to do with it."""

MAX_CHARS = 8192
"""A private key of any usual size, in its text form."""

MAX_NAMED = 1000
"""Records named in one request."""

Number = Annotated[int, msgspec.Meta(ge=1)]

TEXTS = ("title", "ref", "commit", "url", "metadata")
"""Fields of a deployment out of which a text is taken."""

NAMES = ("project", "environment")
"""Those that are left: what a deployment is found by. Whoever asked is told."""


class Asked(msgspec.Struct, frozen=True):
    """The text that must go, and in which records: those named, or all."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_CHARS)]
    line: Number | None = None
    lines: Annotated[list[Number], msgspec.Meta(min_length=1, max_length=MAX_NAMED)] | None = None

    @property
    def numbers(self) -> frozenset[int] | None:
        """The records named, None for all. Raises BadRecord if all are too many for the text."""
        named = [*(self.lines or ()), *([self.line] if self.line is not None else ())]
        if not named and self.is_short:
            raise BadRecord(
                f"text: has fewer than {MIN_CHARS} characters, so it stands in many lines that hold"
                " no secret; name the lines"
            )
        return frozenset(named) or None

    @property
    def is_short(self) -> bool:
        return len(self.secret.text) < MIN_CHARS

    @property
    def secret(self) -> Secret:
        """Lines as a log has them. Raises BadRecord if there is nothing but line ends."""
        text = self.text.replace("\r\n", "\n").strip("\r\n")
        if not text:
            raise BadRecord("text: is empty; give the text that must go")
        return Secret(text)


class Redacted(msgspec.Struct, frozen=True):
    """What a redaction changed."""

    lines: list[int]
    """The numbers of the records that changed."""
    marks: int
    """How many marks were put into them."""
    fields: list[str]
    """Fields of the deployment that changed."""
    left_in: list[str]
    """Fields of the deployment that hold the text and are not changed."""
    complete: bool
    """Whether all was looked through. If not, ask again."""


def document_without(asked: Asked, old: Deployment) -> tuple[Deployment, list[str]]:
    """The deployment without the text, and which of its fields are others now."""
    if asked.is_short:
        return old, []
    changed: dict[str, Any] = {}
    for name in TEXTS:
        new, marks = taken_out(asked.secret, getattr(old, name))
        if marks:
            changed[name] = new
    if not str(changed.get("url", "http://")).startswith(("http://", "https://")):
        changed["url"] = None  # it would not be a web address any more
    return replace(old, **changed), list(changed)


def names_with(asked: Asked, deployment: Deployment) -> list[str]:
    """The names of the deployment's that hold the text."""
    values = {name: getattr(deployment, name) or "" for name in NAMES}
    return [name for name, value in values.items() if asked.secret.text in value]


def feed_record_without(asked: Asked, deployment: str, body: bytes) -> bytes | None:
    """The feed's record as it is to be; None if it is of another deployment or stays as it is."""
    record = msgspec.json.decode(body)
    about = record.get("deployment") or {}
    if about.get("id") != deployment or asked.is_short:
        return None
    new, marks = taken_out(asked.secret, {name: about[name] for name in TEXTS if name in about})
    if not marks:
        return None
    return encoded({**record, "deployment": {**about, **new}}, marks)


__all__ = ["Asked", "Redacted", "document_without", "feed_record_without", "names_with"]
