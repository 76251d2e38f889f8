"""Programs of tests/node in processes of their own: what others wrote, run against our server.

`scripts/test` installs what they need. A program says what happens as JSON objects, one a line, on
stdout; here they are gathered while it runs.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any, Self

FOLDER = Path(__file__).parent / "node"
VITEST = "node_modules/vitest/vitest.mjs"


class NodeProgram:
    """`node FILE ARGUMENTS…`, begun at once; its environment says which server is meant."""

    def __init__(self, file: str, *arguments: str, server: str = "") -> None:
        missing = "node_modules is missing; scripts/test installs it"
        assert (FOLDER / "node_modules").exists(), missing
        self.said: list[dict[str, Any]] = []
        """What it has said so far."""
        self._stderr = tempfile.TemporaryFile("w+")  # noqa: SIM115 -- closed at the block's end
        self._process = subprocess.Popen(
            ["node", file, *arguments],
            cwd=FOLDER,
            env={**os.environ, "LOGFLUME_SERVER": server},
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
            start_new_session=True,
        )
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    @property
    def running(self) -> bool:
        """False once it has ended and all that it said was taken in."""
        return self._listener.is_alive() or self._process.poll() is None

    @property
    def errors(self) -> str:
        """What it has said on stderr."""
        self._stderr.seek(0)
        return self._stderr.read()

    def wait(self, seconds: float) -> int:
        """Its exit code."""
        code = self._process.wait(seconds)
        self._listener.join()
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            # With all that it has started, which would hold its stdout open.
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._listener.join()
        self._stderr.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            self.said.extend(json.loads(line) for line in lines if line.startswith("{"))
