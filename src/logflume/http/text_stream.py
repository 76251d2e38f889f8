"""A text body that is stored while it is still being sent: many appends, not one.

Lines are stored as they arrive, all that arrived during the last commit together. One that waits
for its newline is stored as far as it has come after 200 ms, counted from its first byte, so that
neither a prompt nor a row of dots stays hidden. What has come when the body breaks off is stored
too: the last words of a deployment that crashed are the ones needed.
"""

from __future__ import annotations

import asyncio

from logflume.access.callers import Caller
from logflume.deployments.line_records import encode_lines
from logflume.deployments.lines import Line, LineSplitter
from logflume.deployments.markers import marks_of, may_hold
from logflume.deployments.masking import Masking
from logflume.errors import StoreUnavailable
from logflume.http.append_request import AppendRequest
from logflume.http.body import ClientDisconnected
from logflume.http.callers import UNKNOWN
from logflume.http.context import Context, Receive
from logflume.http.problems import RequestError
from logflume.records import State

PENDING_SECONDS = 0.2
"""How long a line may wait for its newline before it is shown: somebody may have to answer it."""

STOP_CHECK_SECONDS = 1.0
"""How soon a silent stream notices that the server is stopping, or its token revoked."""


class TextStream:
    """A text body that is stored while it is still being sent."""

    def __init__(
        self,
        context: Context,
        request: AppendRequest,
        state: State,
        masking: Masking,
        caller: Caller,
    ) -> None:
        self.state = state
        self._caller = caller
        self._context = context
        self._request = request
        self._masking = masking
        self._splitter = LineSplitter()
        self._goes_on = False  # the last record is partial
        self._pending_since: float | None = None

    async def run(self, receive: Receive) -> None:
        """Store what comes, to the end of the body. Raises ClientDisconnected when it breaks off,
        after storing what came; StoreUnavailable when the server stops, RequestError when its
        caller may append no more."""
        more = True
        while more:
            try:
                async with asyncio.timeout(self._patience()):
                    message = await receive()
            except TimeoutError:
                await self._on_silence()
                continue
            if message["type"] == "http.disconnect":
                await self._store(self._splitter.finish())
                raise ClientDisconnected
            body = message.get("body", b"")
            lines = self._splitter.push(body)
            if lines:
                self._pending_since = None  # what waits now has not waited before
            await self._store(lines, body)
            more = message.get("more_body", False)
            if more:
                await self._stop_early()
        await self._store(self._splitter.finish())

    def _patience(self) -> float:
        """Seconds until something is due although nothing arrives."""
        now = asyncio.get_running_loop().time()
        if not self._splitter.pending:
            self._pending_since = None
            return STOP_CHECK_SECONDS
        if self._pending_since is None:
            self._pending_since = now
        return max(0.0, self._pending_since + PENDING_SECONDS - now)

    async def _on_silence(self) -> None:
        await self._stop_early()
        self._pending_since = None
        await self._store(self._splitter.flush_pending())

    async def _stop_early(self) -> None:
        if self._context.tails.stopping:
            await self._store(self._splitter.finish())
            raise StoreUnavailable("the server is stopping; go on with a new request")
        if not self._caller.valid:
            await self._store(self._splitter.finish())
            raise RequestError(UNKNOWN)

    async def _store(self, lines: list[Line], came: bytes = b"") -> None:
        """Store lines; all but the first have begun in what `came` last."""
        if not lines:
            return
        asked = self._request
        came = came if may_hold(came) else b""
        lines = self._masking.lines(lines, asked.stream, came)
        marks = marks_of(lines, came, goes_on=self._goes_on, buildkite=asked.buildkite)
        self._goes_on = lines[-1][1]
        encode = encode_lines(lines, asked.stream, self._context.clock(), marks)
        self.state = await self._context.deployments.append(asked.log, encode)


__all__ = ["TextStream"]
