"""What each address asks of whoever comes: named in the route table, beside the endpoint.

A log that the caller may not know of answers as one that is not there does: the same error, after
the same look into the store. Whoever may know of it, but not do this, is told what it takes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from logflume.access.audit import AUDIT
from logflume.access.callers import Caller, ScopeName
from logflume.deployments.deployment import of_state
from logflume.deployments.deployments import FEED
from logflume.errors import NoSuchLog
from logflume.generic import names
from logflume.http.context import Context, Scope
from logflume.http.problems import Problem, RequestError
from logflume.records import LogId

ALL = "all projects"

LogOf = Callable[[Scope], LogId]


@dataclass(frozen=True, slots=True)
class Asking:
    """A request that is being examined: of whom, and what it says."""

    context: Context
    caller: Caller
    scope: Scope


class Need(Protocol):
    """What is asked. `is_open` if it is nothing."""

    @property
    def is_open(self) -> bool: ...

    async def examine(self, asking: Asking) -> None:
        """Raises RequestError, NoSuchLog and what else the log's address raises."""


@dataclass(frozen=True, slots=True)
class _Nothing:
    """Anybody may come."""

    is_open: bool = True

    async def examine(self, asking: Asking) -> None:
        """Nothing is asked."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody must have been let in; what he may do is no matter. `page` sends who was not to
    where he can sign in."""

    page: bool = False
    is_open: bool = False

    async def examine(self, asking: Asking) -> None:
        """Whoever comes so far was let in."""


@dataclass(frozen=True, slots=True)
class Somewhere:
    """The scope, for some project: the endpoint looks for which."""

    scope: ScopeName
    is_open: bool = False

    async def examine(self, asking: Asking) -> None:
        """See `Need`."""
        if asking.caller.log is not None or not asking.caller.may_somewhere(self.scope):
            raise RequestError(forbidden(self.scope))


@dataclass(frozen=True, slots=True)
class Everywhere:
    """The scope, for all projects."""

    scope: ScopeName
    is_open: bool = False

    async def examine(self, asking: Asking) -> None:
        """See `Need`."""
        if not asking.caller.may_everywhere(self.scope):
            raise RequestError(forbidden(self.scope, ALL))


@dataclass(frozen=True, slots=True)
class OfLog:
    """The scope, for the project of the log that the address names; it must be there."""

    scope: ScopeName
    log_of: LogOf
    is_open: bool = False

    async def examine(self, asking: Asking) -> None:
        """See `Need`."""
        if not asking.caller.may_everywhere(self.scope):
            log = self.log_of(asking.scope)
            await examine_log(asking.context, asking.caller, self.scope, log)


@dataclass(frozen=True, slots=True)
class OfProject:
    """The scope, for the project that the address names, whether there is anything of it or not."""

    scope: ScopeName
    project_of: Callable[[Scope], str]
    is_open: bool = False

    async def examine(self, asking: Asking) -> None:
        """See `Need`."""
        project = self.project_of(asking.scope)
        if not asking.caller.may(self.scope, project):
            raise RequestError(forbidden(self.scope, f"project {project}"))


@dataclass(frozen=True, slots=True)
class OfName:
    """The scope, for the project of the log that is to be made under the name of the address."""

    scope: ScopeName
    log_of: LogOf
    is_open: bool = False

    async def examine(self, asking: Asking) -> None:
        """See `Need`."""
        project = names.project_of(self.log_of(asking.scope))
        if not asking.caller.may(self.scope, project):
            raise RequestError(forbidden(self.scope, f"project {project}"))


NOTHING = _Nothing()
SIGNED_IN = SignedIn()
PAGE = SignedIn(page=True)

_WHOLE: dict[LogId, ScopeName] = {FEED: "read", AUDIT: "admin"}
"""Logs that tell of all projects, and what reading them takes in all of them."""


async def examine_log(context: Context, caller: Caller, scope: ScopeName, log: LogId) -> None:
    """Raises RequestError where the caller may not do this, NoSuchLog where he may not know."""
    needed = _WHOLE.get(log, scope)
    if caller.may_everywhere(needed):
        return
    if log in _WHOLE:
        raise RequestError(forbidden(needed, ALL))
    if not caller.may_somewhere(scope):
        raise RequestError(forbidden(scope))
    project = await _project_of(context, caller, scope, log)
    if _may(caller, scope, log, project):
        return
    if caller.knows(log, project):
        raise RequestError(forbidden(scope, f"project {project}"))
    raise NoSuchLog(log)


async def _project_of(context: Context, caller: Caller, scope: ScopeName, log: LogId) -> str:
    """The log's project. What is known of a log that is being read is looked at only for who may
    read it: all others wait for the store, whether the log is there or not."""
    if log.startswith(names.PREFIX):
        return names.project_of(log)
    known = context.tails.known_state(log)
    project = known.labels.get("project") if known is not None else None
    if project is not None and _may(caller, scope, log, project):
        return project
    state = await context.store.state(log)
    return of_state(state).project


def _may(caller: Caller, scope: ScopeName, log: LogId, project: str) -> bool:
    return caller.may_read(log, project) if scope == "read" else caller.may(scope, project)


def forbidden(scope: ScopeName, where: str = "") -> Problem:
    """The answer to who may not do this, and may know it."""
    detail = f"this takes the scope {scope}{where and ' for '}{where}; the token has it not"
    return Problem(403, "forbidden", detail)


__all__ = [
    "NOTHING",
    "PAGE",
    "SIGNED_IN",
    "Everywhere",
    "LogOf",
    "Need",
    "OfLog",
    "OfName",
    "OfProject",
    "SignedIn",
    "Somewhere",
    "examine_log",
    "forbidden",
]
