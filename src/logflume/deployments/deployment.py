"""A deployment: what is known of it, and how it may change. Pure; the clock is an argument."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import msgspec

from logflume.deployments.ids import is_deployment_id
from logflume.errors import BadRecord, Conflict, StoreCorrupt
from logflume.records import State
from logflume.wire.forms import rfc3339

Status = Literal["queued", "running", "succeeded", "failed", "cancelled"]
STATUSES: tuple[str, ...] = get_args(Status)
FINAL = frozenset({"succeeded", "failed", "cancelled"})
_NEXT = {"queued": {"running", *FINAL}, "running": FINAL}

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Text = Annotated[str, msgspec.Meta(max_length=2000)]
WebAddress = Annotated[str, msgspec.Meta(max_length=2000, pattern=r"^https?://[^\s]+$")]
Metadata = Annotated[dict[Name, Text], msgspec.Meta(max_length=100)]
ExitCode = Annotated[int, msgspec.Meta(ge=-255, le=2**32 - 1)]


class NewDeployment(msgspec.Struct, frozen=True):
    """What a client says when it creates a deployment."""

    project: Name
    id: str | None = None
    environment: Name | None = None
    title: Text | None = None
    ref: Text | None = None
    commit: Text | None = None
    url: WebAddress | None = None
    metadata: Metadata = {}
    status: Literal["queued", "running"] = "running"
    retry_of: str | None = None
    """The deployment whose log, up to the section that failed, this one's begins with."""


class Change(msgspec.Struct, frozen=True):
    """What a client wants changed. Fields that are left out stay as they are."""

    status: Status | msgspec.UnsetType = msgspec.UNSET
    exit_code: ExitCode | msgspec.UnsetType | None = msgspec.UNSET
    title: Text | msgspec.UnsetType | None = msgspec.UNSET
    ref: Text | msgspec.UnsetType | None = msgspec.UNSET
    commit: Text | msgspec.UnsetType | None = msgspec.UNSET
    url: WebAddress | msgspec.UnsetType | None = msgspec.UNSET
    metadata: Metadata | msgspec.UnsetType = msgspec.UNSET


class Deployment(msgspec.Struct, frozen=True):
    """A deployment as it is stored with its log, and shown."""

    id: str
    project: str
    environment: str | None
    title: str | None
    ref: str | None
    commit: str | None
    url: str | None
    metadata: dict[str, str]
    status: Status
    exit_code: int | None
    created_at: str
    started_at: str | None
    finished_at: str | None
    lines: int = 0
    size_bytes: int = msgspec.field(default=0, name="bytes")
    retry_of: str | None = None
    redacted: int = 0
    """Records out of which a secret was taken since the deployment was made, inherited ones too."""
    redacted_at: str | None = None
    """When that was last done."""

    @property
    def finished(self) -> bool:
        return self.status in FINAL

    @property
    def labels(self) -> dict[str, str]:
        """What a list may be filtered by."""
        labels = {"project": self.project, "environment": self.environment, "status": self.status}
        return {name: value for name, value in labels.items() if value is not None}

    def encode(self) -> bytes:
        return msgspec.json.encode(self)


def begin(new: NewDeployment, id: str, now_us: int) -> Deployment:  # noqa: A002
    """The deployment that `new` asks for. Raises BadRecord for an id of another form."""
    if not is_deployment_id(id):
        raise BadRecord("id: not a deployment's id; leave it out, or see the API's documentation")
    if new.retry_of is not None and not is_deployment_id(new.retry_of):
        raise BadRecord("retry_of: not a deployment's id")
    now = rfc3339(now_us)
    return Deployment(
        id=id,
        project=new.project,
        environment=new.environment,
        title=new.title,
        ref=new.ref,
        commit=new.commit,
        url=new.url,
        metadata=new.metadata,
        status=new.status,
        exit_code=None,
        created_at=now,
        started_at=now if new.status == "running" else None,
        finished_at=None,
        retry_of=new.retry_of,
    )


def changed(old: Deployment, change: Change, now_us: int) -> Deployment:
    """`old` after `change`; the same object if that changes nothing. Raises Conflict."""
    differing = {
        name: value
        for name, value in msgspec.structs.asdict(change).items()
        if value is not msgspec.UNSET and value != getattr(old, name)
    }
    if not differing:
        return old
    _refuse_impossible(old, differing)
    now = rfc3339(now_us)
    status = differing.get("status")
    if status == "running" or (status in FINAL and old.started_at is None):
        differing["started_at"] = now
    if status in FINAL:
        differing["finished_at"] = now
    return msgspec.structs.replace(old, **differing)


def _refuse_impossible(old: Deployment, differing: dict[str, object]) -> None:
    status = str(differing.get("status", old.status))
    if status != old.status and status not in _NEXT.get(old.status, ()):
        raise Conflict(f"a deployment that is {old.status} cannot become {status}")
    if "exit_code" in differing and old.finished:
        raise Conflict(f"the deployment ended with exit_code {old.exit_code}; that stays")
    if "exit_code" in differing and status not in FINAL:
        raise Conflict("exit_code goes with a final status: succeeded, failed or cancelled")


def of_state(state: State) -> Deployment:
    """The deployment that a log's state holds, with the log's size. Raises StoreCorrupt."""
    try:
        deployment = msgspec.json.decode(state.document, type=Deployment)
    except msgspec.MsgspecError as error:
        raise StoreCorrupt(f"a deployment cannot be read: {error}") from error
    if deployment.finished:
        return deployment
    return msgspec.structs.replace(deployment, lines=state.tail, size_bytes=state.size_bytes)


__all__ = [
    "FINAL",
    "STATUSES",
    "Change",
    "Deployment",
    "NewDeployment",
    "Status",
    "begin",
    "changed",
    "of_state",
]
