"""Real servers for tests: the real command in a process of its own, on a port of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import httpx2

START_SECONDS = 20


class ServerProcess:
    """`logflume serve` on 127.0.0.1. It keeps its port over restarts.

    `store` is given to `--store`; without it the embedded store in `data` is used. `options` are
    what else it is started with.
    """

    def __init__(
        self, data: Path, *, store: str | None = None, options: Sequence[str] = ()
    ) -> None:
        self.data = data
        self._store = store
        self._options = options
        self._port = 0
        self._process: subprocess.Popen[str] | None = None
        self._messages = data.parent / f"{data.name}.stderr"
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        return self._running.pid

    @property
    def messages(self) -> str:
        """What it has said on stderr since its last start."""
        return self._messages.read_text()

    @property
    def _running(self) -> subprocess.Popen[str]:
        assert self._process is not None, "the server is not running"
        return self._process

    def command(self) -> list[str]:
        """What is started."""
        command = [sys.executable, "-m", "logflume", "serve"]
        command += ["--port", str(self._port), "--data", str(self.data), *self._options]
        return [*command, "--store", self._store] if self._store else command

    def start(self) -> None:
        with self._messages.open("w") as stderr:
            self._process = subprocess.Popen(self.command(), stderr=stderr, text=True)
        self._port = self._announced_port()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it as an operator would; its exit code."""
        os.kill(self._running.pid, number)
        return self.wait()

    def kill(self) -> None:
        """End it as a crash would."""
        self.stop(signal.SIGKILL)

    def restart(self) -> None:
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self.kill()

    def wait(self) -> int:
        """Its exit code, once it has ended by itself."""
        code = self._running.wait(timeout=START_SECONDS)
        self._process = None
        return code

    def _announced_port(self) -> int:
        """The port it says it serves; by then it listens, so a request only has to wait."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            found = re.search(r"serves http://127\.0\.0\.1:(\d+)", self.messages)
            if found:
                return int(found[1])
            assert self._running.poll() is None, f"the server did not start: {self.messages}"
            time.sleep(0.01)
        raise AssertionError(f"the server said nothing in {START_SECONDS} s: {self.messages}")


def new_deployment(url: str, **fields: object) -> str:
    """Create a deployment; its id."""
    body = {"project": "test", **fields}
    answer = httpx2.post(f"{url}/v1/deployments", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])
