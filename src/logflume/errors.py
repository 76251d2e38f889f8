"""What can go wrong, by whose fault it is.

    LogError
    ├── CallerError         the request cannot be done; another one can
    │   ├── BadInput          malformed: offset, record, body, parameter
    │   │   └── BadRecord     well-formed, but not a record
    │   ├── NoSuchLog
    │   │   ├── LogGone         deleted, but its forks still need its records
    │   │   └── LogExpired      its lifetime is over
    │   ├── LogExists         carries the state of the log that is there
    │   ├── LogClosed         carries the state it was closed in
    │   ├── WrongEpoch        the offset is of an earlier log of this name
    │   ├── AheadOfTail       carries the tail
    │   ├── Trimmed           what is asked for is no longer kept; carries the state
    │   ├── Outdated          compare-and-set lost; carries the state
    │   ├── Duplicate         this producer's append is stored already
    │   ├── ProducerFenced    an older epoch of the producer
    │   ├── ProducerGap       appends of the producer are missing
    │   ├── Conflict          the deployment does not allow this change
    │   ├── TooMany           the same request may be taken later
    │   │   ├── TooManyWatchers
    │   │   └── TooManyAppends
    │   └── TooLarge
    └── StoreError          ours: nothing was stored, nothing was shown
        ├── StoreUnavailable  for good: whoever runs it must look
        ├── StoreBusy
        ├── StoreFull
        │   └── StoreLow        there is room, but it is kept for what must go on
        └── StoreCorrupt

Each is raised before anything is stored. HTTP maps them to problem documents in one place,
`http/problems.py`; no other code turns them into anything else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logflume.records import LogId, Producer, State


class LogError(Exception):
    """Anything that Logflume refuses or fails to do."""


class CallerError(LogError):
    """The request cannot be done as it stands."""


class BadInput(CallerError):
    """Malformed input. `line` numbers the offending line of the body, where there is one."""

    def __init__(self, detail: str, *, line: int | None = None) -> None:
        super().__init__(detail)
        self.line = line


class BadRecord(BadInput):
    """Well-formed input of the wrong shape."""


class NoSuchLog(CallerError):
    """There is no log of this id, or no longer."""

    def __init__(self, log: LogId) -> None:
        super().__init__(f"there is no log {log!r}")


class LogGone(NoSuchLog):
    """The log was deleted; only its forks still read its records."""

    def __init__(self) -> None:
        CallerError.__init__(self, "the log was deleted; logs that were forked from it remain")


class LogExpired(NoSuchLog):
    """The log's lifetime is over; whoever finds out deletes it."""

    def __init__(self) -> None:
        CallerError.__init__(self, "the log has expired")


class LogExists(CallerError):
    """A log of this id is there already, as `state` says."""

    def __init__(self, state: State) -> None:
        super().__init__("there is a log of this id already")
        self.state = state


class LogClosed(CallerError):
    """The log is finished; nothing can follow."""

    def __init__(self, state: State) -> None:
        super().__init__(f"the log was closed after record {state.tail}; nothing can follow")
        self.state = state


class WrongEpoch(CallerError):
    """The offset was given out by an earlier log of this name, or before a restore."""

    def __init__(self) -> None:
        super().__init__(
            "the offset is from before the log was made anew or put back; read from the start again"
        )


class AheadOfTail(CallerError):
    """What is asked for begins beyond the last record."""

    def __init__(self, state: State) -> None:
        super().__init__(f"that begins beyond the tail, {state.tail_offset}")
        self.state = state


class Trimmed(CallerError):
    """What is asked for is no longer kept; `state` says where the log begins now."""

    def __init__(self, state: State) -> None:
        super().__init__(
            f"records 1 to {state.start} are no longer kept; read from {self._earliest(state)} on"
        )
        self.earliest = self._earliest(state)

    @staticmethod
    def _earliest(state: State) -> str:
        return str(state.offset(state.start))


class Outdated(CallerError):
    """The log has changed since the revision that the append names."""

    def __init__(self, state: State) -> None:
        super().__init__("the log has changed meanwhile; read it again")
        self.state = state


class Duplicate(CallerError):
    """This append was stored before; `state` is the log's, `producer` its last accepted mark."""

    def __init__(self, state: State, producer: Producer) -> None:
        super().__init__(f"append {producer.seq} of this producer is stored already")
        self.state = state
        self.producer = producer


class ProducerFenced(CallerError):
    """A newer epoch of this producer has appended."""

    def __init__(self, epoch: int) -> None:
        super().__init__(f"the producer is at epoch {epoch}; an older one may not append")
        self.epoch = epoch


class ProducerGap(CallerError):
    """The producer's sequence skips appends that never arrived."""

    def __init__(self, expected: int, received: int) -> None:
        super().__init__(f"expected Producer-Seq {expected}, received {received}")
        self.expected = expected
        self.received = received


class Conflict(CallerError):
    """The deployment is not in a state that allows this change."""


class TooMany(CallerError):
    """More than the server takes on at once; it may take this in `retry_seconds`."""

    def __init__(self, detail: str, retry_seconds: int) -> None:
        super().__init__(detail)
        self.retry_seconds = retry_seconds


class TooManyWatchers(TooMany):
    """There is no room for another one now."""


class TooManyAppends(TooMany):
    """Who asks has appended too often lately."""


class TooLarge(CallerError):
    """More than one request may bring."""

    def __init__(self, what: str, max_bytes: int) -> None:
        super().__init__(f"{what} is larger than {max_bytes} bytes")
        self.max_bytes = max_bytes


class StoreError(LogError):
    """The store failed. What was being appended is not acknowledged."""


class StoreUnavailable(StoreError):
    """The store does not take requests now."""


class StoreBusy(StoreError):
    """Another program holds the store; the next try may succeed."""


class StoreFull(StoreError):
    """No room is left on the device; reading goes on."""


class StoreLow(StoreFull):
    """Little room is left, and it is kept for reading, ending and deleting, which go on."""

    def __init__(self, min_bytes: int) -> None:
        super().__init__(
            f"the server's disk has less than {min_bytes} bytes left for logs, so it takes no new"
            " lines; try again later, when there is room. Reading goes on"
        )


class StoreCorrupt(StoreError):
    """What the store holds is not what was written."""


__all__ = [
    "AheadOfTail",
    "BadInput",
    "BadRecord",
    "CallerError",
    "Conflict",
    "Duplicate",
    "LogClosed",
    "LogError",
    "LogExists",
    "LogExpired",
    "LogGone",
    "NoSuchLog",
    "Outdated",
    "ProducerFenced",
    "ProducerGap",
    "StoreBusy",
    "StoreCorrupt",
    "StoreError",
    "StoreFull",
    "StoreLow",
    "StoreUnavailable",
    "TooLarge",
    "TooMany",
    "TooManyAppends",
    "TooManyWatchers",
    "Trimmed",
    "WrongEpoch",
]
