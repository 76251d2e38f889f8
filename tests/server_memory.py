"""How much memory a server has come to need, at its highest, as Linux tells it."""

from __future__ import annotations

import re
from pathlib import Path

from tests.servers import ServerProcess


class Memory:
    """How much memory the server has come to need since this was made, at its highest."""

    def __init__(self, server: ServerProcess) -> None:
        self._folder = Path(f"/proc/{server.pid}")
        (self._folder / "clear_refs").write_text("5")  # the highest begins anew
        self._before = self._peak()

    def grown_mib(self) -> float:
        return (self._peak() - self._before) / 1024

    def _peak(self) -> int:
        found = re.search(r"VmHWM:\s+(\d+) kB", (self._folder / "status").read_text())
        assert found
        return int(found[1])


__all__ = ["Memory"]
