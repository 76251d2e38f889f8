"""A server of the comparison's own, in a process of its own, and what the kernel knows of it.

It keeps its logs in a folder that goes with the comparison, so nobody's logs are touched, and is
killed in the end: there is nothing to keep.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from asyncio.subprocess import DEVNULL, Process, create_subprocess_exec
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

HOST = "127.0.0.1"

START_SECONDS = 20.0
"""A cold disk and a busy machine; it takes half a second otherwise."""

DEATH_SECONDS = 1.0
"""A process's sockets close a little before it is gone."""

LAST_LINES = 20
"""Of what a server said before it died; a traceback fits."""

_ANNOUNCED = re.compile(rf"serves http://{re.escape(HOST)}:(\d+)")


class ServerDied(Exception):
    """The server ended by itself; the text is what it said last."""


class OwnServer:
    """A server that runs and listens on `port`."""

    def __init__(self, process: Process, messages: Path, port: int) -> None:
        self.port = port
        self._process = process
        self._messages = messages

    def cpu_seconds(self) -> float | None:
        """Processor time of all its threads so far, if this system tells."""
        with suppress(OSError):
            return time.clock_gettime(~self._process.pid << 3 | 2)  # Linux: that process's clock
        return None

    def memory_bytes(self) -> int | None:
        """The memory that it holds now, if this system tells."""
        with suppress(OSError):
            text = Path(f"/proc/{self._process.pid}/status").read_text()
            found = re.search(r"VmRSS:\s*(\d+) kB", text)
            return int(found[1]) * 1024 if found else None
        return None

    async def unless_it_dies(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`. Raises ServerDied as soon as the server has, whatever `work` makes
        of that."""
        working = asyncio.ensure_future(work)
        death = asyncio.ensure_future(self._process.wait())
        try:
            await asyncio.wait({working, death}, return_when=asyncio.FIRST_COMPLETED)
            if working.done() and working.exception() is not None:
                await asyncio.wait({death}, timeout=DEATH_SECONDS)
            if death.done():
                raise ServerDied(last_words(self._messages))
            return await working
        finally:
            for task in (working, death):
                task.cancel()
            await asyncio.gather(working, death, return_exceptions=True)


@asynccontextmanager
async def own_server(folder: Path) -> AsyncIterator[OwnServer]:
    """A server for the block, with its logs in `folder`. Raises ServerDied if it does not start."""
    messages = folder / "messages"
    # -P: a folder of this name where the comparison is run is not the program.
    command = [sys.executable, "-P", "-m", "logflume", "serve"]
    command += ["--host", HOST, "--port", "0", "--data", str(folder / "logs")]
    with messages.open("wb") as stderr:
        # A session of its own: Ctrl-C is for the comparison, which then ends the server.
        process = await create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=DEVNULL, stderr=stderr, start_new_session=True
        )
    try:
        yield OwnServer(process, messages, await _announced_port(process, messages))
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _announced_port(process: Process, messages: Path) -> int:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if found := _ANNOUNCED.search(_text(messages)):
            return int(found[1])
        if process.returncode is not None:
            raise ServerDied(last_words(messages))
        await asyncio.sleep(0.02)
    raise ServerDied(f"the server said nothing in {START_SECONDS:.0f} s")


def last_words(messages: Path) -> str:
    """What a server said last, for people."""
    lines = _text(messages).splitlines()[-LAST_LINES:]
    return "\n".join(["the server died midway; its last lines:", *lines])


def _text(messages: Path) -> str:
    return messages.read_text("utf-8", "replace")


__all__ = ["HOST", "OwnServer", "ServerDied", "own_server"]
