"""A small TCP proxy that cuts every connection after a while, as networks do.

A cut is a reset, in both directions, wherever the bytes happen to be: in the middle of a record, of
a frame, of an answer's head. Nothing is delayed otherwise.
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from contextlib import suppress
from typing import Self

LIFE_SECONDS = (0.05, 0.5)
"""How long a connection lives, at least and at most."""

RESET = struct.pack("ii", 1, 0)
"""SO_LINGER on, for no time: closing sends a reset and drops what was not sent."""


class CuttingProxy:
    """Passes connections on to a server on this machine, each until it is cut."""

    def __init__(self, url: str, chance: random.Random) -> None:
        self._port = int(url.rpartition(":")[2])
        self._chance = chance
        self._server: asyncio.Server | None = None
        self._passing: set[asyncio.Task[None]] = set()
        self.cuts = 0

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._begin, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._passing:
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)
        await asyncio.sleep(0)  # the loop closes a socket in the round after it was given up
        await asyncio.sleep(0)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passing = asyncio.create_task(self._pass_on(reader, writer))
        self._passing.add(passing)
        passing.add_done_callback(self._passing.discard)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = [writer]
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
            ends.append(far_writer)
            async with asyncio.timeout(self._chance.uniform(*LIFE_SECONDS)):
                await asyncio.wait(
                    [
                        asyncio.ensure_future(_pump(reader, far_writer)),
                        asyncio.ensure_future(_pump(far_reader, writer)),
                    ],
                    return_when=asyncio.FIRST_COMPLETED,
                )
        except TimeoutError:
            self.cuts += 1
        finally:
            for end in ends:
                _reset(end)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    raw: socket.socket | None = writer.get_extra_info("socket")
    if raw is not None and not writer.transport.is_closing():
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()


__all__ = ["CuttingProxy"]
