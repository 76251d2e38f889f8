"""How many watchers this machine lets a process have, and what of a plan has no room.

Each watcher is an open file here and another one in the server, which inherits this process's
limit. The limit is raised as far as it may be before anything is left out.
"""

from __future__ import annotations

import resource
from dataclasses import dataclass, replace

from logflume.compare.memory import LEAST_WATCHERS, MEMORY_WATCHERS
from logflume.compare.plan import Plan

SPARE_FILES = 140
"""What both sides have open besides: the 128 that the server keeps for its store and its work, and
connections of those who append and ask."""

LEAST_SPARE_FILES = 60
"""The same where files are few: of those the server keeps half at most."""

RELAYED_WATCHERS = 10
"""Who are cut, and held back: enough for a median, and each takes three of our files."""

FILES_OF_RELAYED = 3
"""The watcher's end, and the relay's two."""


class NoRoom(Exception):
    """There is no room for a single watcher."""


@dataclass(frozen=True, slots=True)
class Room:
    """A plan that fits, for how many its measures are, and what was left out."""

    plan: Plan
    relayed: int
    memory: int
    """0: memory is left out."""
    left_out: tuple[str, ...]


def room_for(plan: Plan) -> Room:
    """What of the plan can be done here. Raises NoRoom."""
    files = _raised(max(plan.watchers, MEMORY_WATCHERS) + SPARE_FILES)
    most = max(files - SPARE_FILES, min(files - LEAST_SPARE_FILES, files // 2 - RELAYED_WATCHERS))
    if most < FILES_OF_RELAYED:
        raise NoRoom(
            f"the limit of {files} open files leaves no room for a watcher; "
            f"raise it with `ulimit -n {plan.watchers + SPARE_FILES}`"
        )
    left_out = []
    if most < plan.watchers:
        left_out.append(
            f"the limit of {files} open files has room for {most} watchers, so it is {most} and "
            f"not {plan.watchers}; `ulimit -n {plan.watchers + SPARE_FILES}` makes room for them"
        )
    memory = min(MEMORY_WATCHERS, most)
    if memory < LEAST_WATCHERS:
        left_out.append(
            f"memory a watcher is left out: it takes {LEAST_WATCHERS} watchers to see it, and the "
            f"limit of {files} open files has room for {most}"
        )
        memory = 0
    watchers = min(plan.watchers, most)
    relayed = min(watchers, RELAYED_WATCHERS, most // FILES_OF_RELAYED)
    return Room(replace(plan, watchers=watchers), relayed, memory, tuple(left_out))


def _raised(wanted: int) -> int:
    """The limit of open files, raised to `wanted` if it may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return soft


__all__ = ["NoRoom", "Room", "room_for"]
