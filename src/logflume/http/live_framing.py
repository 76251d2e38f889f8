"""What a body that goes on is made of, and how it speaks of an end that is not its log's.

Each pattern with such a body has a framing of its own; whatever else there is to such a body is the
same for all of them (`live_body.py`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field

from logflume.errors import LogError
from logflume.tail import Batch
from logflume.wire.sse import Part, chunked


@dataclass(frozen=True, slots=True)
class LiveFraming(ABC):
    """See `crowd.Framing`; and the beginning and the end."""

    is_chunked: bool = field(default=False, kw_only=True)
    """Whether its end is told (RFC 9112, section 7.1), to who speaks HTTP/1.1."""

    @property
    @abstractmethod
    def pattern(self) -> str:
        """See `crowd.Framing`."""

    @abstractmethod
    def parts(self, batch: Batch, now_us: int) -> Sequence[Part]:
        """A batch, in pieces."""

    @property
    def heartbeat(self) -> bytes:
        """See `crowd.Framing`."""
        return b""

    def opening(self) -> bytes:
        """What stands before the first batch."""
        return b""

    def parting(self, error: LogError | None) -> bytes | None:  # noqa: ARG002 -- others have words
        """What is said when the body ends before its log does: for an error, or because the server
        stops. None if there are no words for it; then it breaks off, and its end is not told."""
        return None

    def __call__(self, batch: Batch, now_us: int) -> bytes:
        return self.coded(*self.parts(batch, now_us))

    def coded(self, *parts: Part) -> bytes:
        """The parts as they are sent. Nothing stays nothing: an empty chunk is the last one."""
        return chunked(*parts) if self.is_chunked and any(parts) else b"".join(parts)


__all__ = ["LiveFraming"]
