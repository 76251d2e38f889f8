"""What a client asks, as values: places, marks, the bodies that say what a deployment is.

Pure but for `new_id`, which needs a clock and chance.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from logflume.deployments.ids import RANDOM_BYTES, new_deployment_id

DEPLOYMENTS = "/v1/deployments"
STREAMS = "/v1/stream"
PROJECTS = "/v1/projects"

NDJSON = "application/x-ndjson"
JSON = "application/json"

PAGE_RECORDS = 1000
"""What one answer of the history brings: of usual lines 100 KB, and 64 MB where each is as long as
a line may be."""

MOST_PER_PAGE = 1000
"""What the server gives in one answer of the list."""


@dataclass(frozen=True, slots=True)
class ProducerMark:
    """What makes an append's retry never a duplicate: who appends, and which append it is."""

    id: str
    seq: int
    epoch: int = 0

    def headers(self) -> dict[str, str]:
        return {
            "producer-id": self.id,
            "producer-epoch": str(self.epoch),
            "producer-seq": str(self.seq),
        }


def deployment_path(deployment_id: str) -> str:
    """Where a deployment is. Whatever the id is, it stays one part of the address."""
    return f"{DEPLOYMENTS}/{quote(deployment_id, safe='')}"


def log_path(deployment_id: str, markers: str = "") -> str:
    """Where a deployment's log is; for appends, with `markers` that count only if asked for."""
    query = f"?markers={quote(markers)}" if markers else ""
    return f"{deployment_path(deployment_id)}/log{query}"


def stream_path(name: str) -> str:
    """Where a log of any other kind is; its name may have parts between slashes."""
    return f"{STREAMS}/{quote(name)}"


def project_path(project: str) -> str:
    """Where a project's settings are."""
    return f"{PROJECTS}/{quote(project)}"


def said(**fields: object) -> Mapping[str, object]:
    """The fields that are said: None is left out."""
    return {name: value for name, value in fields.items() if value is not None}


def new_id() -> str:
    """An id for a deployment that is yet to be created: the call may then be repeated safely."""
    return new_deployment_id(time.time_ns() // 1000, os.urandom(RANDOM_BYTES))


__all__ = [
    "DEPLOYMENTS",
    "JSON",
    "MOST_PER_PAGE",
    "NDJSON",
    "PAGE_RECORDS",
    "ProducerMark",
    "deployment_path",
    "log_path",
    "new_id",
    "project_path",
    "said",
    "stream_path",
]
