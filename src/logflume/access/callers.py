"""Who asks, and what he may do. Found out once a request, and told to whatever is done in his name.

A scope is what may be done: `write` creates, appends and changes, `read` reads, `admin` does both
and all else. Each is given for all projects or for some. `write` does not read: what a deploy job's
leaked token can do is add.

There is one `Caller` for each thing that somebody shows, however many requests he makes with it. It
is no longer `valid` the moment that this ends, which whoever goes on with a request long after it
was examined reads again: one attribute.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

import msgspec

from logflume.records import LogId

ScopeName = Literal["admin", "write", "read"]
SCOPES: tuple[str, ...] = get_args(ScopeName)

_INCLUDED: dict[ScopeName, tuple[ScopeName, ...]] = {
    "admin": ("admin", "write", "read"),
    "write": ("write",),
    "read": ("read",),
}

_NONE: frozenset[str] = frozenset()


class Grant(msgspec.Struct, frozen=True):
    """A scope, for some projects or (None) for all."""

    scope: ScopeName
    projects: tuple[str, ...] | None = None


EVERYTHING = (Grant("admin"),)
"""What the first token may do."""


class Caller:
    """Somebody who was let in. `log` is the one log that a share link lets him read."""

    __slots__ = ("_projects", "log", "name", "valid")

    def __init__(
        self, name: str, grants: Iterable[Grant] = (), *, log: LogId | None = None
    ) -> None:
        self.name = name
        """As it stands in the audit log; never a secret."""
        self.log = log
        self.valid = True
        self._projects: dict[ScopeName, frozenset[str] | None] = {}
        """By scope, the projects; None is all of them."""
        for grant in grants:
            for scope in _INCLUDED[grant.scope]:
                self._add(scope, grant.projects)

    def may(self, scope: ScopeName, project: str) -> bool:
        """Whether he may do this in the project."""
        projects = self._projects.get(scope, _NONE)
        return projects is None or project in projects

    def may_everywhere(self, scope: ScopeName) -> bool:
        """Whether he may do this in every project, those to come too."""
        return self._projects.get(scope, _NONE) is None

    def may_somewhere(self, scope: ScopeName) -> bool:
        """Whether there is a project or a log that he may do this in."""
        return scope in self._projects or (self.log is not None and scope == "read")

    def may_read(self, log: LogId, project: str) -> bool:
        """Whether he may read this log of the project."""
        return log == self.log or self.may("read", project)

    def knows(self, log: LogId, project: str) -> bool:
        """Whether he may learn that the log is there."""
        return log == self.log or any(self.may(scope, project) for scope in self._projects)

    def projects(self, scope: ScopeName) -> frozenset[str] | None:
        """The projects that he may do this in; None is all of them."""
        return self._projects.get(scope, _NONE)

    def _add(self, scope: ScopeName, projects: tuple[str, ...] | None) -> None:
        known = self._projects.get(scope, _NONE)
        both = None if known is None or projects is None else known | {*projects}
        self._projects[scope] = both


ANYBODY = Caller("anybody", EVERYTHING)
"""Who asks a server that lets everybody in."""

__all__ = ["ANYBODY", "EVERYTHING", "SCOPES", "Caller", "Grant", "ScopeName"]
