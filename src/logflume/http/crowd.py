"""Followers of one log who stand at the same place and are told the same: a crowd.

Nearly all watchers of a log are at its tail. There they need no cursor of their own: the crowd has
one for all of them, and a round tells each the same bytes, in as tight a loop as Python has. What
comes while a round goes on is told in the next one, all of it at once. A large crowd's round is cut
into slices, between which everything else has its turn, other logs' crowds too.

A follower that cannot be told more now leaves the crowd with the place up to which it was told, and
reads on alone (`follower.py`) until it has caught up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Protocol
from weakref import WeakValueDictionary

from logflume.cursor import Cursor
from logflume.errors import LogError
from logflume.http.counts import Counts
from logflume.http.rounds import Audience, Round
from logflume.http.send_ring import SendRing, open_send_ring
from logflume.http.slices import in_slices
from logflume.tail import Batch, Tails

if TYPE_CHECKING:
    from logflume.http.follower import Follower, Outlet

BEAT_SECONDS = 5
"""How often it is looked for silent crowds. Proxies cut what is silent for 30 to 60 seconds; 15 is
promised, and a crowd is never silent for two beats."""


class Framing(Hashable, Protocol):
    """What a crowd is told. Equal ones tell the same."""

    @property
    def pattern(self) -> str:
        """Which of `counts.PATTERNS` it is told by."""

    @property
    def heartbeat(self) -> bytes:
        """Told to a crowd that has been silent; empty if its protocol has other signs of life."""

    def __call__(self, batch: Batch, now_us: int) -> bytes:
        """The batch as it is written to each."""


class Crowd:
    """Use it on the event loop only."""

    __slots__ = (
        "__weakref__",
        "_arriving",
        "_audience",
        "_crowds",
        "_members",
        "_reading",
        "_round",
        "_silent",
        "cursor",
        "framing",
    )

    def __init__(self, crowds: Crowds, cursor: Cursor, framing: Framing) -> None:
        self.cursor = cursor
        self._crowds = crowds
        self.framing = framing
        self._members: dict[Follower, Outlet] = {}
        self._audience: Audience | None = None
        """The members as a round tells them, until somebody comes or goes."""
        self._arriving: dict[Follower, tuple[Outlet, Cursor]] = {}
        """Who has caught up while a round goes on: each is ahead of some, or of all."""
        self._round: Round | None = None
        self._reading: asyncio.Task[None] | None = None
        self._silent = False
        """Whether nothing was told since the last beat."""

    def take(self, follower: Follower, outlet: Outlet, place: Cursor) -> bool:
        """Have the follower told from its place on; whether it is one of the crowd at once, and not
        when a round has ended, after which `Follower.joined` says so."""
        if self._round is None and not self._members:
            self.cursor.seq = place.seq
            self.cursor.join(self._on_news)
        elif self._round is not None or self.cursor.seq != place.seq:
            self._arriving[follower] = (outlet, place)
            return False
        self._members[follower] = outlet
        self._audience = None
        return True

    def leave(self, follower: Follower) -> None:
        """Do not tell it any more."""
        self._arriving.pop(follower, None)
        outlet = self._members.pop(follower, None)
        self._audience = None
        if outlet is not None and self._round is not None:
            self._round.leave_out(follower)
        if not self._members and self._round is None:
            self.cursor.leave(self._on_news)
            self._let_go()

    def pause(self, follower: Follower) -> None:
        """It takes no more now: send it off with its place, after the round that goes on."""
        if self._round is None:
            self._send_off(follower)
        else:
            self._round.late.add(follower)

    def resume(self, follower: Follower) -> None:
        """It takes more again, before it was sent off."""
        if self._round is not None:
            self._round.late.discard(follower)

    def beat(self) -> None:
        """Say something if nothing was said for a while."""
        if self._silent and self._round is None and self.framing.heartbeat:
            self._tell(self.framing.heartbeat)
        self._silent = True

    def _on_news(self) -> None:
        if self._round is not None:
            return  # it looks for news when it has ended
        if self._crowds.tails.stopping:
            self._dismiss(lambda follower: follower.stop())
            return
        try:
            batch = self.cursor.read_ring()
        except LogError as error:
            gone = error
            self._dismiss(lambda follower: follower.fail(gone))
            return
        if batch is None:  # more has come at once than the ring holds
            self._round = Round(
                Audience({}, None), b"", set()
            )  # nobody comes or goes while it is being read
            self._reading = asyncio.get_running_loop().create_task(self._read())
        elif batch.chunks or batch.closed:
            self._tell_batch(batch)
        else:
            self.cursor.join(self._on_news)

    async def _read(self) -> None:
        """What the ring no longer has, once for all."""
        try:
            batch = await self.cursor.read()
        except LogError as error:
            gone = error
            self._round = None
            self._dismiss(lambda follower: follower.fail(gone))
        else:
            self._tell_batch(batch)
        self._reading = None

    def _tell_batch(self, batch: Batch) -> None:
        # Counted once for all: a round's loop has nothing to spare.
        told = (batch.until - batch.after) * len(self._members)
        self._crowds.counts.delivered[self.framing.pattern] += told
        self._tell(batch.framed(self.framing, self._crowds.clock()), closed=batch.closed)

    def _tell(self, data: bytes, *, closed: bool = False) -> None:
        self._silent = False
        self.cursor.leave(self._on_news)
        late = self._round.late if self._round is not None else set()
        if self._audience is None:
            self._audience = Audience(self._members, self._crowds.ring)
        self._round = Round(self._audience, data, late, closed=closed)
        self._go_round()

    def _go_round(self) -> None:
        """A slice of the round, and what follows after the last one."""
        going = self._round
        if going is None:
            return
        if going.slice():
            asyncio.get_running_loop().call_soon(self._go_round)
            return
        self._round = None
        if going.closed:
            self._dismiss(lambda follower: follower.finish())
            return
        for follower in going.late:
            self._send_off(follower)
        self._admit()
        if self._members:
            self._await_news()
        else:
            self._let_go()

    def _admit(self) -> None:
        """Take those who have arrived here; whoever was overtaken reads on alone."""
        arriving, self._arriving = self._arriving, {}
        for follower, (outlet, place) in arriving.items():
            if place.seq > self.cursor.seq:
                self._arriving[follower] = (outlet, place)
            elif place.seq == self.cursor.seq:
                self._members[follower] = outlet
                self._audience = None
                follower.joined()
            else:
                follower.go_alone(place)

    def _let_go(self) -> None:
        """Nobody is left whom the arriving could join."""
        arriving, self._arriving = self._arriving, {}
        for follower, (_, place) in arriving.items():
            follower.go_alone(place)

    def _await_news(self) -> None:
        """News that came during the round are told in the next one."""
        try:
            has_news = self.cursor.has_news
        except LogError:
            has_news = True
        if has_news or self._crowds.tails.stopping:
            asyncio.get_running_loop().call_soon(self._on_news)
        else:
            self.cursor.join(self._on_news)

    def _send_off(self, follower: Follower) -> None:
        if follower in self._members:
            place = self.cursor.twin()  # before whoever takes over an empty crowd moves it
            self.leave(follower)
            follower.go_alone(place)

    def _dismiss(self, say: Callable[[Follower], None]) -> None:
        members = list(self._members)
        self._members.clear()
        self._audience = None
        for follower in members:
            say(follower)
        self._let_go()


class Crowds:
    """The crowds of all logs, each made when somebody first joins it."""

    def __init__(self, tails: Tails, clock: Callable[[], int], counts: Counts) -> None:
        self.tails = tails
        self.clock = clock
        self.counts = counts
        self._crowds: WeakValueDictionary[tuple[object, Framing], Crowd] = WeakValueDictionary()
        self._beating = False
        self._ring: SendRing | None = None
        self._has_tried = False

    @property
    def ring(self) -> SendRing | None:
        """The kernel's way to tell many at once, if it has one."""
        if not self._has_tried:
            self._has_tried = True
            self._ring = open_send_ring()
        return self._ring

    def of(self, cursor: Cursor, framing: Framing) -> Crowd:
        """The crowd of the cursor's log that is told in this way."""
        key = (cursor.tail, framing)
        crowd = self._crowds.get(key)
        if crowd is None:
            crowd = self._crowds[key] = Crowd(self, cursor.twin(), framing)
            self._start_beating()
        return crowd

    def _start_beating(self) -> None:
        if not self._beating:
            self._beating = True
            asyncio.get_running_loop().call_later(BEAT_SECONDS, self._beat)

    def _beat(self) -> None:
        self._beating = False
        in_slices(list(self._crowds.values()), Crowd.beat)
        if self._crowds:
            self._start_beating()


__all__ = ["Crowd", "Crowds", "Framing"]
