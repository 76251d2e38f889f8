"""What a deployment is called and where its page is, before anything else is known of it.

Light to load: `run` needs it before its command starts.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field

from logflume.deployments.ids import RANDOM_BYTES, new_deployment_id


@dataclass(frozen=True, slots=True)
class About:
    """What the options say of a deployment. Empty is unsaid."""

    project: str = ""
    environment: str = ""
    title: str = ""
    ref: str = ""
    commit: str = ""
    url: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    retry_of: str = ""
    """The id of the deployment whose log, up to the failed section, this one's begins with."""
    markers: str = ""
    """Whose markers count besides those that always do."""
    masks: tuple[str, ...] = ()
    """Values that nobody is to see, besides those of the environment."""


@dataclass(frozen=True, slots=True)
class Name:
    """A deployment's id, made here, and the address of its page."""

    id: str
    page: str


def new_name(server: str) -> Name:
    """The name of a deployment that begins now. The server learns of it later."""
    new = new_deployment_id(time.time_ns() // 1000, os.urandom(RANDOM_BYTES))
    return Name(new, f"{server}/d/{new}")
