"""What a reader gets: consecutive records, and how the log stood when they were read.

Readers at the same place get the same batch, from the ring or from a read of the store that they
share, and so the same bytes: what one of them frames, the others find framed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from logflume.records import Chunk, Offset, Seq, State


class Batch:
    """Consecutive records `after + 1` to `until`, and the log's state when they were read.

    Readers at the same place get the same Batch, so that `framed` encodes for all of them once.
    """

    __slots__ = ("_frames", "_token", "after", "chunks", "state", "until")

    def __init__(self, after: Seq, chunks: Sequence[Chunk], state: State) -> None:
        self.after = after
        self.chunks = chunks
        self.until = chunks[-1].last if chunks else after
        self.state = state
        self._frames: dict[Frame, bytes] = {}
        self._token = ""

    @property
    def up_to_date(self) -> bool:
        return self.until >= self.state.tail

    @property
    def closed(self) -> bool:
        """Whether this is the end: nothing follows these records, ever."""
        return self.up_to_date and self.state.closed

    @property
    def offset(self) -> Offset:
        """The place after these records."""
        return self.state.offset(self.until)

    @property
    def token(self) -> str:
        """That place's text, made once."""
        if not self._token:
            self._token = str(self.offset)
        return self._token

    def framed(self, frame: Frame, now_us: int) -> bytes:
        """`frame(self, now_us)` as it was for the first reader who asked: computed once."""
        try:
            return self._frames[frame]
        except KeyError:
            return self._frames.setdefault(frame, frame(self, now_us))


Frame = Callable[[Batch, int], bytes]
"""Makes a batch into what goes over the wire, given the time in microseconds since 1970."""


__all__ = ["Batch", "Frame"]
