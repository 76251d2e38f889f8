"""Servers that start in a tenth of the time: a process that has loaded all of Logflume forks them.

Each is a process of its own that runs the real command and can be killed; only the half second in
which Python reads the program is saved, which in a hundred rounds of kill -9 is most of the time.

Run as a program, this file is the process that forks: for each line on stdin, `FILE ARGUMENTS`, it
starts `logflume ARGUMENTS` with stderr in that file, and says its process number.
"""

from __future__ import annotations

import os
import select
import shlex
import signal
import subprocess
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from tests.servers import START_SECONDS, ServerProcess

LOADED = (
    "logflume.cli.serve",
    "encodings.idna",
    "pydantic.type_adapter",
    "typer._adapters",
    "uvicorn.lifespan.off",
    "uvloop",
)
"""What the command would load when it serves; what is missing here, it does load."""


class ForkedServer(ServerProcess):
    """`logflume serve` as a fork; the same to whoever uses it."""

    def __init__(self, data: Path) -> None:
        self._child = 0
        self._forking = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        super().__init__(data)

    @property
    def pid(self) -> int:
        return self._child

    def start(self) -> None:
        assert self._forking.stdin is not None
        assert self._forking.stdout is not None
        self._messages.write_text("")
        command = [str(self._messages), *self.command()[3:]]
        self._forking.stdin.write(shlex.join(command) + "\n")
        self._forking.stdin.flush()
        self._child = int(self._forking.stdout.readline())
        self._alive = os.pidfd_open(self._child)
        self._process = self._forking
        self._port = self._announced_port()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        os.kill(self._child, number)
        return self.wait()

    def wait(self) -> int:
        """0, whatever its exit code: only the one that forked it is told."""
        assert select.select([self._alive], [], [], START_SECONDS)[0], "the server does not end"
        os.close(self._alive)
        self._process = None
        return 0

    def __exit__(self, *unused: object) -> None:
        super().__exit__(*unused)
        with self._forking:
            self._forking.kill()


def main() -> None:
    from logflume.cli import main as logflume

    for name in LOADED:
        with suppress(ImportError):
            import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel forgets those that have ended
    while line := sys.stdin.readline():
        messages, *arguments = shlex.split(line)
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(os.open(messages, os.O_WRONLY | os.O_APPEND), 2)
            sys.argv = ["logflume", *arguments]
            logflume()
            os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    main()
