"""POST /v1/backup: the whole store as a database file, while everything goes on.

The answer begins when the copy is made, so that it can say how long it is and what its SHA-256 is.
One at a time: a copy takes as much of the disk as the store.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
from io import BufferedReader

from logflume.errors import Conflict
from logflume.http.callers import caller_of
from logflume.http.context import Context, Receive, Scope, Send
from logflume.http.respond import start
from logflume.http.watch import while_let_in

MEDIA_TYPE = "application/vnd.sqlite3"

PIECE_BYTES = 1024 * 1024
"""Sent at a time: off the disk in about a millisecond."""

STALLED_SECONDS = 60
"""How long a client may take for a piece. The copy takes up room for as long as it is sent."""


class BackUp:
    """The endpoint."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._is_busy = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._is_busy:
            raise Conflict("a backup is being made already; try again when it is done")
        self._is_busy = True
        try:
            with await self._context.store.snapshot() as copy:
                await self._answer(copy, scope, receive, send)
        finally:
            self._is_busy = False

    async def _answer(
        self, copy: BufferedReader, scope: Scope, receive: Receive, send: Send
    ) -> None:
        digest = await asyncio.to_thread(hashlib.file_digest, copy, "sha256")
        size_bytes = os.fstat(copy.fileno()).st_size
        by = caller_of(scope)
        await self._context.audit.note("backed-up", by, bytes=size_bytes, sha256=digest.hexdigest())
        headers = {
            "Content-Type": MEDIA_TYPE,
            "Content-Length": str(size_bytes),
            "Content-Digest": f"sha-256=:{base64.b64encode(digest.digest()).decode()}:",
            "Cache-Control": "no-store",
        }
        await start(send, 200, headers)
        copy.seek(0)
        await while_let_in(self._context.watchers, by, receive, _send_all(copy, send))


async def _send_all(copy: BufferedReader, send: Send) -> None:
    """Raises TimeoutError when the client takes nothing: the answer breaks off, and its length says
    so."""
    while piece := await asyncio.to_thread(copy.read, PIECE_BYTES):
        async with asyncio.timeout(STALLED_SECONDS):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body"})


__all__ = ["BackUp"]
