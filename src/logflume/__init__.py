"""Logflume: a deployment's log, so far and live, with nothing lost or repeated between.

What Python programs use of it is here under its own name and loaded when it is first used, so that
importing Logflume costs nothing: the command line must start at once. `docs/client.md` shows how.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logflume.client.aio.client import AsyncClient
    from logflume.client.blocking.client import Client
    from logflume.client.errors import (
        ClientError,
        LogBroken,
        LogGone,
        LogReset,
        LogTrimmed,
        Refused,
        ServerAway,
    )
    from logflume.client.logging_handler import LoggingHandler
    from logflume.client.records import Deployment, LogRecord
    from logflume.client.requests import new_id

__version__ = "0.1.0"

_PLACES = {
    "AsyncClient": "aio.client",
    "Client": "blocking.client",
    "ClientError": "errors",
    "Deployment": "records",
    "LogBroken": "errors",
    "LogGone": "errors",
    "LogRecord": "records",
    "LogReset": "errors",
    "LogTrimmed": "errors",
    "LoggingHandler": "logging_handler",
    "Redacted": "records",
    "Refused": "errors",
    "ServerAway": "errors",
    "new_id": "requests",
}
"""Where each name comes from, below `logflume.client`."""


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"logflume.client.{_PLACES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)


__all__ = [
    "AsyncClient",
    "Client",
    "ClientError",
    "Deployment",
    "LogBroken",
    "LogGone",
    "LogRecord",
    "LogReset",
    "LogTrimmed",
    "LoggingHandler",
    "Redacted",
    "Refused",
    "ServerAway",
    "new_id",
]
