"""The schemas of the API, made from the structs that read requests and from those that answers
are checked against, so that the document cannot say something else than the code.

What a type cannot tell is in `meanings.py`.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from logflume.deployments.deployment import Change, Deployment, NewDeployment
from logflume.deployments.incoming import IncomingLine, Stream
from logflume.deployments.projects import ProjectSettings
from logflume.deployments.redaction_request import Asked, Redacted
from logflume.http.openapi.meanings import ID, MEANINGS, OFFSET, Json
from logflume.http.sessions import Session, SignIn
from logflume.http.shares import NewShare, ShownShare
from logflume.http.tokens import NewToken, ShownToken


class Links(msgspec.Struct):
    """Where a deployment is found."""

    self: str
    log: str
    page: str


class DeploymentWithLinks(Deployment, frozen=True, kw_only=True):
    """A deployment as it is answered."""

    links: Links


class DeploymentList(msgspec.Struct):
    """A page of deployments, newest first."""

    deployments: list[DeploymentWithLinks]


class LineRecord(msgspec.Struct, kw_only=True):
    """A line of a deployment's log."""

    n: int
    time: str
    stream: Stream
    text: str
    sent: str | UnsetType = UNSET
    level: str | UnsetType = UNSET
    redacted: int | UnsetType = UNSET
    partial: Literal[True] | UnsetType = UNSET


class GroupRecord(msgspec.Struct, kw_only=True):
    """A line that begins a group of lines, ends one, or expands the one before it."""

    n: int
    time: str
    sent: str | UnsetType = UNSET
    level: str | UnsetType = UNSET
    kind: Literal["group"]
    group: str | UnsetType = UNSET
    open: bool | UnsetType = UNSET
    collapsed: Literal[True] | UnsetType = UNSET
    dimmed: Literal[True] | UnsetType = UNSET
    expands: Literal[True] | UnsetType = UNSET
    section: str | UnsetType = UNSET
    ends: list[str] | UnsetType = UNSET
    stream: Stream
    redacted: int | UnsetType = UNSET
    text: str
    partial: Literal[True] | UnsetType = UNSET


class StatusRecord(msgspec.Struct):
    """A change of the deployment's status."""

    n: int
    time: str
    kind: Literal["status"]
    status: Literal["running"]


class RedactedRecord(msgspec.Struct):
    """Tells those who watch a log that grows which records are no longer what they saw."""

    n: int
    time: str
    kind: Literal["redacted"]
    numbers: list[int]
    stream: Literal["system"]
    text: str


class EndRecord(msgspec.Struct):
    """The last record of a finished log."""

    n: int
    time: str
    kind: Literal["end"]
    status: Literal["succeeded", "failed", "cancelled"]
    exit_code: int | None
    lines: int
    digest: str
    omitted: int | UnsetType = UNSET
    redacted: int | UnsetType = UNSET
    redacted_at: str | UnsetType = UNSET


class OmittedRecord(msgspec.Struct):
    """Stands for records that are no longer kept: all from `from` to `n`. The log became larger
    than its project allows."""

    n: int
    time: str
    kind: Literal["omitted"]
    first: int = msgspec.field(name="from")
    lines: int
    stream: Literal["system"]
    text: str


class FeedRecord(msgspec.Struct, kw_only=True):
    """What happened to which deployment. `restart` has none: the server was away and something
    may be missing, so read the list again."""

    n: int
    time: str
    kind: Literal["created", "changed", "deleted", "restart"]
    deployment: Deployment | UnsetType = UNSET
    redacted: int | UnsetType = UNSET


class ControlEvent(msgspec.Struct, rename="camel", kw_only=True):
    """The data of `event: control`: where the reader stands."""

    stream_next_offset: str
    stream_cursor: str | UnsetType = UNSET
    up_to_date: Literal[True] | UnsetType = UNSET
    stream_closed: Literal[True] | UnsetType = UNSET


class Searched(msgspec.Struct):
    """Which records were looked at: none, if `last` is before `first`."""

    first: int
    last: int


class SearchAnswer(msgspec.Struct):
    """What a part of the log has of what was looked for."""

    numbers: list[int]
    records: list[msgspec.Raw]
    searched: Searched
    next: str | None


