"""The live end of a log: its state, its most recent records, and who waits for more.

A `Tail` exists while somebody reads its log; nobody reading, nothing in memory. It hears the
store's announcements, so all that it shows is durable. An announcement is a hint: after a gap
the ring starts anew, and readers find what is missing in the store.

Nothing here knows a reader's transport, and nothing is queued for anybody: a reader is a number,
and one that falls behind the ring reads the store.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import takewhile
from weakref import WeakValueDictionary

from logflume.batch import Batch, Frame
from logflume.errors import LogGone, NoSuchLog
from logflume.reads import Reads
from logflume.records import Chunk, LogId, Seq, State
from logflume.store import Announcement, Store

RING_BYTES = 256 * 1024
"""Recent records kept for each log that is being read: a second of a busy build, so that a
follower that lags a little does not go to the store. 10,000 busy logs would hold 2.5 GB."""

SHARED_BATCHES = 8
"""Batches kept for the next reader at the same place. Nearly all are at the tail; those who join
elsewhere in the ring must not leave a copy of it each."""

MAX_STATES = 4096
"""States kept of logs that were read lately, 1 KB each, so that a poll costs no store read."""


Waiter = Callable[[], None]
"""Told once that a tail has news. It must not raise: others wait, too."""


_EMPTY: deque[Chunk] = deque()
"""The ring of every log of which nothing has come yet: a deque of its own takes 760 bytes."""


class Tail:
    """The end of one log as its announcements tell it. Use it on the event loop only."""

    __slots__ = (
        "__weakref__",
        "_max_ring_bytes",
        "_ring",
        "_ring_bytes",
        "_shared",
        "_state",
        "_waiters",
        "gone",
        "log",
    )

    def __init__(self, log: LogId, ring_bytes: int) -> None:
        self.log = log
        self.gone = False
        self._state: State | None = None
        self._ring: deque[Chunk] = _EMPTY
        self._ring_bytes = 0
        self._max_ring_bytes = ring_bytes
        self._shared: dict[tuple[Seq, int], Batch] = {}
        self._waiters: set[Waiter] = set()

    @property
    def known(self) -> bool:
        return self._state is not None

    @property
    def state(self) -> State:
        """The log's state now. Raises NoSuchLog when it is gone, LogGone when it was before."""
        if self.gone or self._state is None:
            raise NoSuchLog(self.log)
        if self._state.deleted:
            raise LogGone
        return self._state

    def begin(self, state: State) -> None:
        """Take the state that was read from the store, unless an announcement came first."""
        if self._state is None:
            self._state = state

    def hear(self, announcement: Announcement) -> None:
        """Take in what the store announced, and wake who waits for it."""
        state, old = announcement.state, self._state
        if state is None:
            self.gone = True
        elif old is None or state.revision > old.revision:
            # Not otherwise: the store may have been read meanwhile.
            if old and state.rewrites != old.rewrites:
                self._forget()
            self._grow(announcement.chunks)
            if state.gap is not None and (old is None or state.gap is not old.gap):
                self._let_go(state.gap.until)
            self._state = state
            self.gone = state.deleted
            if old and not state.deleted and (old.tail, old.closed) == (state.tail, state.closed):
                return  # its document changed, or it was read: nothing that anybody waits for
        self.wake()

    def has_news(self, after: Seq) -> bool:
        """Whether there is something to read after `after`, or to know: that nothing follows.
        Raises NoSuchLog."""
        state = self.state
        return state.tail > after or state.closed

    def recent(self, after: Seq, max_bytes: int) -> Batch | None:
        """The records after `after`, about `max_bytes` of them, or None where the ring no longer
        holds the first of them."""
        state = self.state
        if after >= state.tail:
            return Batch(after, (), state)
        if not self._ring or not self._ring[0].first <= after + 1 <= self._ring[-1].last:
            return None
        batch = self._shared.get((after, max_bytes))
        if batch is None:
            batch = Batch(after, self._take(after, max_bytes), state)
            if len(self._shared) >= SHARED_BATCHES:
                self._shared.clear()
            self._shared[after, max_bytes] = batch
        return batch

    async def wait(self, after: Seq, seconds: float) -> None:
        """Return when there is more than `after`, the log is closed or gone, or after `seconds`."""
        if self.gone or self.has_news(after):
            return
        loop = asyncio.get_running_loop()
        news = loop.create_future()
        waiter = partial(_settle, news)
        due = loop.call_later(seconds, waiter)
        self.join(waiter)
        try:
            await news
        finally:
            due.cancel()
            self.leave(waiter)

    def join(self, waiter: Waiter) -> None:
        """Call `waiter` once, when there is something to read or to know."""
        self._waiters.add(waiter)

    def leave(self, waiter: Waiter) -> None:
        """Do not call `waiter` any more."""
        self._waiters.discard(waiter)

    def wake(self) -> None:
        waiters, self._waiters = self._waiters, set()
        for waiter in waiters:
            waiter()

    def _grow(self, chunks: Sequence[Chunk]) -> None:
        self._shared.clear()
        if chunks and self._ring is _EMPTY:
            self._ring = deque()
        for chunk in chunks:
            if self._ring and self._ring[-1].last + 1 != chunk.first:
                self._ring.clear()
                self._ring_bytes = 0
            self._ring.append(chunk)
            self._ring_bytes += len(chunk.body)
        while self._ring_bytes > self._max_ring_bytes and self._ring:
            self._ring_bytes -= len(self._ring.popleft().body)

    def _let_go(self, until: Seq) -> None:
        """Forget what is no longer kept."""
        while self._ring and self._ring[0].first <= until:
            self._ring_bytes -= len(self._ring.popleft().body)

    def _forget(self) -> None:
        """Records were replaced; which of them are here is not worth finding out."""
        self._ring = _EMPTY
        self._ring_bytes = 0

    def _following(self, after: Seq) -> Iterable[Chunk]:
        """The ring's chunks that hold what follows `after`. Sought from the end, where nearly every
        reader is: a ring of single lines has thousands of chunks."""
        following = list(takewhile(lambda chunk: chunk.last > after, reversed(self._ring)))
        return reversed(following)

    def _take(self, after: Seq, max_bytes: int) -> Sequence[Chunk]:
        taken: list[Chunk] = []
        size = 0
        for chunk in self._following(after):
            if taken and size + len(chunk.body) > max_bytes:
                break
            taken.append(chunk.between(after, chunk.last))
            size += len(taken[-1].body)
        return taken


