"""What a generic log may be called: a name of an address, in parts if its user wants.

Names become part of a store's keys and, on several machines, of NATS subjects, so that only what
means nothing special in either is taken. Nothing here escapes or repairs: one name, one spelling.
"""

from __future__ import annotations

import re

from logflume.errors import BadInput
from logflume.records import LogId

PREFIX = "stream/"
ADDRESS = "/v1/stream/"

MAX_NAME_CHARS = 255
"""A name is part of addresses, and headers hold several; a few thousand characters is the end."""

_NAME = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")


def log_of(name: str) -> LogId:
    """The log of this name. Raises BadInput for what cannot be a name."""
    if len(name) > MAX_NAME_CHARS or not _NAME.fullmatch(name):
        raise BadInput(
            f"a log's name has 1 to {MAX_NAME_CHARS} of the letters A-Z a-z 0-9 . _ ~ - and may "
            "have parts between slashes, none of which begins with a dot"
        )
    return LogId(PREFIX + name)


def log_at(address: str) -> LogId:
    """The log that a path such as `/v1/stream/name` means. Raises BadInput."""
    if not address.startswith(ADDRESS):
        raise BadInput(f"name the log by its path, {ADDRESS}…")
    return log_of(address.removeprefix(ADDRESS))


def project_of(log: LogId) -> str:
    """The project of a generic log: the first part of its name."""
    return log.removeprefix(PREFIX).partition("/")[0]


__all__ = ["ADDRESS", "PREFIX", "log_at", "log_of", "project_of"]
