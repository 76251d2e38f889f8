"""`logflume serve` that says on SIGUSR1 how many tasks its event loop has: nobody else can tell."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from pathlib import Path

from tests.cli_tools import until
from tests.servers import ServerProcess


class CountedServer(ServerProcess):
    """This module in a process of its own."""

    def command(self) -> list[str]:
        return [sys.executable, "-m", __name__, *super().command()[3:]]

    def tasks(self) -> int:
        said = len(self._counts())
        os.kill(self.pid, signal.SIGUSR1)
        until(lambda: len(self._counts()) > said)
        return int(self._counts()[-1])

    def descriptors(self) -> int:
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def resident_mib(self) -> float:
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text())
        assert found
        return int(found[1]) / 1024

    def _counts(self) -> list[str]:
        return re.findall(r"(\d+) tasks\n", self.messages)


def main() -> None:
    from logflume.cli import main as logflume

    def count(*_: object) -> None:
        print(len(asyncio.all_tasks()), "tasks", file=sys.stderr, flush=True)

    signal.signal(signal.SIGUSR1, count)
    logflume()


if __name__ == "__main__":
    main()
