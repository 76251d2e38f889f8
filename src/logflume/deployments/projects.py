"""What a project has set for its deployments: how long they are kept, how large a log may become,
and what is masked in it.

A project's settings are the document of a log without records, so they are stored, announced and
changed by compare-and-set like anything else. What is known of them is kept true by the store's
announcements, so that asking costs nothing: appends ask.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Annotated

import msgspec
from msgspec.structs import replace

from logflume.deployments.masking import MAX_RULES, rules_of
from logflume.errors import BadRecord, LogExists, NoSuchLog, Outdated, StoreCorrupt
from logflume.records import Append, LogId, State
from logflume.store import Announcement, Store

PREFIX = "project/"
CONTENT_TYPE = "application/json"
PAGE = 100
"""Projects read at a time when the server starts."""

MIN_LOG_BYTES = 1024 * 1024
"""A log's head, a sixteenth, must have room for a few lines of the longest kind."""

MAX_LOG_BYTES = 1024**4
"""1 TiB: no disk that this runs on holds a second one."""

MAX_NAME_CHARS = 200
"""As of a deployment's `project`."""

Days = Annotated[int, msgspec.Meta(ge=0, le=36_500)]
Bytes = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
LogBytes = Annotated[int, msgspec.Meta(ge=MIN_LOG_BYTES, le=MAX_LOG_BYTES)]
Masks = Annotated[tuple[str, ...], msgspec.Meta(max_length=MAX_RULES)]


class ProjectSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of one project. What is null is as the server has it for all."""

    keep_days: Days | None = None
    """Finished deployments go when they ended so many days ago; 0: never."""
    keep_bytes: Bytes | None = None
    """The oldest finished deployments go when the project's logs are larger together; 0: never."""
    max_log_bytes: LogBytes | None = None
    """Of a log that is larger, what lies between its beginning and its newest part goes."""
    masks: Masks = ()
    """Regular expressions (RE2's); what matches is masked before it is stored."""


USUAL_LOG_BYTES = 1024**3
"""1 GiB: more than anybody reads, and it leaves room for others on a small disk."""

DEFAULTS = ProjectSettings(keep_days=0, keep_bytes=0, max_log_bytes=USUAL_LOG_BYTES)
"""Nothing is deleted unless somebody said so."""


class Stored(msgspec.Struct, frozen=True):
    """A project's settings as they are stored, and which version of them that is."""

    settings: ProjectSettings = ProjectSettings()
    tag: str = "none"


class Projects:
    """The settings of all projects. Use it on one event loop. `clock` gives microseconds since
    1970."""

    def __init__(
        self, store: Store, *, clock: Callable[[], int], defaults: ProjectSettings = DEFAULTS
    ) -> None:
        self._store = store
        self._clock = clock
        self.defaults = defaults
        self._known: dict[str, ProjectSettings] = {}
        store.subscribe(self._hear)

    async def start(self) -> None:
        """Learn what is stored. Raises StoreError."""
        before: LogId | None = None
        while found := await self._store.logs(PREFIX, {}, before=before, limit=PAGE):
            for log, state in found:
                self._learn(log, state)
            before = found[-1][0]

    def settings(self, project: str) -> ProjectSettings:
        """What counts for the project: its own settings, and the server's for the rest."""
        return self._known.get(project, self.defaults)

    def max_log_bytes(self, project: str) -> int:
        """How large a log of the project may become."""
        return self.settings(project).max_log_bytes or MAX_LOG_BYTES

    def known(self) -> list[ProjectSettings]:
        """What counts for any project."""
        return [self.defaults, *self._known.values()]

    async def get(self, project: str) -> Stored:
        """What the project has set; nothing, if nobody ever did. Raises BadRecord for what cannot
        be a project's name."""
        try:
            return _stored(await self._store.state(_log_of(project)))
        except NoSuchLog:
            return Stored()

    async def put(self, project: str, settings: ProjectSettings, tag: str | None = None) -> Stored:
        """Set all of the project's settings, if `tag` is None or that of the ones they replace.

        Raises BadRecord for settings that make no sense, and Outdated.
        """
        rules_of(settings.masks)
        log, document = _log_of(project), msgspec.json.encode(settings)
        while True:
            try:
                state = await self._store.state(log)
            except NoSuchLog:
                state = State(self._clock(), CONTENT_TYPE, document=document)
                if tag not in (None, Stored().tag):
                    raise Outdated(state) from None
                with suppress(LogExists):  # somebody else set some meanwhile
                    return _stored(await self._store.create(log, state))
                continue
            if tag not in (None, _tag(state)):
                raise Outdated(state)
            change = Append(self._clock(), document=document, revision=state.revision)
            with suppress(Outdated):
                return _stored(await self._store.append(log, change))

    def _hear(self, announcement: Announcement) -> None:
        if not announcement.log.startswith(PREFIX):
            return
        if announcement.state is None:
            self._known.pop(announcement.log.removeprefix(PREFIX), None)
        else:
            self._learn(announcement.log, announcement.state)

    def _learn(self, log: LogId, state: State) -> None:
        self._known[log.removeprefix(PREFIX)] = self.effective(_stored(state).settings)

    def effective(self, own: ProjectSettings) -> ProjectSettings:
        """The settings with the server's where they leave something open."""
        defaults = self.defaults
        return replace(
            own,
            keep_days=defaults.keep_days if own.keep_days is None else own.keep_days,
            keep_bytes=defaults.keep_bytes if own.keep_bytes is None else own.keep_bytes,
            max_log_bytes=own.max_log_bytes or defaults.max_log_bytes,
        )


def _log_of(project: str) -> LogId:
    if not 0 < len(project) <= MAX_NAME_CHARS:
        raise BadRecord(f"a project's name has 1 to {MAX_NAME_CHARS} characters")
    return LogId(PREFIX + project)


def _stored(state: State) -> Stored:
    try:
        return Stored(msgspec.json.decode(state.document, type=ProjectSettings), _tag(state))
    except msgspec.MsgspecError as error:
        raise StoreCorrupt(f"a project's settings cannot be read: {error}") from error


def _tag(state: State) -> str:
    return f"{state.epoch}.{state.revision}"


__all__ = ["DEFAULTS", "MIN_LOG_BYTES", "ProjectSettings", "Projects", "Stored"]
