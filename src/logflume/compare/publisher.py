"""The producer of the comparison: a deployment's log, and when each line was sent and stored.

One append is under way at a time. A line that is due while the last append still waits for its
commit goes with those that are due then, as every producer that keeps a pace does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import cycle

from logflume.client.aio.client import AsyncClient
from logflume.client.follow import parsed
from logflume.client.records import not_logflume
from logflume.client.requests import log_path
from logflume.compare.server import HOST

MOST_BYTES = 256 * 1024
"""Of one append: a longer body would be a stream, which is stored in pieces."""


class Publisher:
    """Appends lines to the log at `path`. Record n was sent at `sent_at[n - 1]`, and known to be
    stored at `stored_at[n - 1]`."""

    def __init__(
        self,
        client: AsyncClient,
        deployment_id: str,
        texts: Sequence[bytes],
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self.path = log_path(deployment_id)
        self.sent_at: list[float] = []
        self.stored_at: list[float] = []
        self._client = client
        self._id = deployment_id
        self._texts = cycle(texts)
        self._reader, self._writer = streams

    @property
    def lines(self) -> int:
        """How many are stored."""
        return len(self.stored_at)

    async def publish(
        self, count: int, lines_a_second: float, tell: Callable[[float], None] | None = None
    ) -> None:
        """Append so many lines at this pace; `tell` is told the share that is done."""
        began, done = time.perf_counter(), 0
        while done < count:
            due = int((time.perf_counter() - began) * lines_a_second) + 1
            if due <= done:
                await asyncio.sleep(began + done / lines_a_second - time.perf_counter())
                continue
            done += await self._append(min(due, count) - done)
            if tell:
                tell(done / count)

    async def publish_at_once(self, count: int) -> None:
        """Append so many lines, as fast as it goes."""
        done = 0
        while done < count:
            done += await self._append(count - done)

    async def finish(self) -> None:
        """End the deployment, and so its log."""
        await self._client.finish(self._id)

    async def record_bytes(self) -> int:
        """What the records have, as the history writes them."""
        return (await self._client.deployment(self._id)).bytes

    async def _append(self, most: int) -> int:
        """Append at most so many lines, and wait until they are stored; how many it were."""
        rows: list[bytes] = []
        size = 0
        while len(rows) < most and size < MOST_BYTES:
            rows.append(next(self._texts) + b"\n")
            size += len(rows[-1])
        head = f"POST {self.path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: text/plain\r\n"
        request = f"{head}Content-Length: {size}\r\n\r\n".encode() + b"".join(rows)
        self.sent_at += [time.perf_counter()] * len(rows)
        self._writer.write(request)
        answer = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        self.stored_at += [time.perf_counter()] * len(rows)
        self._check(answer)
        return len(rows)

    def _check(self, answer: str) -> None:
        """Lines are records, one each: or nobody could tell which line a record is."""
        status, *headers = answer.split("\r\n")
        tail = next((row for row in headers if row.lower().startswith("stream-next-offset:")), "")
        if " 204" not in status or parsed(tail.partition(":")[2].strip()).seq != self.lines:
            raise not_logflume(f"an append was answered with {status}")


@asynccontextmanager
async def new_log(port: int, texts: Sequence[bytes]) -> AsyncIterator[Publisher]:
    """A new deployment on the server there, and its producer."""
    async with AsyncClient(f"http://{HOST}:{port}") as client:
        deployment = await client.create("comparison")
        streams = await asyncio.open_connection(HOST, port)
        try:
            yield Publisher(client, deployment.id, texts, streams)
        finally:
            streams[1].transport.abort()


__all__ = ["Publisher", "new_log"]
