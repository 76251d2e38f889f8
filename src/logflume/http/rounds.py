"""A round: the same bytes for every member of a crowd, a slice at a time.

Between two slices everything else has its turn, and members may come to take no more, or leave.
Those are told, or left out, by what their outlets do; all others by one call of the kernel, where
it has one.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from logflume.http.send_ring import SendRing
from logflume.http.slices import SLICE

if TYPE_CHECKING:
    from logflume.http.follower import Follower, Outlet

FEW = 8
"""So many are told one by one: a table of them for the kernel would cost more than it saves."""


class Audience:
    """The members of a crowd in the order in which they are told."""

    __slots__ = ("_descriptors", "_ring", "_writes", "followers")

    def __init__(self, members: dict[Follower, Outlet], ring: SendRing | None) -> None:
        self.followers = list(members)
        self._writes = [outlet.crowd_write for outlet in members.values()]
        self._descriptors = array("i")
        self._ring = ring if len(members) > FEW else None
        if self._ring is not None:
            self._descriptors.extend(outlet.descriptor for outlet in members.values())

    def __len__(self) -> int:
        return len(self.followers)

    def tell_all(self, part: slice, data: bytes) -> None:
        """Those of `part`, for none of whom anything is left that was written before."""
        if self._ring is None:
            for write in self._writes[part]:
                write(data)
            return
        for index, taken in self._ring.send(self._descriptors[part], data):
            self._writes[part.start + index](data[taken:])

    def tell_some(self, part: slice, data: bytes, left: set[Follower]) -> None:
        """The others of `part`, whatever waits for them."""
        for follower, write in zip(self.followers[part], self._writes[part], strict=True):
            if follower not in left:
                write(data)


class Round:
    """The same bytes for everybody, a slice at a time."""

    __slots__ = ("_audience", "_begun", "_data", "_left", "closed", "late")

    def __init__(
        self, audience: Audience, data: bytes, late: set[Follower], *, closed: bool = False
    ) -> None:
        self._audience = audience
        self._data = data
        self._begun = 0
        self._left: set[Follower] = set()
        self.closed = closed
        self.late = late
        """Who could not be told more while it went on."""

    def slice(self) -> bool:
        """Tell the next ones; whether there are more."""
        audience, part = self._audience, slice(self._begun, self._begun + SLICE)
        self._begun = part.stop
        apart = self._left | self.late
        if not apart or apart.isdisjoint(audience.followers[part]):
            audience.tell_all(part, self._data)
        else:
            audience.tell_some(part, self._data, self._left)
        return self._begun < len(audience)

    def leave_out(self, follower: Follower) -> None:
        """Do not tell this one, if it was not told yet."""
        self._left.add(follower)
        self.late.discard(follower)


__all__ = ["Audience", "Round"]
