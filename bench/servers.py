"""A server in a process of its own, and what the kernel knows of it: processor time and memory."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

START_SECONDS = 20

LAST_LINES = 20
"""Of what a server said before it died; a traceback fits."""


class ServerDied(Exception):
    """The server ended by itself; the text is what it said last."""


@dataclass(slots=True)
class Timed:
    """How long something took, and the share of its core that each side was busy meanwhile."""

    seconds: float = 0.0
    server_cpu: float = 0.0
    load_cpu: float = 0.0

    def server_us(self, count: int) -> float:
        """Microseconds of the server's processor time for each of `count`."""
        return self.server_cpu * self.seconds / count * 1e6


class Server:
    """What this command starts; ready when it has said where it serves."""

    def __init__(self, command: Sequence[str], messages: Path) -> None:
        self._messages = messages
        with messages.open("w") as stderr:
            self._process = subprocess.Popen(command, stderr=stderr)
        self.pid = self._process.pid
        self.port = self._port_once_ready()

    @property
    def messages(self) -> str:
        """What it has said."""
        return self._messages.read_text()

    def cpu_seconds(self) -> float:
        """Processor time of all its threads, also those that have ended."""
        return time.clock_gettime(~self.pid << 3 | 2)  # the kernel's clock of that process

    def rss_bytes(self) -> int:
        """Memory it holds now."""
        return self._status("VmRSS")

    def peak_bytes(self) -> int:
        """The most memory it has held since `reset_peak`."""
        return self._status("VmHWM")

    def reset_peak(self) -> None:
        with suppress(OSError):  # then the peak is that of its whole life, and says too much
            Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    @contextmanager
    def timed(self) -> Iterator[Timed]:
        """Time what is done within."""
        timed = Timed()
        seconds, server, load = time.perf_counter(), self.cpu_seconds(), time.process_time()
        yield timed
        timed.seconds = time.perf_counter() - seconds
        timed.server_cpu = (self.cpu_seconds() - server) / timed.seconds
        timed.load_cpu = (time.process_time() - load) / timed.seconds

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        died = isinstance(error, OSError) and self._has_ended()
        if not died:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(timeout=START_SECONDS)
        if died:
            raise ServerDied(self._last_words()) from error

    def _status(self, name: str) -> int:
        text = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(rf"{name}:\s*(\d+) kB", text)
        return int(found[1]) * 1024 if found else 0

    def _port_once_ready(self) -> int:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if port := self._port_if_ready():
                return port
            if self._process.poll() is not None:
                raise ServerDied(self._last_words())
            time.sleep(0.01)
        os.kill(self.pid, signal.SIGKILL)
        raise ServerDied(f"{self._process.args!r} did not serve within {START_SECONDS} s")

    def _port_if_ready(self) -> int | None:
        found = re.search(r"serves http://127\.0\.0\.1:(\d+)", self.messages)
        return int(found[1]) if found else None

    def _has_ended(self) -> bool:
        with suppress(subprocess.TimeoutExpired):  # its sockets close a little before it is gone
            self._process.wait(timeout=1)
        return self._process.returncode is not None

    def _last_words(self) -> str:
        lines = self.messages.splitlines()[-LAST_LINES:]
        return "\n".join(["the server died; its last lines:", *lines])
