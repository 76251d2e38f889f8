"""Where the server is, what it wants to see, and how patient to be: options and environment.

A setting that is wrong in the environment never stops a deployment; an option that is wrong does,
before anything has begun.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from logflume.cli.messages import say
from logflume.client.addresses import normal_server, same_server

DEFAULT_SERVER = "http://127.0.0.1:8080"

SYNC_SECONDS = 5.0
"""How long a deployment that has ended may wait for a server that gives no answer."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The server, the token for it, and how long to wait for it at the end."""

    server: str
    token: str | None
    sync_seconds: float

    def token_for(self, server: str) -> str | None:
        """The token, unless it would go to a server that it is not meant for."""
        return self.token if same_server(server, self.server) else None


def settings(server: str, environ: Mapping[str, str]) -> Settings:
    """The settings for this `server`. Raises ValueError if that is no address."""
    token = environ.get("LOGFLUME_TOKEN", "").strip() or None
    return Settings(normal_server(server), token, _sync_seconds(environ))


def _sync_seconds(environ: Mapping[str, str]) -> float:
    text = environ.get("LOGFLUME_SYNC_SECONDS", "")
    try:
        seconds = float(text) if text else SYNC_SECONDS
    except ValueError:
        seconds = -1
    if not 0 <= seconds < float("inf"):
        say(f"LOGFLUME_SYNC_SECONDS={text} is not a number of seconds; it is taken as 5")
        return SYNC_SECONDS
    return seconds