def _settle(news: asyncio.Future[None]) -> None:
    if not news.done():
        news.set_result(None)


class Tails:
    """The tails of the logs that are being read, each made when first asked for."""

    def __init__(self, store: Store, *, ring_bytes: int = RING_BYTES) -> None:
        self._store = store
        self._ring_bytes = ring_bytes
        self._tails: WeakValueDictionary[LogId, Tail] = WeakValueDictionary()
        self._states: OrderedDict[LogId, State] = OrderedDict()
        self.stopping = False
        self.reads = Reads(store)
        store.subscribe(self._hear)

    async def open(self, log: LogId) -> Tail:
        """The log's tail. It is registered before the state is read, so that nothing that is
        appended in between is missed. Raises NoSuchLog."""
        tail = self._tails.get(log)
        if tail is None:
            tail = self._tails[log] = Tail(log, self._ring_bytes)
        if not tail.known:
            tail.begin(self._states.get(log) or await self._store.state(log))
        self._keep(log, tail.state)
        return tail

    def known_state(self, log: LogId) -> State | None:
        """The log's state, if it was read lately; the store knows the others."""
        return self._states.get(log)

    @property
    def open_logs(self) -> int:
        """How many logs are being read."""
        return len(self._tails)

    def stop(self) -> None:
        """Wake everybody, once and for all: the server is about to stop."""
        self.stopping = True
        for tail in list(self._tails.values()):
            tail.wake()

    def _keep(self, log: LogId, state: State) -> None:
        """Know the state when the next reader comes, who may only ask whether there is more."""
        self._states[log] = state
        self._states.move_to_end(log)
        if len(self._states) > MAX_STATES:
            self._states.popitem(last=False)

    def _hear(self, announcement: Announcement) -> None:
        known = self._states.get(announcement.log)
        if known and (announcement.state is None or announcement.state.deleted):
            del self._states[announcement.log]
        elif known and announcement.state and announcement.state.revision > known.revision:
            self._states[announcement.log] = announcement.state
        tail = self._tails.get(announcement.log)
        if tail is None:
            return
        tail.hear(announcement)
        if tail.gone:
            # A log made again under this name is another log, with a tail of its own.
            del self._tails[announcement.log]


__all__ = ["RING_BYTES", "Batch", "Frame", "Tail", "Tails", "Waiter"]
