"""What can go wrong between a client and the server, by what helps.

    ClientError
    ├── ServerAway     no answer, or one that says "later": the same call may succeed again
    ├── Refused        the server's final word; carries the status and what it said
    │   ├── LogGone      there is no such log, or no longer
    │   ├── LogTrimmed   what was to be read next was removed; carries where the log begins now
    │   └── LogReset     the offset is of another log than the one that has the name now
    └── LogBroken      the server's answer is not a log: a number is missing or comes twice

Each message is one sentence without the client's own internals, fit to be shown to people.
"""

from __future__ import annotations


class ClientError(Exception):
    """Anything that keeps a client from doing what it was asked."""


class ServerAway(ClientError):
    """The server cannot be reached or asks to come back later, in `retry_seconds` if it says so."""

    def __init__(self, detail: str, *, retry_seconds: float = 0) -> None:
        super().__init__(detail)
        self.retry_seconds = retry_seconds


class ConnectionEnded(ServerAway):
    """The server has ended a live reading in good order, so that it is begun anew."""


class Refused(ClientError):
    """The server answered, and will answer the same again. `status` is HTTP's."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class LogGone(Refused):
    """There is no such log or deployment: it was deleted, or never there."""


class LogTrimmed(Refused):
    """The records after the offset were removed; those that are left begin at `earliest`."""

    def __init__(self, status: int, detail: str, earliest: str) -> None:
        super().__init__(status, detail)
        self.earliest = earliest


class LogReset(Refused):
    """The log was made anew or put back: the offset is of another one. Read from the start."""


class LogBroken(ClientError):
    """Record numbers are not dense: what was read is not the whole log."""


__all__ = [
    "ClientError",
    "ConnectionEnded",
    "LogBroken",
    "LogGone",
    "LogReset",
    "LogTrimmed",
    "Refused",
    "ServerAway",
]
