"""A log of JSON values that is no deployment's: `/v1/stream/NAME`, read like any other log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from logflume.client.aio.calls import AsyncCalls
from logflume.client.aio.following import AsyncFollower, AsyncHistory, AsyncRecords
from logflume.client.aio.patience import AsyncPatience
from logflume.client.aio.producer import AsyncProducer
from logflume.client.aio.transports import opening
from logflume.client.errors import ServerAway
from logflume.client.follow import START, Seam, TransportName
from logflume.client.requests import JSON, stream_path


class AsyncJsonLog:
    """One such log. It need not be there yet."""

    def __init__(self, calls: AsyncCalls, name: str, patience_seconds: float) -> None:
        self._calls = calls
        self._path = stream_path(name)
        self._producer = AsyncProducer(calls, self._path, AsyncPatience(patience_seconds), JSON)

    async def create(self) -> None:
        """Make it; if it is there already, nothing happens. Raises Refused, ServerAway."""
        await self._calls.put(self._path)

    async def append(self, values: Sequence[Any]) -> None:
        """Append these values, a record each, all or none, and wait until they are stored.

        Repeated as often as it takes, they are stored once. Raises Refused, ServerAway.
        """
        if values:
            await self._producer.append(msgspec.json.encode(list(values)))

    async def finish(self) -> None:
        """Close it: nothing can follow, and who follows it comes to its end."""
        await self._calls.end(self._path)

    async def delete(self) -> None:
        """Delete it, with all its records."""
        await self._calls.delete(self._path)
        self._producer.begin_anew()

    def read(self, *, offset: str = START) -> AsyncRecords[Any]:
        """The values after `offset`, as far as the log is by now. Raises as `Client.read`."""
        return AsyncRecords(AsyncHistory(self._calls, self._path, _seam(offset)))

    def follow(
        self,
        *,
        offset: str = START,
        transport: TransportName = "sse",
        on_away: Callable[[ServerAway], None] | None = None,
        on_back: Callable[[], None] | None = None,
    ) -> AsyncRecords[Any]:
        """The values after `offset`, then what comes, until it is closed. As `Client.follow`."""
        follower = AsyncFollower(
            self._calls, self._path, opening(transport), _seam(offset), on_away, on_back
        )
        return AsyncRecords(follower)


def _seam(offset: str) -> Seam[Any]:
    return Seam({"offset": offset}, object)


__all__ = ["AsyncJsonLog"]
