"""One producer of one log: each append is stored once, however often it takes to send it.

An append keeps its sequence number and its bytes until the server has answered it. When it fails or
is cancelled, nobody knows whether it was stored: then the next one begins a new epoch, since the
same number with other bytes would be taken for the old append and not be stored at all.
"""

from __future__ import annotations

import os
from dataclasses import replace

from logflume.client.aio.calls import AsyncCalls
from logflume.client.aio.patience import AsyncPatience
from logflume.client.requests import NDJSON, ProducerMark


class AsyncProducer:
    """Appends to the log of a path, one append after the other."""

    def __init__(
        self, calls: AsyncCalls, path: str, patience: AsyncPatience, content_type: str = NDJSON
    ) -> None:
        self._calls = calls
        self._path = path
        self._patience = patience
        self._content_type = content_type
        self._mark = _first_mark()

    def begin_anew(self) -> None:
        """The log is another one: what was appended to the one before does not count."""
        self._mark = _first_mark()

    async def append(self, body: bytes) -> None:
        """Append, and wait until it is stored. Raises Refused, ServerAway."""
        mark = self._mark
        self._mark = replace(mark, seq=0, epoch=mark.epoch + 1)
        await self._patience.ask(
            lambda: self._calls.append(self._path, body, mark, self._content_type)
        )
        self._mark = replace(mark, seq=mark.seq + 1)


def _first_mark() -> ProducerMark:
    return ProducerMark(os.urandom(16).hex(), 0)


__all__ = ["AsyncProducer"]
