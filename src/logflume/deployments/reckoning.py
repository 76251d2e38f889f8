"""What time it is for retention, which must not believe a clock that has jumped.

Each look notes the time in the store. If the clock is days ahead of the last look, the server was
away for long, or the clock is wrong, and nobody can tell which; so nothing goes by its age until
the clock has said the same for some hours. Whoever set it wrong has that long to set it right.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import msgspec

from logflume.errors import NoSuchLog
from logflume.records import Append, LogId, State
from logflume.store import Store

RECKONING = LogId("retention")

MAX_STEP_SECONDS = 2 * 24 * 3600
"""Between two looks. A server that is away for longer waits with deleting, which does no harm."""

HOLD_SECONDS = 6 * 3600
"""How long a clock that has jumped must go on before it is believed: a night's sleep."""

_log = logging.getLogger(__name__)


class _Look(msgspec.Struct, frozen=True):
    at_us: int


class Reckoning:
    """`clock` gives microseconds since 1970, and may jump; `steady` gives seconds, and never
    does."""

    def __init__(
        self, store: Store, *, clock: Callable[[], int], steady: Callable[[], float]
    ) -> None:
        self._store = store
        self._clock = clock
        self._steady = steady
        self._held_since: float | None = None

    async def now_us(self) -> int | None:
        """The time, or None while it is not believed. Raises StoreError."""
        now_us = self._clock()
        try:
            state = await self._store.state(RECKONING)
        except NoSuchLog:
            await self._store.create(
                RECKONING, State(now_us, "application/json", document=_note(now_us))
            )
            return now_us
        last_us = msgspec.json.decode(state.document, type=_Look).at_us
        if now_us - last_us > MAX_STEP_SECONDS * 1_000_000 and not self._is_believed(
            now_us - last_us
        ):
            return None
        self._held_since = None
        await self._store.append(RECKONING, Append(now_us, document=_note(now_us)))
        return now_us

    def _is_believed(self, step_us: int) -> bool:
        if self._held_since is None:
            self._held_since = self._steady()
            _log.warning(
                "the clock is %.1f days ahead of the last look: nothing is deleted for its age in"
                " the next %d hours; if the clock is wrong, set it right",
                step_us / 86_400e6,
                HOLD_SECONDS // 3600,
            )
        return self._steady() - self._held_since >= HOLD_SECONDS


def _note(now_us: int) -> bytes:
    return msgspec.json.encode(_Look(now_us))


__all__ = ["HOLD_SECONDS", "MAX_STEP_SECONDS", "Reckoning"]
