"""What lets somebody in, as it is stored: a token, a session that began with one, a share link.

Each is the document of a log without records, as a deployment is of its own: every store has it,
and every server hears when it comes and goes. The secret itself is nowhere.
"""

from __future__ import annotations

import msgspec

from logflume.access.callers import Grant
from logflume.access.secret import Kind
from logflume.errors import StoreCorrupt
from logflume.records import LogId, State

CONTENT_TYPE = "application/json"

PREFIXES: dict[Kind, str] = {"token": "token/", "share": "share/", "session": "session/"}
"""Of the logs' ids. Tokens come first: sessions rest on them."""

ALL_PREFIXES = tuple(PREFIXES.values())


class Credential(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One of them."""

    kind: Kind
    id: str
    digest: str
    """The SHA-256 of its secret, in hexadecimal."""
    name: str
    """Whom the audit log names."""
    grants: tuple[Grant, ...] = ()
    shared: LogId | None = None
    """The one log that a share link lets read."""
    token: str | None = None
    """The id of the token that a session began with, and ends with."""
    created_us: int
    created_by: str
    expires_us: int | None = None
    used_us: int | None = None
    """When it was last used, to the minute."""

    @property
    def log(self) -> LogId:
        """The log whose document it is."""
        return LogId(PREFIXES[self.kind] + self.id)

    def expired(self, now_us: int) -> bool:
        """Whether its time is over."""
        return self.expires_us is not None and now_us >= self.expires_us

    def encode(self) -> bytes:
        return msgspec.json.encode(self)


def of_state(state: State) -> Credential:
    """The credential that a log's state holds. Raises StoreCorrupt."""
    try:
        return msgspec.json.decode(state.document, type=Credential)
    except msgspec.MsgspecError as error:
        raise StoreCorrupt(f"a credential cannot be read: {error}") from error


__all__ = ["ALL_PREFIXES", "CONTENT_TYPE", "PREFIXES", "Credential", "of_state"]