class Effective(msgspec.Struct):
    """What counts for a project: its own settings, and the server's for the rest."""

    keep_days: int
    keep_bytes: int
    max_log_bytes: int


class Project(ProjectSettings, frozen=True, kw_only=True):
    """A project's settings as they are answered."""

    project: str
    effective: Effective


class TokenList(msgspec.Struct):
    """All tokens, newest first."""

    tokens: list[ShownToken]


class NewTokenSecret(ShownToken, frozen=True, kw_only=True):
    """A token as it is answered once."""

    token: str


class ShareList(msgspec.Struct):
    """A deployment's share links, newest first."""

    shares: list[ShownShare]


class NewShareLink(ShownShare, frozen=True, kw_only=True):
    """A share link as it is answered once."""

    link: str


class AuditRecord(msgspec.Struct):
    """What was done, by whom, and to what."""

    n: int
    time: str
    kind: str
    by: str
    id: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    scopes: list[str] | UnsetType = UNSET
    deployment: str | UnsetType = UNSET
    deployments: list[str] | UnsetType = UNSET
    project: str | UnsetType = UNSET
    why: Literal["keep_days", "keep_bytes"] | UnsetType = UNSET
    lines: list[int] | UnsetType = UNSET
    fields: list[str] | UnsetType = UNSET


class Problem(msgspec.Struct, kw_only=True):
    """What is answered instead (RFC 9457), as `application/problem+json`."""

    type: str
    title: str
    status: int
    detail: str
    line: int | UnsetType = UNSET
    tail: str | UnsetType = UNSET
    epoch: int | UnsetType = UNSET
    expected: int | UnsetType = UNSET
    max_bytes: int | UnsetType = UNSET
    max_records: int | UnsetType = UNSET
    earliest: str | UnsetType = UNSET
    reason: str | UnsetType = UNSET


class Health(msgspec.Struct):
    """How the server is."""

    status: Literal["alive", "ready"]


STRUCTS = (
    *(NewDeployment, Change, DeploymentWithLinks, DeploymentList, Deployment),
    *(IncomingLine, LineRecord, GroupRecord, StatusRecord, RedactedRecord, OmittedRecord),
    *(EndRecord, FeedRecord, ControlEvent, SearchAnswer, Asked, Redacted),
    *(ProjectSettings, Effective, Project, Problem, Health),
    *(NewToken, ShownToken, TokenList, NewTokenSecret, NewShare, ShownShare, ShareList),
    *(NewShareLink, SignIn, Session, AuditRecord),
)

RECORDS = (
    *("LineRecord", "GroupRecord", "StatusRecord", "RedactedRecord", "OmittedRecord"),
    "EndRecord",
)
"""What a deployment's log consists of."""


def schemas() -> dict[str, Json]:
    """Every schema by its name, as `components.schemas` wants them."""
    _, found = msgspec.json.schema_components(STRUCTS, ref_template="#/components/schemas/{name}")
    for name, schema in found.items():
        schema["description"] = " ".join(schema["description"].split())
        for field, facts in schema["properties"].items():
            facts.update(MEANINGS.get(f"{name}.{field}") or MEANINGS.get(field, {}))
    found["LineRecord"]["not"] = {"required": ["kind"]}  # else a group would be a line, too
    found["SearchAnswer"]["properties"]["records"]["items"] = array_of(*RECORDS)["items"]
    for name in ("Deployment", "DeploymentWithLinks"):
        _complete(found[name])
    return dict(sorted(found.items()))


def _complete(answer: Json) -> None:
    """Defaults are for reading what was stored; an answer has every field."""
    answer["required"] = list(answer["properties"])
    for facts in answer["properties"].values():
        facts.pop("default", None)


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def array_of(*names: str) -> Json:
    """An array whose items are of any of these schemas."""
    refs = [ref(name) for name in names]
    return {"type": "array", "items": refs[0] if len(refs) == 1 else {"oneOf": refs}}


__all__ = [
    "ID",
    "OFFSET",
    "STRUCTS",
    "Json",
    "array_of",
    "ref",
    "schemas",
]
