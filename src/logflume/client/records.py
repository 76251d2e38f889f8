"""What the server answers, as far as a client needs to understand it.

Fields that a newer server may add are ignored, so that an older client goes on working. Whoever
wants everything takes the bytes as they were received.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypeVar

import msgspec

from logflume.client.errors import Refused

T = TypeVar("T")

FINAL = frozenset({"succeeded", "failed", "cancelled"})
"""The statuses that nothing follows."""


class LogRecord(msgspec.Struct, frozen=True):
    """A record of a deployment's log: a `line`, or one of another `kind`.

    A line has `stream` and `text`, and as needed the rest down to `sent`. A `group` is a line, too,
    one that begins a group (`open`, with its title in `group`) or ends one. A `status` record has
    `status`; the `end` record has `status`, `exit_code`, and how many `lines` stand before it with
    their `digest`; `omitted` of them are not kept. In their place stands one `omitted` record: it
    has their first number in `first`, their last as its own, and a text. `time` is when the server
    received it, in UTC, as it wrote it.

    A record out of which a secret was taken has `redacted`, the number of places; an `end` record
    has there how many such records stand before it, and `redacted_at`. A `redacted` record comes
    while a log grows and names them by their `numbers`.
    """

    n: int
    time: str
    kind: str = "line"
    stream: str = ""
    text: str = ""
    partial: bool = False
    level: str = ""
    sent: str = ""
    group: str = ""
    open: bool | None = None
    collapsed: bool = False
    dimmed: bool = False
    expands: bool = False
    section: str = ""
    ends: tuple[str, ...] = ()
    status: str = ""
    exit_code: int | None = None
    lines: int = 0
    digest: str = ""
    omitted: int = 0
    first: int = msgspec.field(default=0, name="from")
    redacted: int = 0
    redacted_at: str = ""
    numbers: tuple[int, ...] = ()

    @property
    def stands_for(self) -> int:
        """How many numbers it stands for: one, if it does not stand for records that are gone."""
        return self.n - self.first + 1 if self.first else 1

    @property
    def received(self) -> datetime:
        """`time` as a datetime."""
        return datetime.fromisoformat(self.time)


class Links(msgspec.Struct, frozen=True):
    """Where a deployment is found."""

    page: str
    log: str


class Deployment(msgspec.Struct, frozen=True):
    """A deployment as the server knows it."""

    id: str
    project: str
    status: str
    created_at: str
    links: Links
    environment: str | None = None
    title: str | None = None
    ref: str | None = None
    commit: str | None = None
    url: str | None = None
    metadata: dict[str, str] = {}  # msgspec copies it for each deployment
    exit_code: int | None = None
    started_at: str | None = None
    finished_at: str | None = None
    lines: int = 0
    bytes: int = 0
    retry_of: str | None = None
    redacted: int = 0
    redacted_at: str | None = None

    @property
    def finished(self) -> bool:
        return self.status in FINAL


class Project(msgspec.Struct, frozen=True):
    """What a project has set for its deployments; what is None is as the server has it for all.

    `effective` is what counts. `tag` names this version of the settings.
    """

    project: str
    effective: dict[str, int]
    keep_days: int | None = None
    keep_bytes: int | None = None
    max_log_bytes: int | None = None
    masks: tuple[str, ...] = ()
    tag: str = ""

    def changed(self, changes: Mapping[str, object]) -> Mapping[str, object]:
        """All of the settings with these changes, as the server takes them."""
        settings = {name: getattr(self, name) for name in PROJECT_SETTINGS}
        unknown = changes.keys() - settings.keys()
        if unknown:
            raise ValueError(f"a project has no setting {', '.join(sorted(unknown))}")
        return {**settings, **changes}


PROJECT_SETTINGS = ("keep_days", "keep_bytes", "max_log_bytes", "masks")


class Redacted(msgspec.Struct, frozen=True):
    """What a redaction changed: the numbers of the records, how many marks they got, and which
    fields of the deployment; `left_in` names those that hold the text and stay."""

    lines: tuple[int, ...] = ()
    marks: int = 0
    fields: tuple[str, ...] = ()
    left_in: tuple[str, ...] = ()
    complete: bool = True

    def and_then(self, more: Redacted) -> Redacted:
        """What both did."""
        fields = tuple(dict.fromkeys((*self.fields, *more.fields)))
        lines = tuple(sorted({*self.lines, *more.lines}))
        return Redacted(lines, self.marks + more.marks, fields, more.left_in, more.complete)


def decode(answer: str | bytes | msgspec.Raw, kind: type[T]) -> T:
    """What the server's JSON stands for. Raises Refused if it is not what Logflume answers."""
    try:
        return msgspec.json.decode(answer, type=kind)
    except msgspec.MsgspecError as error:
        raise not_logflume(str(error)) from error


def not_logflume(why: str) -> Refused:
    """The error of a server that answers, but something else."""
    return Refused(200, f"it does not answer as Logflume does: {why}")


def numbers_of(records: Iterable[object]) -> int:
    """How many numbers of their log the records stand for."""
    return sum(record.stands_for if isinstance(record, LogRecord) else 1 for record in records)


__all__ = [
    "FINAL",
    "Deployment",
    "Links",
    "LogRecord",
    "Project",
    "Redacted",
    "decode",
    "not_logflume",
    "numbers_of",
]
